"""Inputs and a state for people: the bytes read, and named values."""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.analysis.circuits.setting import FREE, Start
from bridge.analysis.elements import Element, elements_of
from bridge.analysis.explaining.parts import parts_of
from bridge.analysis.signals import Bit, resolve_all, state_bits
from bridge.arrays import Bits, Ints
from bridge.errors import InputError
from bridge.execution.rows import BYTES

SHOWN = 6  # values of a state in a sentence


def example(aig: Aig, start: Start, free: Bits) -> str:
    """A start in which what is FREE has these values, uint8[free]; empty where nothing was."""
    state, inputs = start.state.copy(), start.inputs.copy()
    open_state, open_inputs = state == FREE, inputs == FREE
    first = int(open_state.sum())
    state[open_state], inputs[open_inputs] = free[:first], free[first:]
    told = _read(aig, inputs)
    told += _held(aig, np.concatenate([inputs[-1], state])) if first else []
    return ", ".join(told) if len(free) else ""


def _read(aig: Aig, inputs: Ints) -> list[str]:
    """inputs: int64[steps, inputs]."""
    found = []
    for part in parts_of(aig):
        rows = inputs[:, part.bits].astype(np.uint8)
        if part.name == "byte":
            read = bytes(BYTES.decode(rows)[:, 0].tolist())
            found.append(f"after {read.decode('latin-1')!r}")
        else:
            found += [f"{part.name} = {part.shown(row)}" for row in rows[-1:]]
    return found


def _held(aig: Aig, leaves: Ints) -> list[str]:
    """What is not 0 of a state. leaves: int64[inputs + latches], 0 and 1."""
    values = {item.name: int(item.values(_bits(leaves, item.bits))[0]) for item in _elements(aig)}
    some = [f"{name} = {value}" for name, value in values.items() if value]
    more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
    return [f"from a state with {', '.join(some[:SHOWN])}{more}" if some else "from a state of zeros"]


def _bits(leaves: Ints, bits: tuple[Bit, ...]) -> Bits:
    return np.array([[leaves[bit.variable - 1] ^ (bit.literal & 1) for bit in bits]], np.uint8)


def _elements(aig: Aig) -> tuple[Element, ...]:
    """Of the state; bit by bit where the netlist does not say what its integers can be."""
    bits = [bit for bit in state_bits(aig) if parse(bit.name).kind == "state"]
    try:
        return elements_of(aig, resolve_all(aig, dict.fromkeys(parse(bit.name).group for bit in bits)))
    except InputError:
        return tuple(Element(bit.name, (bit,)) for bit in bits)
