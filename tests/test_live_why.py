"""Why the model says what it says: what the page tells beside models that are edited, and sums that come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import Aig, Cell, activations, edit, run
from bridge.execution.models import trace
from bridge.report import write_report
from bridge.report.equations import shown_byte
from support.browser import Browser
from support.cells import random_cell, random_tree_cell
from support.small_netlists import conjunction
from support.unusual_cells import unusual_cell

pytestmark = pytest.mark.heavy

CELLS = {
    "logits": random_cell(5, recurrence=True),
    "code": random_tree_cell(4, serial=False),
    "serial": random_tree_cell(6),
    "integers": unusual_cell(3, "logits"),
}
PLACE = 12
MINUS, RIGHT = "\u2212", "\u2019"
DRAWN = "document.getElementById('live-why').getAttribute('aria-busy') == 'false'"
READ = """
  const [text, place] = arguments;
  live.change({ text: Uint8Array.from(text), place });
"""
ROWS = """
  return [...document.querySelectorAll("#live-why .cause[data-signal]")].map((row) => [
    row.dataset.signal, row.querySelector(".told").textContent, row.querySelector(".bit").textContent,
  ]);
"""
SUMS = """
  const { readout, serial } = live.facts;
  const record = (name) => live.data.records[live.data.places.get(name)];
  if (!readout.code) return readout.symbols.map((symbol, rank) =>
    [sumAmong(live, record(`logit.${symbol}`), live.moment.bits)?.total, live.moment.numbers[rank]]);
  return readout.code.map((_, node) => {
    const bits = serial ? bitsAtNodes(live, [node])[0] : live.moment.bits;
    return [sumAmong(live, record(serial ? "score" : `score.${node}`), bits)?.total, live.moment.numbers[node]];
  });
