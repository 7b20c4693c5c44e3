"""What weights cost, measured by lowering the cell as it trains: a budget of ANDs then says how many there may be."""

from __future__ import annotations

import numpy as np
import torch

from bridge.lowering.price import row_costs
from bridge.training.export import export_cell
from bridge.training.model import Model


@torch.no_grad()
def measure_price(model: Model, alphabet: bytes) -> None:
    """Lower the cell as it is now: ANDs per nonzero weight of its sums, and those of all else (embeddings, latches)."""
    cell = export_cell(model, alphabet, "priced", {})
    costs = row_costs(cell)
    nonzeros = sum(int(np.count_nonzero(block.weights)) for block in cell.weighted)
    paid = sum(float(costs[block.name].sum()) for block in cell.weighted)
    model.price.fill_(max(paid / max(nonzeros, 1), 0.1))
    model.fixed.fill_(sum(float(cost.sum()) for cost in costs.values()) - paid)
