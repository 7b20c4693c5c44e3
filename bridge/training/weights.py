"""Integer weights with few nonzeros, trained through float latents.

Forward sees integers: per row the `fan_in` largest latents, rounded to a level; the rest is 0. Backward hands the
gradient of the integers to *all* latents unchanged (straight through), so a weight that is 0 today can win tomorrow.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from bridge.training.options import Levels

# A latent of the mean kept size gets this size, so that small and large levels are about equally frequent.
_MEAN_LEVEL: dict[Levels, float] = {"ternary": 1.0, "3bit": 2.0, "pow2": 1.6}


class IntegerWeights(nn.Module):
    """`forward()` -> integers in a float tensor [rows, inputs], gradients straight through to `latent`.

    `cut` and `unit` ([rows, 1]: the smallest kept latent; the latent worth 1) are state of the schedule: `refresh`
    sets them from the latents, between refreshes they stay.
    """

    cut: Tensor
    unit: Tensor

    def __init__(self, rows: int, inputs: int, fan_in: int, levels: Levels) -> None:
        super().__init__()
        self.fan_in = fan_in
        self.levels: Levels = levels
        self.latent = nn.Parameter(torch.randn(rows, inputs) / math.sqrt(fan_in))
        self.register_buffer("cut", torch.zeros(rows, 1))
        self.register_buffer("unit", torch.ones(rows, 1))
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        """Choose anew which latents are kept and what a unit is."""
        largest = self.latent.abs().topk(self.fan_in, dim=1).values
        self.cut.copy_(largest[:, -1:])
        self.unit.copy_(largest.mean(dim=1, keepdim=True) / _MEAN_LEVEL[self.levels])

    @torch.no_grad()
    def integers(self) -> Tensor:
        """The quantized weights, without gradient."""
        size = self.latent.abs()
        kept = size >= self.cut
        if self.levels == "ternary":
            return self.latent.sign() * kept
        if self.levels == "3bit":
            return (self.latent / self.unit).round_().clamp_(-4, 3) * kept
        # In powers of two the border between two levels lies at their geometric mean.
        level = 1 + (size >= 2**0.5 * self.unit).to(size.dtype) + 2 * (size >= 8**0.5 * self.unit)
        return level * self.latent.sign() * kept

    def forward(self) -> Tensor:
        return _StraightThrough.apply(self.latent, self.integers())  # type: ignore[no-any-return, no-untyped-call]


class _StraightThrough(Function):
    @staticmethod
    def forward(ctx: Any, latent: Tensor, integers: Tensor) -> Tensor:
        return integers

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad, None
