"""Worth and price of weights: the two sides of the contest in which all rows of a cell compete for one budget of ANDs.

What a weight of a row is worth grows with the size of the gradients that reach the row: a row that matters more to
the loss gets more inputs. What it costs is measured: now and then the cell is lowered, and each row told its ANDs.
"""

from __future__ import annotations

from itertools import chain

import numpy as np
import torch
from torch import Tensor

from bridge.cell import Cell
from bridge.lowering.price import row_costs
from bridge.training.export import export_cell
from bridge.training.model import Model

WORTH = 0.5  # power of a row's root mean square gradient
SLOW = 1.0
PRICE = 0.0  # power of what a weight of the row costs
RANGE = (1.0, 7.0)  # ANDs that a weight is taken to cost: no more than a full adder


@torch.no_grad()
def measure_prices(model: Model, alphabet: bytes) -> None:
    """Lower the cell as it is now: ANDs per nonzero weight, of every row (`cost`) and of the cell (`price`)."""
    cell = export_cell(model, alphabet, "priced", {})
    costs = row_costs(cell)
    nonzeros = 0
    for matrix, names in zip(model.matrices(), _blocks(model, cell), strict=True):
        weights = np.concatenate([cell.by_name[name].weights for name in names])  # type: ignore[union-attr]
        each = np.count_nonzero(weights, axis=1)
        nonzeros += int(each.sum())
        paid = np.concatenate([costs[name] for name in names]) / np.maximum(each, 1)
        matrix.cost.copy_(torch.from_numpy(paid.clip(*RANGE))[:, None])
    model.price.fill_(sum(float(cost.sum()) for cost in costs.values()) / max(nonzeros, 1))


@torch.no_grad()
def weigh_rows(model: Model, optimiser: torch.optim.Optimizer) -> None:
    """Set the worth of every row, from the squares of gradients that Adam keeps, and its price."""
    for matrix in model.matrices():
        squares: Tensor | None = optimiser.state.get(matrix.latent, {}).get("exp_avg_sq")
        if squares is not None:
            worth = squares.mean(dim=1, keepdim=True).sqrt().clamp_(min=1e-12) ** WORTH
            matrix.worth.lerp_(worth, SLOW if matrix.known else 1.0)
            matrix.known = True


def _blocks(model: Model, cell: Cell) -> list[list[str]]:
    """The blocks of the cell that each matrix became, in the order of its rows."""
    parts = ("select", "value", "neurons")
    layers = [[f"layer{index}.{part}" for part in parts] for index in range(len(model.layers))]
    return [[name for name in names if name in cell.by_name] for names in chain(layers, [[cell.head.name]])]
