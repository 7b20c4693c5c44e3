"""Touching what runs in the page: the menu, the list of what is done, a second text; every figure is Python's."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import activations, bits_per_byte, edit, generate
from bridge.cell import Cell
from support.browser import Browser
from support.command_line import Call

pytestmark = pytest.mark.heavy

TEXT, OTHER = b"In the beginning God created the heaven", b"And the earth was without form, and void"
DOWN, ENTER, ESCAPE = "\ue015", "\ue007", "\ue00c"
EDITS = "live.view.edits.map(editText)"
NEURON = "layer0.neurons[3]"
SAYS = "→ \u2018{}\u2019"


@pytest.fixture
def live(browser: Browser, page: Path) -> Browser:
    """The page with the text read, and a button for a neuron."""
    browser.open(page, "#live")
    browser.run(
        "live.change({ text: bytesOf(arguments[0]), place: 12, other: null, pins: [], edits: [] });"
        "document.getElementById('live-state').prepend(element('button', { 'data-signal': arguments[1] }, 'it'));",
        TEXT.decode(),
        NEURON,
    )
    browser.until("live.ready")
    return browser


def touch(live: Browser, selector: str, label: str) -> None:
    """Open the menu of something, and choose."""
    live.run("document.querySelector(arguments[0]).click()", selector)
    live.until("!document.getElementById('live-menu').hidden")
    choose(live, label)


def choose(live: Browser, label: str) -> None:
    items = "[...document.querySelectorAll('#live-menu [role^=menuitem]')]"
    live.run(f"{items}.find((item) => item.textContent === arguments[0]).click()", label)


def read(live: Browser, names: list[str]) -> Any:
    """[T, columns] of what is read, with what is done."""
    live.until("live.ready")
    script = "const signals = arguments[0].flatMap((name) => signalsOf(live, name));"
    values = "return live.now.moments.map(({ bits }) => signals.map((signal) => valueOf(signal, bits)))"
    return np.array(live.run(script + values, names))


def test_the_menu_answers_to_keys(live: Browser, tiny: Cell) -> None:
    live.run("document.querySelector('#live-state [data-signal]').focus()")
    live.press(ENTER)
    assert live.text(":focus") == "Hold at 0"
    assert live.run("return document.activeElement.closest('[role=menu]').ariaLabel") == NEURON
    value = activations(tiny, TEXT, NEURON)[11, 0]
    assert live.text("#live-menu .what").endswith(f"now {value}")
    live.press(DOWN)
    assert live.text(":focus") == "Hold at 1"
    live.press(ESCAPE)
    assert live.run("return document.getElementById('live-menu').hidden")
    assert live.run("return document.activeElement.dataset.signal") == NEURON
    live.press(ENTER, DOWN, ENTER)
    assert live.run(f"return {EDITS}") == [f"{NEURON}=1"]
    assert live.run("return document.activeElement.dataset.signal") == NEURON, "back where it was"


@pytest.mark.parametrize(("label", "value"), [("Hold at 0", 0), ("Hold at 1", 1), ("Flip", "flip")])
def test_what_is_done_is_done(live: Browser, tiny: Cell, label: str, value: Any) -> None:
    names = ["layer0.neurons", "layer1.neurons", "state.layer0.memory"]
    touch(live, "#live-state [data-signal]", label)
    np.testing.assert_array_equal(read(live, names), activations(edit(tiny, {NEURON: value}), TEXT, names))
    live.until("document.querySelectorAll('.doing li').length == 1")
    assert live.text(".doing code") == f"{NEURON}={value}"


def test_only_here(live: Browser, tiny: Cell) -> None:
    touch(live, "#live-state [data-signal]", "Only while byte 11 is read")
    assert live.run("return document.activeElement.ariaChecked") == "true"
    touch_open = (
        "[...document.querySelectorAll('#live-menu [role=menuitem]')].find((i) => i.textContent === 'Flip').click()"
    )
    live.run(touch_open)
    assert live.run(f"return {EDITS}") == [f"{NEURON}@11=flip"]
    names = ["layer0.neurons", "layer1.neurons"]
    np.testing.assert_array_equal(read(live, names), activations(edit(tiny, {f"{NEURON}@11": "flip"}), TEXT, names))


def do(live: Browser, words: str) -> None:
    """By the words of --do; waits until what came of it is shown."""
    live.run("document.getElementById('live-do').value = arguments[0]", words)
    live.run("document.querySelector('form.do button').click()")
    live.until("live.ready")
    live.run("return new Promise(requestAnimationFrame)")


def test_the_list_tells_what_it_changed(live: Browser, tiny: Cell) -> None:
    for words in ("layer0.memory=0", "emb[1]=flip"):
        do(live, words)
    live.until("live.ready && document.querySelector('.outcome table')")
    cells = live.run("return [...document.querySelectorAll('.outcome td')].map((cell) => cell.textContent)")
    edited = edit(tiny, {"layer0.memory": 0, "emb[1]": "flip"})
    assert float(cells[0]) == pytest.approx(bits_per_byte(tiny, TEXT, exact=True), abs=1e-4)
    assert float(cells[1]) == pytest.approx(bits_per_byte(edited, TEXT, exact=True), abs=1e-4)
    live.until("document.querySelectorAll('.ahead dd').length == 2")
    written = live.run("return [...document.querySelectorAll('.ahead dd')].map((line) => line.textContent)")
    ways = [bytes(generate(model, TEXT[:12], 48, temperature=0.0)) for model in (tiny, edited)]
    assert written == [way.decode() for way in ways], "the text goes on otherwise"
    live.run("document.querySelector('.doing input').click()")
    live.until("live.ready && live.done.length == 1")
    np.testing.assert_array_equal(
        read(live, ["layer1.neurons"]), activations(edit(tiny, {"emb[1]": "flip"}), TEXT, "layer1.neurons")
    )
    live.run("document.querySelector('.doing button').click()")
    live.until("document.querySelectorAll('.doing li').length == 1")
    assert live.run(f"return {EDITS}") == ["emb[1]=flip"]


def test_a_block_is_switched_off(live: Browser, tiny: Cell) -> None:
    """Each button says what would come next, and does it."""

    def next_byte(model: Cell) -> str:
        return bytes(generate(model, TEXT[:12], 1, temperature=0.0)).decode().replace(" ", "␣")

    chips = "[...document.querySelectorAll('.switched button')].map((chip) => chip.textContent)"
    names, now = [chip.split()[0] for chip in live.run(f"return {chips}")], next_byte(tiny)
    without = {name: next_byte(edit(tiny, {name: 0})) for name in names}
    told = [f"{name} {SAYS.format(said) if said != now else ''}" for name, said in without.items()]
    live.until(f"{chips}.join('|') === {json.dumps('|'.join(told))}")
    live.run("document.querySelector('.switched button.other').click()")
    name = live.run("return live.view.edits[0].name")
    live.until(f"document.querySelector('.switched [aria-pressed=true]')?.textContent.startsWith('{name} ')")
    live.until("document.querySelector('#live-why .answer')?.textContent.includes('Without what is done')")
    live.run("document.querySelector('.switched [aria-pressed=true]').click()")
    assert live.run("return live.view.edits") == []


def test_undo_and_redo(live: Browser) -> None:
    do(live, "layer0.memory=0")
    do(live, "emb=0")
    live.run("live.change({ text: bytesOf('And now') })")
    live.run("document.activeElement.blur()")
    key = "{ key: 'z', ctrlKey: true, bubbles: true, shiftKey: %s }"
    undo = f"document.body.dispatchEvent(new KeyboardEvent('keydown', {key}))"
    live.run(undo % "false")
    assert live.run(f"return {EDITS}") == ["layer0.memory=0"]
    live.run(undo % "false")
    assert live.run(f"return {EDITS}") == []
    live.run(undo % "true")
    live.run(undo % "true")
    assert live.run(f"return {EDITS}") == ["layer0.memory=0", "emb=0"]
    assert live.run("return live.view.text.length") == len("And now"), "what was typed stays"


def test_refusals_are_sentences(live: Browser) -> None:
    for words, told in {"nothing=1": "no signal nothing", "emb[1]=0": "", "emb=3": "emb[1] is changed twice"}.items():
        do(live, words)
        assert told in live.text("#live-do-said")
        assert live.run("return document.getElementById('live-do-said').hidden") == (not told)
    assert live.run(f"return {EDITS}") == ["emb[1]=0"]


def test_bytes_are_touched(live: Browser, tiny: Cell) -> None:
    live.run("live.change({ place: 3 })")
    byte = "#live-edits button.byte"
    live.until("document.querySelector('#live-edits button.byte').dataset.step == 3")
    live.run("document.querySelector(arguments[0]).dispatchEvent(new MouseEvent('contextmenu', {bubbles: true}))", byte)
    forms = "document.querySelectorAll('#live-menu form')"
    live.run(f"const form = {forms}[1]; form.querySelector('input').value = 'x'; form.requestSubmit()")
    assert live.run(f"return {EDITS}") == ["byte@3='x'"]
    np.testing.assert_array_equal(
        read(live, ["layer0.neurons"]), activations(edit(tiny, {"byte@3": ord("x")}), TEXT, "layer0.neurons")
    )
    live.run("document.querySelector(arguments[0]).dispatchEvent(new MouseEvent('contextmenu', {bubbles: true}))", byte)
    live.run(f"const form = {forms}[0]; form.querySelector('input').value = 'é'; form.requestSubmit()")
    assert bytes(live.run("return [...live.view.text]")) == TEXT[:3] + "é".encode() + TEXT[4:]


def test_taken_from_another_text(live: Browser, tiny: Cell) -> None:
    touch(live, "#live-state [data-signal]", "Take it from another text …")
    assert live.run("return document.activeElement.id") == "live-other"
    live.press(OTHER.decode())
    live.until("live.ready && document.querySelector('#live-comparing [data-signal]')")
    found = live.run("return [...document.querySelectorAll('#live-comparing li')].map((item) => item.textContent)")
    for item in found:
        name, differ, _, count = item.split()
        one, other = (activations(tiny, text, name)[11] for text in (TEXT, OTHER))
        assert (int(differ), int(count)) == (int((one != other).sum()), len(one)), name
    name = found[0].split()[0]
    touch(live, "#live-comparing [data-signal]", "Only while byte 11 is read")
    live.run(
        "[...document.querySelectorAll('#live-menu [role=menuitem]')].find((i) => /other/.test(i.textContent)).click()"
    )
    assert live.run(f"return {EDITS}") == [f"{name}@11=other"]
    patched = edit(tiny, {f"{name}@11": activations(tiny, OTHER, name)[11]})
    names = ["layer0.neurons", "layer1.neurons", "state.layer0.memory"]
    np.testing.assert_array_equal(read(live, names), activations(patched, TEXT, names))
    live.run("live.change({ other: null })")
    live.until("document.querySelector('.doing').textContent.includes('there is no other text')")
    np.testing.assert_array_equal(read(live, names), activations(tiny, TEXT, names))


def test_the_command_does_the_same(live: Browser, call: Call, tmp_path: Path) -> None:
    live.run("live.change({ text: Uint8Array.of(37, 39, 92, 10, 255, 65, 66), other: bytesOf('And \"the\"') })")
    for words in ("layer0.memory[2]=flip", "layer1.neurons@4=other", "byte=other@2", "logit.'a'=3"):
        do(live, words)
    live.until("live.ready && document.querySelector('.outcome table')")
    figures = live.run("return [...document.querySelectorAll('.outcome td')].map((cell) => cell.textContent)")
    *files, command = live.text("#live-edits pre").split("\n")
    subprocess.run(["sh", "-c", "\n".join(files)], cwd=tmp_path, check=True)
    words = shlex.split(command)
    assert words[:3] == ["aigbridge", "eval", "tiny"]
    told = call(*words[1:], "--json")
    assert told.code == 0, told.err
    assert json.loads(told.out)["bits_per_byte"] == pytest.approx(float(figures[1]), abs=1e-4)


def test_a_page_of_a_signal_leads_back(live: Browser) -> None:
    live.run("location.hash = addressOf(arguments[0])", NEURON)
    live.until("!document.getElementById('signal').hidden")
    live.run("document.querySelectorAll('.touchline button')[1].click()")
    live.until("!document.getElementById('overview').hidden")
    assert live.run(f"return {EDITS}") == [f"{NEURON}=1"]
