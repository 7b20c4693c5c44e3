"""A short training of a cell that exists, `retrain`: the cell as a torch module over -1/+1 bits that can learn on.

A `Model` is made from options; a `Twin` from any cell of neurons, whoever made it, and `Twin.cell` is a cell of the
same blocks again. A block keeps its number of nonzero weights, not their places: the largest latents count. Embeddings
stay as they are. Bits are x = -1/+1, so with b = (x + 1) / 2 a sum is `w @ b = (w @ x + sum(w)) / 2`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from bridge.arrays import Ints
from bridge.cell import Block, Cell, Delay, Embedding, Latch, Logits, Threshold, Weighted
from bridge.cell.blocks import OLD, Integers
from bridge.corpus import Text
from bridge.errors import InputError
from bridge.training.descent import descend, make_optimiser, rate, torch_threads
from bridge.training.functions import code_ways, latch, log_products, sign, straight_through
from bridge.training.model import Layer, State, activation
from bridge.training.streams import cut_streams

WIDEST = 1 << 13  # bits of all blocks together; a long Delay is written out for every step
LEARNING_RATE = 2e-2  # per step, of a weight of mean size
BATCH = 64  # streams, fewer if the text has not SHORTEST bytes for each
SEQUENCE = 64
SHORTEST = 8 * SEQUENCE
RECENCY = 4.0
AVERAGED = 0.2  # of the steps, the last ones


def retrain(cell: Cell, text: Text, steps: int, skipped: int = 0, gentleness: float = 1.0) -> Cell:
    """The cell after so many steps on `text`, each of SEQUENCE bytes of BATCH streams; as many weights, others perhaps.

    skipped: steps whose part of the text is left out, so that one retraining goes on where another ended; gentleness:
    a multiplier of the learning rate. The same arguments give the same cell. InputError for a cell that has no `Twin`,
    or a text too short.
    """
    batch = max(1, min(BATCH, len(text) // SHORTEST))
    streams = cut_streams(text, torch.arange(256), batch, SEQUENCE, RECENCY)
    targets = torch.from_numpy(cell.readout.rows)
    twin = Twin(cell)
    optimiser, averaged = make_optimiser(twin, LEARNING_RATE, weight_decay=0.0), AveragedModel(twin)
    state = twin.reset(batch)
    with torch_threads(1):
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * gentleness * group["share"] * rate(step / steps)
            inputs, following = streams.excerpt(skipped + step)
            logits, state = twin(inputs, state)
            descend(twin, optimiser, functional.cross_entropy(logits, targets[following.flatten()], ignore_index=-1))
            if step >= (1 - AVERAGED) * steps:
                averaged.update_parameters(twin)
    return cast(Twin, averaged.module).cell()


class Sums(nn.Module):
    """The weights of a block. `latent`: float[rows, inputs], in units of the mean nonzero weight; `count`: how many of
    them are not 0; `levels`: the magnitudes that these may take, powers of two and what the block has already."""

    levels: Tensor

    def __init__(self, matrix: Integers) -> None:
        super().__init__()
        weights = torch.from_numpy(matrix.astype(np.float32))
        sizes = weights[weights != 0].abs()
        self.count = len(sizes)
        sizes = sizes if self.count else torch.ones(1)
        powers = 2.0 ** torch.arange(8)
        self.unit = float(sizes.mean())
        self.latent = nn.Parameter(weights / self.unit)
        self.register_buffer("levels", torch.cat([sizes, powers[powers <= sizes.max()]]).unique())  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def integers(self) -> Tensor:
        """float[rows, inputs] of whole numbers; the border between two levels lies at their geometric mean."""
        borders = (self.levels[1:] * self.levels[:-1]).sqrt()
        latent = self.latent.flatten()
        largest = latent.abs().topk(self.count, sorted=False).indices
        level = self.levels[torch.bucketize(latent[largest].abs() * self.unit, borders)]
        whole = torch.zeros_like(latent)
        whole[largest] = level.copysign(latent[largest]).clamp_(-128, 127)
        return whole.view_as(self.latent)

    def weights(self) -> Tensor:
        """The integers, with gradients to all latents."""
        return straight_through(self.latent, self.integers())


class Neurons(Sums):
    """A Threshold block; `forward(x [n, inputs]) -> y [n, rows]`, whose signs are the block's bits."""

    def __init__(self, block: Threshold, matrix: Integers) -> None:
        super().__init__(matrix)
        weights = self.integers()
        reach = weights.abs().sum(dim=1)
        thresholds = torch.from_numpy(block.thresholds.astype(np.float32))
        least = 2 * torch.minimum(torch.maximum(thresholds, -reach), reach + 1) - weights.sum(dim=1)
        self.bias = nn.Parameter((1 - least) * Layer.scale(weights))  # between two sums, which are 2 apart

    def forward(self, x: Tensor) -> Tensor:
        weights = self.weights()
        return activation(functional.linear(x, weights), Layer.scale(weights), self.bias)

    def block(self, old: Threshold) -> Threshold:
        weights = self.integers().double()
        reach = weights.abs().sum(dim=1)
        thresholds = torch.ceil((weights.sum(dim=1) - self.bias.detach().double() / Layer.scale(weights)) / 2)
        return old.with_rows(_whole(weights), _whole(torch.maximum(torch.minimum(thresholds, reach + 1), -reach)))


