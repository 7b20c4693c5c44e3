"""Lists of gates and LUTs with sums, and weightless networks (DWN): from JSON, safetensors or Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.files import parse_json
from bridge.melting.gates.dwn import cell_of_network, network_of
from bridge.melting.gates.listing import cell_of_listing
from bridge.melting.gates.netlist import MOST_BYTES
from bridge.melting.gates.reference import ListedGates, ListedLayers
from bridge.melting.source import START, File, Importer, Reference

_START = re.compile(rb'\s*\{.{0,4096}?"format"\s*:\s*"(gates|dwn)"', re.DOTALL)
_TENSORS = re.compile(rb'.{8}\{.*?\.luts"', re.DOTALL)
_KINDS: Mapping[str, tuple[Callable[[Mapping[str, Any]], Cell], Callable[[Mapping[str, Any]], Reference]]] = {
    "gates": (cell_of_listing, ListedGates),
    "dwn": (lambda facts: cell_of_network(network_of(facts)), ListedLayers),
}


def _recognises(start: bytes) -> bool:
    return _START.match(start) is not None or _TENSORS.match(start) is not None


def _facts(source: Any, options: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """What it is, `gates` or `dwn`, and what it says, the options having the last word."""
    if isinstance(source, File):
        data = source.within(MOST_BYTES, "gates or LUTs")
        facts = _tensors(data) if _TENSORS.match(data[:START]) else _parsed(data)
    else:
        facts = source
    if not isinstance(facts, Mapping) or not all(isinstance(key, str) for key in facts):
        raise InputError(f"no list of gates: expected an object whose keys are words, not {type(facts).__name__}")
    kind = facts.get("format", "gates" if "gates" in facts else "dwn")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InputError(f"format must be {' or '.join(_KINDS)}, not {kind!r:.40}")
    return kind, {**facts, **options}


def _parsed(data: bytes) -> Any:
    try:
        return parse_json(data)
    except ValueError as error:
        raise InputError(f"is no JSON: {error}") from error


def _tensors(data: bytes) -> dict[str, Any]:
    """Its tensors, and `classes` and `tau` from its metadata."""
    try:
        facts = load(data)
        notes = parse_json(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {})
        numbers = {key: kind(notes[key]) for key, kind in (("classes", int), ("tau", float)) if key in notes}
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"is no readable .safetensors file: {error}") from error
    return {**facts, **numbers, "format": "dwn"}


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    kind, facts = _facts(source, options)
    return _KINDS[kind][0](facts)


def _reference(source: Any, options: Mapping[str, Any], cell: Cell) -> Reference:
    kind, facts = _facts(source, options)
    return _KINDS[kind][1](facts)


IMPORTER = Importer(
    kind="a list of gates or LUTs, or a weightless network (DWN)",
    melt=_melt,
    reference=_reference,
    recognises=_recognises,
    packages=("builtins",),
    options=frozenset({"thresholds", "input_range", "classes", "tau"}),
)
