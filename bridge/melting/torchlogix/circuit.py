"""The circuit of a trained logic network, as torchlogix 0.2 writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Any

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.melting.gates.checks import entries, whole
from bridge.melting.gates.netlist import MOST_GATES, MOST_SIGNALS, Netlist, Total, cell_of
from bridge.melting.gates.thermometer import read_by

MOST_ENTRIES = 1 << 24  # of all sums together
# What they are called -> their operands among in0 and in1, and bit `first + 2 * second` of the table.
OPERATIONS = {
    "CONST_FALSE": ("", 0b0),
    "CONST_TRUE": ("", 0b1),
    "WIRE": ("0", 0b10),
    "NOT": ("0", 0b01),
    "NOT_A": ("0", 0b01),
    "NOT_B": ("1", 0b01),
    "AND": ("01", 0b1000),
    "OR": ("01", 0b1110),
    "XOR": ("01", 0b0110),
    "NAND": ("01", 0b0111),
    "NOR": ("01", 0b0001),
    "XNOR": ("01", 0b1001),
    "AND_NOT_B": ("01", 0b0010),
    "AND_NOT_A": ("01", 0b0100),
    "OR_NOT_B": ("01", 0b1011),
    "OR_NOT_A": ("01", 0b1101),
}


def cell_of_circuit(facts: Any, thresholds: Any = None, given_range: Any = None) -> Cell:
    """What the JSON of a circuit means. An unused operand is -1; one that is used there is a constant 0, as in the C
    that torchlogix writes. thresholds, given_range: see `read_by`. InputError for what is no such circuit, with
    the gate or the output at fault."""
    if not isinstance(facts, Mapping):
        raise InputError("is no circuit: expected an object with n_inputs, gates and outputs")
    inputs = whole(facts.get("n_inputs"), "n_inputs", 1, MOST_SIGNALS)
    netlist = Netlist(inputs)
    signals: dict[int, int] = {number: number for number in range(inputs)}
    for index, gate in enumerate(entries(facts.get("gates", []), "gates", MOST_GATES)):
        _add(netlist, signals, gate, f"gate {index}")
    sums = entries(facts.get("sum_nodes", []), "sum_nodes", MOST_SIGNALS)
    known = dict(_sum(node, signals, f"sum {index}") for index, node in enumerate(sums))
    if both := known.keys() & signals.keys():
        raise InputError(f"{min(both)} is the id of a sum and of a gate or an input")
    outputs = entries(facts.get("outputs", []), "outputs", MOST_SIGNALS)
    if not outputs:
        raise InputError("has no outputs")
    numbers = [_output(output, index, signals, known) for index, output in enumerate(outputs)]
    totals, unit, offset = _in_units(numbers)
    about: dict[str, Any] = {"given_gates": len(netlist.tables)}
    if offset:
        about["notes"] = [f"every score is that of torchlogix without the constant {float(offset * unit):g}"]
        about["offset"] = float(offset)
    return cell_of(netlist, totals, about, reads=read_by(thresholds, given_range, inputs), scale=float(unit))


def _add(netlist: Netlist, signals: dict[int, int], gate: Any, place: str) -> None:
    if not isinstance(gate, Mapping):
        raise InputError(f"{place} must be an object with gate_id, op, in0 and in1")
    own = whole(gate.get("gate_id"), f"{place}: gate_id", 0, 2**62)
    operation = gate.get("op")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise InputError(f"{place}: op {operation!r:.40} is none of {', '.join(OPERATIONS)}")
    if own in signals:
        raise InputError(f"{place}: id {own} is that of an input or of an earlier gate")
    operands, table = OPERATIONS[operation]
    given = {which: whole(gate.get(f"in{which}"), f"{place}: in{which}", -1, 2**62) for which in "01"}
    reads = []
    for which in operands:
        read = given[which]
        if read >= 0 and read not in signals:
            raise InputError(f"{place}: in{which} is {read}, which is no input and no earlier gate")
        reads.append(signals[read] if read >= 0 else netlist.add((), 0))
    signals[own] = netlist.add(reads, table)


Number = tuple[tuple[int, ...], Fraction, Fraction]
"""Signals, and the beta and the tau of `(how many are 1 + beta) / tau`."""


def _sum(node: Any, signals: Mapping[int, int], place: str) -> tuple[int, Number]:
    if not isinstance(node, Mapping):
        raise InputError(f"{place} must be an object with node_id, input_ids, tau and beta")
    own = whole(node.get("node_id"), f"{place}: node_id", 0, 2**62)
    ids = entries(node.get("input_ids"), f"{place}: input_ids", MOST_ENTRIES)
    for read in ids:
        if type(read) is not int or read not in signals:
            raise InputError(f"{place}: reads {read!r:.40}, which is no input and no gate")
    tau, beta = (_real(node.get(key, default), f"{place}: {key}") for key, default in (("tau", 1), ("beta", 0)))
    if not 2**-64 <= tau <= 2**64 or abs(beta) > 2**30:
        raise InputError(f"{place}: tau must be positive, and tau and beta of a size that floats hold well")
    return own, (tuple(signals[read] for read in ids), beta, tau)


def _real(value: object, place: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 2**70:
        raise InputError(f"{place} must be a number, not {value!r:.40}")
    return Fraction(value)


def _output(output: object, index: int, signals: Mapping[int, int], known: Mapping[int, Number]) -> Number:
    if type(output) is not int or (output not in known and output not in signals):
        raise InputError(f"output {index} is {output!r:.40}, which is no input, gate or sum")
    return known[output] if output in known else ((signals[output],), Fraction(0), Fraction(1))


def _in_units(numbers: Sequence[Number]) -> tuple[list[Total], Fraction, Fraction]:
    """The numbers as integers, what one of these is worth, and what all lack, in the same unit: a beta that is no
    integer and the same everywhere."""
    taus = {tau for _, _, tau in numbers}
    if len(taus) > 1:
        shown = ", ".join(f"{float(tau):g}" for tau in sorted(taus)[:2])
        raise InputError(f"its outputs are divided by different taus ({shown}), so that no integer compares them")
    offset = numbers[0][1] - floor(numbers[0][1])
    found = []
    for index, (of, beta, _) in enumerate(numbers):
        if (beta - offset).denominator != 1:
            raise InputError(f"output {index}: beta differs from that of output 0 by {float(beta - numbers[0][1]):g}")
        found.append(Total(of, int(beta - offset)))
    if sum(len(total.of) for total in found) > MOST_ENTRIES:
        raise InputError(f"its sums read more than {MOST_ENTRIES:,} signals")
    return found, 1 / taus.pop(), offset
