"""What a row takes from the byte stands in a table: the cell says the same, and the certificate knows no other one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from bridge.cell import Cell, Delay, Embedding, Logits, Threshold, fill_unseen
from bridge.cell.tabled import EVERY, same_sums, tabled
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.rows import Broken
from bridge.lowering import lower, lower_traced
from support.cells import cells

SYMBOLS, WIDTH, NEURONS = bytes(range(65, 81)), 24, 16
ALWAYS = 1000.0  # a digit is worth so many ANDs that a table always pays


def wide_cell(*, listed: bool = False, name: str = "past") -> Cell:
    """Neurons that read many bits of few symbols."""
    rng = np.random.default_rng(5)
    emb = Embedding("emb", fill_unseen(rng.integers(0, 2, (len(SYMBOLS), WIDTH)), SYMBOLS))
    weights = rng.integers(-2, 3, (NEURONS, 2 * WIDTH)).astype(np.int8)
    sources, thresholds = ("emb", name), rng.integers(-4, 5, NEURONS)
    rows = [{int(at): int(row[at]) for at in np.flatnonzero(row)} for row in weights]
    neurons = Threshold("n", sources, weights, thresholds)
    neurons = Threshold.of_lists("n", sources, rows, thresholds) if listed else neurons
    head = rng.integers(-3, 4, (len(SYMBOLS), NEURONS + WIDTH)).astype(np.int8)
    logits = Logits("logit", ("n", "emb"), head, rng.integers(-9, 9, len(SYMBOLS)), 0.1, SYMBOLS)
    return Cell((emb, Delay(name, "emb", 1), neurons, logits))


def steps(cell: Cell) -> list[list[int]]:
    rng = np.random.default_rng(0)
    state = rng.integers(0, 2, (256, cell.state_bits)).astype(np.uint8)
    following, numbers = cell.step(state, EVERY.astype(np.uint8))
    return [*following.tolist(), *numbers.tolist()]


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("name", ["past", "sums"])
def test_the_netlist_is_smaller_proven_and_has_the_same_names(listed: bool, name: str) -> None:
    cell = wide_cell(listed=listed, name=name)
    aig, trace = lower_traced(cell)
    assert trace.told is not cell
    assert len(aig.ands) < len(lower(cell, objective="balanced").ands)
    plain = lower(cell, objective="plain")
    assert [point.name for point in aig.points] == [point.name for point in plain.points]
    assert [output.name for output in aig.outputs] == [output.name for output in plain.outputs]
    verdict = certify(cell, aig)
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)
    assert certify(cell, lower(cell, care="alphabet")).answer == "equivalent"


@pytest.mark.parametrize("end", [np.iinfo(np.int32).min, np.iinfo(np.int32).max])
@pytest.mark.parametrize("name", ["n", "logit"])
def test_constants_at_their_ends_stay_as_they_are(name: str, end: int) -> None:
    """Moved by what a row takes from the byte at least, they would come round to the other end."""
    cell = wide_cell()
    constants = cell.by_name[name].CONSTANTS
    cell = changed(cell, name, **{constants: np.full(16, end, np.int32)})
    told = tabled(cell, ALWAYS)
    assert same_sums(cell, told, EVERY)
    assert certify(cell, lower(cell)).answer == "equivalent"


def test_little_is_not_lowered_for_a_second_time() -> None:
    cell = wide_cell()
    assert tabled(cell, 5.0, 10.0) is not cell
    assert tabled(cell, 5.0, 1e6) is cell


@given(cells)
def test_a_cell_with_tables_says_the_same(cell: Cell) -> None:
    told = tabled(cell, ALWAYS)
    assert same_sums(cell, told, EVERY)
    if cell.state_ranges.are_bits and not cell.serial:
        assert steps(told) == steps(cell)


def changed(cell: Cell, name: str, **arrays: object) -> Cell:
    blocks = [replace(block, **arrays) if block.name == name else block for block in cell.blocks]
    return replace(cell, blocks=tuple(blocks))


@pytest.mark.parametrize("what", ["table", "weight", "read", "constant", "scale", "more"])
def test_another_cell_has_not_the_same_sums(what: str) -> None:
    cell = wide_cell()
    told = tabled(cell, ALWAYS)
    sums, neurons, head = told.blocks[0], told.by_name["n"], told.head
    assert isinstance(sums, Embedding)
    assert isinstance(neurons, Threshold)
    table, weights, thresholds = sums.table.copy(), neurons.weights.copy(), neurons.thresholds.copy()
    table[66, 0] ^= 1
    weights[0, -1 if what == "weight" else WIDTH] += 1
    thresholds[0] += 1
    other = {
        "table": lambda: changed(told, sums.name, table=table),
        "weight": lambda: changed(told, "n", weights=weights),
        "read": lambda: changed(told, "n", weights=weights),
        "constant": lambda: changed(told, "n", thresholds=thresholds),
        "scale": lambda: changed(told, head.name, scale=0.2),
        "more": lambda: replace(told, blocks=(Delay("other", "emb", 1), *told.blocks)),
    }[what]
    assert not same_sums(cell, other(), EVERY)
    aig, trace = lower_traced(cell)
    with pytest.raises(Broken, match="another one"):
        Checker(cell, aig, replace(trace, told=other())).run()
