"""A picture of runs: AND nodes after each step, one line per flow."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bridge.files import write_atomic
from bridge.flow.result import FlowResult


def draw_runs(runs: Sequence[FlowResult], path: Path, marks: Mapping[str, int] | None = None) -> None:
    """Write an .svg, .png or .pdf of the gate counts; the same runs give the same bytes. InputError if it cannot.

    `marks`: other counts to compare with, drawn as dashed lines.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for run in runs:
        counts = [run.ands_before, *(step.counts.ands for step in run.steps)]
        axes.plot(range(len(counts)), counts, marker="o", markersize=4, label=f"{run.flow.name}: {run.ands_after:,}")
    for label, count in (marks or {}).items():
        axes.axhline(count, linestyle="--", color="grey", label=f"{label}: {count:,}")
    axes.set_xlabel("step of the flow")
    axes.set_ylabel("AND nodes")
    axes.set_title(f"{runs[0].aig.name}: {runs[0].ands_before:,} ANDs before")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    say_start(axes)
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "aigbridge", "svg.fonttype": "path"}):
        figure.savefig(stream, format=path.suffix.removeprefix("."), metadata={"Date": None})
    write_atomic(path, stream.getvalue())


def say_start(axes: Axes) -> None:
    """Add to the names of the axes that they are logarithmic, or do not start at 0."""
    for axis, (low, _) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "log":
            axis.set_label_text(f"{axis.get_label_text()} (logarithmic)")
        elif low > 0:
            axis.set_label_text(f"{axis.get_label_text()} (not from 0)")
