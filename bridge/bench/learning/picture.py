"""A picture of a frontier: bits per byte against AND nodes, a mark per form of a cell, lines for what has no gates."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from bridge.bench.learning.family import Row
from bridge.files import write_atomic
from bridge.flow.picture import say_start

# (kind, form) -> label, marker, colour; serial and parallel heads never share a mark
MARKS = {
    ("trees", "serial"): ("trees, serial head: {evaluations:.1f} evaluations a byte", "o", "tab:blue"),
    ("trees", "unrolled"): ("the same trees, all nodes at once: 1 evaluation a byte", "s", "tab:cyan"),
    ("threshold", "parallel"): ("threshold neurons: 1 evaluation a byte", "^", "tab:red"),
}

GAP = 0.025  # of the height of the picture, between two names


def draw_frontier(rows: Sequence[Row], title: str, path: Path) -> None:
    """Write an .svg, .png or .pdf; the same rows give the same bytes. InputError if it cannot."""
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    for (kind, form), (label, marker, colour) in MARKS.items():
        own = sorted((row for row in rows if (row.kind, row.form) == (kind, form)), key=lambda row: row.sure_ands)
        if own:
            mean = sum(row.evaluations_mean or 1.0 for row in own) / len(own)
            points = [row.sure_ands for row in own], [row.bits_per_byte for row in own]
            axes.plot(*points, marker=marker, color=colour, linewidth=1, label=label.format(evaluations=mean))
    _draw_lines(axes, [row for row in rows if row.ands is None])
    axes.set_xscale("log")
    axes.set_xlabel("AND nodes, after the flow (as lowered, where its result is not proven)")
    axes.set_ylabel("bits per byte, held-out")
    axes.set_title(title)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    say_start(axes)
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "aigbridge", "svg.fonttype": "path"}):
        figure.savefig(stream, format=path.suffix.removeprefix("."), metadata={"Date": None})
    write_atomic(path, stream.getvalue())


def _draw_lines(axes: Axes, rows: Sequence[Row]) -> None:
    """A line for each row, with its name at the right end; names are moved apart where lines are close."""
    for row in rows:
        style = "--" if row.kind == "baselines" else "-."
        axes.axhline(row.bits_per_byte, linestyle=style, linewidth=0.8, color="grey")
    low, high = axes.get_ylim()
    place = -math.inf
    for row in sorted(rows, key=lambda row: row.bits_per_byte):
        place = max(row.bits_per_byte, place + GAP * (high - low))
        right = ("axes fraction", "data")
        name = f" {row.member} {row.bits_per_byte:.2f}"
        axes.annotate(name, (1.0, place), xycoords=right, fontsize=7, va="center", annotation_clip=False)
