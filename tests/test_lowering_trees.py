"""Trees of integers are built in the cheaper of two ways, and the certificate sees through both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge.cell import Cell, Input, Scores, Trees
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.rows import Broken
from bridge.execution.beside import Beside
from bridge.lowering import lower, lower_traced


def full_trees(seed: int, *, depth: int, count: int, shared: bool = False, most: int = 200) -> Cell:
    """Trees of all splits down to a depth, over eight numbers; with `shared`, each has one of its splits twice."""
    rng = np.random.default_rng(seed)
    splits, roots, leaves = list[list[int]](), list[int](), 0
    for _ in range(count):
        first, inner = len(splits), (1 << depth) - 1
        roots.append(first)
        for index in range(inner):
            ways = [2 * index + 1, 2 * index + 2]
            ends = [first + way if way < inner else ~(leaves + way - inner) for way in ways]
            splits.append([int(rng.integers(8)), *ends])
        if shared:
            splits[first][2] = splits[first][1]
        leaves += inner + 1
    values, least = rng.integers(0, most, (leaves, 1)), rng.integers(1, 32, len(splits))
    read = Input("x", np.zeros(8, int), np.full(8, 31))
    labels = tuple(f"c{index}" for index in range(count))
    return Cell(
        (read, Trees("t", ("x",), np.array(splits), np.array(roots), values, least), Scores("s", ("t",), labels))
    )


@pytest.mark.heavy
@pytest.mark.parametrize(("shared", "reached"), [(False, True), (True, False)])
def test_wide_leaves_are_reached_unless_splits_are_shared(shared: bool, reached: bool) -> None:
    cell = full_trees(1, depth=4, count=3, shared=shared)
    aig, trace = lower_traced(cell)
    assert (trace.ways["t"] >= 0).any() == reached
    assert certify(cell, aig).answer == "equivalent"
    rng = np.random.default_rng(0)
    given = rng.integers(0, 32, (500, 8))
    values = cell.read(cell.reset(500), given)
    assert Beside.of(cell, aig).difference({**values, "s": cell.ask(values)}) is None


@pytest.mark.heavy
def test_the_cheaper_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, narrow = full_trees(1, depth=4, count=3), full_trees(1, depth=2, count=3, most=2)
    assert (lower_traced(narrow)[1].ways["t"] < 0).all()
    sizes = {cell: len(lower(cell).ands) for cell in (wide, narrow)}
    for reached in (False, True):
        monkeypatch.setattr("bridge.lowering.blocks.trees.reaching_is_cheaper", lambda *_, own=reached: own)
        for cell, size in sizes.items():
            assert len(lower(cell).ands) >= size


@pytest.mark.heavy
def test_the_certificate_finds_every_fault_in_trees() -> None:
    """Of a netlist with one fanin inverted, or a claim of another literal."""
    cell = full_trees(2, depth=3, count=2)
    aig, trace = lower_traced(cell)
    Checker(cell, aig, trace).run()
    rng = np.random.default_rng(0)
    for index in rng.choice(len(aig.ands), 40, replace=False).tolist():
        ands = aig.ands.copy()
        ands[index, int(rng.integers(2))] ^= 1
        with pytest.raises(Broken):
            Checker(cell, replace(aig, ands=ands), trace).run()
    for split in range(len(trace.ways["t"])):
        for column in range(3):
            ways = trace.ways["t"].copy()
            ways[split, column] ^= 1
            with pytest.raises(Broken):
                Checker(cell, aig, replace(trace, ways={"t": ways})).run()
