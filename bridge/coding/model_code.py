"""A model of text in few bytes, and back: whatever kind it is, told apart by how its bytes begin."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch

from bridge.cell import Cell
from bridge.cell.folded import Folded
from bridge.cell.predictor import Predictor
from bridge.coding import cell_code, folded_code

_READERS: dict[bytes, Callable[[bytes, int], Predictor]] = {
    cell_code.MAGIC: cell_code.unpack_cell,
    folded_code.MAGIC: folded_code.unpack_folded,
}


@singledispatch
def pack_model(model: Predictor) -> bytes:
    """The model without its record; the same model always gives the same bytes."""
    raise TypeError(f"{type(model).__name__} cannot be packed")


pack_model.register(Cell, cell_code.pack_cell)
pack_model.register(Folded, folded_code.pack_folded)


def unpack_model(data: bytes, most: int) -> Predictor:
    """Undo `pack_model`; InputError for anything else, and for models of more than `most` numbers."""
    found = (read for magic, read in _READERS.items() if data.startswith(magic))
    return next(found, cell_code.unpack_cell)(data, most)  # which says that it is none