class Numbers(Sums):
    """A Logits block; `forward(x [n, inputs]) -> [n, rows]`, logits or scores in nats."""

    def __init__(self, block: Logits, matrix: Integers) -> None:
        super().__init__(matrix)
        bias = torch.from_numpy(block.bias.astype(np.float32))
        self.old_scale, self.stretch = block.scale, nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(block.scale * (bias + self.integers().sum(dim=1) / 2))

    def scale(self) -> Tensor:
        return self.old_scale * self.stretch.exp()

    def integer_bias(self, weights: Tensor) -> Tensor:
        return (self.bias / self.scale() - weights.sum(dim=1) / 2).round()

    def forward(self, x: Tensor) -> Tensor:
        weights, scale = self.weights(), self.scale()
        with torch.no_grad():
            whole = scale * (self.integer_bias(weights) + weights.sum(dim=1) / 2)
        return functional.linear(x, weights) * (scale / 2) + straight_through(self.bias, whole)

    def block(self, old: Logits) -> Logits:
        weights = self.integers()
        scale = self.old_scale * math.exp(float(self.stretch))
        return replace(old, weights=_whole(weights), bias=_whole(self.integer_bias(weights)), scale=scale)


class Twin(nn.Module):
    """`forward(bytes int64[T, B], state) -> (natural-log probabilities or logits [T * B, symbols], new state)`.

    InputError for a cell that is no network, or too wide.
    """

    ways: Tensor | None

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        if not cell.network:
            raise InputError("only a cell of neurons can be trained further, not one of trees")
        if (width := sum(cell.widths.values())) > WIDEST:
            raise InputError(f"the blocks of the cell have {width:,} bits; at most {WIDEST:,} can be trained")
        self.origin = cell
        self.sums = nn.ModuleDict()
        for block in cell.blocks:
            if block.patterns is not None:
                self.register_buffer(_key(block), 2 * torch.from_numpy(block.patterns.astype(np.float32)) - 1)
        for block in cell.weighted:
            self.sums[_key(block)] = _learnable(block, cell.matrix(block))
        code = cell.readout.code
        self.register_buffer("ways", None if code is None else code_ways(code))

    def reset(self, batch: int) -> State:
        """The state before any byte: Delay float[steps, batch, width], oldest first; Latch float[batch, width]."""
        shapes = {block.name: _held(block, self.origin, batch) for block in self.origin.blocks if block.STATEFUL}
        return {name: torch.full(shape, -1.0) for name, shape in shapes.items()}

    def forward(self, text: Tensor, state: State) -> tuple[Tensor, State]:
        if self._recurrent():
            parts = []
            for now in text[:, None].unbind(0):
                numbers, state = self._advance(now, state)
                parts.append(numbers)
            numbers = torch.cat(parts)
        else:
            numbers, state = self._advance(text, state)
        logits = numbers if self.ways is None else log_products(numbers, self.ways)
        return logits, {name: held.detach() for name, held in state.items()}

    def _recurrent(self) -> bool:
        """Does a block read what comes only after it? Then one step must follow the other."""
        done: set[str] = set()
        for block in self.origin.blocks:
            done.add(block.name)
            late = block.AT_START and not done.issuperset(block.keeps)
            if late or any(source.startswith(OLD) for source in block.reads):
                return True
        return False

    def _advance(self, text: Tensor, state: State) -> tuple[Tensor, State]:
        """Numbers of the head [T * B, rows] and the state after; T is 1 in a recurrent cell."""
        steps = _Steps(self, text, state, {OLD + name: held[None] for name, held in state.items()})
        for block in self.origin.blocks:
            _advance(block, steps)
        new = {block.name: _after(block, steps) for block in self.origin.blocks if block.STATEFUL}
        return steps.sums[self.origin.head.name].flatten(0, 1), new

    @torch.no_grad()
    def cell(self) -> Cell:
        """The cell as it is now; its probabilities are those of `forward`."""
        learned: dict[str, Block] = {}
        for block in self.origin.weighted:
            sums = self.sums[_key(block)]
            assert isinstance(sums, Neurons | Numbers)
            learned[block.name] = sums.block(block)  # type: ignore[arg-type]
        blocks = tuple(learned.get(block.name, block) for block in self.origin.blocks)
        return replace(self.origin, blocks=blocks)


