"""Decision trees, split after split as they are numbered: what each asks, and where its two ends lead.

Cheapest for trees whose splits and leaves are numbered as they come up, breadth first, one tree after the other; any
others take some bits more. What is shared stays shared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Flags, Int, Ints
from bridge.coding.matrix import bits_below, code_below, code_number
from bridge.coding.mixing import Mixing, code_bit, hashed
from bridge.compiled import compiled, compiled_part

FIELD, COLUMN, END, KNOWN, LEAST, LEAF = 8, 9, 10, 11, 12, 13  # kinds of decisions
_LEAF_END = 1000  # among what the other end of a split asks


class Forest(NamedTuple):
    """What is coded, or filled in, as `bridge.cell.Trees` has it: `splits`: int64[n, 3], `roots`: int64[trees],
    `leaves`: int64[leaves, width], `least`: int64[n], empty if there are no thresholds. Known before: `layout`:
    int64[fields, 2], how many elements each field of what is read has, and the family that it is of, such as that of
    the same elements in other steps."""

    splits: Ints
    roots: Ints
    leaves: Ints
    least: Ints
    layout: Ints


class _Met(NamedTuple):
    """What is known of splits, int64[n + 1], of which the last stands for none: `parent`: 2 * split + side, -1 for
    none; `depth`; `tree`; `asked`: the element, -1 for none; `fields`: which were asked on the way, a bit each;
    `place`: int64[2], the next new split, and the next new leaf; `seen`: bool[leaves].
    `starts`: int64[fields], the first element of each field."""

    parent: Ints
    depth: Ints
    tree: Ints
    asked: Ints
    fields: Ints
    place: Ints
    seen: Flags
    starts: Ints


@compiled
def code_forest(m: Mixing, forest: Forest) -> None:
    """Code all of it but the layout; when reading it is filled in, with numbers that are in range."""
    n = len(forest.splits)
    parent, none, zero = np.full(n + 1, -1), np.full(n + 1, -1), np.zeros((3, n + 1), np.int64)
    place, seen = np.zeros(2, np.int64), np.zeros(len(forest.leaves), np.bool_)
    starts = np.cumsum(forest.layout[:, 0]) - forest.layout[:, 0]
    met = _Met(parent, zero[0], zero[1], none, zero[2], place, seen=seen, starts=starts)
    tree = 0
    for split in range(n):
        if met.place[0] <= split:  # nothing leads to it: a root
            met.place[0] = split + 1
            tree += 1
            met.tree[split] = tree
        _code_question(m, forest, met, split)
        other = 0
        for side in range(2):
            other = _code_end(m, forest, met, split, side, other)
    root = 0
    for index in range(len(forest.roots)):
        while root < n and met.parent[root] >= 0:
            root += 1
        forest.roots[index] = _code_known(m, forest, root, forest.roots[index])
        root = max(root, forest.roots[index] + 1)
    for leaf in range(len(forest.leaves)):
        if not met.seen[leaf]:
            _code_leaf(m, forest, met, leaf, n, 0, 0)


@compiled_part
def _field(starts: Ints, element: Int) -> tuple[int, int]:
    """(which field an element is in, which of its elements it is). Quick however many fields a file tells of."""
    field = max(int(np.searchsorted(starts, element, side="right")) - 1, 0)
    return field, int(element - starts[field])


@compiled_part
def _code_question(m: Mixing, forest: Forest, met: _Met, split: Int) -> None:
    c, layout = m.contexts, forest.layout
    above = met.parent[split]
    up, side = (above >> 1, above & 1) if above >= 0 else (len(met.parent) - 1, 2)
    asked, depth, tree = met.asked[up], met.depth[split], met.tree[split]
    twin = _twin(forest, met, split, up, side)
    field, column = _field(met.starts, forest.splits[split, 0])
    upper = _field(met.starts, asked)[0] if asked >= 0 else -1
    c[0] = hashed(depth, 0, FIELD)
    c[1] = hashed(asked, side, FIELD)
    c[2] = hashed(upper, side, FIELD + 32)
    c[3] = hashed(met.fields[up], upper, FIELD)
    c[4] = hashed(met.fields[up], side, FIELD + 64)
    c[5] = hashed(tree, 0, FIELD + 96)
    c[6] = hashed(twin, asked, FIELD)
    field = min(code_below(m, FIELD, bits_below(len(layout)), field), len(layout) - 1)
    family = layout[field, 1]
    c[0] = hashed(family, 0, COLUMN)
    c[1] = hashed(field, 0, COLUMN + 32)
    c[2] = hashed(asked, side, COLUMN + family)
    c[3] = hashed(tree, family, COLUMN + 64)
    c[4] = hashed(field, depth, COLUMN + 96)
    c[5] = hashed(twin, field, COLUMN + 128)
    c[6] = hashed(field, met.fields[up], COLUMN + 160)
    column = min(code_below(m, COLUMN, bits_below(layout[field, 0]), column), layout[field, 0] - 1)
    element = met.starts[field] + column
    forest.splits[split, 0] = met.asked[split] = element
    met.fields[split] = met.fields[up] | 1 << min(field, 40)
    if len(forest.least):
        c[:] = hashed(0, 0, LEAST)
        c[1], c[2] = hashed(element, 0, LEAST), hashed(element, tree, LEAST)
        c[3] = hashed(element, forest.least[up] if above >= 0 else 0, LEAST + 32)
        forest.least[split] = code_number(m, LEAST, forest.least[split])


@compiled_part
def _twin(forest: Forest, met: _Met, split: Int, up: Int, side: Int) -> int:
    """What the split at the other end of the one above asks; -1 if that is not known, -_LEAF_END for a leaf."""
    if side == 2 or up >= split:
        return -1
    other = forest.splits[up, 2 - side]
    if other < 0:
        return -_LEAF_END
    return int(met.asked[other]) if other < split else -1


@compiled_part
def _code_end(m: Mixing, forest: Forest, met: _Met, split: Int, side: Int, other: Int) -> int:
    """Code where a side of a split leads; other: 0 on the first side, then what that came to. 1 for a split, from 2 on
    for leaves, by their values."""
    c, end = m.contexts, forest.splits[split, 1 + side]
    above = met.parent[split]
    element, upper = met.asked[split], met.asked[above >> 1] if above >= 0 else -1
    depth, tree = met.depth[split], met.tree[split]
    c[0] = hashed(depth, other, END)
    c[1] = hashed(element, side, END)
    c[2] = hashed(tree, depth, END)
    c[3] = hashed(element, upper, END + 32 * side)
    c[4] = hashed(other, met.fields[split], END)
    c[5] = hashed(element, depth, END + 64 * other)
    c[6] = hashed(upper, other, END + 96)
    ends = code_bit(m, END, side, 1 + side, int(end < 0))
    end = _code_known(m, forest, ~met.place[1] if ends else met.place[0], end)
    forest.splits[split, 1 + side] = end
    if end >= 0:
        met.place[0] = max(met.place[0], end + 1)
        if met.parent[end] < 0:
            met.parent[end], met.depth[end], met.tree[end] = 2 * split + side, depth + 1, tree
        return 1
    met.place[1] = max(met.place[1], ~end + 1)
    if not met.seen[~end]:
        met.seen[~end] = True
        _code_leaf(m, forest, met, ~end, split, side, other)
    return int(2 + (forest.leaves[~end, 0] & 3))


@compiled_part
def _code_known(m: Mixing, forest: Forest, expected: Int, end: Int) -> int:
    """Code where something leads, a split or `~leaf`, most likely as expected, if there is such a thing."""
    splits, leaves = len(forest.splits), len(forest.leaves)
    if -leaves <= expected < splits and code_bit(m, KNOWN, 0, 4, int(end == expected)):
        return int(expected)
    ends = code_bit(m, KNOWN, 1, 5, int(end < 0))
    count = leaves if ends else splits
    number = max(min(code_below(m, KNOWN, bits_below(count), ~end if ends else end), count - 1), 0)
    return ~number if ends else number


@compiled_part
def _code_leaf(m: Mixing, forest: Forest, met: _Met, leaf: Int, split: Int, side: Int, other: Int) -> None:
    c, values = m.contexts, forest.leaves
    element, depth, tree, before = met.asked[split], met.depth[split], met.tree[split], 0
    for index in range(values.shape[1]):
        c[0] = hashed(index, before, LEAF)
        c[1] = hashed(other, before, LEAF + 32 * side)
        c[2] = hashed(element, side, LEAF + 64 + before)
        c[3] = hashed(tree, before, LEAF + 96 * other)
        c[4] = hashed(index, tree, LEAF + 128)
        c[5] = hashed(depth, other, LEAF + 160 + before)
        c[6] = hashed(element, other, LEAF + 192 + before)
        values[leaf, index] = code_number(m, LEAF, values[leaf, index])
        before = before * 5 + values[leaf, index] + 1
