"""The writer of Bristol Fashion: circuits of XOR, AND and INV gates, as programs for secure computation read them.

Such a circuit has no latches and no names. Its inputs are the netlist's, then what the latches hold; its outputs are
the netlist's, then what the latches will hold: whoever runs it feeds the latter back (`check --by-order` compares it
with the netlist). Bits of one name (`byte`, `state.h`, `logit.97`) are one value, the lowest bit first. Wires count up
from the inputs; those of the outputs are last, each on its own. So a copy is two INV, and a constant the XOR of a wire
with itself: many programs know no more than these three gates.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.aig.xag import Xag, xag
from bridge.errors import InputError
from bridge.files import write_atomic


def write_bristol(aig: Aig, path: str | os.PathLike[str]) -> None:
    """Write the XOR-AND graph of the netlist as it is; `with_few_ands` would make a smaller one. InputError when the
    path cannot be written, and without inputs or outputs."""
    for what, names in (("input", aig.leaves), ("output", [*aig.outputs, *aig.latches])):
        if not names:
            raise InputError(f"{os.fspath(path)}: a Bristol circuit needs an {what}, and this netlist has none")
    write_atomic(path, format_bristol(aig, xag(aig, 0)))


def format_bristol(aig: Aig, graph: Xag) -> str:
    """The text of the file. graph: of the netlist, whose names say which bits are one value."""
    states = [latch.name for latch in aig.latches]
    following = _values([output.name for output in aig.outputs]) + _values(states)
    gates, wires = _circuit(graph, graph.roots[: sum(following)].tolist())
    values = [" ".join(map(str, (len(bits), *bits))) for bits in (_values(aig.inputs) + _values(states), following)]
    return "\n".join([f"{len(gates)} {wires}", *values, "", *gates, ""])


def _values(names: Sequence[str]) -> list[int]:
    """The bits of each value."""
    return [len(list(bits)) for _, bits in groupby(names, lambda name: parse(name).group)]


class _Circuit:
    """Gates as they come; `wires`: the wire of every literal that has one so far."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.wires = {2 * variable: variable - 1 for variable in range(1, 1 + inputs)}
        self.gates: list[tuple[str, tuple[int, ...]]] = []

    def add(self, kind: str, *operands: int) -> int:
        """A new gate; its wire."""
        self.gates.append((kind, operands))
        return self.inputs + len(self.gates) - 1

    def wire(self, literal: int) -> int:
        """That of a literal, which may take an INV, or for a constant an XOR."""
        if literal not in self.wires:
            self.wires[literal] = self.add("INV", self.wire(literal ^ 1)) if literal & 1 else self.add("XOR", 0, 0)
        return self.wires[literal]

    def lines(self, ends: Sequence[int]) -> list[str]:
        """All gates, numbered so that these wires, none of them twice or an input, are the last."""
        count = self.inputs + len(self.gates)
        last = {wire: count - len(ends) + place for place, wire in enumerate(ends)}
        others = iter(range(self.inputs, count))
        number = [*range(self.inputs), *(last[w] if w in last else next(others) for w in range(self.inputs, count))]
        return [
            f"{len(operands)} 1 {' '.join(str(number[wire]) for wire in operands)} {number[self.inputs + place]} {kind}"
            for place, (kind, operands) in enumerate(self.gates)
        ]


def _circuit(graph: Xag, roots: Sequence[int]) -> tuple[list[str], int]:
    """The lines of all gates; how many wires there are."""
    circuit = _Circuit(graph.leaves)
    gates = zip(graph.fanins.tolist(), graph.odd.tolist(), strict=True)
    for variable, ((a, b), odd) in enumerate(gates, 1 + graph.leaves):
        circuit.wires[2 * variable] = circuit.add("XOR" if odd else "AND", circuit.wire(a), circuit.wire(b))
    ends: dict[int, None] = {}
    for literal in roots:
        wire = circuit.wire(literal)
        while wire < graph.leaves or wire in ends:
            wire = circuit.add("INV", circuit.add("INV", wire))
        ends[wire] = None
    return circuit.lines([*ends]), graph.leaves + len(circuit.gates)
