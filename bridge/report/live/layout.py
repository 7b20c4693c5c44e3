"""Boxes in columns, from left to right, and lines between them that run round the boxes in between.

A box stands one column behind the last one that it reads. What is read further on runs through a gap in each column on
the way; within a column, boxes stand where what they are joined to stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 132, 62  # of a box
ACROSS, DOWN = 32, 10  # between columns, between boxes
GAP = 8  # that a line takes on its way
SWEEPS = 8


@dataclass(frozen=True)
class Line:
    """All that one box is read by, as an SVG path; `start`, `ends`: numbers of boxes."""

    start: int
    ends: tuple[int, ...]
    path: str


@dataclass(frozen=True)
class Picture:
    """`places`: left and top of every box."""

    places: tuple[tuple[float, float], ...]
    lines: tuple[Line, ...]
    width: float
    height: float


@dataclass(frozen=True)
class _Net:
    """`column`: of every node, boxes first, then gaps; `gaps`: the gap of a box in a column; `pairs`: of nodes in
    neighbouring columns that are joined."""

    column: list[int]
    gaps: dict[tuple[int, int], int]
    pairs: list[tuple[int, int]]


def laid_out(boxes: int, reads: Sequence[tuple[int, int]]) -> Picture:
    """Where so many boxes stand. reads: (from, to), without loops."""
    readers: dict[int, list[int]] = {}
    for start, end in reads:
        readers.setdefault(start, []).append(end)
    column = _columns(boxes, reads)
    net = _with_gaps(column, readers)
    order = _ordered(net)
    tops, height = _tops(net, order, boxes)
    lefts = [node * (WIDTH + ACROSS) for node in net.column]
    lines = tuple(Line(start, tuple(ends), _path(net, start, ends, lefts, tops)) for start, ends in readers.items())
    width = (max(column, default=0) + 1) * (WIDTH + ACROSS) - ACROSS
    return Picture(tuple((lefts[box], tops[box]) for box in range(boxes)), lines, width, height)


def _columns(boxes: int, reads: Iterable[tuple[int, int]]) -> list[int]:
    """The longest way to each box."""
    sources: dict[int, list[int]] = {}
    for start, end in reads:
        sources.setdefault(end, []).append(start)
    column: list[int | None] = [None] * boxes
    for box in range(boxes):
        waiting = [box]
        while waiting:
            open_ = [source for source in sources.get(waiting[-1], []) if column[source] is None]
            waiting += open_
            if not open_:
                last = waiting.pop()
                column[last] = max((1 + (column[source] or 0) for source in sources.get(last, [])), default=0)
    return [place or 0 for place in column]


def _with_gaps(column: list[int], readers: Mapping[int, Sequence[int]]) -> _Net:
    columns, gaps, pairs = list(column), dict[tuple[int, int], int](), list[tuple[int, int]]()
    for start, ends in readers.items():
        last = start
        stations = {column[start]: start}
        for at in range(column[start] + 1, max(column[end] for end in ends)):
            gaps[start, at] = len(columns)
            pairs.append((last, len(columns)))
            stations[at] = last = len(columns)
            columns.append(at)
        pairs += [(stations[column[end] - 1], end) for end in ends]
    return _Net(columns, gaps, pairs)


def _ordered(net: _Net) -> list[list[int]]:
    """The nodes of each column from top to bottom: each near the middle of those that it is joined to, by turns to the
    left and to the right."""
    order: list[list[int]] = [[] for _ in range(max(net.column, default=-1) + 1)]
    for node, column in enumerate(net.column):
        order[column].append(node)
    joined: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
    for start, end in net.pairs:
        joined[0].setdefault(end, []).append(start)
        joined[1].setdefault(start, []).append(end)
    for sweep in range(SWEEPS):
        others = joined[sweep % 2]
        for nodes in order if sweep % 2 == 0 else reversed(order):
            height = {node: place / len(some) for some in order for place, node in enumerate(some, 1)}
            middle = {
                n: sum(height[o] for o in others[n]) / len(others[n]) if n in others else height[n] for n in nodes
            }
            nodes.sort(key=lambda node: (middle[node], height[node]))
    return order


def _tops(net: _Net, order: Sequence[Sequence[int]], boxes: int) -> tuple[list[float], float]:
    """Columns are centred."""
    sizes = [sum((HEIGHT if node < boxes else GAP) + DOWN for node in nodes) - DOWN for nodes in order]
    height = float(max(sizes, default=0))
    tops = [0.0] * len(net.column)
    for nodes, size in zip(order, sizes, strict=True):
        top = (height - size) / 2
        for node in nodes:
            tops[node] = top if node < boxes else top + GAP / 2
            top += (HEIGHT if node < boxes else GAP) + DOWN
    return tops, height


def _path(net: _Net, start: int, ends: Sequence[int], lefts: Sequence[int], tops: Sequence[float]) -> str:
    """From the right side of a box through its gaps to the left sides of its readers."""
    parts, x, y = list[str](), lefts[start] + WIDTH, tops[start] + HEIGHT / 2
    for at in range(net.column[start] + 1, max(net.column[end] for end in ends) + 1):
        for end in ends:
            if net.column[end] == at:
                parts.append(_bend(x, y, lefts[end], tops[end] + HEIGHT / 2))
        gap = net.gaps.get((start, at))
        if gap is not None:
            parts.append(f"{_bend(x, y, lefts[gap], tops[gap])}h{WIDTH}")
            x, y = lefts[gap] + WIDTH, tops[gap]
    return "".join(parts)


def _bend(x: float, y: float, right: float, down: float) -> str:
    half = (x + right) / 2
    return f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {down:g} {right:g} {down:g}"
