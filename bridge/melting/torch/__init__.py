"""Modules of torch, and of Brevitas by its own export."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bridge.cell import Cell
from bridge.errors import MissingExtra
from bridge.melting.source import Importer, Reference

OPTIONS = frozenset({"input_shape", "input_range", "state_shapes", "alphabet"})


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    _torch()
    from bridge.melting.torch.exported import melt_exported, of_brevitas
    from bridge.melting.torch.melt import melted

    return melt_exported(source, options) if of_brevitas(source) else melted(source, options).cell


def _reference(source: Any, options: Mapping[str, Any], cell: Cell) -> Reference:
    _torch()
    from bridge.melting.torch.exported import of_brevitas, reference_exported
    from bridge.melting.torch.reference import reference_of

    return reference_exported(source, options, cell) if of_brevitas(source) else reference_of(source, options)


def _torch() -> None:
    try:
        import_module("torch")
    except ImportError as error:
        raise MissingExtra("modules of torch need torch: pip install 'aigbridge[train]'") from error


IMPORTER = Importer("a torch module", _melt, _reference, packages=("torch", "brevitas"), options=OPTIONS)
