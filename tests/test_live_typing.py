"""Typing in the page: what it reads, expects, holds and writes is what Python says, for any bytes."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from bridge import Cell, activations, bits_per_byte, edit, write_report
from bridge.execution.generate import generate
from bridge.execution.models import stepper_of
from support.browser import Browser
from support.cells import random_tree_cell
from support.integer_cells import random_integer_cell
from support.texts import VERSES

pytestmark = pytest.mark.heavy

LEFT, RIGHT, DOWN, HOME, END, TAB, BACKSPACE = "\ue012", "\ue014", "\ue015", "\ue011", "\ue010", "\ue004", "\ue003"
SHORT = """
  window.one = (place) => document.querySelector(place);
  window.all = (place) => [...document.querySelectorAll(place)];
  window.marked = (name, mark) => signalsOf(live, name).map(
    (signal) => Number(one(`.squares [data-signal='${signal.name}']`).classList.contains(mark)));
  window.inside = (inner, outer) => {
    const [one, other] = [inner, outer].map((place) => document.querySelector(place).getBoundingClientRect());
    return one.top >= other.top && one.bottom <= other.bottom;
  };
"""
HELD = "live.change({edits: [parseEdit(live, 'layer0.neurons[3]=flip')]})"


@pytest.fixture(scope="module")
def cell() -> Cell:
    return Cell.load("tiny")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, cell: Cell) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "text.txt").write_bytes(VERSES)
    write_report([cell], folder / "page.html", text=str(folder / "text.txt"), live_only=True)
    return folder / "page.html"


@pytest.fixture
def page(browser: Browser, written: Path) -> Browser:
    browser.open(written)
    browser.run(SHORT)
    browser.until("live.ready")
    return browser


def show(page: Browser, text: bytes, place: int) -> None:
    page.run("live.change({text: Uint8Array.from(arguments[0]), place: arguments[1]})", list(text), place)
    page.until("live.ready")
    drawn(page)


def drawn(page: Browser) -> None:
    page.driver.execute_async_script("const told = arguments[0]; requestAnimationFrame(() => setTimeout(told))")


def chances(cell: Cell, text: bytes) -> np.ndarray:
    """[T, 256]: of every byte after each."""
    stepper = stepper_of(cell)
    _, numbers = stepper.advance(stepper.reset(1), np.frombuffer(text, np.uint8)[:, None])
    return stepper.readout.probabilities(numbers[:, 0])


def test_it_begins_with_a_passage_of_the_text(page: Browser) -> None:
    begun = bytes(page.run("return [...live.view.text]"))
    assert begun in VERSES
    assert len(begun) > 20
    assert page.run("return one('.typing textarea').value") == begun.decode()


def test_typing_is_read_and_charged(page: Browser, cell: Cell) -> None:
    text = b"And God said, Let there be light"
    page.run("const box = one('.typing textarea'); box.value = ''; box.focus(); box.dispatchEvent(new Event('input'))")
    page.press(*text.decode())
    assert bytes(page.run("return [...live.view.text]")) == text
    assert page.run("return live.view.place") == len(text)
    assert f"{bits_per_byte(cell, text):.3f} bits per byte" in page.text("#live-costs")
    costs = page.run("return [...costsOf(live, live.now)].slice(1)")
    expected = -np.log2(chances(cell, text)[np.arange(len(text) - 1), list(text[1:])])
    assert np.allclose(costs, expected, rtol=0, atol=1e-12)
    shades = page.run("return all('.bytes [data-step]').map((byte) => Number(byte.className[1]))")
    assert shades[1:] == np.searchsorted((0.5, 1, 2, 4, 7), expected, side="right").tolist()
    page.press(HOME, RIGHT, RIGHT, "x", BACKSPACE, BACKSPACE)
    assert bytes(page.run("return [...live.view.text]")) == text[:1] + text[2:]
    assert page.run("return live.view.place") == 1


def test_what_comes_next_is_what_the_model_says(page: Browser, cell: Cell) -> None:
    text, place = VERSES[:120], 77
    for done in ("", HELD):
        if done:
            page.run(done)
        show(page, text, place)
        model = edit(cell, {"layer0.neurons[3]": "flip"}) if done else cell
        chance = chances(model, text)[place - 1]
        order = np.argsort(-chance, kind="stable")
        rows = "all('.expected li:not([hidden])')"
        shown = page.run(f"return {rows}.map((row) => Number(row.querySelector('button').title.split(',')[0]))")
        assert np.allclose(shown[:12], chance[order[:12]], rtol=1e-12)
        logits = page.run(f"return {rows}.map((row) => row.querySelector('a').dataset.signal)")
        assert logits[:12] == [f"logit.{byte}" for byte in order[:12]]
        rank = order.tolist().index(text[place]) + 1
        assert f"follows, {rank}" in page.text(".expected .follows")
        assert len(shown) == 12 + (rank > 12)
    rest = 1 - sum(shown)
    assert abs(float(page.text(".expected + p").split(": ")[1].rstrip(" %")) / 100 - rest) < 1e-4
    assert page.run("return all('.expected .was').every((bar) => bar.style.width != '0%')")
    page.run("one('.expected button').click()")
    taken = bytes(page.run("return [...live.view.text]"))
    assert taken == text[:place] + bytes([int(logits[0].split(".")[1])]) + text[place + 1 :]
    assert page.run("return live.view.place") == place + 1


def test_squares_are_bits(page: Browser, cell: Cell) -> None:
    text, place = VERSES[:90], 61
    show(page, text, place)
    names = ("emb", "layer0.memory", "layer1.neurons", "state.layer0.memory", "state.emb.past")
    read = "return marked(arguments[0], arguments[1])"
    plain = {name: activations(cell, text, name)[place - 1].tolist() for name in names}
    assert {name: page.run(read, name, "on") for name in names} == plain
    page.run(HELD)
    drawn(page)
    held = edit(cell, {"layer0.neurons[3]": "flip"})
    after = {name: activations(held, text, name)[place - 1].tolist() for name in names}
    assert {name: page.run(read, name, "on") for name in names} == after
    differ = {name: [int(a != b) for a, b in zip(plain[name], after[name], strict=True)] for name in names}
    assert {name: page.run(read, name, "changed") for name in names} == differ
    assert sum(map(sum, differ.values())) > 0
    assert page.run(read, "layer0.neurons", "done") == [int(at == 3) for at in range(24)]
    assert f"{sum(after['emb'])} of 32 on" in page.text(".picture:has([data-signal='emb']) .count")


@pytest.mark.parametrize(
    "model", [random_tree_cell(1), random_integer_cell(4, state=True, text=True)], ids=["trees", "integers"]
)
def test_squares_of_other_cells_are_what_python_says(browser: Browser, tmp_path: Path, model: Cell) -> None:
    """Bits and numbers of every block; of those that depend on the code node, the first one's."""
    write_report([model], tmp_path / "page.html", live_only=True)
    browser.open(tmp_path / "page.html")
    browser.run(SHORT)
    text = bytes(model.readout.symbols) * 3
    show(browser, text, 5)
    found = browser.run(
        "return all('.squares [data-signal]').map((cell) => [cell.dataset.signal,"
        " cell.textContent ? Number(cell.textContent) : Number(cell.classList.contains('on'))])"
    )
    assert len(found) > 20
    for name, value in found:
        assert int(activations(model, text, name)[4][0]) == value, name


