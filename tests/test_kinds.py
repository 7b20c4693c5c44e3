"""Every subsystem is asked about every kind of block, and about one that none of them has heard of."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import bridge.cell
from bridge import circuit
from bridge.aig import names
from bridge.analysis.circuits.bounds import Bounds, Given, bounded
from bridge.bench.gates.da4ml import lower_with_da4ml
from bridge.cell import Block, Cell, Embedding, Input, Levels, Linear, Logits, Luts, Maximum, Product, Scores, Table
from bridge.cell.blocks import KINDS, Bits, Values
from bridge.cell.blocks.base import Reader, Surroundings, WidthOf
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import check
from bridge.errors import InputError
from bridge.execution import bits_per_byte, trace
from bridge.execution.machines.lanes import lanes_of, operation
from bridge.lowering import lower
from bridge.lowering.making import Lowered, Making, lower_block
from bridge.report.equations import describe, equations_of
from support.cells import random_cell, random_tree_cell
from support.integer_cells import random_integer_cell

INTEGERS = (Input, Linear, Levels, Table, Luts, Maximum, Product, Scores)
ROOT = Path(bridge.__file__).parent


@dataclass(frozen=True, eq=False)
class Inverter(Reader):
    """A kind of this test: the complements of its sources."""

    def width(self, width_of: WidthOf) -> int:
        return sum(map(width_of, self.sources))

    def check(self, cell: Surroundings) -> None:
        cell.read_width(self)

    def bits(self, values: Values) -> Bits:
        return self.read(values) ^ 1


class Turned(Inverter):
    """The same, with a lowering."""


@lower_block.register
def _(block: Turned, making: Making) -> Lowered:
    return Lowered(making.read(block) ^ 1)


def with_inverter(kind: type[Inverter] = Inverter) -> Cell:
    table = np.arange(256)[:, None] >> np.arange(3) & 1
    head = Logits("logit", ("turned",), np.array([[1, 2, -1], [-1, 0, 3]]), np.array([0, 1]), 0.5, b"ab")
    return Cell((Embedding("emb", table), kind("turned", ("emb",)), head))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.__name__ in bridge.cell.__all__])
def test_every_kind_is_lowered_certified_and_described(kind: type[Block]) -> None:
    """Kinds with a name in `bridge.cell`; others may be refused, as the kind of this test is."""
    functions = lower_block, check, equations_of
    unknown = [function.dispatch(Block) for function in functions]
    known = [function.dispatch(kind) for function in functions]
    assert not set(unknown) & set(known)
    if kind in INTEGERS:  # which lanes refuse, see below
        return
    in_lanes = operation.dispatch(kind) is not operation.dispatch(Block) or kind.patterns is not Block.patterns
    assert in_lanes or kind.AT_START  # delays are looked back to


def test_a_new_kind_runs_in_the_oracle_and_is_refused_by_name_elsewhere() -> None:
    cell = with_inverter()
    assert bits_per_byte(cell, b"abba" * 64) > 0
    assert lanes_of(cell) is None
    assert ("turned[2]", "is bit 2 of the Inverter block turned") in [
        (name, str(what)) for name, what in describe(cell)
    ]
    with pytest.raises(InputError, match=r"block 'turned': Inverter blocks cannot be lowered"):
        lower(cell)
    with pytest.raises(InputError, match=r"block 'turned': Inverter blocks cannot be lowered"):
        lower_with_da4ml(cell)
    with pytest.raises(InputError, match=r"block 'turned': Inverter blocks cannot be lowered"):
        circuit(cell, text=b"abba", at=2)
    assert not cell.network


@pytest.mark.parametrize("text", [True, False], ids=["text", "network"])
def test_integers_are_refused_or_known_by_all_others(text: bool) -> None:
    """Every kind for itself: it comes up as the first of integers in some cell."""
    kinds = set()
    for seed in range(40):
        cell = random_integer_cell(seed, 4, state=seed % 2 == 1, text=text)
        first = next(iter(cell.integers), None)
        if first is None:
            continue
        kinds.add(first.kind)
        assert lanes_of(cell) is None
        assert not cell.network
        assert all(str(equation) for _, equation in describe(cell))
        if text:
            assert bits_per_byte(cell, b"abba" * 8) > 0
        else:
            with pytest.raises(InputError, match="gives Scores, not Logits: it predicts no bytes"):
                bits_per_byte(cell, b"abba" * 8)
    assert kinds == ({"Linear", "Levels", "Table", "Luts", "Maximum", "Product", "Trees"} if text else {"Input"})


def test_a_new_kind_is_its_class_and_its_lowering() -> None:
    cell = with_inverter(Turned)
    aig = lower(cell)
    text = np.arange(256, dtype=np.uint8)[:, None]
    for mine, oracle in zip(trace(aig, text), trace(cell, text), strict=True):
        np.testing.assert_array_equal(mine, oracle)
    assert certify(cell, aig).answer == "undecided"
    assert "no certificate for Turned blocks such as turned" in certify(cell, aig).reason
    found = circuit(cell, text=b"abba", at=2)
    assert (found.verdict, found.minimal) == ("proven", True)


def test_a_new_kind_is_known_where_all_that_it_reads_is() -> None:
    """In circuits, where kinds may have bounds of their own."""
    block, cell = Turned("turned", ("emb",)), with_inverter(Turned)
    known, free = np.array([[1.0, 0, 1]], np.float32), np.array([[1.0, 1, 1]], np.float32)
    given = Given(np.ones(256, np.bool_), {})
    exact = bounded(block, cell, given, {"emb": Bounds(known, known)}, 1)
    assert exact.low.tolist() == exact.high.tolist() == [[0, 1, 0]]
    either = bounded(block, cell, given, {"emb": Bounds(known, free)}, 1)
    assert (either.low.tolist(), either.high.tolist()) == ([[0, 0, 0]], [[1, 1, 1]])


@pytest.mark.heavy
def test_nobody_else_asks_what_kind_a_block_is() -> None:
    kinds = {each.__name__ for kind in KINDS for each in kind.__mro__} - {"object", "ABC", "Block"}
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        if path.is_relative_to(ROOT / "cell"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
                asked = {ast.unparse(part).rpartition(".")[2] for part in ast.walk(node.args[1])}
                found += [f"{path.relative_to(ROOT)}:{node.lineno}"] if asked & kinds else []
    assert found == []


@pytest.mark.parametrize("cell", [random_cell(1, recurrence=True), random_tree_cell(2)], ids=["neurons", "trees"])
def test_signals_are_names_of_the_netlist(cell: Cell) -> None:
    aig = lower(cell)
    latches, points = {latch.name for latch in aig.latches}, {point.name for point in aig.points}
    for source in [*cell.widths, *(names.old(block.name) for block in cell.blocks if block.HAS_OLD)]:
        signals = set(cell.signals(source))
        assert signals <= latches if cell.at_start(source) else not signals & latches
        assert cell.at_start(source) or all(names.parse(name).of == source for name in signals)
    assert points <= {name for source in cell.widths for name in cell.signals(source)}
