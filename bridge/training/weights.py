"""Integer weights with few nonzeros, trained through float latents.

Forward sees integers: per row the `fan_in` largest latents, rounded to a level; the rest is 0. Backward hands the
gradient of the integers to *all* latents unchanged (straight through), so a weight that is 0 today can win tomorrow.
A schedule may let more inputs in, mix the integers with the latents themselves, or end the contest of the inputs.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from bridge.cell.record import Levels
from bridge.training.functions import straight_through
from bridge.training.options import Wiring

# A latent of the mean kept size gets this size, so that small and large levels are about equally frequent.
_MEAN_LEVEL: dict[Levels, float] = {"binary": 1.0, "ternary": 1.0, "3bit": 2.0, "pow2": 1.6}


class IntegerWeights(nn.Module):
    """`forward()` -> weights as floats [rows, inputs], integers once `follow` says so; gradients go to `latent`.

    `cut` and `unit` ([rows, 1]: the smallest kept latent; the latent worth 1) are state of the schedule: `refresh`
    sets them from the latents, between refreshes they stay. `wired`: the inputs that are kept once `frozen`.
    """

    cut: Tensor
    unit: Tensor
    wired: Tensor
    frozen: Tensor

    def __init__(self, rows: int, inputs: int, fan_in: int, levels: Levels, wiring: Wiring = "row") -> None:
        super().__init__()
        self.fan_in = self.active = fan_in
        self.levels: Levels = levels
        self.wiring: Wiring = wiring
        self.hardness = self.share = 1.0
        self.latent = nn.Parameter(torch.randn(rows, inputs) / math.sqrt(fan_in))
        self.register_buffer("cut", torch.zeros(rows, 1))
        self.register_buffer("unit", torch.ones(rows, 1))
        self.register_buffer("wired", torch.ones(rows, inputs, dtype=torch.bool))
        self.register_buffer("frozen", torch.tensor(False))
        self.refresh()

    def follow(self, hardness: float, sparsity: float) -> None:
        """hardness: 0 the kept latents, 1 integers, between a mixture; sparsity: 0 all inputs, 1 `fan_in` of them."""
        inputs = self.latent.shape[1]
        self.hardness = hardness
        self.active = round(inputs * (self.fan_in / inputs) ** sparsity)

    @torch.no_grad()
    def refresh(self, freeze: bool = False, share: float = 1.0) -> None:
        """Choose anew which latents are kept and what a unit is; freeze: the choice of the inputs is the last one.

        share: of the nonzeros that the rows together may have, with wiring matrix.
        """
        size, self.share = self.latent.abs(), share
        if not self.frozen:
            self._choose(size)
            if freeze and self.active == self.fan_in:
                self.wired.copy_(size >= self.cut)
                self.frozen.fill_(True)
        if self.frozen or self.wiring == "matrix":
            kept = self.kept(size)
            mean = (size * kept).sum(dim=1, keepdim=True) / kept.sum(dim=1, keepdim=True)
            self.unit.copy_(mean.clamp_(min=1e-9) / _MEAN_LEVEL[self.levels])

    def _choose(self, size: Tensor) -> None:
        if self.wiring == "matrix":  # the rows share one number of inputs, each keeps at least one
            count = min(max(round(self.share * self.active * len(size)), 1), size.numel())
            common = size.flatten().topk(count).values[-1]
            self.cut.copy_(size.amax(dim=1, keepdim=True).clamp_(max=common))
            return
        largest = size.topk(self.active, dim=1).values
        self.cut.copy_(largest[:, -1:])
        self.unit.copy_(largest.mean(dim=1, keepdim=True) / _MEAN_LEVEL[self.levels])

    def kept(self, size: Tensor) -> Tensor:
        """bool[rows, inputs]: which inputs have a weight now."""
        if self.active == self.latent.shape[1] and self.share >= 1:
            return torch.ones_like(size, dtype=torch.bool)
        return self.wired if self.frozen else size >= self.cut

    @torch.no_grad()
    def integers(self) -> Tensor:
        """The quantized weights, without gradient."""
        size = self.latent.abs()
        kept = self.kept(size)
        if self.levels == "binary":
            return torch.where(self.latent >= 0, 1.0, -1.0).to(size.dtype) * kept
        if self.levels == "ternary":
            return self.latent.sign() * kept
        if self.levels == "3bit":
            return (self.latent / self.unit).round_().clamp_(-4, 3) * kept
        # In powers of two the border between two levels lies at their geometric mean.
        level = 1 + (size >= 2**0.5 * self.unit).to(size.dtype) + 2 * (size >= 8**0.5 * self.unit)
        return level * self.latent.sign() * kept

    @torch.no_grad()
    def hold(self, integers: Tensor) -> Tensor:
        """Have these weights, of the same levels, from now on: no rounding can change them. Returns them."""
        self.latent.copy_(integers)
        self.unit.fill_(1.0)
        self.wired.copy_(integers != 0)
        self.frozen.fill_(True)
        return self.integers()

    @torch.no_grad()
    def restart(self) -> None:
        """Forget all but the integers: latents have their sizes, in units of the mean one; those not kept are 0.

        What is not kept walks at random, and with time more and more of it walks into the weights.
        """
        integers = self.integers()
        self.latent.copy_(integers / integers[integers != 0].abs().mean())
        self.frozen.fill_(False)

    def literals(self) -> Tensor:
        """Unit literals that the sums of all rows add up: a weight of 1, 2 or 4 is one, of 3 two."""
        size = self.integers().abs()
        return (size > 0).sum() + (size == 3).sum()

    @torch.no_grad()
    def values(self) -> Tensor:
        """What `forward` gives, without gradient."""
        if self.hardness == 1:
            return self.integers()
        soft = self.latent / self.unit * self.kept(self.latent.abs())
        return soft if self.hardness == 0 else torch.lerp(soft, self.integers(), self.hardness)

    def forward(self) -> Tensor:
        return straight_through(self.latent, self.values())
