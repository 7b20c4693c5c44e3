"""What one does with networks of numbers and with plain netlists on the page: draw, slide, step and switch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import Cell, edit, run, write_report
from bridge.aig import AigBuilder
from bridge.cell import Input, Linear, Scores, Threshold
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from support.browser import Browser
from support.integer_cells import random_integer_cell

pytestmark = pytest.mark.heavy

SIDE, NEURONS = 12, 6
NUMBERS = "[...live.moment.numbers]"
BOXES = {"add": 4, "total": 8}


def picture_cell() -> Cell:
    """Ten classes of pictures of raw pixels 0 .. 1, each of which becomes one of four levels."""
    rng = np.random.default_rng(3)
    pixels = SIDE * SIDE
    encoder = Encoder(
        np.zeros(pixels, np.int64),
        np.arange(pixels, dtype=np.int32),
        np.array([[0.25, 0.5, 0.75]]),
        single=True,
        columns=pixels,
    )
    weights, sums = rng.integers(-2, 3, (NEURONS, pixels)), rng.integers(-3, 4, (10, NEURONS))
    blocks = (
        Input.encoded("x", encoder),
        Threshold("h", ("x",), weights, rng.integers(-9, 9, NEURONS)),
        Linear("sums", ("h",), sums, np.zeros(10, np.int64)),
        Scores("class", ("sums",), tuple("0123456789"), 0.5),
    )
    return Cell(blocks, "pictures")


def accumulator() -> Any:
    """Adds four bits to eight in every step, unless they are cleared."""
    builder = AigBuilder("accumulator")
    added = [builder.input(f"add[{bit}]") for bit in range(BOXES["add"])]
    clear = builder.input("clear")
    total = [builder.latch(f"total[{bit}]") for bit in range(BOXES["total"])]
    carry = 0
    for place, held in enumerate(total):
        given = added[place] if place < len(added) else 0
        both, either = builder.and_(held, given), builder.and_(held ^ 1, given ^ 1) ^ 1
        half = builder.and_(both ^ 1, either)
        passed = builder.and_(half, carry)
        result = builder.and_(passed ^ 1, builder.and_(half ^ 1, carry ^ 1) ^ 1)
        carry = builder.and_(both ^ 1, passed ^ 1) ^ 1
        builder.output(f"sum[{place}]", result)
        builder.set_next(held, builder.and_(result, clear ^ 1))
    return builder.build()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("given")
    samples = {"x": pictures(), "y": np.arange(3)}
    write_report([picture_cell()], folder / "samples.html", rows=samples, live_only=True)
    models = {"picture": picture_cell(), "machine": random_integer_cell(4, state=True), "bits": accumulator()}
    for name, model in models.items():
        write_report([model], folder / f"{name}.html", live_only=True)
    return {name: folder / f"{name}.html" for name in (*models, "samples")}


def pictures() -> np.ndarray:
    """Three, their pixels on thresholds, beside them, and anywhere."""
    rng = np.random.default_rng(8)
    near = np.nextafter(np.float32([0.25, 0.5, 0.75]), np.float32(0)).astype(float)
    on = rng.choice([0.25, 0.5, 0.75, *near], (3, SIDE * SIDE))
    return np.where(rng.random(on.shape) < 0.5, on, rng.random(on.shape))


def press(browser: Browser, words: str) -> None:
    """A button of the part by what it says."""
    find = "[...document.querySelectorAll('#live button')].find((button) => button.textContent === arguments[0])"
    browser.run(f"{find}.click()", words)


def drag(browser: Browser, places: list[tuple[float, float]]) -> None:
    """The pointer over the pad, places as parts of its sides."""
    from selenium.webdriver.common.action_chains import ActionChains

    pad = browser.driver.find_element("css selector", "svg.pad")
    browser.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", pad)
    size = pad.size["width"]
    actions = ActionChains(browser.driver, duration=20)
    for at, (x, y) in enumerate(places):
        actions.move_to_element_with_offset(pad, round((x - 0.5) * size), round((y - 0.5) * size))
        if not at:
            actions.click_and_hold()
    actions.release().perform()
    browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_one_draws_and_it_answers(browser: Browser, pages: dict[str, Path]) -> None:
    cell = picture_cell()
    browser.open(pages["picture"])
    press(browser, "Clear")
    assert browser.run("return live.view.steps") == [[0] * SIDE * SIDE]
    drag(browser, [(0.2, 0.5), (0.8, 0.5)])
    (drawn,) = browser.run("return live.view.steps")
    levels = np.array(drawn).reshape(SIDE, SIDE)
    assert levels[5:7, 3:9].min() >= 2
    assert levels[:4].max() == levels[8:].max() == 0
    wanted = run(cell, np.array([drawn]), encoded=True)[0]
    assert browser.run(f"return {NUMBERS}") == wanted.tolist()
    shown = browser.run("return [...document.querySelectorAll('.score-number')].map((each) => each.textContent)")
    assert [int(number.replace("\N{MINUS SIGN}", "-")) for number in shown] == wanted.tolist()
    assert browser.text(".score.best .score-label") == str(wanted.argmax())
    browser.run("live.undo()")  # the stroke as a whole
    assert browser.run("return live.view.steps") == [[0] * SIDE * SIDE]


def test_the_pad_obeys_the_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["picture"])
    press(browser, "Clear")
    browser.run("document.querySelector('svg.pad').focus()")
    middle = SIDE // 2
    browser.press(" ")
    pixel = "return live.view.steps[0][arguments[0]]"
    assert browser.run(pixel, middle * (SIDE + 1)) == 3
    browser.press("\ue017")  # Delete
    assert browser.run(pixel, middle * (SIDE + 1)) == 0
    browser.press("\ue014", " ")  # right
    before = browser.run("return live.view.steps[0]")
    press(browser, "←")
    shifted = np.array(before).reshape(SIDE, SIDE)[:, 1:]
    np.testing.assert_array_equal(
        np.array(browser.run("return live.view.steps[0]")).reshape(SIDE, SIDE)[:, :-1], shifted
    )
    press(browser, "Invert")
    assert browser.run("return live.view.steps[0][0]") == 3


def test_the_pixels_that_matter_are_those_that_change_the_margin(browser: Browser, pages: dict[str, Path]) -> None:
    cell = picture_cell()
    browser.open(pages["picture"])
    press(browser, "What matters")
    (given,) = browser.run("return live.view.steps")
    found = browser.run("return pictureEffects(live, givenBlocks(live.facts)[0])")
    turned = np.repeat([given], 2 * SIDE * SIDE, axis=0)
    for pixel in range(SIDE * SIDE):
        turned[2 * pixel, pixel] ^= 1
        turned[2 * pixel + 1, pixel] ^= 2
    numbers = run(cell, np.concatenate([[given], turned]), encoded=True)
    best = numbers[0].argmax()
    margins = (numbers[:, best] - np.delete(numbers, best, axis=1).max(axis=1)) * 0.5
    effects = (margins[1:] - margins[0]).reshape(-1, 2)
    largest = np.where(abs(effects[:, 1]) > abs(effects[:, 0]), effects[:, 1], effects[:, 0])
    np.testing.assert_array_equal(found, largest)
    assert f" for {np.count_nonzero(largest)} of {SIDE * SIDE} pixels" in browser.text(".pad-tools .count")
    felt = browser.run("return document.querySelectorAll('.pad-effect:not([fill-opacity=\"0.000\"])').length")
    assert 0 < felt <= np.count_nonzero(largest)


def test_sliders_give_raw_features_and_can_be_undone(browser: Browser, pages: dict[str, Path]) -> None:
    cell = picture_cell()
    browser.open(pages["picture"])
    press(browser, "Numbers")
    browser.run("document.querySelector('[aria-label=\"The values after these\"]').click()")
    slide = """
      const row = document.querySelectorAll('.slider')[arguments[0]];
      const slider = row.querySelector('input[type=range]');
      slider.value = arguments[1];
      slider.dispatchEvent(new Event('input'));
      slider.dispatchEvent(new Event('change'));
      return row.querySelector('[data-signal]').textContent;
    """
    before = browser.run("return live.view.steps[0]")
    assert browser.run(slide, 2, "0.6") == "x[26] 2"
    (given,) = browser.run("return live.view.steps")
    assert [place for place, (one, other) in enumerate(zip(before, given, strict=True)) if one != other] == [26]
    assert browser.run(f"return {NUMBERS}") == run(cell, np.array([given]), encoded=True)[0].tolist()
    browser.run("live.undo()")
    assert browser.run("return live.view.steps[0]") == before


def test_what_is_done_is_shown_beside_what_was(browser: Browser, pages: dict[str, Path]) -> None:
    cell = picture_cell()
    browser.open(pages["picture"])
    browser.run("live.change({edits: [{name: 'h', value: 'flip', at: null, off: false}]})")
    (given,) = browser.run("return live.view.steps")
    plain, done = (run(each, np.array([given]), encoded=True)[0] for each in (cell, edit(cell, {"h": "flip"})))
    shown = [int(text) for text in browser.run("return [...live.unchanged.numbers].map(String)")]
    assert (shown, browser.run(f"return {NUMBERS}")) == (plain.tolist(), done.tolist())
    said = browser.text(".score-answer")
    assert said.startswith(f"It says {done.argmax()}")
    assert "Without what is done" in said


def test_a_machine_of_rows_is_stepped(browser: Browser, pages: dict[str, Path]) -> None:
    cell = random_integer_cell(4, state=True)
    browser.open(pages["machine"])
    for _ in range(4):
        press(browser, "Random")
        press(browser, "Step")
    press(browser, "Remove this step")
    steps = np.array(browser.run("return live.view.steps"))
    assert len(steps) == 4
    assert browser.run("return live.view.place") == 4
    wanted = run(cell, rows_of(cell, steps), encoded=True)[0]
    assert browser.run("return live.now.moments.map(({numbers}) => [...numbers])") == wanted.tolist()
    labels = browser.run("return [...document.querySelectorAll('.steps button')].map((each) => each.lastChild.data)")
    assert labels == [cell.labelled.labels[row.argmax()] for row in wanted]
    browser.run("document.querySelectorAll('.steps button')[1].click()")
    assert browser.run(f"return {NUMBERS}") == wanted[1].tolist()


def rows_of(cell: Cell, steps: np.ndarray) -> dict[str, np.ndarray]:
    """int[steps, elements] as what `run` is given, one row of several steps."""
    found, first = {}, int(cell.reads_byte)
    if cell.reads_byte:
        found["byte"] = steps[None, :, 0]
    for each in cell.inputs:
        found[each.name] = steps[None, :, first : first + len(each.low)]
        first += len(each.low)
    return found


def test_a_netlist_is_switched_and_stepped(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["bits"])
    total = 0
    for number in (9, 15, 4):
        browser.run(
            "const box = document.querySelector('.switch-number'); box.value = arguments[0];"
            "box.dispatchEvent(new Event('change'))",
            str(number),
        )
        total += number
        assert browser.text("#live-next output") == str(total)
        press(browser, "Step")
    browser.run("document.querySelector(\"[role=switch][aria-label='add[0]']\").click()")  # it was given 4 again
    assert browser.text("#live-next output") == str(total + 5)
    lamps = browser.run("return [...document.querySelectorAll('.lamp b')].map((each) => each.textContent).join('')")
    assert int(lamps, 2) == total + 5
    browser.run("live.change({edits: [{name: 'total[1]', value: 'flip', at: 1, off: false}]})")
    press(browser, "From reset")
    assert browser.text("#live-next output") == "5"


def test_it_begins_with_the_rows_that_came_with_it(browser: Browser, pages: dict[str, Path]) -> None:
    cell, rows = picture_cell(), pictures()
    browser.open(pages["samples"])
    choose = """
      const row = [...document.querySelectorAll('select')].find((each) => each.options[1]?.text === '0: 0');
      row.value = arguments[0];
      row.dispatchEvent(new Event('change'));
    """
    for row in (0, 2, 1):
        if row:
            browser.run(choose, str(row))
        given = rows[row : row + 1]
        assert browser.run("return live.view.steps") == cell.inputs[0].encoder.encode(given).tolist()
        assert browser.run(f"return {NUMBERS}") == run(cell, given)[0].tolist()
    with pytest.raises(InputError, match="144"):
        write_report([cell], pages["samples"], rows={"x": rows[:, 1:]}, live_only=True)
    for told in (np.array(3), np.arange(2), np.ones((3, 2))):
        with pytest.raises(InputError, match="y must be what each of the 3 rows is"):
            write_report([cell], pages["samples"], rows={"x": rows, "y": told}, live_only=True)
