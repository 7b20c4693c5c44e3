"""Small quantized networks of torch, as people write them."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

M = TypeVar("M", bound=nn.Module)


class Round(torch.autograd.Function):
    """A straight-through estimator of one's own."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return torch.round(x)

    @staticmethod
    def backward(ctx: object, grad: Tensor) -> Tensor:
        return grad


def estimated(x: Tensor, given: Tensor) -> Tensor:
    """The other usual way to write one."""
    return x + (given - x).detach()


class Levels(nn.Module):
    """`bits` bits of this step, from 0 up or around it."""

    def __init__(self, bits: int, step: float, signed: bool = False) -> None:
        super().__init__()
        self.low, self.high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        self.step = step

    def forward(self, x: Tensor) -> Tensor:
        return estimated(x, torch.round(x / self.step).clamp(self.low, self.high) * self.step)


def quantized(weight: Tensor, bits: int, by_row: bool = True) -> Tensor:
    """Symmetric integers times a scale."""
    if bits == 1:
        return estimated(weight, torch.where(weight >= 0, 1.0, -1.0).to(weight) * weight.abs().mean())
    largest = weight.abs().flatten(1).amax(1) if by_row else weight.abs().max().expand(len(weight))
    scale = (largest / (2 ** (bits - 1) - 1)).reshape(-1, *[1] * (weight.dim() - 1))
    whole: Tensor = Round.apply(weight / scale)  # type: ignore[no-untyped-call]
    return whole * scale


class Dense(nn.Linear):
    """With weights of `bits` bits."""

    def __init__(self, inputs: int, rows: int, bits: int = 3, by_row: bool = True, bias: bool = True) -> None:
        super().__init__(inputs, rows, bias)
        self.bits, self.by_row = bits, by_row

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, quantized(self.weight, self.bits, self.by_row), self.bias)


class Filters(nn.Conv2d):
    """The same in two dimensions."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, quantized(self.weight, 3), self.bias)


class Residual(nn.Module):
    """Branches, pools, curves and comparisons."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.act = Levels(3, 1 / 7), Levels(2, 0.5)
        self.one, self.two = Filters(2, 4, 3, padding=1, bias=False), Filters(4, 4, 3, padding=1, groups=2)
        self.norm, self.last = nn.BatchNorm2d(4), Dense(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(torch.relu(self.norm(self.one(self.read(x)))))
        x = functional.max_pool2d(torch.sign(self.two(x)) * 0.5 + x, 2, padding=1)
        a, b = torch.round(4 * torch.sigmoid(x)).chunk(2, 1)
        y = torch.cat(
            [functional.adaptive_avg_pool2d(a, 1), (torch.tanh(b - 2) * 3).round().amax((2, 3), keepdim=True)], 1
        )
        y = torch.cat([y.flatten(1), (y.flatten(1) < 1.25).float()], 1)
        return torch.softmax(self.last(y), dim=1)


class GatedUnit(nn.Module):
    """A step of a text model: a gate, a value, and integers from step to step."""

    def __init__(self, symbols: int, embedded: int, width: int, steps: int = 4) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(symbols, embedded))
        self.gate, self.value = Dense(embedded + width, width, by_row=False), Dense(embedded + width, width)
        self.last, self.steps = Dense(width, symbols, by_row=False), steps

    def forward(self, byte: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        read = torch.cat([functional.embedding(byte, torch.sign(self.embedding)), state], dim=1)
        gate = self._round(functional.hardsigmoid(self.gate(read)))
        value = self._round(functional.hardtanh(self.value(read)))
        state = self._round((state + gate * (value - state)).clamp(-1, 1))
        return self.last(state), state

    def _round(self, x: Tensor) -> Tensor:
        return estimated(x, torch.round(x * self.steps) / self.steps)


def dressed(module: M, seed: int = 0) -> M:
    """With statistics in its norms that are not those of the beginning, ready to be read."""
    torch.manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            mean, variance = part.running_mean, part.running_var
            assert mean is not None
            assert variance is not None
            nn.init.normal_(mean, 0, 0.5)
            nn.init.uniform_(variance, 0.3, 2)
            nn.init.normal_(part.weight)
            nn.init.normal_(part.bias)
    return module.eval()


def random_network(seed: int) -> tuple[nn.Module, tuple[int, ...]]:
    """A stack of layers with quantizers between, and the shape of its input."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    inputs, rows = int(rng.integers(2, 9)), int(rng.integers(2, 9))
    width = inputs
    parts: list[nn.Module] = [_quantizer(rng)]
    for _ in range(int(rng.integers(1, 3))):
        parts.append(Dense(width, rows, int(rng.integers(1, 5)), bool(rng.random() < 0.5), bool(rng.random() < 0.7)))
        if rng.random() < 0.6:
            parts.append(nn.BatchNorm1d(rows))
        parts += [part for part in (nn.ReLU(), nn.Hardtanh(), nn.LeakyReLU(0.1), nn.Sigmoid()) if rng.random() < 0.2]
        parts.append(_quantizer(rng))
        width, rows = rows, int(rng.integers(2, 9))
    parts.append(Dense(width, 3, 3))
    return dressed(nn.Sequential(*parts), seed), (inputs,)


def _quantizer(rng: np.random.Generator) -> nn.Module:
    step = float(rng.choice([0.1, 0.25, 0.3, 1 / 3]))
    return Levels(int(rng.integers(1, 5)), step, bool(rng.random() < 0.5))
