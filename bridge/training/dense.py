"""A cell as a dense float32 network of torch: what one runs who does not melt it. Used as a peer in benches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from bridge.cell import Cell, Delay, Embedding, Latch, Logits, Threshold
from bridge.cell.blocks import OLD, Integers
from bridge.errors import InputError
from bridge.training.threads import torch_threads

Step: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def dense_step(cell: Cell) -> Step:
    """(float32[batch, state_bits], int64[batch] bytes) -> (new state, float32[batch, symbols] logits), as `Cell.step`.

    InputError for a cell with blocks that are no sums.
    """
    tensors = {block.name: _tensors(block) for block in cell.blocks if not isinstance(block, Delay | Latch)}

    def weigh(block: Threshold | Logits, values: dict[str, Tensor]) -> Tensor:
        weights, offset = tensors[block.name]
        return torch.addmm(offset, torch.cat([values[source] for source in block.sources], 1), weights)

    def step(state: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        values = {_old(cell, name): state[:, part] for name, part in cell.state_slices.items()}
        for block in cell.blocks[:-1]:
            if isinstance(block, Embedding):
                values[block.name] = tensors[block.name][0][text]
            elif isinstance(block, Threshold):
                values[block.name] = (weigh(block, values) >= 0).float()
            elif isinstance(block, Latch):
                values[block.name] = torch.lerp(values[OLD + block.name], values[block.value], values[block.select])
        logits = weigh(cell.head, values)
        return torch.cat([_next(cell, name, values) for name in cell.state_slices], 1), logits

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


def _tensors(block: object) -> tuple[Tensor, ...]:
    if isinstance(block, Embedding):
        return (torch.from_numpy(block.table.astype(np.float32)),)
    if isinstance(block, Threshold):
        return _affine(block.weights, -block.thresholds)
    if isinstance(block, Logits):
        return _affine(block.weights, block.bias)
    raise InputError(f"a dense network cannot have a {type(block).__name__} block")


def _affine(weights: Integers, offset: Integers) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(weights.T.astype(np.float32)).contiguous(), torch.from_numpy(offset.astype(np.float32))


def _old(cell: Cell, name: str) -> str:
    return OLD + name if isinstance(cell.by_name[name], Latch) else name


def _next(cell: Cell, name: str, values: dict[str, Tensor]) -> Tensor:
    block = cell.by_name[name]
    if not isinstance(block, Delay):
        return values[name]
    width = cell.widths[name] - cell.widths[block.source]
    return torch.cat([values[block.source], values[name][:, :width]], 1)
