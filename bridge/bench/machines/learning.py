"""Learning from examples by gradient descent, many networks of one task at a time.

Bits are -1 and +1 while a network learns, as in `bridge.training`. At first they are soft and weights are real numbers;
over the middle of a run both harden, until weights are the integers and bits the signs that the cell will have, whose
gradients pass straight through. Words grow from two steps to their full length in the first quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.utils import clip_grad_norm_

from bridge.bench.machines.examples import words_of
from bridge.bench.machines.layout import Layout, Network
from bridge.bench.machines.tasks import Task
from bridge.training.descent import differentiate, torch_threads
from bridge.training.functions import sign, straight_through

GROWN, HARDENS, HARD = 0.25, 0.3, 0.7  # parts of a run: words are full, hardening begins, ends
SLOWS = 0.8  # from here on the learning rate falls
SLOPE = 2.0  # of answers in the loss, against neurons in the state


@dataclass(frozen=True)
class Lessons:
    """`networks` learn side by side, `examples` words of `length` steps, `batch` of them at a time; `reach`: the
    largest weight, 3 in three bits, 1 for ternary ones."""

    networks: int = 16
    steps: int = 1000
    examples: int = 2000
    length: int = 16
    batch: int = 64
    rate: float = 0.03
    reach: int = 3
    seed: int = 0


LESSONS = Lessons()


def learned(task: Task, lessons: Lessons = LESSONS) -> list[Network]:
    """All networks, as they are in the end, however well they learned. The same seed gives the same on one machine."""
    with torch_threads(1):
        return _learned(task, lessons)


def _learned(task: Task, lessons: Lessons) -> list[Network]:
    words = words_of(task, lessons.examples, lessons.length, lessons.seed)
    read, wanted = (torch.from_numpy(part).float().transpose(0, 1).contiguous() for part in words)
    draws = torch.Generator().manual_seed(lessons.seed)
    pupils = Pupils(Layout.of(task), lessons, draws)
    optimiser = torch.optim.Adam(pupils.parameters(), lr=lessons.rate)
    for step in range(lessons.steps):
        done = step / lessons.steps
        length = 2 + int((lessons.length - 2) * min(1.0, done / GROWN))
        chosen = torch.randint(lessons.examples, (lessons.batch,), generator=draws)
        sums = pupils(2 * read[:length, chosen] - 1, min(1.0, max(0.0, (done - HARDENS) / (HARD - HARDENS))))
        aims = wanted[:length, chosen][:, None].expand_as(sums)
        loss = cross_entropy(SLOPE * sums, aims, reduction="none").mean(dim=(0, 2, 3)).sum()
        differentiate(optimiser, loss)
        clip_grad_norm_(pupils.parameters(), lessons.networks**0.5)
        optimiser.param_groups[0]["lr"] = lessons.rate * min(1.0, max(0.1, (1 - done) / (1 - SLOWS)))
        optimiser.step()
        pupils.keep_in_reach()
    return pupils.networks()


class Pupils(nn.Module):
    """`latent`: float[networks, rows, sources], what weights are rounded from; `bias`: float[networks, rows]."""

    def __init__(self, layout: Layout, lessons: Lessons, draws: torch.Generator) -> None:
        super().__init__()
        self.layout, self.reach = layout, lessons.reach
        self.free = torch.from_numpy(layout.free).float()
        shape = (lessons.networks, *self.free.shape)
        self.latent = nn.Parameter(torch.randn(shape, generator=draws) * self.free)
        self.bias = nn.Parameter(0.5 * torch.randn(shape[:2], generator=draws))
        self.scale = self.free.shape[1] ** -0.5

    def forward(self, read: Tensor, hardness: float) -> Tensor:
        """The sums behind the answers, [steps, networks, batch, answers]. read: [steps, batch, inputs] of -1 and +1."""
        own, weights = self.layout, self._weights(hardness)
        batch, networks = read.shape[1], len(weights)
        hidden, memory, answer = self._parts(weights)
        past = read.new_full((batch, own.read, own.past // own.read), -1.0)
        state = read.new_full((networks, batch, own.memory), -1.0)
        sums = []
        for now in read.unbind(0):
            outside = torch.cat([now, past.flatten(1)], dim=1).expand(networks, -1, -1)
            seen = torch.cat([outside, state], dim=2)
            seen = torch.cat([seen, sign(self._sums(hidden, seen), hardness)], dim=2)
            select, value = sign(self._sums(memory, seen), hardness).chunk(2, dim=2)
            state = torch.lerp(state, value, 0.5 + 0.5 * select)
            sums.append(self._sums(answer, torch.cat([seen, state], dim=2)))
            past = torch.cat([now[:, :, None], past], dim=2)[:, :, : past.shape[2]]
        return torch.stack(sums)

    def _sums(self, part: tuple[Tensor, Tensor], seen: Tensor) -> Tensor:
        weights, bias = part
        return torch.baddbmm(bias, seen, weights).mul(self.scale)

    def _parts(self, weights: Tensor) -> list[tuple[Tensor, Tensor]]:
        """[networks, sources, rows] and [networks, 1, rows]: hidden neurons, selects and values, answers."""
        own = self.layout
        counts = [own.hidden, 2 * own.memory, own.answers]
        rows, biases = (torch.split(part, counts, dim=1) for part in (weights, self.bias))
        return [
            (part[:, :, :seen].transpose(1, 2), bias[:, None])
            for part, bias, seen in zip(rows, biases, own.seen, strict=True)
        ]

    def _weights(self, hardness: float) -> Tensor:
        return straight_through(self.latent, torch.lerp(self.latent.detach(), self._rounded(), hardness)) * self.free

    def _rounded(self) -> Tensor:
        return self.latent.detach().clamp(-self.reach, self.reach).round()

    @torch.no_grad()
    def keep_in_reach(self) -> None:
        """Latents that are far away could not come back."""
        self.latent.clamp_(-self.reach - 0.4, self.reach + 0.4)

    def networks(self) -> list[Network]:
        """Over bits 0 and 1: sum w (2 b - 1) + bias >= 0 iff sum w b >= (sum w - bias) / 2, computed exactly."""
        weights = (self._rounded() * self.free).numpy().astype(np.int8)
        totals, biases = weights.sum(axis=2, dtype=np.int64).tolist(), self.bias.detach().tolist()
        thresholds = [
            [-((Fraction(bias) - total) // 2) for total, bias in zip(*rows, strict=True)]
            for rows in zip(totals, biases, strict=True)
        ]
        return [Network(self.layout, *pair) for pair in zip(weights, np.array(thresholds, np.int32), strict=True)]
