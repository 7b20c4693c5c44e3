"""A cell as a dense float32 network of torch: what one runs who does not melt it. Used as a peer in benches."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from bridge.cell import Block, Cell, Delay, Embedding, Latch, Logits, Threshold, Weighted
from bridge.cell.blocks import BYTE, OLD, Integers
from bridge.errors import InputError
from bridge.training.descent import torch_threads

Step: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
Form: TypeAlias = Callable[[dict[str, Tensor]], Tensor]


def dense_step(cell: Cell) -> Step:
    """(float32[batch, state_bits], int64[batch] bytes) -> (new state, float32[batch, symbols] logits), as `Cell.step`.

    InputError for a cell with blocks that are no sums.
    """
    forms = {block.name: _dense(block, cell) for block in cell.blocks}

    def step(state: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        values = {OLD + name: state[:, part] for name, part in cell.state_slices.items()} | {BYTE: text}
        for name, form in forms.items():
            values[name] = form(values)
        new = [_following(cell.by_name[name], values) for name in cell.state_slices]
        return torch.cat(new, 1), values[cell.head.name]

    return step


def dense_runner(cell: Cell, batch: int) -> Callable[[], None]:
    """Runs one step of `batch` streams in this thread alone, over and over the same."""
    step = dense_step(cell)
    state = torch.zeros(batch, cell.state_bits)
    text = torch.tensor(list(cell.head.symbols)).repeat(batch)[:batch]

    def run() -> None:
        with torch_threads(1), torch.inference_mode():
            step(state, text)

    return run


@singledispatch
def _dense(block: Block, cell: Cell) -> Form:
    """The tensor of a block from those of all blocks before it."""
    raise InputError(f"a dense network cannot have a {block.kind} block")


@_dense.register
def _(block: Embedding, cell: Cell) -> Form:
    table = torch.from_numpy(block.table.astype(np.float32))
    return lambda values: table[values[BYTE]]


@_dense.register
def _(block: Threshold, cell: Cell) -> Form:
    weigh = _affine(block, cell, -block.thresholds)
    return lambda values: (weigh(values) >= 0).float()


@_dense.register
def _(block: Logits, cell: Cell) -> Form:
    return _affine(block, cell, block.bias)


@_dense.register
def _(block: Latch, cell: Cell) -> Form:
    return lambda values: torch.lerp(values[OLD + block.name], values[block.value], values[block.select])


@_dense.register
def _(block: Delay, cell: Cell) -> Form:
    return lambda values: values[OLD + block.name]


def _affine(block: Weighted, cell: Cell, offset: Integers) -> Form:
    weights = torch.from_numpy(cell.matrix(block).T.astype(np.float32)).contiguous()
    constants = torch.from_numpy(offset.astype(np.float32))
    return lambda values: torch.addmm(constants, torch.cat([values[source] for source in block.sources], 1), weights)


def _following(block: Block, values: dict[str, Tensor]) -> Tensor:
    if not block.AT_START:
        return values[block.name]
    (source,), held = block.keeps, values[block.name]
    return torch.cat([values[source], held[:, : held.shape[1] - values[source].shape[1]]], 1)
