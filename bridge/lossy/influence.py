"""What one bit or one weight is worth: the code length that a sample of text would cost without it.

The effect of a bit on the prediction of its own step is computed exactly, for each position. What it does to other
neurons and to later steps is estimated: the chance that they flip times what their flips cost.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.cell import Cell, Delay, Latch, Logits, Threshold
from bridge.cell.blocks import OLD
from bridge.lossy.sample import Floats, Sample

LONGEST = 8.0  # steps that a latch's bit is taken to matter at most

Costs = npt.NDArray[np.float32]


def probabilities(cell: Cell, sample: Sample) -> Floats:
    """float32[n, symbols], the softmax of the sample's logits."""
    scaled = cell.head.scale * sample.logits.astype(np.float64)
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def flip_costs(cell: Cell, sample: Sample, chances: Floats) -> dict[str, Costs]:
    """float32[n, width] by block: bits of code length that flipping each bit costs at each position."""
    head = cell.head
    bits = sample.read(head.sources)
    direct = _head_costs(head, bits, sample.targets, chances)
    costs = {name: np.zeros((len(bits), width), np.float32) for name, width in cell.widths.items()}
    _spread(cell, costs, head.sources, direct)
    for block in reversed(cell.blocks[:-1]):
        cost = costs[block.name]
        if isinstance(block, Threshold):
            _through_neurons(cell, sample, block, costs)
        elif isinstance(block, Latch):
            _through_latch(sample, block, cost, costs)
        elif isinstance(block, Delay):
            width = cell.widths[block.source]
            late = np.maximum(cost, 0).mean(axis=0).reshape(-1, width).sum(axis=0)
            costs[block.source] += late
    return costs


def _head_costs(head: Logits, bits: npt.NDArray[np.uint8], targets: npt.NDArray[np.int64], chances: Floats) -> Costs:
    """float32[n, in]: the change of the code length when a bit of the head's input flips."""
    up = np.exp(head.scale * head.weights.astype(np.float32))  # [symbols, in]
    sign = 1 - 2 * bits.astype(np.float32)
    total = np.where(bits == 0, chances @ up, chances @ (1 / up))
    own = head.scale * head.weights[targets] * sign
    result: Costs = ((np.log(total) - own) / np.log(2)).astype(np.float32)
    return result


def _spread(cell: Cell, costs: dict[str, Costs], sources: tuple[str, ...], parts: Costs) -> None:
    """Add costs per column of `sources` to the blocks that they name."""
    start = 0
    for source in sources:
        width = cell.source_width(source)
        costs[source.removeprefix(OLD)] += parts[:, start : start + width]
        start += width


def _through_neurons(cell: Cell, sample: Sample, block: Threshold, costs: dict[str, Costs]) -> None:
    """A flipped input flips a neuron whose sum is near enough to its threshold."""
    worth = np.maximum(costs[block.name], 0).mean(axis=0)
    weights = block.weights.astype(np.int64)
    margin = sample.read(block.sources).astype(np.float32) @ weights.T.astype(np.float32) - block.thresholds
    reach = int(np.abs(weights).max(initial=0))
    # chance[w, r]: how often a change by a weight of magnitude w, up or down, makes neuron r flip
    chance = np.stack([((margin < 0) & (margin >= -w)).mean(axis=0) for w in range(reach + 1)])
    chance += np.stack([((margin >= 0) & (margin < w)).mean(axis=0) for w in range(reach + 1)])
    parts = (chance[np.abs(weights), np.arange(len(weights))[:, None]] / 2 * worth[:, None]).sum(axis=0)
    _spread(cell, costs, block.sources, np.broadcast_to(parts.astype(np.float32), (len(margin), len(parts))))


def _through_latch(sample: Sample, block: Latch, cost: Costs, costs: dict[str, Costs]) -> None:
    select, value = sample.bits[block.select], sample.bits[block.value]
    old = sample.bits[OLD + block.name]
    lasting = np.maximum(cost, 0).mean(axis=0) * np.minimum(1 / np.maximum(select.mean(axis=0), 1e-6), LONGEST)
    costs[block.value] += select * lasting.astype(np.float32)
    costs[block.select] += (value != old) * lasting.astype(np.float32)
