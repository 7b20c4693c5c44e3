"""How every loop goes down: the learning rate over a run, its restarts, and one step of gradient descent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

WEIGHT_DECAY = 0.1  # of latents; old evidence for a weight fades, instead of a random walk without end
OTHERS_RATE = 0.3  # learning rate of embeddings and biases relative to that of weights
WARM_UP = 0.03
FLOOR = 0.01
FIRST = 1 / 3  # of a run with restarts, before the first of them


def rate(fraction: float) -> float:
    """Multiplier of the learning rate: a short linear warm-up, then half a cosine down to a hundredth.

    fraction: how much of the run is done, 0..1.
    """
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(fraction, 1.0))
    return min(1.0, fraction / WARM_UP) * (FLOOR + (1 - FLOOR) * cosine)


def fraction_done(step: int, steps: int | None, seconds: float, minutes: float) -> float:
    """How much of a run of so many steps, or of so many minutes if that is None, is done: 0..1."""
    return min(1.0, seconds / (60 * minutes)) if steps is None else step / steps


def plan_restarts(first_steps: float, between: int) -> int:
    """How many restarts a run has whose FIRST part has so many steps: none if it is too short for one."""
    return int((1 / FIRST - 1) * first_steps / between) if 0 < between <= first_steps else 0


def cycle(fraction: float, restarts: int) -> tuple[int, float]:
    """How many restarts a run has behind it, and how much of what lies between two of them is done: 0..1."""
    if not restarts or fraction < FIRST:
        return 0, fraction / FIRST if restarts else fraction
    place = min((fraction - FIRST) / (1 - FIRST), 1.0) * restarts
    index = min(int(place), restarts - 1)
    return index + 1, place - index


def make_optimiser(model: nn.Module, learning_rate: float, weight_decay: float = WEIGHT_DECAY) -> torch.optim.Optimizer:
    """AdamW; every group knows its `share` of the learning rate, which a schedule multiplies."""
    weights = [parameter for name, parameter in model.named_parameters() if name.endswith("latent")]
    others = [parameter for name, parameter in model.named_parameters() if not name.endswith("latent")]
    groups = [
        {"params": weights, "share": 1.0, "weight_decay": weight_decay},
        {"params": others, "share": OTHERS_RATE, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), fused=True)


def differentiate(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Gradients of the loss alone, in all that the optimiser moves."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]


def descend(model: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Gradients of the loss, clipped, and the optimiser's step."""
    differentiate(optimiser, loss)
    clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Torch computes with so many threads; afterwards with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
