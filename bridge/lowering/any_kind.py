"""The logic of whatever predicts bytes."""

from __future__ import annotations

from functools import singledispatch

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cell.folded import Folded
from bridge.cell.predictor import Predictor
from bridge.lowering import lower
from bridge.lowering.folded import lower_folded


@singledispatch
def logic_of(model: Predictor) -> Aig:
    """A netlist that computes what the model says. InputError for sizes of a folded network that do not fill lanes."""
    raise TypeError(f"{type(model).__name__} has no logic")


@logic_of.register
def _(model: Cell) -> Aig:
    return lower(model)


@logic_of.register
def _(model: Folded) -> Aig:
    return lower_folded(model)
