"""What is told of a lowering to those that check it: how every sum and tree was built, in literals of the netlist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bridge.aig import Built
from bridge.aig.literals import through
from bridge.arrays import Ands, Ints
from bridge.cell import Cell
from bridge.lowering.columns import in_order
from bridge.lowering.compressors import STEP
from bridge.lowering.held import Held
from bridge.lowering.making import Making
from bridge.lowering.plan import Shared
from bridge.lowering.triples import MADE


@dataclass(frozen=True, eq=False)
class Trace:
    """How the sums of a cell were built; a claim that `bridge.equivalence.certificate` checks, not a proof.

    `told`: the cell that was lowered, which may say the same with other weights, see `bridge.cell.tabled`.
    `variables`: those behind each source; `bits`: their literals. `first`: the first row of each block. `shared`:
    int64[n, 7], the digits a, b, c, sum, carry of the shared adders, once for each carry, and the literals of sum and
    carry. `left`: int64[n, 3], (row, place, digit) of what was left of the rows after sharing, plus `constant[row]`.
    `complemented`: int64[rows], 1 for rows that add the complements of these digits, for the complement of the result.
    `steps`: int64[n, 9], the adders of single rows in order, see `compressors.Log`. `parts`: int64[n, 3], rows that are
    gates as (row, one, other): what is joined, each a variable or ~k for the k-th join of that row, from 1; ~0 for the
    literals of the row that are in no join, but added up. `answers`: int64[n, 5], (row, k, low, high, literal): for
    each threshold of `low .. high`, does the k-th join, or at 0 what is added up, reach it? `dropped`: uint32[m, 2],
    ANDs that were made but that the netlist does not need; they are numbered after its own. `splits`: the literals of
    each Trees block, see `lower_trees`; `ways`: int64[splits, 3], whether each is reached, and either way from it, -1
    where that is not built; `inner`: the literals inside of other blocks, in order: what each split of Trees asks that
    read more than bits, how every two numbers of a Maximum are compared and the larger one. `held`: of blocks whose
    sums are only compared, what their `bits` are, see `bridge.lowering.held`.
    """

    told: Cell
    variables: Mapping[str, Ints]
    bits: Mapping[str, Ints]
    first: Mapping[str, int]
    shared: Ints
    left: Ints
    constant: Ints
    complemented: Ints
    steps: Ints
    parts: Ints
    answers: Ints
    dropped: Ands
    splits: Mapping[str, Ints]
    ways: Mapping[str, Ints]
    inner: Mapping[str, Ints]
    held: Mapping[str, Held]


def trace_of(making: Making, built: Built) -> Trace:
    """Of all blocks of a cell. built: what became of what the builder knew."""
    rows, left, made = making.rows, making.plan.left, making.made
    sums = [each.sums for each in made.values() if each.sums is not None]
    steps = np.concatenate([np.zeros((0, STEP), np.int64), *(each.steps for each in sums)])
    answers = np.concatenate([np.zeros((0, 5), np.int64), *(each.answers for each in sums)])
    column, digit = in_order(left)
    return Trace(
        told=making.cell,
        variables=rows.variables,
        bits={source: built.literals(making.known[variables]) for source, variables in rows.variables.items()},
        first=rows.first,
        shared=_shared(making.plan.shared, making.known, built),
        left=np.stack([column // left.places, column % left.places, digit], axis=1),
        constant=left.constant,
        complemented=np.concatenate([left.constant[:0], *(each.complemented for each in sums)]),
        steps=np.concatenate([steps[:, :2], built.literals(steps[:, 2:])], axis=1),
        parts=np.concatenate([np.zeros((0, 3), np.int64), *(each.parts for each in sums)]),
        answers=np.column_stack([answers[:, :4], built.literals(answers[:, 4])]),
        dropped=built.dropped,
        splits={name: built.literals(each.splits) for name, each in made.items() if each.splits is not None},
        ways={name: built.literals(each.ways) for name, each in made.items() if each.ways is not None},
        inner={name: built.literals(each.inner) for name, each in made.items() if each.inner is not None},
        held=rows.held,
    )


def _shared(shared: Shared, literals: Ints, built: Built) -> Ints:
    """See Trace.shared."""
    adder, kind = np.nonzero(shared.carries[:, None] >> np.arange(MADE - 1) & 1)
    first = shared.first + MADE * adder
    inputs = 2 * shared.inputs[adder] + (kind[:, None] == [1, 2, 3])
    total, carry = 2 * first + (kind > 0), 2 * (first + 1 + kind)
    outputs = [built.literals(through(literals, digits)) for digits in (total, carry)]
    return np.column_stack([inputs, total, carry, *outputs])
