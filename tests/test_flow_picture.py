"""Pictures say in words where an axis does not start at 0."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from bridge.flow.picture import say_start


@pytest.mark.parametrize(
    ("counts", "scale", "label"),
    [([90, 100], "linear", "ANDs (not from 0)"), ([0, 100], "linear", "ANDs"), ([1, 100], "log", "ANDs (logarithmic)")],
)
def test_axes_say_where_they_start(counts: list[int], scale: str, label: str) -> None:
    axes = Figure().subplots()
    axes.plot(counts)
    axes.set_yscale(scale)
    axes.set_ylabel("ANDs")
    say_start(axes)
    assert axes.get_ylabel() == label
    assert axes.get_xlabel() == "", "it starts before 0"
