"""Which rows become gates: those that cost less than their part of the adders of a netlist that has nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from bridge.aig import AigBuilder, Built
from bridge.arrays import Floats, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Entries
from bridge.lowering.area_flow import flow_to_roots
from bridge.lowering.common import common_pairs
from bridge.lowering.gated import Gated, Group, Way
from bridge.lowering.making import Making
from bridge.lowering.parts import Unfit, build_row
from bridge.lowering.rows import Rows, over_variables, rows_of
from bridge.lowering.sense import comparison_costs

FEW = 10  # literals of rows that may be cheaper as gates whatever they must reach
HEAVIEST = 3  # of the others, so many of their heaviest literals must decide
LONGEST = 32  # core whose literals are chained, or have more than so many different weights
WEIGHTS = 3
WAYS: tuple[Way, ...] = ("trees", "chain")


def gated_rows(rows: Rows, making: Making, built: Built) -> dict[int, Gated]:
    """The rows that are cheaper as gates. rows: of adders only; making, built: the netlist that they became."""
    found = dict(_candidates(making.cell, rows))
    if not found:
        return found
    share = _shares(rows, making, built)
    alone = comparison_costs(rows.columns, rows.ends)
    saved = alone - _of_cores(making.cell, rows, {row: gated for row, gated in found.items() if gated.groups})
    chosen = {}
    for row, gated in found.items():
        most = int(min(alone[row], share[row]))
        costs: list[tuple[float, int, Gated | None]] = [(share[row], 0, None)]
        costs += [(share[row] - saved[row] + gated.first, 1, gated)] * bool(gated.groups)
        costs += [(cost, 2, replace(gated, way=way)) for cost, way in _costs(gated.weights, gated.least, most)]
        best = min(costs, key=lambda cost: cost[:2])[2]
        if best is not None:
            chosen[row] = best
    return chosen


def _of_cores(cell: Cell, rows: Rows, gated: dict[int, Gated]) -> Ints:
    """int64[rows]: ANDs of what is added up if these are gates and nothing is shared."""
    rest = rows_of(cell, whole=not rows.held, small=rows.small, gated=gated) if gated else rows
    return comparison_costs(rest.columns, rest.ends)


def _shares(rows: Rows, making: Making, built: Built) -> Floats:
    """float64[rows]: the ANDs behind the lowest bit of each row, of which all that need one pay equal parts."""
    flow, _, _ = flow_to_roots(built.aig)
    share = np.zeros(len(rows.ends.top))
    for name, first in rows.first.items():
        sums = making.made[name].sums
        if sums is not None:
            variable = built.literals(sums.bits[:, 0]) >> 1
            behind = np.where(variable < len(flow), flow[np.minimum(variable, len(flow) - 1)], 0)
            share[first : first + len(behind)] = behind
    return share


def _candidates(cell: Cell, rows: Rows) -> Iterator[tuple[int, Gated]]:
    """Rows of several literals that may be cheaper as gates, with their cores added up."""
    for block in cell.summed:
        first, count = rows.first[block.name], len(block.constants)
        whole, top, offset, _ = (part[first : first + count] for part in rows.ends)
        if whole.all():
            continue
        entries = over_variables(block.entries(cell.ranges_read(block)), block, rows.variables)
        row, variable, weight = once = _merged(entries, rows.count)
        size, literals = np.abs(weight), np.bincount(row, minlength=count)
        total, heaviest = np.zeros(count, np.int64), np.zeros(count, np.int64)
        np.add.at(total, row, size)
        np.maximum.at(heaviest, row, size)
        least = (1 << top) - offset + _negative(entries, count) - _negative(once, count)
        lighter = np.minimum(least, total - least + 1)
        may = ~whole & (top > 0) & (lighter > 0) & (literals > 1)
        may &= (literals <= FEW) | (lighter <= HEAVIEST * heaviest)
        ends = np.cumsum(literals)
        for index in np.flatnonzero(may).tolist():
            own = slice(ends[index] - literals[index], ends[index])
            order = np.lexsort((variable[own], -size[own]))
            digits = (2 * variable[own] + (weight[own] < 0))[order].tolist()
            yield first + index, Gated.of(digits, size[own][order].tolist(), int(least[index]))


def _negative(entries: Entries, count: int) -> Ints:
    """int64[rows]: the least that each row adds up to."""
    least = np.zeros(count, np.int64)
    np.add.at(least, entries.row, np.minimum(entries.weight, 0))
    return least


def _merged(entries: Entries, count: int) -> Entries:
    """One weight for each variable of a row, none of them 0."""
    key, once = np.unique(entries.row * count + entries.bit, return_inverse=True)
    weight = np.zeros(len(key), np.int64)
    np.add.at(weight, once, entries.weight)
    key, weight = key[weight != 0], weight[weight != 0]
    return Entries(key // count, key % count, weight)


@lru_cache(1 << 12)
def _costs(weights: tuple[int, ...], least: int, most: int) -> list[tuple[int, Way]]:
    """What a row of literals of these weights costs without adders, where that is at most `most`."""
    found = []
    for way in WAYS:
        gated = Gated.of(range(2, 2 * len(weights) + 2, 2), weights, least, way)
        core = weights[gated.first :]
        if len(core) > LONGEST and (way == "chain" or len(set(core)) > WEIGHTS):
            continue
        builder = AigBuilder()
        literals = [builder.input(str(digit)) for digit in gated.digits]
        leaves = int(builder.graph.used[0])
        try:
            build_row(builder, gated, literals, 0, leaves + most)
        except Unfit:
            continue
        found.append((int(builder.graph.used[0]) - leaves, way))
    return found


def with_pairs(rows: Mapping[int, Gated]) -> dict[int, Gated]:
    """The same, so that ORs and ANDs of different rows share what they have in common."""
    groups = [(row, group) for row, gated in rows.items() for group in gated.groups if group.kind != "none"]
    pairs = iter(common_pairs([rows[row].anded(group) for row, group in groups]))

    def paired(group: Group) -> Group:
        return group if group.kind == "none" else group._replace(pairs=tuple(next(pairs)))

    return {row: replace(gated, groups=tuple(map(paired, gated.groups))) for row, gated in rows.items()}
