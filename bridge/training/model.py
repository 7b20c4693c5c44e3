"""The float twin of a cell: the same blocks over -1/+1 bits, with gradients.

Every weighted sum is a sum of integers, hence exact; only then come the row's scale and bias. In float64 the model
is therefore the reference that an exported cell must agree with, ties included.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from bridge.training.functions import latch, look_up, sign
from bridge.training.options import LayerOptions, TrainingOptions
from bridge.training.weights import IntegerWeights

State: TypeAlias = dict[str, Tensor]


class Layer(nn.Module):
    """Threshold rows in the order selects, values, plain neurons; `forward` -> (bits [T, B, width], latches [B, M])."""

    def __init__(self, options: TrainingOptions, index: int) -> None:
        super().__init__()
        self.shape: LayerOptions = options.layers[index]
        self.embedded = self.shape.embeddings * options.embedding_bits
        self.weights = IntegerWeights(self.shape.rows, options.inputs(index), self.shape.fan_in, options.levels)
        bias = torch.zeros(self.shape.rows)
        bias[: self.shape.latches] = -torch.rand(self.shape.latches)  # memory: select less often than every other step
        self.bias = nn.Parameter(bias)

    def forward(self, table: Tensor, windows: Tensor, before: Tensor | None, old: Tensor) -> tuple[Tensor, Tensor]:
        """table: [V + 1, bits]; windows: int64[T, B, window]; before: tapped bits [T, B, inputs]; old: [B, M]."""
        integers = self.weights()
        sums = weigh(integers, self.embedded, table, windows, before)
        y = activation(sums, self.scale(integers), self.bias).view(*windows.shape[:2], -1)
        gated = 2 * self.shape.latches
        if not gated:
            return sign(y), old
        state = latch(y[..., :gated], old)
        bits = torch.cat([state, sign(y[..., gated:])], dim=2) if self.shape.neurons else state
        return bits, state[-1].detach()

    @staticmethod
    def scale(integers: Tensor) -> Tensor:
        """Per row, what makes the sum over independent bits have variance 1: float[rows], without gradient."""
        return integers.detach().square().sum(dim=1).clamp_(min=1).rsqrt()


class Head(nn.Module):
    """Integer logits of every symbol and their scale: `forward` -> natural-log logits [T * B, symbols]."""

    def __init__(self, options: TrainingOptions, symbols: int) -> None:
        super().__init__()
        self.embedded = options.head_embeddings * options.embedding_bits
        self.weights = IntegerWeights(symbols, options.head_inputs, options.head_fan_in, options.levels)
        self.bias = nn.Parameter(torch.zeros(symbols))
        self.log_scale = nn.Parameter(torch.tensor(math.log(0.2) - 0.5 * math.log(options.head_fan_in)))

    def integer_bias(self, integers: Tensor) -> Tensor:
        """Bias in units of the integer logits of 0/1 bits, not yet rounded: float[symbols]."""
        scale = self.log_scale.exp()
        return (self.bias - scale * integers.sum(dim=1)) / (2 * scale)

    def forward(self, table: Tensor, windows: Tensor, bits: Tensor) -> Tensor:
        integers = self.weights()
        scale = self.log_scale.exp()
        with torch.no_grad():
            whole = self.integer_bias(integers).round_() * (2 * scale) + scale * integers.sum(dim=1)
            rounding = whole - self.bias
        sums = weigh(integers, self.embedded, table, windows, bits)
        return torch.addcmul(self.bias + rounding, sums, scale)


class Model(nn.Module):
    """`forward(symbols, state)` -> (logits [T * B, V], new state). symbols: int64[T, B], indices into the alphabet."""

    def __init__(self, options: TrainingOptions, symbols: int) -> None:
        super().__init__()
        self.options = options
        self.symbols = symbols
        self.embedding = nn.Parameter(torch.randn(symbols, options.embedding_bits) * 0.7)
        self.layers = nn.ModuleList([Layer(options, index) for index in range(len(options.layers))])
        self.head = Head(options, symbols)

    def reset(self, batch: int) -> State:
        """The state before any byte: all bits 0, that is -1; index `symbols` stands for "no byte yet"."""
        table, layers = self.embedding, self.options.layers
        state = {"recent": torch.full((self.options.window - 1, batch), self.symbols, device=table.device)}
        for index, layer in enumerate(layers):
            state[f"latch{index}"] = table.new_full((batch, layer.latches), -1.0)
            depth = max((0, *layers[index + 1].taps)) if index + 1 < len(layers) else 0
            state[f"past{index}"] = table.new_full((depth, batch, layer.width), -1.0)
        return state

    def refresh(self) -> None:
        """Choose the nonzero weights of all rows anew."""
        for module in self.modules():
            if isinstance(module, IntegerWeights):
                module.refresh()

    def forward(self, symbols: Tensor, state: State) -> tuple[Tensor, State]:
        steps, window = len(symbols), self.options.window
        table = sign(torch.cat([self.embedding, self.embedding.new_full((1, self.options.embedding_bits), -1.0)]))
        recent = torch.cat([state["recent"], symbols])
        windows = torch.stack([recent[window - 1 - age : window - 1 - age + steps] for age in range(window)], dim=2)
        new = {"recent": recent[steps:]}
        outputs: list[Tensor] = []
        tapped = None
        for index, layer in enumerate(self.layers):
            if index:
                past = state[f"past{index - 1}"]
                tapped, new[f"past{index - 1}"] = _tap(outputs[-1], past, self.options.layers[index].taps)
            bits, new[f"latch{index}"] = layer(table, windows, tapped, state[f"latch{index}"])
            outputs.append(bits)
        new[f"past{len(outputs) - 1}"] = state[f"past{len(outputs) - 1}"]
        return self.head(table, windows, torch.cat(outputs, dim=2)), new


def activation(sums: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """The value whose sign a row puts out: [..., rows]."""
    return sums * scale + bias


def weigh(integers: Tensor, embedded: int, table: Tensor, windows: Tensor, bits: Tensor | None) -> Tensor:
    """Weighted sums [T * B, rows]; the first `embedded` columns read embeddings, newest first, the rest `bits`.

    A byte takes few values, so its part of a sum is looked up: far fewer operations than a product of matrices.
    """
    rows, sums = len(integers), None
    if embedded:
        ages = embedded // table.shape[1]
        tables = integers[:, :embedded].reshape(rows * ages, -1) @ table.T
        tables = tables.view(rows, ages, -1).permute(1, 2, 0).contiguous()
        sums = look_up(tables, windows[..., :ages].flatten(0, 1))
    if bits is not None:
        own = functional.linear(bits.flatten(0, 1), integers[:, embedded:])
        sums = own if sums is None else sums + own
    assert sums is not None
    return sums


def _tap(bits: Tensor, past: Tensor, taps: tuple[int, ...]) -> tuple[Tensor | None, Tensor]:
    steps, depth = len(bits), len(past)
    full = torch.cat([past, bits]) if depth else bits
    kept = full[steps:].detach()
    if not taps:
        return None, kept
    return torch.cat([full[depth - tap : depth - tap + steps] for tap in taps], dim=2), kept
