"""Circuits of logic networks that torchlogix trained: its JSON, or a `Circuit` from Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.files import parse_json
from bridge.melting.gates.netlist import MOST_BYTES
from bridge.melting.source import File, Importer, Reference
from bridge.melting.torchlogix.circuit import cell_of_circuit

_START = re.compile(rb'\s*\{\s*"n_inputs"\s*:')


def _facts(source: Any) -> Any:
    if not isinstance(source, File):
        return source.to_dict()
    try:
        return parse_json(source.within(MOST_BYTES, "a circuit"))
    except ValueError as error:
        raise InputError(f"is no JSON: {error}") from error


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    if not isinstance(source, File) and not hasattr(source, "to_dict"):
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
