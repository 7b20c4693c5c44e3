"""Of rows that are gates nothing is proven that is not so: with faults in the netlist, in the cell, in the claims."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell, Threshold
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.gadgets import Gadgets
from bridge.equivalence.certificate.parts import Joins
from bridge.equivalence.certificate.rows import Broken
from bridge.lowering import lower_traced
from bridge.lowering.trace import Trace
from support.rows import fires, outputs_of, rows_cell

Lowered = tuple[Cell, Aig, Trace]

# ORs and ANDs, at least two, all but one or two, beside a core of gates or of adders, small rows.
ROWS = [
    ([1, 1, -1, 1, 1, -1, 1, 1, 1, 1], -1),
    ([2, 3, -2, 4, 2, -2, 3, 2, 2, 2], 20),
    ([1, 1, -1, 1, 1, -1, 1, 1, 1, 1], 0),
    ([-1, 1, 1, 1, -1, 1, 1, 1, 0, 1], 6),
    ([1, 1, 1, 1, -1, 1, 1, 1, 1], 6),
    ([9, 1, 1, 7, -1, 1, 1, 1, 1, 1], 9),
    ([12, 1, 1, 1, -1, 1, 1, 1, 1, 1, 1, 1], 6),
    ([3, -2, 1, 2, 0, 0, 0, -3, 1, 0], 3),
]


def found_by(cell: Cell, aig: Aig, trace: Trace) -> bool:
    try:
        Checker(cell, aig, trace).run()
    except Broken:
        return True
    return False


def fires_of(cell: Cell) -> np.ndarray:
    rows = cell.by_name["n"]
    assert isinstance(rows, Threshold)
    return fires(rows.weights.tolist(), rows.thresholds.tolist())


@pytest.fixture(scope="module")
def lowered() -> list[Lowered]:
    """A cell for each row, and the rows of all together."""
    cells = [rows_cell([weights], [least]) for weights, least in ROWS]
    made = [(cell, *lower_traced(cell)) for cell in cells]
    for cell, aig, trace in made:
        assert len(trace.parts)
        assert not found_by(cell, aig, trace)
        np.testing.assert_array_equal(outputs_of(aig), fires_of(cell))
    assert any(0 in trace.answers[:, 1] for _, _, trace in made)  # one core is added up
    return made


@pytest.mark.heavy
def test_every_fault_in_the_netlist_is_found_or_harmless(lowered: list[Lowered]) -> None:
    """An edge inverted, or led elsewhere."""
    rng, found = np.random.default_rng(0), 0
    for index in range(1000):
        cell, aig, trace = lowered[index % len(lowered)]
        node, side = int(rng.integers(len(aig.ands))), int(rng.integers(2))
        ands = aig.ands.copy()
        ands[node, side] = rng.integers(2, 2 * (aig.first_and + node)) if rng.random() < 0.5 else ands[node, side] ^ 1
        ands[node] = np.sort(ands[node])[::-1]
        faulty = replace(aig, ands=ands)
        broken = found_by(cell, faulty, trace)
        assert broken or (outputs_of(faulty) == fires_of(cell)).all()
        found += broken
    assert found > 900


@pytest.mark.heavy
def test_every_other_cell_is_told_apart(lowered: list[Lowered]) -> None:
    """One weight or threshold changed."""
    rng = np.random.default_rng(1)
    for index in range(400):
        cell, aig, trace = lowered[index % len(lowered)]
        weights, least = ROWS[index % len(lowered)]
        changed = np.array([*weights, least])
        changed[rng.integers(len(changed))] += rng.choice([-2, -1, 1])
        other = rows_cell([changed[:-1].tolist()], [int(changed[-1])])
        assert found_by(other, aig, trace) or (fires_of(other) == fires_of(cell)).all()


@pytest.mark.heavy
@pytest.mark.parametrize("table", ["parts", "answers"])
def test_false_claims_prove_no_other_cell(lowered: list[Lowered], table: str) -> None:
    """A claim changed, whatever it says, about the right cell and about one that is almost right."""
    rng, refused = np.random.default_rng(2), 0
    for index in range(400):
        cell, aig, trace = lowered[index % len(lowered)]
        weights, least = ROWS[index % len(lowered)]
        changed: np.ndarray = getattr(trace, table).copy()
        changed[rng.integers(len(changed)), rng.integers(1, changed.shape[1])] += rng.choice([-2, -1, 1, 2])
        claims = replace(trace, **{table: changed})
        refused += found_by(cell, aig, claims)
        for other in (rows_cell([weights], [least + 1]), rows_cell([weights], [least - 1])):
            assert found_by(other, aig, claims) or (fires_of(other) == fires_of(cell)).all()
    assert refused > 250


def test_a_part_that_can_be_on_both_sides_of_a_threshold_proves_nothing() -> None:
    """x + y >= 2, from an answer about 2x + y that leaves 1 and 2 together."""
    builder = AigBuilder()
    x, y, z = (builder.input(name) for name in "xyz")
    either, both = builder.or_(x, y), builder.and_(x, y)
    builder.output("out", builder.and_(either, z))
    builder.output("both", both)
    gadgets = Gadgets(builder.build())
    literals = {0: (x, 2), 1: (y, 1), 2: (z, 1)}
    assert Joins(gadgets, literals, [[0, 1, 1, 1, either]]).join(1, 0, 1)
    assert not Joins(gadgets, literals, [[0, 1, 1, 2, either]]).join(1, 0, 1)
    assert not Joins(gadgets, literals, [[0, 1, 2, 2, either]]).join(1, 0, 1)
    assert Joins(gadgets, literals, [[0, 1, 2, 2, x]]).join(1, 0, 1)
    assert Joins(gadgets, literals, [[0, 1, 1, 1, either], [0, 1, 3, 3, both]]).join(1, 0, 1)
    assert not Joins(gadgets, literals, [[0, 1, 1, 2, either], [0, 1, 2, 3, x]]).join(1, 0, 1)


def test_no_literal_counts_twice() -> None:
    builder = AigBuilder()
    x, y = builder.input("x"), builder.input("y")
    builder.output("out", builder.and_(x, y))
    gadgets = Gadgets(builder.build())
    joins = Joins(gadgets, {0: (x, 1), 1: (y, 1)}, [[0, 1, 1, 1, x], [0, 2, 2, 2, x]])
    with pytest.raises(KeyError):
        joins.join(1, 0, 0)
    joins = Joins(gadgets, {0: (x, 1), 1: (y, 1)}, [])
    assert joins.join(1, 0, 1)
    with pytest.raises(KeyError):
        joins.join(2, ~1, ~1)
    assert not joins.gives(1, x)