def test_what_is_kept_stands_beneath_what_it_was(page: Browser, cell: Cell) -> None:
    show(page, VERSES[:60], 40)
    bands = "all('.picture').map((part) => [...part.querySelectorAll('.band .signal')].map((name) => name.textContent))"
    found = page.run(f"return {bands}")
    assert ["layer0.memory", "state.layer0.memory", "state.layer0.memory.past"] in found
    assert ["emb", "state.emb.past"] in found
    labels = page.run("return all('.picture:has([data-signal=\"emb\"]) .ago').map((label) => label.textContent)")
    assert labels == [
        f"now {chr(VERSES[39])}".replace("now  ", "now ␣"),
        f"1 ago {chr(VERSES[38])}".replace("ago  ", "ago ␣"),
    ]
    now = activations(cell, VERSES[:60], "emb")[38].tolist()
    assert activations(cell, VERSES[:60], "state.emb.past")[39].tolist() == now


@pytest.mark.parametrize("temperature", [0.7, 0.0])
def test_it_writes_what_the_command_line_writes(page: Browser, cell: Cell, temperature: float) -> None:
    prompt = b"And the LORD "
    page.run(HELD)
    show(page, prompt + b"is not read", len(prompt))
    page.run(
        "const [heat, seed] = all('.writing input'); heat.value = arguments[0]; seed.value = '11';"
        "heat.dispatchEvent(new Event('input')); one('.writing select').selectedIndex = 3",
        temperature,
    )
    one, go = (f"all('.writing button')[{place}].click()" for place in (1, 0))
    for _ in range(3):
        page.run(one)
    enough = "live.view.text.length > 313 && one('.go').textContent == 'Stop'"
    page.run(f"live.watch(() => {{ if ({enough}) {go}; }})")
    page.run(go)
    page.until("live.view.text.length > 313 && one('.go').textContent == 'Write'")
    text = bytes(page.run("return [...live.view.text]"))
    model = edit(cell, {"layer0.neurons[3]": "flip"})
    told = bytes(generate(model, prompt, len(text) - len(prompt), temperature=temperature, seed=11))
    assert text == prompt + told
    line = shlex.split(page.text(".writing + .count code").replace("$'", "'"))
    assert line[:4] == ["aigbridge", "generate", "tiny", "--prompt"]
    assert line[4:7] == [prompt.decode(), "--bytes", str(len(told))]
    assert line[7:] == ["--temperature", f"{temperature:g}", "--seed", "11", "--do", "layer0.neurons[3]=flip"]
    assert page.run("return writtenIn(live)") == [len(prompt), len(text)]
    assert page.run("return all('.bytes .written').length") > 0
    page.run("live.undo()")
    assert bytes(page.run("return [...live.view.text]")) == prompt + b"is not read"


