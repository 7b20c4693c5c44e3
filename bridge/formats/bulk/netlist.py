"""Gates -> an Aig: the same that `elaborate` makes of the same file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from bridge.aig import Aig, Latch, Output, Reset
from bridge.arrays import Ints
from bridge.formats.annotation import Annotation
from bridge.formats.bulk.gates import (
    AND,
    ANDS,
    CLOCK,
    DRIVERS,
    ITEMS,
    NAMES,
    OR,
    TABLES,
    UNDRIVEN,
    XOR,
    Gates,
    evaluate,
    slot_of,
)
from bridge.formats.bulk.read import NotBulk
from bridge.formats.elaborate import finished
from bridge.formats.statements import MOST_TABLE_INPUTS
from bridge.formats.tables import MOST_TABLE_ANDS, empty_tables

# All bytes of what we read; others mean something to some reader.
_PLAIN = bytes([*b"\t\n", *range(32, 127)])


@dataclass
class Ports:
    """Numbers of names: inputs in order, outputs in order, flops -> (the number of what drives them, reset), and the
    clock, 0 for none."""

    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    flops: dict[int, tuple[int, Reset]] = field(default_factory=dict)
    clock: int = 0


def check_plain(data: bytes) -> None:
    """NotBulk for other bytes than printable ASCII, blanks and newlines."""
    if data.translate(None, _PLAIN):
        raise NotBulk


def netlist(gates: Gates, ports: Ports, name: str, annotation: Annotation, path: str) -> Aig:
    """The validated Aig. NotBulk for signals without drivers or with several, cycles, and clocks used as data."""
    inputs = [number for number in ports.inputs if number != ports.clock]
    leaves = [*inputs, *ports.flops]
    if len(set(ports.outputs)) < len(ports.outputs) or len({*leaves, ports.clock}) < 1 + len(leaves):
        raise NotBulk
    drivers, items = int(gates.counts[DRIVERS]), int(gates.counts[ITEMS])
    if (gates.driver[[*leaves, ports.clock]] >= 0).any():
        raise NotBulk
    literals = np.full(int(gates.counts[NAMES]), UNDRIVEN, np.int64)
    literals[leaves] = 2 * np.arange(1, 1 + len(leaves))
    literals[ports.clock] = CLOCK
    code = gates.code[:items]
    room = int(gates.counts[TABLES]) * MOST_TABLE_ANDS
    room += sum(int(np.count_nonzero(code == item)) * ands for item, ands in ((AND, 1), (OR, 1), (XOR, 3)))
    ands = np.empty((room, 2), np.uint32)  # only what is used of it takes memory
    following = np.array([number for number, _ in ports.flops.values()], np.int32)
    targets = gates.targets[:drivers]
    order = np.concatenate([targets[~np.isin(targets, following)], following])
    stack = np.empty(np.diff(gates.firsts[: drivers + 1]).max(initial=MOST_TABLE_INPUTS), np.int64)
    if not evaluate(gates, empty_tables(), order, literals, 1 + len(leaves), ands, stack):
        raise NotBulk
    states = zip(ports.flops.items(), literals[following].tolist(), strict=True)
    reached = literals[ports.outputs].tolist()
    if min(reached, default=0) < 0:
        raise NotBulk
    aig = Aig(
        inputs=tuple(text_of(gates, number) for number in inputs),
        latches=tuple(Latch(text_of(gates, flop), literal, reset) for (flop, (_, reset)), literal in states),
        ands=ands[: int(gates.counts[ANDS])].copy(),
        outputs=tuple(
            Output(text_of(gates, number), literal) for number, literal in zip(ports.outputs, reached, strict=True)
        ),
        name=name,
    )
    return finished(aig, annotation, _Literals(gates, literals), path)


def text_of(gates: Gates, number: int) -> str:
    """The name of that number."""
    start, end = gates.spans[number]
    return gates.data[start:end].tobytes().decode("ascii")


def number_of(gates: Gates, name: str) -> int:
    """The number of a name; 0 for one that the file has not."""
    text = np.frombuffer(name.encode("utf-8", "surrogatepass"), np.uint8)
    place = slot_of(gates, text, 0, len(text))
    return int(gates.slots[place]) if place >= 0 else 0


class _Literals(Mapping[str, int]):
    """The literals of all names, as the annotation asks for them."""

    def __init__(self, gates: Gates, literals: Ints) -> None:
        self.gates = gates
        self.literals = literals

    def __getitem__(self, name: str) -> int:
        number = number_of(self.gates, name)
        if number == 0 or self.literals[number] == UNDRIVEN:
            raise KeyError(name)
        return int(self.literals[number])

    def __iter__(self) -> Iterator[str]:
        return (text_of(self.gates, number) for number in range(1, len(self.literals)))

    def __len__(self) -> int:
        return len(self.literals) - 1
