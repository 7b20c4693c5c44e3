"""Products of integers: the ANDs of all pairs of their bits, added up, or a table of both, whichever is cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.stats import depth
from bridge.cell.blocks import Entries, Product
from bridge.cell.ranges import Ranges
from bridge.lowering.adders import add_rows
from bridge.lowering.blocks.integers import flat, numbers_of
from bridge.lowering.embedding import lower_table
from bridge.lowering.making import ADDER, Lowered, Making, lower_block
from bridge.lowering.plan import SHALLOW
from bridge.lowering.reached import Bounds, Number
from bridge.lowering.rows import rows_over
from bridge.lowering.sharing import plan_of

MOST_TRIED = 9  # bits of a pair of factors: tables of more are never the cheaper ones


@dataclass(frozen=True, eq=False)
class _Factors:
    """Two numbers and the bounds of each, and those of their product."""

    builder: AigBuilder
    numbers: tuple[Number, Number]
    ranges: Ranges
    product: Ranges


@lru_cache(maxsize=1 << 12)
def multiplier(left: Bounds, right: Bounds, style: int) -> Aig:
    """A netlist from the bits of two factors of these bounds to those of their product; the flattest one known where
    the style asks for that, else the smallest."""
    ranges = Ranges(*np.array([left, right], np.int64).T)
    corners = [a * b for a in left for b in right]
    product = Ranges(np.array([min(corners)]), np.array([max(corners)]))
    made = []
    for maker in (_added, _looked_up)[: 1 + (ranges.bits <= MOST_TRIED)]:
        builder = AigBuilder()
        a, b = (builder.inputs(f"{side}{i}" for i in range(n)) for side, n in zip("ab", ranges.widths, strict=True))
        bits = maker(_Factors(builder, (a, b), ranges, product), style)
        builder.outputs((f"p{i}" for i in range(product.bits)), bits)
        made.append(builder.build())
    return min(made, key=lambda aig: (depth(aig) if style == SHALLOW else 0, len(aig.ands)))


def _added(factors: _Factors, style: int) -> Number:
    """Two's complement takes its highest bit away, so that some of the ANDs have negative weights, as in any sum."""
    builder, (left, right) = factors.builder, factors.numbers
    pairs = [builder.and_(a, b) for a in left for b in right]
    worth = np.multiply.outer(*factors.ranges.apart(factors.ranges.worth)).ravel()
    entries = Entries(np.zeros(len(pairs), np.int64), np.arange(len(pairs)), worth)
    plan = plan_of(rows_over(entries, len(pairs), factors.product), style)
    builder.reserve(ADDER * (len(pairs) + 2 * plan.left.places))
    bits = add_rows(builder.graph, plan, np.array(pairs, np.int64), 0, 1).bits
    found: Number = bits[0, : factors.product.bits].tolist()
    return found


def _looked_up(factors: _Factors, style: int) -> Number:
    ranges = factors.ranges
    number = [bit for part in factors.numbers for bit in part]
    values = ranges.spelled()
    care = np.all((ranges.low <= values) & (values <= ranges.high), axis=1)
    products = values.prod(axis=1)
    columns = (products[:, None] >> np.arange(factors.product.bits) & 1).astype(np.uint8)
    return lower_table(factors.builder, number, columns, care)


@lower_block.register
def _(block: Product, making: Making) -> Lowered:
    sources = [(making.literals(source), making.cell.source_ranges(source)) for source in block.reads]
    left, right = (zip(numbers_of(*one), one[1].bounds, strict=True) for one in sources)
    found = []
    for (a, bounds_a), (b, bounds_b) in zip(left, right, strict=True):
        aig = multiplier(bounds_a, bounds_b, making.plan.style)
        found.append(making.builder.instance(aig, [*a, *b]))
    return Lowered(flat(found))
