"""What can be run on text: a cell, a folded network, or a netlist of the right shape; `trace` shows what it computes.

A netlist is a text model when its inputs are `byte[0]` .. `byte[7]` (lowest bit first), its outputs
`logit.<byte value>[bit]` (two's complement, lowest bit first, each as wide as it likes), in any order, and its comment
has a readout (see `bridge.metadata`). With a code tree the outputs are `score.<node>[bit]`, or, where inputs `node[i]`
say which node is meant (a serial head), `score[bit]`. Other outputs are ignored.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.aig import Aig, Output
from bridge.aig.names import BYTE, element, node, parse
from bridge.arrays import Bits, Ints
from bridge.cell import Cell
from bridge.cell.predictor import Predictor
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.lane_stepper import LaneStepper
from bridge.execution.machines.lanes import lanes_of
from bridge.execution.machines.run import Kernel
from bridge.execution.machines.streams import Ports
from bridge.execution.netlist_stepper import NetlistStepper
from bridge.execution.positions import counting_latches
from bridge.execution.stepper import OracleStepper, Stepper
from bridge.metadata import text_readout
from bridge.readout import Readout
from bridge.readout.codetree import CodeTree

MAX_WIDTH = 64


def stepper_of(model: Predictor | Aig, kernel: Kernel = "auto", *, alone: bool = False) -> Stepper:
    """Prepare a cell or a folded network, or a netlist, which runs on that kernel; InputError when the netlist is not a
    text model.

    alone: to charge or to write a single stream, for which most cells have a form of their own.
    """
    if not isinstance(model, Aig):
        lanes = lanes_of(model) if alone and isinstance(model, Cell) else None
        return OracleStepper(model) if lanes is None else LaneStepper(model, lanes)
    readout = text_readout(model)
    serial = is_serial(model, readout)
    places = byte_places(model, readout.code if serial else None)
    numbers = number_bits(model, readout.names(serial))
    program = compile_program(replace(model, outputs=tuple(output for bits in numbers for output in bits)))
    ports = Ports(places, np.cumsum([len(bits) for bits in numbers]), serial)
    return NetlistStepper(program, readout, ports, kernel, counting_latches(model))


def byte_places(aig: Aig, code: CodeTree | None = None) -> Ints:
    """int64[inputs]: the bit that each carries of the number `byte + 256 * node`; InputError for other inputs."""
    expected = [*BYTE, *(node(bit) for bit in range(code.bits if code else 0))]
    for name in sorted(set(aig.inputs) ^ set(expected)):
        state = "no" if name in expected else "an extra"
        raise InputError(
            f"netlist {aig.name!r} has {state} input {name!r}; a text model has exactly {BYTE[0]} .. {expected[-1]}"
        )
    return np.array([expected.index(name) for name in aig.inputs], np.int64)


def is_serial(aig: Aig, readout: Readout) -> bool:
    """Does the netlist answer for one code node at a time?"""
    return readout.code is not None and any(parse(name).kind == "node" for name in aig.inputs)


def number_bits(aig: Aig, names: list[str]) -> list[list[Output]]:
    """The outputs of every number, lowest bit first; InputError when some are missing or too many."""
    kind = parse(names[0]).kind
    named = {output.name: output for output in aig.outputs if parse(output.name).kind == kind}
    numbers: list[list[Output]] = []
    for name in names:
        bits: list[Output] = []
        while element(name, len(bits)) in named:
            bits.append(named.pop(element(name, len(bits))))
        if not 1 <= len(bits) <= MAX_WIDTH:
            raise InputError(f"netlist {aig.name!r}: {name} has {len(bits)} bits, not 1 .. {MAX_WIDTH}")
        numbers.append(bits)
    for name in named:
        raise InputError(
            f"netlist {aig.name!r}: output {name!r} is not a bit of any symbol or code node in the comment"
        )
    return numbers


def trace(model: Cell | Aig, streams: Bits) -> tuple[Ints, Bits]:
    """Run every stream from the reset state. streams: uint8[T, S].

    Returns (int64[T, S, numbers] after every byte, uint8[S, latches] final state): logits of all symbols or scores of
    all nodes. The order of the latches is that of `Aig.latches`, which is that of the state of the cell. All numbers
    are held in memory.
    """
    streams = np.asarray(streams)
    if streams.ndim != 2 or streams.dtype != np.uint8:
        raise InputError(f"streams must be uint8[T, S], not {streams.dtype}{list(streams.shape)}")
    stepper = stepper_of(model)
    state, logits = stepper.advance(stepper.reset(streams.shape[1]), streams)
    return logits, stepper.latch_bits(state, streams.shape[1])
