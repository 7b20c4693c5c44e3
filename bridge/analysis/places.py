"""A name is a place, not a node: to change one is to change what reads it, as the cell says.

A cell is lowered so that every place is a node of its own. In a netlist without its cell several names may stand for
one node, or its complement: they are changed together, and that is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

from bridge.aig import Aig
from bridge.aig.names import DO
from bridge.analysis.signals import Bit, named_bits
from bridge.cell import Cell
from bridge.lowering import lower
from bridge.printable import few

SameNodes = Mapping[str, tuple[str, ...]]

CONSTANT = "constant"
VALUES = "0, 1, a number, 'c', flip, copy:FILE@POSITION, or resample:FILE"  # what a place is given, in words

_known: WeakKeyDictionary[Cell, Aig] = WeakKeyDictionary()  # as long as the cell is there: it is asked again and again


def placed(model: Cell | Aig) -> Aig:
    """A cell as a netlist in which every name is a node of its own; a netlist as it is.

    In that of a cell, bits that spell no value of an integer are read as the nearest one, those of an automaton that
    tell of several states as the first, and sums that are only compared are numbers all the same, so that they can be
    asked about.
    """
    if not isinstance(model, Cell):
        return model
    if model not in _known:
        _known[model] = lower(model, apart=True)
    return _known[model]


def same_nodes(aig: Aig, bits: Iterable[Bit]) -> dict[str, tuple[str, ...]]:
    """The other names of the node of each bit, where there are any, those of its complement as `not NAME`; for a bit on
    the constant node just `constant 0` or `constant 1`. What an edit lets be read instead of a bit is no other name."""
    names: dict[int, list[Bit]] = {}
    for bit in named_bits(aig).values():
        names.setdefault(bit.variable, []).append(bit)
    found: dict[str, tuple[str, ...]] = {}
    for bit in bits:
        others = [other for other in names[bit.variable] if other.name != bit.name and not other.name.startswith(DO)]
        shown = tuple(f"not {o.name}" if (o.literal ^ bit.literal) & 1 else o.name for o in others)
        shown = shown if bit.variable else (f"{CONSTANT} {bit.literal}",)
        if shown:
            found[bit.name] = shown
    return found


def told(same: SameNodes, most: int = 3) -> str:
    """What that means, empty if no node has two names."""
    fixed = [f"{name} is {others[0]}" for name, others in same.items() if others[0].startswith(CONSTANT)]
    shared = [f"{name} is the same node as {' and '.join(others[:most])}" for name, others in same.items()]
    shared = [text for text, others in zip(shared, same.values(), strict=True) if not others[0].startswith(CONSTANT)]
    parts = [f"{few(shared, most, ', ')}: they change together"] if shared else []
    parts += [f"{few(fixed, most, ', ')}: nothing changes it"] if fixed else []
    return f"in this netlist {'; '.join(parts)}; only its cell could tell more" if parts else ""