"""


def text_of(cell: Cell) -> bytes:
    return bytes(np.random.default_rng(1).choice(list(cell.readout.symbols), 20).tolist())


def opened(browser: Browser, cell: Cell | Aig, folder: Path, text: bytes) -> None:
    write_report([cell], folder / "page.html", live_only=True)
    browser.open(folder / "page.html")
    browser.run(READ, list(text), PLACE)
    browser.until(DRAWN)


def lengths(model: Cell | Aig, cell: Cell, text: bytes) -> np.ndarray:
    """float64[256]: what each byte would cost after the text."""
    numbers = trace(model, np.frombuffer(text, np.uint8)[:, None])[0][-1]
    return cell.readout.code_lengths(np.repeat(numbers, 256, axis=0), np.arange(256).astype(np.uint8))


@pytest.mark.parametrize("kind", CELLS)
def test_it_says_what_edits_would_do_and_its_sums_come_out(browser: Browser, tmp_path: Path, kind: str) -> None:
    cell = CELLS[kind]
    text = text_of(cell)
    opened(browser, cell, tmp_path, text)
    before, follows = lengths(cell, cell, text[:PLACE]), text[PLACE]
    told = float(browser.text("#live-why .answer strong").split("costs ")[1].split()[0])
    assert told == pytest.approx(before[follows], rel=0.01)
    rows = browser.run(ROWS)
    assert rows
    for name, told, value in rows[:8]:
        after = lengths(edit(cell, {f"{name}@{PLACE - 1}": "flip"}), cell, text[:PLACE])
        change = after[follows] - before[follows]
        assert float(told.replace(MINUS, "-")) == pytest.approx(change, abs=0.0051, rel=0.01), name
        if kind != "serial":
            assert int(value) == activations(cell, text[:PLACE], name)[-1, 0]
    sizes = [abs(float(told.replace(MINUS, "-"))) for _, told, _ in rows]
    assert sizes == sorted(sizes, reverse=True)
    sums = browser.run(SUMS)
    assert sums
    assert [total for total, _ in sums] == [given for _, given in sums]
    assert browser.run("return document.querySelector('#live-why .sums .warning')") is None


def test_another_byte_is_compared(browser: Browser, tmp_path: Path) -> None:
    cell = CELLS["logits"]
    text = text_of(cell)
    opened(browser, cell, tmp_path, text)
    target, rather = (int(byte) for byte in np.argsort(lengths(cell, cell, text[:PLACE]))[:2])
    chips = browser.run(
        "return [...document.querySelectorAll('#live-why .chips code')].map((code) => code.textContent)"
    )
    at = chips.index(shown_byte(target))
    browser.run(f"document.querySelectorAll('#live-why .chips button')[{at}].click()")
    select = "document.querySelector('#live-why select[aria-label=\"rather than\"]')"
    browser.run(f"{select}.value = String(arguments[0]); {select}.dispatchEvent(new Event('change'))", rather)
    assert browser.run(f"return {select}.value") == str(rather)
    name, told, _ = browser.run(ROWS)[0]
    held = edit(cell, {f"{name}@{PLACE - 1}": "flip"})
    change = lengths(held, cell, text[:PLACE]) - lengths(cell, cell, text[:PLACE])
    assert float(told.replace(MINUS, "-")) == pytest.approx(change[target] - change[rather], abs=0.0051, rel=0.01)


def test_one_bit_is_turned_and_another_byte_comes_first(browser: Browser, tmp_path: Path) -> None:
    cell = CELLS["logits"]
    text = text_of(cell)
    opened(browser, cell, tmp_path, text)
    button = "document.querySelector('#live-why .answer button')"
    places = [*range(PLACE, len(text))]
    while not browser.run(f"return Boolean({button})"):
        browser.run("live.change({ place: arguments[0] })", places.pop())
        browser.until(DRAWN)
    place = browser.run("return live.view.place")
    told = browser.text("#live-why .answer").split("put something else first instead of ")[1]
    was, instead = (part[1:].split(RIGHT)[0] for part in (told, told.split(" it is ")[1]))
    browser.run(f"{button}.click()")
    browser.until("live.ready && live.done.length == 1")
    name, value = browser.run("return editText(live.done[0])").split("=")
    before, after = (lengths(model, cell, text[:place]) for model in (cell, edit(cell, {name: value})))
    assert before.argmin() != after.argmin() == browser.run("return targetsOf(live).targets[0]")
    assert (was, instead) == (shown_byte(int(before.argmin())), shown_byte(int(after.argmin())))


def test_the_keyboard_keeps_its_place(browser: Browser, tmp_path: Path) -> None:
    opened(browser, CELLS["logits"], tmp_path, text_of(CELLS["logits"]))
    browser.run("document.querySelector('#live-why .cause').focus()")
    browser.press("\ue015", "\ue015")
    assert browser.run("return [...document.querySelectorAll('.cause')].indexOf(document.activeElement)") == 2
    browser.run("document.querySelectorAll('#live-why .chips button')[1].focus()")
    browser.press("\ue007")
    pressed = "document.activeElement.closest('.chips') && document.activeElement.getAttribute('aria-pressed')"
    assert browser.run(f"return {pressed}") == "true"


def test_it_is_silent_where_nothing_is_predicted(browser: Browser, tmp_path: Path) -> None:
    write_report([conjunction("toy", "a", "b")], tmp_path / "page.html", live_only=True)
    browser.open(tmp_path / "page.html")
    assert browser.text("#live-why") == ""


def test_classes_are_compared_with_the_best_other_one(browser: Browser, tmp_path: Path) -> None:
    cell = unusual_cell(2, "classes")
    write_report([cell], tmp_path / "page.html", live_only=True)
    browser.open(tmp_path / "page.html")
    elements = browser.run("return live.facts.elements")
    sizes = [each["size"] for each in browser.run("return live.facts.blocks")]
    ends = np.cumsum(sizes).tolist()
    names = [each["name"] for each in browser.run("return live.facts.blocks")]
    spans = [*zip(names, np.subtract(ends, sizes).tolist(), ends, strict=True)]
    rng = np.random.default_rng(4)
    given = [int(rng.integers(each["low"], each["high"] + 1)) for each in elements]
    browser.run("live.change({ steps: [arguments[0]], place: 1 })", given)
    browser.until(DRAWN)

    def numbers(model: Cell | Aig) -> np.ndarray:
        by_name = {name: np.array([given[start:end]]) for name, start, end in spans}
        return run(model, by_name, encoded=True)[0].astype(float)

    def margin(found: np.ndarray, label: int) -> float:
        return found[label] - max(np.delete(found, label), default=0)

    before = numbers(cell)
    target = browser.run("return askedAbout.get(live)")
    assert before[target] == before.max()
    for name, told, _ in browser.run(ROWS)[:6]:
        change = margin(numbers(edit(cell, {name: "flip"})), target) - margin(before, target)
        scale = browser.run("return live.facts.scores.scale")
        assert float(told.replace(MINUS, "-")) == pytest.approx(scale * change, abs=0.0051, rel=0.01), name
    assert browser.run("return document.querySelector('#live-why .sums .warning')") is None
