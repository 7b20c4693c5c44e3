"""A model of text in few bytes, and back: a cell or a folded network, told apart by how its bytes begin."""

from __future__ import annotations

from bridge.cell.folded import Folded
from bridge.cell.predictor import Predictor
from bridge.coding import folded_code
from bridge.coding.cell_code import pack_cell, unpack_cell
from bridge.coding.folded_code import pack_folded, unpack_folded


def pack_model(model: Predictor) -> bytes:
    """The model without its record; the same model always gives the same bytes."""
    return pack_folded(model) if isinstance(model, Folded) else pack_cell(model)


def unpack_model(data: bytes, most: int) -> Predictor:
    """Undo `pack_model`; InputError for anything else, and for models of more than `most` numbers."""
    folded = data.startswith(folded_code.MAGIC)
    return unpack_folded(data, most) if folded else unpack_cell(data, most)
