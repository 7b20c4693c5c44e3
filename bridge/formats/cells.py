"""The one table of gates: Verilog primitives and the cells of Yosys, as postfix templates over their pins."""

from __future__ import annotations

from bridge.formats.statements import Expression, Op

_AND, _OR, _XOR, _NOT = Op.AND, Op.OR, Op.XOR, Op.NOT

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
    "$_MUX_": ("S", "B", _AND, "S", _NOT, "A", _AND, _OR),
}

# A flip-flop with a rising clock C, data D, state Q.
FLIP_FLOP = "$_DFF_P_"

# Connected by order, the output first: (operation between the inputs or None for a single input, inverted).
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
