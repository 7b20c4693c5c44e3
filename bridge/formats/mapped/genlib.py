"""The reader of genlib files: gates with areas and functions, and the delays of their pins."""

from __future__ import annotations

import math
import re

from bridge.errors import InputError
from bridge.formats.mapped.functions import MOST_INPUTS, names_in, parse_function
from bridge.formats.mapped.library import Kind

_NAME = r"[A-Za-z0-9_$.\[\]<>]{1,150}"
# Possessive: what is taken is not tried anew, so a long file takes no longer than it is.
_NUMBER = r"[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?"
# ABC needs a blank after the semicolon.
_GATE = re.compile(rf'GATE\s++(?:"({_NAME})"|({_NAME}))\s++({_NUMBER})\s++({_NAME})\s*+=\s*+([^;#]*+);(?![^\s#])')
_PIN = re.compile(rf"PIN\s++({_NAME}|\*)\s++(?:INV|NONINV|UNKNOWN)((?:\s++{_NUMBER}){{6}})(?=\s|$)")
_SPACE = re.compile(r"(?:\s++|#[^\n]*+)*+")


def parse(text: str, path: str) -> dict[str, Kind]:
    """The gates that can be used: those of more than MOST_INPUTS inputs are left out. InputError with the line."""
    cells: dict[str, Kind] = {}
    seen: set[str] = set()
    place = _after_space(text, 0)
    while place < len(text):
        gate = _GATE.match(text, place)
        if not gate:
            raise InputError(f"{path}:{_line(text, place)}: expected `GATE name area output=function;` or a line PIN")
        try:
            kind, place = _kind(gate), gate.end()
        except InputError as error:
            raise InputError(f"{path}:{_line(text, place)}: {error}") from error
        if kind.name in seen:
            raise InputError(f"{path}:{_line(text, gate.start())}: gate {kind.name!r} is defined twice")
        seen.add(kind.name)
        if len(kind.inputs) <= MOST_INPUTS:
            cells[kind.name] = kind
        place = _after_pins(text, place, kind, path)
    return cells


def _kind(gate: re.Match[str]) -> Kind:
    name, area, output, function = gate[1] or gate[2], float(gate[3]), gate[4], gate[5]
    if not 0 <= area < math.inf:
        raise InputError(f"the area of gate {name!r} must be a number from 0, not {gate[3]}")
    inputs = names_in(function)
    if output in inputs:
        raise InputError(f"gate {name!r} reads its own output {output!r}")
    return Kind(name, area, inputs, output, parse_function(function, inputs) if len(inputs) <= MOST_INPUTS else 0)


def _after_pins(text: str, place: int, kind: Kind, path: str) -> int:
    """The place of the next gate. InputError where an input has no line: ABC crashes on such gates."""
    start, place = place, _after_space(text, place)
    told: set[str] = set()
    while pin := _PIN.match(text, place):
        if pin[1] not in (*kind.inputs, "*"):
            why = f"gate {kind.name!r} has no input {pin[1]!r}"
            raise InputError(f"{path}:{_line(text, place)}: {why}")
        if not all(map(math.isfinite, map(float, pin[2].split()))):
            raise InputError(f"{path}:{_line(text, place)}: the numbers of a pin must be finite")
        told |= {*kind.inputs} if pin[1] == "*" else {pin[1]}
        place = _after_space(text, pin.end())
    untold = [name for name in kind.inputs if name not in told]
    if untold:
        raise InputError(f"{path}:{_line(text, start)}: gate {kind.name!r} has no line PIN for its input {untold[0]!r}")
    return place


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
