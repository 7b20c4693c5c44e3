"""Decision trees in compiled code."""

from __future__ import annotations

from bridge.aig.strash import mux_gate
from bridge.compiled import compiled


@compiled
def build_splits(graph, splits, read, values):
    """Fill `values[i]`, the literals of split i, from the last on; those of the leaves are there, `values[~i]`."""
    for split in range(len(splits) - 1, -1, -1):
        bit, then, other = splits[split]
        for index in range(values.shape[1]):
            values[split, index] = mux_gate(graph, read[bit], values[then, index], values[other, index])