def test_any_bytes_can_be_shown_and_edited(page: Browser) -> None:
    random = np.random.default_rng(3)
    pieces = [
        b"a",
        b" ",
        b"\n",
        b"\r",
        b"\x00",
        b"\x7f",
        b"\x80",
        b"\xff",
        b"\xe9",
        "é€😀".encode(),
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xef\xbb\xbf",
        b"\xc0\xaf",
        b"\xe2\x82",
    ]
    for _ in range(20):
        text = b"".join(pieces[place] for place in random.integers(0, len(pieces), 30))
        show(page, text, int(random.integers(0, len(text) + 1)))
        shown = page.run("return one('.typing textarea').value")
        assert [letter for letter in shown if letter > "\u2000" or letter in "aé"] == shown_letters(text)
        assert page.run("return one('.bytes').textContent") == f"{shown}\u200b"
        first, last = sorted(int(place) for place in random.integers(0, len(shown) + 1, 2))
        after = f"{shown[:first]}ü{shown[last:]}"
        found = bytes(page.run("return [...edited(live.view.text, shownText(live.view.text), arguments[0])]", after))
        again = page.run("return shownText(Uint8Array.from(arguments[0])).shown", list(found))
        assert again == after
        assert b"\xc3\xbc" in found
    typed = "const bytes = Uint8Array.of(255, 65); return edited(bytes, shownText(bytes), '\\ufffdAb')"
    assert page.run(typed) == [255, 65, 98]


