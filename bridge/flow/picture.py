"""A picture of runs: AND nodes after each step, one line per flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bridge.flow.result import FlowResult
from bridge.printable.notebook import Chart


def chart_of_runs(runs: Sequence[FlowResult], marks: Mapping[str, int] | None = None) -> Chart:
    """Gate counts after each step. `marks`: other counts to compare with, drawn as dashed lines."""

    def draw(axes: Axes) -> None:
        for run in runs:
            counts = [run.ands_before, *(step.counts.ands for step in run.steps)]
            label = f"{run.flow.name}: {run.ands_after:,}"
            axes.plot(range(len(counts)), counts, marker="o", markersize=4, label=label)
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

    return Chart.drawn(draw)


def say_start(axes: Axes) -> None:
    """Add to the names of the axes that they are logarithmic, or do not start at 0."""
    for axis, (low, _) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "log":
            axis.set_label_text(f"{axis.get_label_text()} (logarithmic)")
        elif low > 0:
            axis.set_label_text(f"{axis.get_label_text()} (not from 0)")
