"""What one bit or one weight is worth: the code length that a sample of text would cost without it.

The effect of a bit on the prediction of its own step is computed exactly, for each position. What it does to other
neurons and to later steps is estimated: the chance that they flip times what their flips cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import numpy.typing as npt

from bridge.arrays import Flags, Floats, Floats32
from bridge.cell import Block, Cell, Delay, Latch, Threshold
from bridge.cell.blocks import OLD
from bridge.lossy.sample import Sample

LONGEST = 8.0  # steps that a latch's bit is taken to matter at most
CERTAIN = 1e-6  # from 0 or 1; float32 tells such chances apart


@dataclass(frozen=True)
class Belief:
    """What the head believes at each position of a sample, all [n, rows]. `chances`: float32, of each symbol, or of bit
    1 at each code node; `came`: bool, the symbol that came, or nodes that answered 1; `asked`: bool, the rows whose
    answers cost something: all logits, or the nodes on the way to the byte that came."""

    chances: Floats32
    came: Flags
    asked: Flags

    def changes(self, shift: npt.NDArray[np.floating], row: int) -> Floats:
        """float64[n]: how many nats more each position costs when `shift` [n] is added to this row's number."""
        before = self.chances[:, row].astype(np.float64)
        nats: Floats = np.log1p(before * np.expm1(shift)) - shift * self.came[:, row]
        return nats * self.asked[:, row]


def belief(cell: Cell, sample: Sample) -> Belief:
    """From the numbers that the head gave."""
    scaled, readout = cell.head.scale * sample.numbers.astype(np.float64), cell.readout
    came = np.zeros(scaled.shape, np.bool_)
    if readout.code is None:
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        came[np.arange(len(came)), readout.rows[sample.targets]] = True
        return Belief((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32), came, np.ones_like(came))
    nodes, bits = (table[sample.targets] for table in readout.paths)
    asked = np.zeros_like(came)
    place, step = np.nonzero(nodes >= 0)
    asked[place, nodes[place, step]] = True
    came[place, nodes[place, step]] = bits[place, step]
    chances = np.clip(0.5 + 0.5 * np.tanh(scaled / 2), CERTAIN, 1 - CERTAIN)
    return Belief(chances.astype(np.float32), came, asked)


def flip_costs(cell: Cell, sample: Sample, known: Belief) -> dict[str, Floats32]:
    """float32[n, width] by block: bits of code length that flipping each bit costs at each position."""
    head = cell.head
    bits = sample.read(head.sources)
    ways = (known, head.scale, head.weights.astype(np.float32))
    on, off = (_shift_costs(sign, *ways) if head.code is None else _node_costs(sign, *ways) for sign in (1, -1))
    direct = (np.where(bits == 0, on, off) / np.log(2)).astype(np.float32)
    costs = {name: np.zeros((len(bits), width), np.float32) for name, width in cell.widths.items()}
    _spread(cell, costs, head.sources, direct)
    for block in reversed(cell.blocks[:-1]):
        _through(block, cell, sample, costs)
    return costs


def _shift_costs(sign: int, known: Belief, scale: float, weights: Floats32) -> Floats32:
    """float32[n, in]: nats that it costs to add each column of the weights, times sign, to the logits."""
    total = known.chances @ np.exp(sign * scale * weights)
    result: Floats32 = np.log(total) - sign * scale * (known.came.astype(np.float32) @ weights)
    return result


def _node_costs(sign: int, known: Belief, scale: float, weights: Floats32) -> Floats32:
    """Likewise for the scores of code nodes: a sum over the nodes asked, magnitude by magnitude of the weights."""
    result: Floats32 = np.zeros((len(known.came), weights.shape[1]), np.float32)
    for value in np.unique(weights[weights != 0]):
        shift = sign * scale * value
        each = np.log1p(known.chances * np.expm1(shift)) - shift * known.came
        result += (each * known.asked).astype(np.float32) @ (weights == value).astype(np.float32)
    return result


def _spread(cell: Cell, costs: dict[str, Floats32], sources: tuple[str, ...], parts: Floats32) -> None:
    """Add costs per column of `sources` to the blocks that they name."""
    for source, part in zip(sources, cell.columns(sources), strict=True):
        costs[source.removeprefix(OLD)] += parts[:, part]


@singledispatch
def _through(block: Block, cell: Cell, sample: Sample, costs: dict[str, Floats32]) -> None:
    """Add to the costs of what a block reads, or will hold, what that does to the block; tables read no bits."""


@_through.register
def _(block: Delay, cell: Cell, sample: Sample, costs: dict[str, Floats32]) -> None:
    width = cell.widths[block.source]
    costs[block.source] += np.maximum(costs[block.name], 0).mean(axis=0).reshape(-1, width).sum(axis=0)


@_through.register
def _(block: Threshold, cell: Cell, sample: Sample, costs: dict[str, Floats32]) -> None:
    """A flipped input flips a neuron whose sum is near enough to its threshold."""
    worth = np.maximum(costs[block.name], 0).mean(axis=0)
    weights = cell.matrix(block).astype(np.int64)
    margin = sample.read(block.sources).astype(np.float32) @ weights.T.astype(np.float32) - block.thresholds
    reach = int(np.abs(weights).max(initial=0))
    # chance[w, r]: how often a change by a weight of magnitude w, up or down, makes neuron r flip
    chance = np.stack([((margin < 0) & (margin >= -w)).mean(axis=0) for w in range(reach + 1)])
    chance += np.stack([((margin >= 0) & (margin < w)).mean(axis=0) for w in range(reach + 1)])
    parts = (chance[np.abs(weights), np.arange(len(weights))[:, None]] / 2 * worth[:, None]).sum(axis=0)
    _spread(cell, costs, block.sources, np.broadcast_to(parts.astype(np.float32), (len(margin), len(parts))))


@_through.register
def _(block: Latch, cell: Cell, sample: Sample, costs: dict[str, Floats32]) -> None:
    cost, old = costs[block.name], sample.bits[OLD + block.name]
    select, value = sample.bits[block.select], sample.bits[block.value]
    lasting = np.maximum(cost, 0).mean(axis=0) * np.minimum(1 / np.maximum(select.mean(axis=0), 1e-6), LONGEST)
    costs[block.value] += select * lasting.astype(np.float32)
    costs[block.select] += (value != old) * lasting.astype(np.float32)
