"""Names followed over the text: their values are those of Python, the column that is chosen is the place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import Cell, activations, edit
from bridge.report import write_report
from support.browser import Browser
from support.texts import VERSES
from support.unusual_cells import unusual_cell

pytestmark = pytest.mark.heavy

TEXT = VERSES[:90]
PINS = ["layer0.memory[3]", "layer0.neurons", "logit.'e'", "probability.'e'", "surprise", "state.emb.past[0]"]
VALUES = """
  return arguments[0].map((name) => {
    const row = watchedOf(live, name);
    return live.now.moments.map((_, step) => followedAt(live, row, live.now, step));
  });
"""


@pytest.fixture
def followed(browser: Browser, page: Path) -> Browser:
    browser.open(page)
    browser.until("window.live")
    browser.run("live.change({ text: Uint8Array.from(arguments[0]), place: 40, edits: [], pins: [] })", [*TEXT])
    browser.until("live.ready && live.now.moments.length == live.view.text.length")
    return browser


def test_what_is_followed_is_what_python_finds(tiny: Cell, followed: Browser) -> None:
    changes = [{"name": "layer0.memory[3]", "value": "flip", "at": None}]
    for edits, model in (([], tiny), (changes, edit(tiny, {"layer0.memory[3]": "flip"}))):
        followed.run("live.change({ edits: arguments[0] })", edits)
        followed.until("live.ready")
        found = dict(zip(PINS, followed.run(VALUES, PINS), strict=True))
        logits = np.asarray(activations(model, TEXT, "logit"), np.int64)
        likely = tiny.readout.probabilities(logits)
        for name in ("layer0.memory[3]", "layer0.neurons", "logit.'e'", "state.emb.past[0]"):
            assert found[name] == activations(model, TEXT, name).sum(axis=1).tolist()
        assert np.allclose(found["probability.'e'"], likely[:, ord("e")])
        assert found["surprise"][0] is None
        assert np.allclose(
            found["surprise"][1:], tiny.readout.code_lengths(logits[:-1], np.frombuffer(TEXT[1:], np.uint8))
        )


def test_rows_can_be_added_moved_and_taken_away(followed: Browser) -> None:
    shown = "[...document.querySelectorAll('.follow-names li')].map((item) => item.dataset.name)"
    followed.until(f"{shown}[0] == 'surprise'")
    followed.run("live.change({ pins: ['surprise', 'layer0.memory[3]'] })")
    query = followed.driver.find_element("css selector", "#follow-query")
    query.send_keys("layer1.neurons[7]\n")
    wanted = ["surprise", "layer0.memory[3]", "layer1.neurons[7]"]
    followed.until(f"JSON.stringify({shown}) == '{str(wanted).replace(chr(39), chr(34)).replace(' ', '')}'")
    followed.run(
        "for (const button of document.querySelectorAll('.follow-names button'))"
        "  if (button.dataset.key == 'up layer1.neurons[7]') button.click()"
    )
    followed.until(f"{shown}[1] == 'layer1.neurons[7]'")
    followed.run("document.querySelector('.follow-names li:last-child .act button:last-child').click()")
    followed.until(f"{shown}.length == 2")
    query.send_keys("<b>nothing\n")
    assert "There is nothing called “<b>nothing”" in followed.text(".follow-add [role=status]")
    followed.run("live.undo()")
    assert followed.run("return live.view.pins") == ["surprise", "layer1.neurons[7]", "layer0.memory[3]"]


def test_a_click_and_the_arrow_keys_choose_the_place(followed: Browser) -> None:
    followed.run("document.querySelector('.follow-view').focus()")
    followed.press("\ue014", "\ue014", "\ue012")  # right, right, left
    assert followed.run("return live.view.place") == 41
    followed.run("""
      const view = document.querySelector('.follow-view');
      view.scrollIntoView();
      const { left, top } = view.getBoundingClientRect();
      view.scrollLeft = 0;
      view.dispatchEvent(new MouseEvent('click', { clientX: left + 5.5 * 14, clientY: top + 30, bubbles: true }));
    """)
    assert followed.run("return live.view.place") == 6
    assert followed.run("return document.querySelector('.follow-view').getAttribute('aria-valuetext')")


def test_of_a_long_text_only_what_is_seen_is_drawn(followed: Browser) -> None:
    followed.run("live.change({ text: new Uint8Array(20000).fill(97), place: 3, pins: arguments[0] })", PINS)
    followed.until("live.ready")
    followed.run("""
      const [draw, find] = [drawRows, followedAt];
      window.followedAt = (...all) => (looked++, find(...all));
      window.drawRows = (...all) => (draw(...all), (window.drawn = true));
    """)
    for place in (19_000, 7, 12_345):
        followed.run("window.drawn = false; window.looked = 0; live.change({ place: arguments[0] })", place)
        followed.until("drawn")
        assert followed.run("return looked") < 5_000, "of 20,000 steps with six rows"
    assert followed.run("return document.querySelector('.follow-view').scrollLeft") > 100_000


def test_numbers_of_steps_are_followed_too(browser: Browser, tmp_path: Path) -> None:
    cell = unusual_cell(3)  # steps of integers, with memory; three classes
    write_report([cell], tmp_path / "page.html", live_only=True)
    browser.open(tmp_path / "page.html")
    browser.until("window.live")
    low, high = cell.ranges["x"].low, cell.ranges["x"].high
    rows = np.random.default_rng(5).integers(low, high + 1, (6, len(low)))
    browser.run("live.change({ steps: arguments[0], place: 6 })", rows.tolist())
    browser.until("live.ready && document.querySelectorAll('.follow-names li').length == 3")
    state, known = cell.reset(1), []
    for row in rows:
        state, numbers = cell.step(state, row[None])
        known.append(numbers[0].tolist())
    assert cell.labelled is not None
    names = cell.labelled.names
    assert np.array(browser.run(VALUES, names)).T.tolist() == known
    shown = browser.run("return [...document.querySelectorAll('.follow-names output')].map((o) => o.textContent)")
    assert [text.replace(",", "") for text in shown] == [str(number) for number in known[-1]]


def test_sums_that_are_compared_reach_what_they_must(followed: Browser) -> None:
    found = followed.run("""
      return live.data.records
        .filter(({ name, least }) => least !== undefined && live.names.has(name))
        .map((record) => {
          const { total, unknown } = sumAmong(live, record, live.moment.bits);
          return [total, unknown, record.least, bitAt(live.moment.bits, live.names.get(record.name))];
        });
    """)
    assert len(found) > 20
    assert all(unknown == 0 and bit == (total >= least) for total, unknown, least, bit in found)


def test_a_card_tells_the_equation_and_goes_with_escape(followed: Browser) -> None:
    followed.run("live.change({ pins: ['layer1.neurons[7]'] })")
    followed.until("document.querySelector('[data-name=\"layer1.neurons[7]\"] [data-signal]')")
    row = followed.driver.find_element("css selector", ".follow-names [data-signal]")
    followed.run("arguments[0].scrollIntoView({ block: 'center' })", row)
    followed.run("arguments[0].focus({ focusVisible: true })", row)
    followed.until("!document.getElementById('live-card').hidden")
    assert row.get_attribute("aria-describedby") == "live-card"
    told = followed.text("#live-card")
    value = followed.run("return bitAt(live.moment.bits, live.names.get('layer1.neurons[7]'))")
    assert f"is {value} while" in told
    assert "needed" in told
    followed.press("\ue00c")
    assert followed.run("return document.getElementById('live-card').hidden")
    assert row.get_attribute("aria-describedby") is None
