"""The one table of gates: Verilog primitives and the cells of Yosys and of libraries, as postfix templates over their
pins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from bridge.formats.bits import Flop, choose, held
from bridge.formats.constants import ONE, ZERO
from bridge.formats.mapped.functions import cubes_of
from bridge.formats.mapped.library import Kind
from bridge.formats.operators import sum_of_products
from bridge.formats.statements import Expression, Item, Op

_AND, _OR, _XOR, _NOT, _MUX = Op.AND, Op.OR, Op.XOR, Op.NOT, Op.MUX

# Output pin Y; the strings are input pins.
CELLS: dict[str, Expression] = {
    "$_BUF_": ("A",),
    "$_NOT_": ("A", _NOT),
    "$_AND_": ("A", "B", _AND),
    "$_NAND_": ("A", "B", _AND, _NOT),
    "$_ANDNOT_": ("A", "B", _NOT, _AND),
    "$_OR_": ("A", "B", _OR),
    "$_NOR_": ("A", "B", _OR, _NOT),
    "$_ORNOT_": ("A", "B", _NOT, _OR),
    "$_XOR_": ("A", "B", _XOR),
    "$_XNOR_": ("A", "B", _XOR, _NOT),
    "$_MUX_": ("S", "B", "A", _MUX),
    "$_NMUX_": ("S", "B", "A", _MUX, _NOT),
    "$_AOI3_": ("A", "B", _AND, "C", _OR, _NOT),
    "$_OAI3_": ("A", "B", _OR, "C", _AND, _NOT),
    "$_AOI4_": ("A", "B", _AND, "C", "D", _AND, _OR, _NOT),
    "$_OAI4_": ("A", "B", _OR, "C", "D", _OR, _AND, _NOT),
}


def _multiplexer(inputs: str, selects: str) -> Expression:
    if not selects:
        return (inputs,)
    half = len(inputs) // 2
    high, low = (_multiplexer(part, selects[:-1]) for part in (inputs[half:], inputs[:half]))
    return (selects[-1], *high, *low, _MUX)


CELLS |= {f"$_MUX{1 << n}_": _multiplexer("ABCDEFGHIJKLMNOP"[: 1 << n], "STUV"[:n]) for n in (2, 3, 4)}

# Its function is a parameter.
LUT = "$lut"

# Connected by order, outputs first: (operation between the inputs or None for a single input, inverted).
PRIMITIVES: dict[str, tuple[Op | None, bool]] = {
    "buf": (None, False),
    "not": (None, True),
    "and": (_AND, False),
    "nand": (_AND, True),
    "or": (_OR, False),
    "nor": (_OR, True),
    "xor": (_XOR, False),
    "xnor": (_XOR, True),
}

# The characters after the family's name: pins, each with its polarity N or P, and v, the value at reset.
_FLIP_FLOPS = (
    ("FF", ""),
    ("DFF", "C"),
    ("DFF", "CRv"),
    ("DFFE", "CE"),
    ("DFFE", "CRvE"),
    ("DFFSR", "CSR"),
    ("DFFSRE", "CSRE"),
    ("ALDFF", "CL"),
    ("ALDFFE", "CLE"),
    ("SDFF", "CRv"),
    ("SDFFE", "CRvE"),
    ("SDFFCE", "CRvE"),
)
_PARTS = {(family, len(parts)): parts for family, parts in _FLIP_FLOPS}
_NAME = re.compile(r"\$_([A-Z]*FF[A-Z]*)_(?:([NP01]+)_)?")
_LATCH = re.compile(r"\$_(?:DLATCH|DLATCHSR|SR)_[NP01]+_")


def is_latch(cell: str) -> bool:
    """Whether this is a level-sensitive latch of Yosys."""
    return _LATCH.fullmatch(cell) is not None


def flip_flop_pins(cell: str) -> frozenset[str]:
    """The input pins of a flip-flop of Yosys; none for any other cell."""
    found = _parsed(cell)
    if found is None:
        return frozenset()
    family, values = found
    return frozenset({"D", *values} - {"v"} | ({"AD"} if family.startswith("AL") else set()))


def flip_flop(cell: str, pins: Mapping[str, Expression], q: str, line: int) -> Flop:
    """The flop that drives q; pins: single bits."""
    found = _parsed(cell)
    assert found is not None
    family, values = found
    pin = {name: _with_polarity(pins[name], values[name]) for name in values if name != "v"}
    reset = (ONE,) if values.get("v") == "1" else (ZERO,)
    value = pins["D"]
    if family == "SDFFCE":
        value = choose(pin["R"], reset, value)
    if "E" in pin:
        value = choose(pin["E"], value, (q,))
    if family in ("SDFF", "SDFFE"):
        value = choose(pin["R"], reset, value)
    at_once = _at_once(family, pin, reset, pins)
    return Flop(at_once(value), pin.get("C"), line, seen=at_once((held(q),)))


def _at_once(
    family: str, pin: Mapping[str, Expression], reset: Expression, pins: Mapping[str, Expression]
) -> Callable[[Expression], Expression]:
    """What asynchronous pins make of a value."""
    if family in ("DFF", "DFFE") and "R" in pin:
        return lambda value: choose(pin["R"], reset, value)
    if family.startswith("AL"):
        return lambda value: choose(pin["L"], pins["AD"], value)
    if family.startswith("DFFSR"):
        return lambda value: choose(pin["R"], (ZERO,), choose(pin["S"], (ONE,), value))
    return lambda value: value


def _parsed(cell: str) -> tuple[str, dict[str, str]] | None:
    """(family, pin -> polarity), with `v` -> value at reset."""
    match = _NAME.fullmatch(cell)
    parts = _PARTS.get((match[1], len(match[2] or ""))) if match else None
    if match is None or parts is None:
        return None
    values = dict(zip(parts, match[2] or "", strict=True))
    fits = all(value in ("01" if part == "v" else "NP") for part, value in values.items())
    return (match[1], values) if fits else None


def _with_polarity(value: Expression, polarity: str) -> Expression:
    return value if polarity == "P" else (*value, _NOT)


@cache
def template(kind: Kind) -> Expression:
    """What a cell of a library gives, over its pins."""
    return sum_of_products(kind.inputs, cubes_of(kind.table, len(kind.inputs)))


def pins_of(template: Expression) -> frozenset[str]:
    """The input pins in a template."""
    return frozenset(item for item in template if isinstance(item, str))


def filled(template: Expression, pins: Mapping[str, Expression]) -> Expression:
    """The template with the expressions of its pins."""
    value: list[Item] = []
    for item in template:
        if isinstance(item, str):
            value += pins[item]
        else:
            value.append(item)
    return tuple(value)
