"""Influence on text against single runs of the oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import Aig, Cell, lower
from bridge.aig.names import BYTE
from bridge.analysis.text.influence import influence
from bridge.corpus import read_text
from bridge.errors import InputError
from bridge.resources import netlist_path
from support.cells import random_cell, random_tree_cell
from support.small_netlists import planted

pytestmark = pytest.mark.heavy

TEXT = read_text("pydoc")[:3000]


@pytest.fixture(scope="module")
def cell() -> Cell:
    return Cell.load(str(netlist_path("tiny.safetensors")))


@pytest.fixture(scope="module")
def tiny(cell: Cell) -> Aig:
    return lower(cell)


@pytest.fixture(scope="module")
def oracle_states(cell: Cell) -> list[np.ndarray]:
    """The state before each byte of the text, from reset on."""
    states = [cell.reset(1)]
    for byte in TEXT[:-1]:
        states.append(cell.step(states[-1], np.array([byte], np.uint8))[0])
    return states


def test_like_the_oracle(cell: Cell, tiny: Aig, oracle_states: list[np.ndarray]) -> None:
    found = influence(tiny, TEXT, 3, positions=64, sources=["state.emb.past[1]", "state.layer0.memory"])
    names = [latch.name for latch in tiny.latches]
    for row in (0, 3):
        flips = names.index(found.sources[row])
        changes, best = np.zeros((3, len(names)), int), np.zeros(3, int)
        absolute, added = np.zeros(3), np.zeros(3)
        for position in found.positions.tolist():
            plain = oracle_states[position]
            other = plain.copy()
            other[0, flips] ^= 1
            for step in range(3):
                byte, following = (np.array([TEXT[position + step + offset]], np.uint8) for offset in (0, 1))
                (plain, one), (other, two) = cell.step(plain, byte), cell.step(other, byte)
                changes[step] += plain[0] != other[0]
                best[step] += one.argmax() != two.argmax()
                lengths = [cell.readout.code_lengths(logits, following)[0] for logits in (one, two)]
                absolute[step] += abs(lengths[1] - lengths[0])
                added[step] += lengths[1] - lengths[0]
        assert found.state_changes[row].tolist() == changes.tolist()
        assert found.argmax_changes[row].tolist() == best.tolist()
        assert found.absolute_bits[row] == pytest.approx(absolute / 64)
        assert found.added_bits[row] == pytest.approx(added / 64)
    assert (found.memory == found.argmax_changes / 64).all()


@pytest.mark.parametrize("serial", [False, True])
def test_heads_over_a_code(serial: bool) -> None:
    """Scores of nodes as `logit_changes`, and the symbol of the largest product as the likeliest."""
    cell = random_tree_cell(5, serial)
    text = bytes(np.random.default_rng(0).choice(list(cell.head.symbols), 200).tolist())
    aig = lower(cell)
    found = influence(aig, text, 2, positions=64, sources=["state.past"])
    flips = [latch.name for latch in aig.latches].index(found.sources[1])
    scores, best, absolute = np.zeros(2, int), np.zeros(2, int), np.zeros(2)
    for position in found.positions.tolist():
        plain = cell.reset(1)
        for byte in text[:position]:
            plain, _ = cell.step(plain, np.array([byte], np.uint8))
        other = plain.copy()
        other[0, flips] ^= 1
        for step in range(2):
            byte, following = (np.array([text[position + step + offset]], np.uint8) for offset in (0, 1))
            (plain, one), (other, two) = cell.step(plain, byte), cell.step(other, byte)
            scores[step] += (one != two).any()
            best[step] += cell.readout.argmax(one)[0] != cell.readout.argmax(two)[0]
            lengths = [cell.readout.code_lengths(numbers, following)[0] for numbers in (one, two)]
            absolute[step] += abs(lengths[1] - lengths[0])
    assert found.logit_changes[1].tolist() == scores.tolist()
    assert found.argmax_changes[1].tolist() == best.tolist()
    assert found.absolute_bits[1] == pytest.approx(absolute / 64)


def test_tables_and_files(tiny: Aig, tmp_path: Path) -> None:
    found = influence(tiny, TEXT, 2, positions=64, jobs=1)
    again = influence(tiny, TEXT, 2, positions=64, jobs=2)
    assert (found.state_changes == again.state_changes).all()
    assert found.state_changes.shape == (len(tiny.latches), 2, len(tiny.latches))
    assert all(len(column) == len(tiny.latches) for column in found.columns().values())
    found.save(tmp_path / "i.npz")
    with np.load(tmp_path / "i.npz") as arrays:
        assert (arrays["absolute_bits"] == found.absolute_bits).all()
    assert "<table>" in found._repr_html_()


def test_wrong_questions(tiny: Aig) -> None:
    for arguments, message in [
        ({"text": b"abc"}, "too short"),
        ({"text": TEXT, "steps": 0}, r"1 \.\. 64"),
        ({"text": TEXT, "positions": 0}, "positions must lie"),
        ({"text": TEXT, "sources": ["nobody"]}, "no signal 'nobody'"),
    ]:
        with pytest.raises(InputError, match=message):
            influence(tiny, **arguments)
    with pytest.raises(InputError, match="not a text model"):
        influence(planted(), TEXT)
    forgetful = random_cell(3, latches=False)
    assert not forgetful.state_bits
    with pytest.raises(InputError, match="has no state bits; name something else to invert"):
        influence(forgetful, TEXT)
    assert influence(forgetful, TEXT, sources=["byte"], positions=64).sources == BYTE
