"""A list of gates or LUTs with sums: the format `gates`, see docs/melt-gates.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.melting.gates.checks import entries, whole
from bridge.melting.gates.netlist import MOST_GATES, MOST_READ, MOST_SIGNALS, Netlist, Total, cell_of
from bridge.melting.gates.thermometer import read_by

KEYS = ("format", "inputs", "gates", "outputs", "bias", "thresholds", "input_range", "scale", "labels")
MOST_BIAS = 2**30
_TABLE = re.compile(r"0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class _Operation:
    """`fewest`, `most`: operands; `value`: of how many of how many operands are 1."""

    fewest: int
    most: int
    value: Callable[[int, int], bool]


OPERATIONS: Mapping[str, _Operation] = {
    "0": _Operation(0, 0, lambda ones, count: False),
    "1": _Operation(0, 0, lambda ones, count: True),
    "buf": _Operation(1, 1, lambda ones, count: ones == 1),
    "not": _Operation(1, 1, lambda ones, count: ones == 0),
    "and": _Operation(1, MOST_READ, lambda ones, count: ones == count),
    "or": _Operation(1, MOST_READ, lambda ones, count: ones > 0),
    "xor": _Operation(1, MOST_READ, lambda ones, count: ones % 2 == 1),
    "nand": _Operation(1, MOST_READ, lambda ones, count: ones < count),
    "nor": _Operation(1, MOST_READ, lambda ones, count: ones == 0),
    "xnor": _Operation(1, MOST_READ, lambda ones, count: ones % 2 == 0),
}


def cell_of_listing(facts: Mapping[str, Any]) -> Cell:
    """What such a list means. InputError, with the gate or output at fault, for what is none."""
    if unknown := sorted(map(str, set(facts) - set(KEYS))):
        raise InputError(f"has no key {unknown[0]!r:.40} (keys: {', '.join(KEYS)})")
    inputs = whole(facts.get("inputs"), "inputs", 1, MOST_SIGNALS)
    netlist = Netlist(inputs)
    signals = list(range(inputs))
    for index, gate in enumerate(entries(facts.get("gates"), "gates", MOST_GATES)):
        reads, table = _gate(gate, len(signals), f"gate {index}")
        signals.append(netlist.add([signals[read] for read in reads], table))
    outputs = entries(facts.get("outputs"), "outputs", MOST_SIGNALS)
    bias = entries(facts.get("bias", [0] * len(outputs)), "bias", MOST_SIGNALS)
    if not outputs or len(bias) != len(outputs):
        raise InputError(f"needs an output or more, and as many entries of bias: {len(outputs)} and {len(bias)} given")
    totals = []
    for index, (output, extra) in enumerate(zip(outputs, bias, strict=True)):
        of = _signals(output if isinstance(output, list) else [output], len(signals), f"output {index}")
        extra = whole(extra, f"bias {index}", -MOST_BIAS, MOST_BIAS)
        totals.append(Total(tuple(signals[read] for read in of), extra))
    before = read_by(facts.get("thresholds"), facts.get("input_range"), inputs)
    labels = None if facts.get("labels") is None else entries(facts["labels"], "labels", MOST_SIGNALS)
    about = {"given_gates": len(facts["gates"])}
    return cell_of(netlist, totals, about, reads=before, scale=_scale_of(facts), labels=labels)


def _scale_of(facts: Mapping[str, Any]) -> float:
    """What a unit is worth; InputError for what is no positive number."""
    scale = facts.get("scale", 1.0)
    if type(scale) not in (int, float) or not 0 < scale < 2**64 or not isfinite(scale):
        raise InputError(f"scale must be a positive number, not {scale!r:.40}")
    return float(scale)


def operation_table(name: str, count: int, place: str) -> int:
    """The table of a gate of so many operands, bit `sum of operand i << i`; InputError for what is no such gate."""
    if _TABLE.fullmatch(name):
        table = int(name, 16) if len(name) <= 2 + (1 << MOST_READ) // 4 else -1
        if not 0 <= table < 1 << (1 << count):
            raise InputError(f"{place}: table {name:.40} has more than the {1 << count} bits of {count} operands")
        return table
    if name not in OPERATIONS:
        raise InputError(f"{place}: {name!r:.40} is no table such as 0x8 and none of {', '.join(OPERATIONS)}")
    operation = OPERATIONS[name]
    if not operation.fewest <= count <= operation.most:
        wanted = f"{operation.fewest}..{operation.most}" if operation.most > 1 else operation.most
        raise InputError(f"{place}: {name!r} has {wanted} operands, not {count}")
    return sum(operation.value(address.bit_count(), count) << address for address in range(1 << count))


def _gate(gate: Any, known: int, place: str) -> tuple[list[int], int]:
    if not isinstance(gate, list) or not gate or not isinstance(gate[0], str):
        raise InputError(f'{place} must be a list such as ["and", 0, 1] or ["0x96", 0, 1, 2]')
    reads = _signals(gate[1:], known, place)
    if len(reads) > MOST_READ:
        raise InputError(f"{place}: has {len(reads):,} operands; at most {MOST_READ} are allowed")
    return reads, operation_table(gate[0], len(reads), place)


def _signals(reads: list[Any], known: int, place: str) -> list[int]:
    """Signals that stand before the gate."""
    for read in reads:
        if type(read) is not int or not 0 <= read < known:
            raise InputError(f"{place}: reads {read!r:.40}, but only signals 0 to {known - 1} stand before it")
    return reads
