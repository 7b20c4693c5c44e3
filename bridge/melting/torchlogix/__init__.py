"""Circuits of logic networks that torchlogix trained: its JSON, or a `Circuit` from Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.files import parse_json, read_bytes
from bridge.melting.gates.netlist import MOST_BYTES
from bridge.melting.source import Importer, Reference
from bridge.melting.torchlogix.circuit import cell_of_circuit

_START = re.compile(rb'\s*\{\s*"n_inputs"\s*:')


def _facts(source: Any) -> Any:
    if not isinstance(source, Path):
        return source.to_dict()
    try:
        return parse_json(read_bytes(source, "a circuit", MOST_BYTES))
    except ValueError as error:
        raise InputError(f"is no JSON: {error}") from error


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    if not isinstance(source, Path) and not hasattr(source, "to_dict"):
        raise InputError(f"a {type(source).__name__} of torchlogix is no circuit: make one by Circuit.from_model")
    return cell_of_circuit(_facts(source), options.get("thresholds"), options.get("input_range"))


def _reference(source: Any, options: Mapping[str, Any], cell: Cell) -> Reference:
    from bridge.melting.torchlogix.reference import Compiled  # it takes torch with it

    return Compiled(_facts(source), options)


IMPORTER = Importer(
    kind="a torchlogix circuit",
    melt=_melt,
    reference=_reference,
    recognises=lambda start: _START.match(start) is not None,
    packages=("torchlogix",),
    options=frozenset({"thresholds", "input_range"}),
)
