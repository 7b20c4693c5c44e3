"""The page in Firefox: it runs, reads and holds as the cell does in Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge import Aig, Cell, edit
from bridge.execution.models import stepper_of
from support.firefox import Firefox, firefox
from support.texts import VERSE

pytestmark = pytest.mark.heavy

TEXT = VERSE[:60]
NUMBERS = "live.now.moments.map(({ numbers }) => [...numbers])"


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A page about the cell, open."""
    with firefox(tmp_path_factory.mktemp("firefox") / "profile") as opened:
        opened.open(page)
        yield opened


def numbers_of(model: Cell | Aig) -> list[list[float]]:
    """After every byte of the text."""
    stepper = stepper_of(model)
    _, numbers = stepper.advance(stepper.reset(1), np.frombuffer(TEXT, np.uint8)[:, None])
    return np.asarray(numbers[:, 0], np.float64).tolist()


def test_it_reads_as_the_cell_does(browser: Firefox, tiny: Cell) -> None:
    assert browser.run("document.getElementById('live-error').textContent") == ""
    browser.run(f"live.change({{ text: Uint8Array.of({','.join(map(str, TEXT))}), place: {len(TEXT)} }})")
    browser.until("live.ready")
    assert browser.run(NUMBERS) == numbers_of(tiny)


def test_it_reads_what_is_typed(browser: Firefox, tiny: Cell) -> None:
    browser.run("live.change({ text: new Uint8Array(), place: 0 })")
    browser.run("document.querySelector('#live-text textarea').focus() ?? null")
    browser.press(TEXT[:12].decode())
    assert browser.until("live.ready && live.now.moments.length == 12 && String.fromCharCode(...live.view.text)") == (
        TEXT[:12].decode()
    )
    assert browser.run(NUMBERS) == numbers_of(tiny)[:12]
    likeliest = np.argsort([-number for number in numbers_of(tiny)[11]], kind="stable")[0]
    shown = browser.run("document.querySelector('#live-next li, #live-next tr, #live-next button').textContent")
    assert shown.startswith(chr(tiny.readout.symbols[likeliest]))
    browser.run(f"live.change({{ text: Uint8Array.of({','.join(map(str, TEXT))}), place: {len(TEXT)} }})")
    browser.until("live.ready")


def test_it_holds_what_is_held(browser: Firefox, tiny: Cell) -> None:
    browser.run("live.change({ edits: [{ name: 'layer1.neurons[3]', value: 'flip', at: null }] }, true)")
    browser.until("live.ready")
    changed = numbers_of(edit(tiny, {"layer1.neurons[3]": "flip"}))
    assert changed != numbers_of(tiny)
    assert browser.run(NUMBERS) == changed
    browser.run("live.undo()")
    browser.until("live.ready")
    assert browser.run(NUMBERS) == numbers_of(tiny)
    assert browser.complaints == []
