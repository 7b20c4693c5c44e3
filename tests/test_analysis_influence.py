"""Influence on text against single runs of the oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_netlists import planted

from bridge import Aig, Cell, lower
from bridge.analysis import influence
from bridge.analysis.runs import WARMUP, text_runs, visited_runs
from bridge.corpus import read_text
from bridge.errors import InputError
from bridge.resources import netlist_path

TEXT = read_text("pydoc")[:6000]


@pytest.fixture(scope="module")
def cell() -> Cell:
    return Cell.load(str(netlist_path("tiny.safetensors")))


@pytest.fixture(scope="module")
def tiny(cell: Cell) -> Aig:
    return lower(cell)


def oracle_state(cell: Cell, position: int) -> np.ndarray:
    state = cell.reset(1)
    for byte in TEXT[max(0, position - WARMUP) : position]:
        state, _ = cell.step(state, np.array([byte], np.uint8))
    return state


def test_runs_start_in_the_states_of_the_text(cell: Cell, tiny: Aig) -> None:
    runs = text_runs(tiny, TEXT, 2, 100)
    assert runs.positions is not None
    for stream in (0, 1, 57, 127):
        state, inputs, position = runs.single(stream)
        assert position is not None
        assert state.tolist() == oracle_state(cell, position)[0].tolist()
        assert [int(row @ (1 << np.arange(8))) for row in inputs] == list(TEXT[position : position + 2])


def test_every_position_is_visited_once(cell: Cell, tiny: Aig) -> None:
    seen: list[int] = []
    for runs in visited_runs(tiny, TEXT[:3000], 2):
        assert runs.positions is not None
        seen += runs.positions[runs.positions >= 0].tolist()
        state, _, position = runs.single(int(np.argmax(runs.positions)))
        if position == 2047:  # the last of its segment: it was read from WARMUP bytes before the segment on
            expected = cell.reset(1)
            for byte in TEXT[1024 - WARMUP : 2047]:
                expected, _ = cell.step(expected, np.array([byte], np.uint8))
            assert state.tolist() == expected[0].tolist()
    assert sorted(seen) == list(range(2999))


@pytest.mark.heavy
def test_like_the_oracle(cell: Cell, tiny: Aig) -> None:
    found = influence(tiny, TEXT, 3, positions=64, sources=["state.emb.past[1]", "state.layer0.memory"])
    names = [latch.name for latch in tiny.latches]
    for row in (0, 3):
        flips = names.index(found.sources[row])
        changes, best = np.zeros((3, len(names)), int), np.zeros(3, int)
        absolute, added = np.zeros(3), np.zeros(3)
        for position in found.positions.tolist():
            plain = oracle_state(cell, position)
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


def test_tables_and_files(tiny: Aig, tmp_path: Path) -> None:
    found = influence(tiny, TEXT, 2, positions=64, threads=1)
    again = influence(tiny, TEXT, 2, positions=64, threads=2)
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
