"""The main job on the shipped cells and real text: oracle, logic, smaller logic and Verilog agree on every bit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.corpus import load_corpus
from bridge.execution import bits_per_byte, trace
from bridge.flow import run_flow
from bridge.formats import read_netlist, write_netlist
from bridge.lowering import lower
from bridge.metadata import read_metadata
from bridge.resources import netlist_path
from support import flows

pytestmark = pytest.mark.heavy

STREAMS, STEPS, CHUNK = 128, 800, 50  # 102,400 bytes
README = Path(__file__).parents[1] / "README.md"


def shipped(name: str) -> Cell:
    return Cell.load(str(netlist_path(f"{name}.safetensors")))


def steps_of(model: Cell | Aig, text: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(logits of all steps so far, states after them), from the start of the text each time, at last of all STEPS."""
    streams = np.frombuffer(text, np.uint8)[: STREAMS * STEPS].reshape(STREAMS, STEPS).T
    for end in (*range(CHUNK, STEPS, CHUNK * 5), STEPS):
        yield trace(model, np.ascontiguousarray(streams[:end]))


@lru_cache(maxsize=1)
def expected_of(cell: Cell, text: bytes) -> list[tuple[np.ndarray, np.ndarray]]:
    return [*steps_of(cell, text)]


def assert_identical(cell: Cell, aig: Aig, text: bytes) -> None:
    """Every logit of >= 100,000 bytes, and the states on the way."""
    for (logits, state), (expected, expected_state) in zip(steps_of(aig, text), expected_of(cell, text), strict=True):
        np.testing.assert_array_equal(logits, expected)
        known, values = states_of_cell(cell, aig, state)
        np.testing.assert_array_equal(values, expected_state[:, known])


def states_of_cell(cell: Cell, aig: Aig, state: np.ndarray) -> tuple[list[int], np.ndarray]:
    """The state bits of the cell that the latches tell, and their values: for removed ones what they have become."""
    places = {latch.name: index for index, latch in enumerate(aig.latches)}
    removed = read_metadata(aig).latches
    known, values = [], []
    for index, latch in enumerate(lower(cell).latches if removed else aig.latches):
        image = removed.get(latch.name, (latch.name, False))
        if image is not None:
            known.append(index)
            is_latch = isinstance(image, tuple)
            values.append(state[:, places[image[0]]] ^ image[1] if is_latch else np.full(len(state), image))
    return known, np.stack(values, axis=1)


@pytest.fixture(scope="module")
def heldout() -> bytes:
    return load_corpus("kjv").heldout


@pytest.fixture(scope="module")
def tiny() -> Cell:
    return shipped("tiny")


def test_the_shipped_cells_are_as_promised() -> None:
    tiny, best = lower(shipped("tiny")), lower(shipped("kjv"))
    assert len(tiny.ands) <= 5_000
    assert len(tiny.latches) > 0
    assert len(best.ands) <= 75_000


def test_plain_logic_and_both_verilog_readers(tiny: Cell, heldout: bytes, tmp_path: Path) -> None:
    plain = lower(tiny)
    assert_identical(tiny, plain, heldout)
    for cells in (False, True):
        write_netlist(plain, tmp_path / "plain.v", cells=cells)
        for reader in ("pyslang", "pyverilog"):
            again = read_netlist(tmp_path / "plain.v", reader=reader)  # type: ignore[arg-type]
            assert_identical(tiny, again, heldout)
            assert bits_per_byte(again, heldout) == bits_per_byte(tiny, heldout)


# `deep` takes many minutes, and is proven however far it comes; in one round of few moves it comes further.
SECONDS = {"deep": 20.0}
LONG = [pytest.param(flow, marks=pytest.mark.slow) if flow == "deep" else flow for flow in flows.UNCLOCKED]


@pytest.mark.parametrize("flow", LONG)
def test_every_flow_is_proven_and_changes_nothing(flow: str, tiny: Cell, heldout: bytes, tmp_path: Path) -> None:
    steps = flows.brief(flow) if flow in ("deep", "windows") else flow
    result = run_flow(tiny, steps, seconds=SECONDS.get(flow))
    assert result.verdict.answer == "equivalent"
    assert result.ands_after <= result.ands_before
    assert_identical(tiny, result.aig, heldout)
    write_netlist(result.aig, tmp_path / "small.v")
    again = read_netlist(tmp_path / "small.v")
    assert_identical(tiny, again, heldout)
    assert bits_per_byte(again, heldout) == bits_per_byte(tiny, heldout)


def test_the_kjv_cell_as_logic_and_verilog(heldout: bytes, tmp_path: Path) -> None:
    cell = shipped("kjv")
    plain = lower(cell)
    assert_identical(cell, plain, heldout)
    write_netlist(plain, tmp_path / "kjv.v")
    assert bits_per_byte(read_netlist(tmp_path / "kjv.v"), heldout) == bits_per_byte(cell, heldout)


def test_the_five_lines_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    block = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert block is not None
    exec(block[1].replace('Cell.load("kjv")', 'Cell.load("tiny")'), {})
    assert "resyn2" in block[1] or "shrink" in block[1]
    assert "result" in capsys.readouterr().out