@dataclass(frozen=True)
class _Steps:
    """T steps at once. `bits`: float[T, B, width] of every block so far; `sums`: what they are the signs of."""

    twin: Twin
    text: Tensor
    state: State
    bits: dict[str, Tensor]
    sums: dict[str, Tensor] = field(default_factory=dict)


@singledispatch
def _learnable(block: Weighted, matrix: Integers) -> Sums:
    raise InputError(f"block {block.name!r} cannot be trained")


@_learnable.register
def _(block: Threshold, matrix: Integers) -> Sums:
    return Neurons(block, matrix)


@_learnable.register
def _(block: Logits, matrix: Integers) -> Sums:
    return Numbers(block, matrix)


@singledispatch
def _held(block: Block, cell: Cell, batch: int) -> tuple[int, ...]:
    """The shape of what a block holds."""
    return batch, cell.widths[block.name]


@_held.register
def _(block: Delay, cell: Cell, batch: int) -> tuple[int, ...]:
    return block.steps, batch, cell.widths[block.source]


@singledispatch
def _advance(block: Block, steps: _Steps) -> None:
    """Add the bits of a block."""
    raise InputError(f"block {block.name!r} cannot be trained")


@_advance.register
def _(block: Embedding, steps: _Steps) -> None:
    steps.bits[block.name] = getattr(steps.twin, _key(block))[steps.text]


@_advance.register
def _(block: Delay, steps: _Steps) -> None:
    count, seen = len(steps.text), [steps.bits[block.source]] if block.source in steps.bits else []
    past = torch.cat([steps.state[block.name], *seen])
    first = range(block.steps - 1, -1, -1)
    steps.bits[block.name] = torch.cat([past[start : start + count] for start in first], dim=2)


@_advance.register
def _(block: Latch, steps: _Steps) -> None:
    y = torch.cat([steps.sums.get(name, steps.bits[name]) for name in block.reads], dim=2)
    steps.bits[block.name] = latch(y, steps.state[block.name])


@_advance.register
def _(block: Weighted, steps: _Steps) -> None:
    x = torch.cat([steps.bits[source] for source in block.sources], dim=2)
    y = steps.twin.sums[_key(block)](x.flatten(0, 1)).view(*x.shape[:2], -1)
    steps.sums[block.name], steps.bits[block.name] = y, sign(y)


@singledispatch
def _after(block: Block, steps: _Steps) -> Tensor:
    """What a block holds after these steps."""
    return steps.bits[block.name][-1]


@_after.register
def _(block: Delay, steps: _Steps) -> Tensor:
    return torch.cat([steps.state[block.name], steps.bits[block.source]])[len(steps.text) :]


def _key(block: Block) -> str:
    """A name that torch takes."""
    return "block_" + block.name.replace(".", "/")


def _whole(numbers: Tensor) -> Ints:
    whole: Ints = numbers.round().numpy().astype(np.int64)
    return whole
