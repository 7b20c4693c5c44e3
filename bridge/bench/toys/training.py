"""Training of toy autoencoders, all sparsities, seeds and starts of a kind side by side in one batch of matrices.

Floats stand behind the ternary weights, which are rounded in units of their mean size, and get the gradients of the
rounded ones (straight through); signs have the gradient of tanh. Both harden over the first half of the run. Every seed
keeps the best of its starts, of any kind: so less of the spread is bad luck in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch
from torch import Tensor

from bridge.bench.toys.data import Toy
from bridge.bench.toys.network import Kind, ToyNetwork
from bridge.training.descent import differentiate, torch_threads
from bridge.training.functions import sign, straight_through

CHOOSING = 1 << 13  # inputs on which the best start is chosen


@dataclass(frozen=True)
class Course:
    """`frozen`: weights stay as they start, at random, and only biases, thresholds and the gain are trained."""

    seeds: int = 5
    starts: int = 4
    steps: int = 3000
    batch: int = 256
    rate: float = 5e-3
    frozen: bool = False


class _Batch:
    """Autoencoders I side by side: weights [I, m, n], bias [I, n], thresholds [I, m], gain [I] (its logarithm)."""

    def __init__(self, toys: Sequence[Toy], kind: Kind, seed: int) -> None:
        self.kind, self.levels = kind, toys[0].levels
        self.random = torch.Generator().manual_seed(seed)
        shape = len(toys), toys[0].hidden, toys[0].features
        self.weights: Tensor = torch.randn(shape, generator=self.random) / shape[2] ** 0.5
        self.bias, self.thresholds = torch.zeros(shape[0], shape[2]), torch.zeros(shape[:2])
        size = self.weights.abs().mean(dim=(1, 2)) if kind.ternary else torch.ones(shape[0])
        self.gain = (size if kind.binary else size**2).log()
        self.active = torch.tensor([1 - toy.sparsity for toy in toys])[:, None, None]
        self.importance = torch.tensor(toys[0].importance, dtype=torch.float32)

    def draw(self, rows: int) -> Tensor:
        """[I, rows, n], values of features."""
        shape = len(self.weights), rows, self.weights.shape[2]
        active = torch.rand(shape, generator=self.random) < self.active
        if self.levels == 1:
            return active.float()
        values = torch.randint(0, self.levels + 1, shape, generator=self.random).float() / self.levels
        return values.masked_fill(~active, 0.0)

    def used(self, hardness: float = 1.0) -> Tensor:
        """[I, m, n]: the weights as the network has them."""
        if not self.kind.ternary:
            return self.weights
        soft = self.weights / self.weights.detach().abs().mean(dim=(1, 2), keepdim=True).clamp_min(1e-9)
        return straight_through(soft, torch.lerp(soft.detach(), soft.detach().round().clamp(-1, 1), hardness))

    def loss(self, values: Tensor, hardness: float = 1.0) -> Tensor:
        """[I]: the squared error, weighted by importance."""
        weights = self.used(hardness)
        hidden = torch.bmm(values, weights.transpose(1, 2))
        if self.kind.binary:
            hidden = sign(2 * (hidden - self.thresholds[:, None]), hardness)
        output = torch.bmm(hidden, weights) * self.gain.exp()[:, None, None] + self.bias[:, None]
        error = (values - torch.relu(output)).square().mean(dim=1)
        return torch.mv(error, self.importance)

    def network(self, place: int, toy: Toy) -> ToyNetwork:
        weights, bias, thresholds = (
            values[place].double().numpy() for values in (self.used(), self.bias, self.thresholds)
        )
        return ToyNetwork(toy, self.kind, weights, float(self.gain[place].exp()), bias, thresholds)


def untrained(toys: Sequence[Toy], kind: Kind, seeds: int, seed: int = 0) -> list[list[ToyNetwork]]:
    """As they start, for every toy one of each seed."""
    batch = _Batch([toy for toy in toys for _ in range(seeds)], kind, seed)
    return [[batch.network(row * seeds + j, toy) for j in range(seeds)] for row, toy in enumerate(toys)]


def train_toys(toys: Sequence[Toy], kind: Kind, course: Course, seed: int = 0) -> list[list[ToyNetwork]]:
    """For every toy one network of each seed. The toys may differ in nothing but their sparsity."""
    each = course.seeds * course.starts
    batch = _Batch([toy for toy in toys for _ in range(each)], kind, seed)
    learned = [batch.bias, batch.gain]
    learned += [] if course.frozen else [batch.weights]
    learned += [batch.thresholds] if kind.binary else []
    for values in learned:
        values.requires_grad_()
    with torch_threads(1):  # such small matrices are not worth a second
        _descend(batch, learned, course)
    with torch.no_grad():
        losses = batch.loss(batch.draw(CHOOSING)).reshape(len(toys), course.seeds, course.starts).numpy()
        best = np.arange(len(losses) * course.seeds).reshape(losses.shape[:2]) * course.starts + losses.argmin(axis=2)
        return [[batch.network(int(place), toy) for place in row] for toy, row in zip(toys, best, strict=True)]


def _descend(batch: _Batch, learned: list[Tensor], course: Course) -> None:
    descent = torch.optim.Adam(learned, lr=course.rate)
    for step in range(course.steps):
        done = step / course.steps
        descent.param_groups[0]["lr"] = course.rate * (min(1.0, step / 100) * 0.5 * (1 + cos(pi * done)) + 1e-3)
        loss = (batch.loss(batch.draw(course.batch), min(1.0, 2 * done)) / batch.active[:, 0, 0]).sum()
        differentiate(descent, loss)
        descent.step()
