"""A name is a place, not a node: to change one is to change what reads it, as the cell says.

A cell is lowered so that every place is a node of its own. In a netlist without its cell several names may stand for
one node, or its complement: they are changed together, and that is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.aig import Aig
from bridge.analysis.signals import Bit, named_bits
from bridge.cell import Cell
from bridge.lowering import lower


def placed(model: Cell | Aig) -> Aig:
    """A cell as a netlist in which every name is a node of its own; a netlist as it is."""
    return lower(model, apart=True) if isinstance(model, Cell) else model


SameNodes = Mapping[str, tuple[str, ...]]


def same_nodes(aig: Aig, bits: Iterable[Bit]) -> dict[str, tuple[str, ...]]:
    """The other names of the node of each bit, where there are any, those of its complement as `not NAME`; for a bit on
    the constant node its value."""
    names: dict[int, list[Bit]] = {}
    for bit in named_bits(aig).values():
        names.setdefault(bit.variable, []).append(bit)
    found: dict[str, tuple[str, ...]] = {}
    for bit in bits:
        others = [other for other in names[bit.variable] if other.name != bit.name]
        shown = tuple(f"not {o.name}" if (o.literal ^ bit.literal) & 1 else o.name for o in others)
        shown = shown if bit.variable else (str(bit.literal),)
        if shown:
            found[bit.name] = shown
    return found


def told(same: SameNodes, most: int = 3) -> str:
    """One sentence, empty if no node has two names."""
    if not same:
        return ""
    parts = [f"{name} is the same node as {', '.join(others[:most])}" for name, others in [*same.items()][:most]]
    more = f"; so are {len(same) - most} more" if len(same) > most else ""
    return f"{'; '.join(parts)}{more}: they change together, unless the cell is asked instead of the netlist"
