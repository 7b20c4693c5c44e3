"""Worth and price of weights: the two sides of the contest in which all rows of a cell compete for a budget of ANDs.

What a weight of a row is worth grows with the size of the gradients that reach the row: a row that matters more to
the loss gets more inputs. What it costs is measured: now and then the cell is lowered, and every weight told its price.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bridge.cell import Cell, Logits, Threshold
from bridge.lowering.price import row_costs
from bridge.training.export import export_cell
from bridge.training.model import Model

WORTH = 0.5  # power of a row's root mean square gradient
PRICE = 0.5  # power of the price: what a weight is worth to the loss goes with the square of its size


@torch.no_grad()
def measure_prices(model: Model, alphabet: bytes) -> None:
    """Lower the cell as it is now: ANDs per nonzero weight of every matrix, and of the whole cell."""
    cell = export_cell(model, alphabet, "priced", {})
    costs, total = row_costs(cell), 0
    for matrix, names in zip(model.matrices(), _blocks(model, cell), strict=True):
        blocks = [block for block in cell.blocks if block.name in names and isinstance(block, Threshold | Logits)]
        nonzeros = sum(int(np.count_nonzero(block.weights)) for block in blocks)
        matrix.price.fill_(sum(float(costs[block.name].sum()) for block in blocks) / max(nonzeros, 1))
        total += nonzeros
    model.price.fill_(sum(float(cost.sum()) for cost in costs.values()) / max(total, 1))


@torch.no_grad()
def weigh_rows(model: Model, optimiser: torch.optim.Optimizer) -> None:
    """Set the worth of every row, from the squares of gradients that Adam keeps, and its price."""
    for matrix in model.matrices():
        squares: Tensor | None = optimiser.state.get(matrix.latent, {}).get("exp_avg_sq")
        if squares is not None:
            strength = squares.mean(dim=1, keepdim=True).sqrt_().clamp_(min=1e-12)
            matrix.worth.copy_(strength**WORTH / matrix.price.clamp(min=1.0) ** PRICE)


def _blocks(model: Model, cell: Cell) -> list[list[str]]:
    """The names of the blocks that each matrix became."""
    parts = ("select", "value", "neurons")
    layers = [[f"layer{index}.{part}" for part in parts] for index in range(len(model.layers))]
    return [*layers, [cell.head.name]]
