"""Pictures of a frontier against AND nodes, a mark per form of a cell, lines for what has no gates: bits per byte, and
the score, which counts the circuit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from bridge.bench.learning.family import NEURONS, PARALLEL, TOTALS, Row
from bridge.flow.picture import say_start
from bridge.printable.notebook import Chart

# (kind, form) -> label, marker, colour; serial and parallel heads never share a mark
MARKS = {
    ("trees", PARALLEL): ("trees: 1 evaluation a byte", "D", "tab:green"),
    ("trees", NEURONS): ("trees as threshold neurons: 1 evaluation a byte", "v", "tab:olive"),
    ("trees", "serial"): ("trees, serial head: {evaluations:.1f} evaluations a byte", "o", "tab:blue"),
    ("trees", "unrolled"): ("the same trees, all nodes at once: 1 evaluation a byte", "s", "tab:cyan"),
    ("threshold", PARALLEL): ("threshold neurons: 1 evaluation a byte", "^", "tab:red"),
}

GAP = 0.025  # of the height of the picture, between two names
Value: TypeAlias = Callable[[Row], float | None]
BITS, TOTAL, CODED, PACKED = map(attrgetter, ("bits_per_byte", *TOTALS))


def draw_frontier(rows: Sequence[Row], title: str, path: Path) -> None:
    """Bits per byte. Write an .svg, .png or .pdf; the same rows give the same bytes. InputError if it cannot."""
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    _draw_marks(axes, rows, BITS)
    _draw_lines(axes, [row for row in rows if row.ands is None and not row.of_whole_text], BITS)
    axes.set_ylabel("bits per byte, held-out")
    _write(figure, axes, title, path)


def draw_scores(rows: Sequence[Row], title: str, path: Path) -> None:
    """The score with the netlist, by the bound and as it is coded (dotted), with the packed cell (dashed); likewise."""
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    _draw_marks(axes, rows, TOTAL)
    _draw_marks(axes, rows, CODED, ": netlist as coded", linestyle=":", fillstyle="none")
    _draw_marks(axes, rows, PACKED, ": packed cell", linestyle="--", fillstyle="none")
    without = [row for row in rows if row.ands is None and row.packed_total is not None]
    _draw_lines(axes, [row for row in without if row.of_whole_text or row.circuit_bits], PACKED)
    axes.set_ylabel("bits per byte, held-out, the circuit included")
    _write(figure, axes, title, path)


def _draw_marks(axes: Axes, rows: Sequence[Row], value: Value, more: str = "", **style: str) -> None:
    """A line for every form, of the rows of it that have a value."""
    for (kind, form), (label, marker, colour) in MARKS.items():
        own = sorted((row for row in rows if (row.kind, row.form) == (kind, form)), key=lambda row: row.sure_ands)
        points = [(row.sure_ands, height) for row in own if (height := value(row)) is not None]
        if points:
            mean = sum(row.evaluations_mean or 1.0 for row in own) / len(own)
            look: dict[str, Any] = {
                "linestyle": "-",
                "linewidth": 1,
                "label": label.format(evaluations=mean) + more,
                **style,
            }
            axes.plot(*zip(*points, strict=True), marker=marker, color=colour, **look)


def _write(figure: Figure, axes: Axes, title: str, path: Path) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("AND nodes, after the flow (as lowered, where its result is not proven)")
    axes.set_title(title)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    say_start(axes)
    Chart(figure).save(path)


def _draw_lines(axes: Axes, rows: Sequence[Row], value: Value) -> None:
    """A line for each row, with its name at the right end; names are moved apart where lines are close."""
    found = [(height, row) for row in rows if (height := value(row)) is not None]
    heights = sorted(found, key=lambda each: each[0])
    for height, row in heights:
        style = "--" if row.kind == "baselines" else "-."
        axes.axhline(height, linestyle=style, linewidth=0.8, color="grey")
    low, high = axes.get_ylim()
    place = -math.inf
    for height, row in heights:
        place = max(height, place + GAP * (high - low))
        right = ("axes fraction", "data")
        name = f" {row.member} {height:.2f}"
        axes.annotate(name, (1.0, place), xycoords=right, fontsize=7, va="center", annotation_clip=False)
