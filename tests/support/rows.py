"""Cells of rows over bits, and what they should give on all inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell, Input, Scores, Threshold
from support.naive import evaluate


def rows_cell(weights: Sequence[Sequence[int]], thresholds: Sequence[int]) -> Cell:
    """Rows over inputs of one bit; each is an output."""
    count = len(weights[0])
    labels = tuple(f"y{row}" for row in range(len(weights)))
    rows = Threshold("n", ("x",), np.array(weights), np.array(thresholds))
    return Cell((Input("x", np.zeros(count, int), np.ones(count, int)), rows, Scores("s", ("n",), labels, 1.0)))


def fires(weights: Sequence[Sequence[int]], thresholds: Sequence[int]) -> np.ndarray:
    """bool[2**inputs, rows]: on all inputs, the first one being the lowest bit."""
    table = np.arange(1 << len(weights[0]))[:, None] >> np.arange(len(weights[0])) & 1
    return np.array([table @ np.array(row) >= least for row, least in zip(weights, thresholds, strict=True)]).T


def outputs_of(aig: Aig) -> np.ndarray:
    """The same of a netlist: the lowest bits of its outputs."""
    table = np.arange(1 << len(aig.inputs))[:, None] >> np.arange(len(aig.inputs)) & 1
    outputs, _ = evaluate(aig, table.astype(bool), np.zeros((len(table), 0)))
    lowest = [place for place, output in enumerate(aig.outputs) if output.name.endswith("[0]")]
    return outputs[:, lowest]
