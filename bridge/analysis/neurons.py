"""Neurons one by one: what each is a function of, in terms of the named signals right before it, and which are trivial.

A neuron is a point of the netlist. Cut at all points (see `bridge.aig.cut`), each is a function of inputs,
latches and other points; its *support* are those that can change it for some values of the others. All of that is
proven, over all values of the support, also such that never occur together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.cut import cut
from bridge.analysis.dependences.answer import NO, UNDECIDED
from bridge.analysis.dependences.matrix import STRUCTURE, dependence
from bridge.analysis.places import placed
from bridge.analysis.signals import Bit, point_bits
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.execution import simulate
from bridge.lowering import lower
from bridge.printable.notebook import Single

SMALL = 6  # signals up to which a neuron gets a truth table


@dataclass(frozen=True, repr=False)
class Neuron(Single):
    """`support`: the signals it is a function of; `structural`: those its logic reads; `table`: for a small support
    the truth table, one character a row, "01"[table[i]] where bit j of i is the value of support[j]; `copies`: names of
    neurons on the same node, `inverted` those on its complement; `undecided`: signals in `support` that are not proven
    to matter."""

    name: str
    support: tuple[str, ...]
    structural: tuple[str, ...]
    table: str = ""
    copies: tuple[str, ...] = ()
    inverted: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def trivial(self) -> bool:
        """A function of at most two signals."""
        return len(self.support) <= 2

    def formula(self) -> str:
        """`0`, `a`, `not a`, `a and not b`, `a xor b`, ...; for more than two signals, how many they are."""
        names = [f"({name})" if " " in name else name for name in self.support]
        if len(names) == 2 and self.table in _OF_TWO:
            return _OF_TWO[self.table].format(*names)
        if len(names) < 2 and self.table:
            return {"0": "0", "1": "1", "01": "{}", "10": "not {}"}[self.table].format(*names)
        return f"function of {len(names)} signals"

    def to_json(self) -> dict[str, Any]:
        """The fields, and the formula."""
        facts = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}
        return facts | {"formula": self.formula()}


_OF_TWO = {  # rows: neither, the first, the second, both
    "0001": "{} and {}",
    "0010": "not {} and {}",
    "0100": "{} and not {}",
    "1000": "not {} and not {}",
    "0110": "{} xor {}",
    "1001": "{} equals {}",
    "0111": "{} or {}",
    "1011": "not {} or {}",
    "1101": "{} or not {}",
    "1110": "not {} or not {}",
}


def neurons(model: Cell | Aig, *, seconds: float = 300.0, memory: float | None = None, jobs: int = 2) -> list[Neuron]:
    """Every point of the netlist, in order. Signals not decided within `seconds` and `memory`, MiB, are kept in the
    support.

    Of a cell, what a neuron reads is what it reads there, but for constants; copies are those that share a node of its
    netlist.
    """
    aig = placed(model)
    points, leaves = point_bits(aig), aig.first_and
    owners: dict[int, Bit] = {}  # the first point on each node: its name and polarity are those of the cut input
    for bit in points:
        if bit.variable >= leaves:
            owners.setdefault(bit.variable, bit)
    copies = _copies(point_bits(lower(model) if isinstance(model, Cell) else aig))
    form = _with_constants(cut(aig), len(owners)) if isinstance(model, Cell) else cut(aig)
    ends = form.outputs[len(form.outputs) - len(owners) :]
    matrix = dependence(form, form.inputs, [end.name for end in ends], seconds=seconds, memory=memory, jobs=jobs)
    names = [*aig.leaves, *(bit.name for bit in owners.values())]
    places = {variable: place for place, variable in enumerate(owners)}
    found = []
    for bit in points:
        others = copies.get(bit.name, ((), ()))
        if bit.variable < leaves:
            found.append(_on_leaf(bit, names, others))
            continue
        place = places[bit.variable]
        answers, read = matrix.answers[:, place], matrix.methods[:, place] != STRUCTURE
        literal = ends[place].literal ^ (bit.literal ^ owners[bit.variable].literal) & 1
        support, structural, undecided = (
            tuple(names[row] for row in np.flatnonzero(rows)) for rows in (answers != NO, read, answers == UNDECIDED)
        )
        table = _table(form, literal, np.flatnonzero(answers != NO))
        found.append(Neuron(bit.name, support, structural, table, *others, undecided))
    return found


def _with_constants(form: Aig, count: int) -> Aig:
    """The cut form, its last `count` inputs and outputs for the places where it is cut, with those that are constant
    put in where they are read."""
    first, fixed = len(form.inputs) - count, dict[int, int]()
    while True:
        builder, inputs = AigBuilder.like(form)
        leaves = [fixed.get(place, literal) for place, literal in enumerate(inputs)]
        form = builder.build_like(form, builder.copy(form, leaves))
        functions = form.output_literals()[len(form.outputs) - count :].tolist()
        known = {first + place: literal for place, literal in enumerate(functions) if literal < 2}
        if known.keys() == fixed.keys():
            return form
        fixed = known


def _on_leaf(bit: Bit, names: Sequence[str], others: tuple[tuple[str, ...], tuple[str, ...]]) -> Neuron:
    """A point that is a constant, an input or a latch, or the complement of one."""
    support = (names[bit.variable - 1],) if bit.variable else ()
    table = ("10" if bit.inverted else "01") if bit.variable else str(bit.literal)
    return Neuron(bit.name, support, support, table, *others)


def _copies(points: Sequence[Bit]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names of the points on the same node as each one, and of those on its complement."""
    on_node: dict[int, list[Bit]] = {}
    for bit in points:
        on_node.setdefault(bit.variable, []).append(bit)
    found = {}
    for bit in points:
        same = on_node[bit.variable]
        copies = tuple(other.name for other in same if other.literal == bit.literal and other is not bit)
        found[bit.name] = copies, tuple(other.name for other in same if other.literal != bit.literal)
    return found


def _table(form: Aig, literal: int, rows: Ints) -> str:
    """The truth table over the inputs of these rows; nothing if they are more than SMALL."""
    if len(rows) > SMALL:
        return ""
    numbers = np.arange(1 << len(rows))
    patterns = np.zeros((len(form.inputs), 1), np.uint64)
    for place, row in enumerate(rows.tolist()):
        patterns[row] = sum(1 << int(number) for number in numbers[numbers >> place & 1 == 1])
    word = int(simulate(form, patterns, [literal])[0, 0])
    return "".join(str(word >> int(number) & 1) for number in numbers)