def shown_letters(text: bytes) -> list[str]:
    """What is neither a plain blank nor ASCII, as Python reads it; every byte that is no text stands for itself."""
    letters = []
    for letter in text.decode(errors="surrogateescape"):
        if "\udc80" <= letter <= "\udcff" or letter == "\ufeff":
            letters += ["\ufffd"] * (3 if letter == "\ufeff" else 1)
        elif letter < " " and letter != "\n":
            letters.append(chr(0x2400 + ord(letter)))
        elif letter not in " \n":
            letters.append("\u2421" if letter == "\x7f" else letter)
    return letters


def test_long_texts_are_drawn_where_one_looks(page: Browser) -> None:
    text = (VERSES * 40)[:20_000]
    show(page, text, 10_000)
    page.until("live.ready")
    page.until("one('[data-step=\"10000\"]')?.classList.contains('here')")
    assert page.run("return all('.bytes [data-step]').length") < 6000
    assert page.run("return one('.bytes').textContent.length") == len(text.decode()) + 1
    assert page.run("return inside('.bytes .here', '.typing')")
    page.run("one('.typing textarea').focus()")
    page.press("x")
    assert page.run("return live.view.text.length") == 20_001
    assert page.run("return live.view.text[10000]") == ord("x")
    page.run(
        "const box = one('.typing textarea'); box.value = 'a'.repeat(70_000); box.dispatchEvent(new Event('input'))"
    )
    assert page.run("return live.view.text.length") == 1 << 16
    assert "No longer text is read here" in page.text("#live-costs")


def test_the_keyboard_walks_over_bytes_and_squares(page: Browser) -> None:
    show(page, VERSES[:200], 0)
    page.run("one('.bytes .here').focus()")
    page.press(RIGHT, RIGHT, DOWN)
    assert page.run("return live.view.place") > 20
    page.until("document.activeElement.dataset.step == live.view.place")
    assert "bits" in page.run("return document.activeElement.getAttribute('aria-label')")
    page.press(END)
    assert page.run("return live.view.place") == 200
    page.run("live.change({place: 50})")
    drawn(page)
    page.run("one('.squares [data-signal=\"emb[0]\"]').focus()")
    page.press(RIGHT, RIGHT)
    assert page.run("return document.activeElement.dataset.signal") == "emb[2]"
    assert page.run("return document.activeElement.getAttribute('aria-label')") in ("emb[2] is 0", "emb[2] is 1")
    assert page.run("return all('.squares [tabindex=\"0\"]').length == all('.band .squares').length")


def test_strange_bytes_and_the_first_place_are_told(page: Browser) -> None:
    show(page, b"In \xff the", 3)
    assert page.run("return all('.bytes .strange').map((byte) => byte.dataset.step)") == ["3"]
    assert "1 byte unknown to the model: it knows 63" in page.text("#live-costs")
    assert "\\xff" in page.text(".spot")
    show(page, b"In the", 0)
    assert "the first byte is not predicted" in page.text(".spot")
    assert "Nothing is read yet" in page.text("#live-next")
    assert page.run("return one('.expected').hidden")
    page.run("all('.writing input')[1].value = '-1'; all('.writing button')[0].click()")
    assert page.text(".writing + .count") == "The seed must be a whole number, not “-1”."
    assert bytes(page.run("return [...live.view.text]")) == b"In the"
    page.run("all('.writing input')[1].value = '2'")
    show(page, b"", 0)
    page.run("all('.writing button')[1].click()")
    page.until("live.view.text.length == 2")
    assert page.run("return live.view.text[0]") == ord("\n")


def test_it_is_narrow_and_printed(page: Browser) -> None:
    with page.phone():
        show(page, VERSES[:100], 50)
        assert page.run("return document.documentElement.scrollWidth") <= 390
        heights = "return ['.bytes', '.typing textarea'].map((part) => one(part).scrollHeight)"
        layer, box = page.run(heights)
        assert abs(layer - box) <= 1, "the letters that are typed stand on those that are seen"
    page.emulate(media="print")
    gone = "['.writing', '.typing textarea'].every((part) => getComputedStyle(one(part)).display == 'none')"
    assert page.run(f"return {gone}")
    assert page.run("return getComputedStyle(one('.bytes')).display") != "none"
