"""One step of gradient descent, the same for every loop."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

WEIGHT_DECAY = 0.1  # of latents; old evidence for a weight fades, instead of a random walk without end
OTHERS_RATE = 0.3  # learning rate of embeddings and biases relative to that of weights


def make_optimiser(model: nn.Module, learning_rate: float, weight_decay: float = WEIGHT_DECAY) -> torch.optim.Optimizer:
    """AdamW; every group knows its `share` of the learning rate, which a schedule multiplies."""
    weights = [parameter for name, parameter in model.named_parameters() if name.endswith("latent")]
    others = [parameter for name, parameter in model.named_parameters() if not name.endswith("latent")]
    groups = [
        {"params": weights, "share": 1.0, "weight_decay": weight_decay},
        {"params": others, "share": OTHERS_RATE, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), fused=True)


def descend(model: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Gradients of the loss, clipped, and the optimiser's step."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
