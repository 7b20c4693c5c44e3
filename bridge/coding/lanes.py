"""A text through a model, coded byte by byte: many lanes of it side by side, on whatever runs the model.

A text is cut into lanes of about LANE bytes, at most MOST of them. Each starts from the reset state and reads a line
end, or the lowest symbol where that is none, which predicts its first byte. All lanes go forward a byte at a time and
share one coder, so nothing but a few badly predicted bytes is lost where a lane starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from bridge.arrays import Bits, Int, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.cell.predictor import Predictor
from bridge.cell.unroll import unrolled
from bridge.coding.chances import Chances, begin, chances, choose, descend
from bridge.coding.range_coder import Coder
from bridge.compiled import compiled
from bridge.errors import InputError
from bridge.execution.generate import NEWLINE
from bridge.execution.machines.interpreter import Machine, move_latches, reset_latches, stride
from bridge.execution.machines.run import make_machine
from bridge.execution.machines.streams import Ports, number_of, read_numbers, unpack_group
from bridge.execution.models import stepper_of
from bridge.execution.netlist_stepper import NetlistStepper
from bridge.execution.stepper import one_blas_thread
from bridge.lowering import lower
from bridge.readout import Readout
from bridge.readout.lengths import GROUP

LANE = 1 << 14
MOST = 512  # lanes: a vector of machine code
STEPS = 1 << 8  # between two words about how far it is

Runner = Literal["auto", "portable", "native", "oracle"]


class Walk(Protocol):
    """Codes texts with a model; one thread may use it at a time."""

    def code(self, coder: Coder, text: Bits) -> Iterator[float]:
        """Encode uint8[n], or fill it with what is decoded; yields the fraction done now and then."""


def walk(model: Predictor, runner: Runner = "auto") -> Walk:
    """`runner`: a kernel for the netlist of a cell, or `oracle`: `Cell.step`. All code the same. InputError for a
    kernel and a folded network, whose logic would take thousands of evaluations a byte."""
    if runner == "oracle" or (runner == "auto" and not isinstance(model, Cell)):
        return OracleWalk(model)
    if not isinstance(model, Cell):
        raise InputError(f"a {model.KIND} codes by means of its integers: leave out --kernel {runner}")
    stepper = stepper_of(lower(_parallel(model)), runner)
    assert isinstance(stepper, NetlistStepper)
    return NetlistWalk(stepper)


def _parallel(cell: Cell) -> Cell:
    """All nodes answered at once, where that can be: three times the gates, but one evaluation instead of a dozen."""
    try:
        return unrolled(cell)
    except InputError:
        return cell


def lanes_of(length: int) -> tuple[int, int]:
    """(lanes, steps) for a text of at least one byte; all but the last lane have `steps` bytes."""
    steps = -(-length // min(-(-length // LANE), MOST))
    return -(-length // steps), steps


def primer(readout: Readout) -> int:
    """The byte that is read before a lane."""
    return NEWLINE[0] if NEWLINE in readout.symbols else readout.symbols[0]


@dataclass(frozen=True, eq=False)
class OracleWalk:
    """With the integers of the model."""

    model: Predictor

    @cached_property
    def chances(self) -> Chances:
        return chances(self.model.readout)

    def code(self, coder: Coder, text: Bits) -> Iterator[float]:
        lanes, steps = lanes_of(len(text))
        state, found = self.model.reset(lanes), np.full(lanes, primer(self.model.readout))
        for step in range(steps):
            with one_blas_thread():
                values = self.model.read(state, found.astype(np.uint8))
                state = self.model.following(values)
                here = text[step::steps]
                found[: len(here)] = here
                self._code(coder, values, found[: len(here)])
                here[:] = found[: len(here)]
            if step % STEPS == 0:
                yield step / steps

    def _code(self, coder: Coder, values: Values, found: Ints) -> None:
        places, depth = np.zeros(len(found), np.int64), 0
        begin(coder, self.chances, found, places)
        rows = np.flatnonzero(places >= 0)
        numbers = None if self.model.serial else self.model.ask(values)
        if numbers is not None and not len(self.chances.children):
            _choose(coder, self.chances, numbers, found, places)
            return
        scores = np.zeros(len(found), np.int64)
        while len(rows):
            if numbers is None:
                asked = {name: each[rows] for name, each in values.items()}
                scores[rows] = self.model.ask(asked, places[rows])[:, 0]
            else:
                scores[rows] = numbers[rows, places[rows]]
            descend(coder, self.chances, depth, scores, found, places)
            rows, depth = np.flatnonzero(places >= 0), depth + 1


@dataclass(frozen=True, eq=False)
class NetlistWalk:
    """With a compiled netlist."""

    stepper: NetlistStepper

    @cached_property
    def chances(self) -> Chances:
        return chances(self.stepper.readout)

    def code(self, coder: Coder, text: Bits) -> Iterator[float]:
        stepper, (lanes, steps) = self.stepper, lanes_of(len(text))
        prepared = make_machine(stepper.program, 1 if lanes <= 64 else MOST // 64, steps, stepper.kernel)
        machine, program = prepared.machine, stepper.program
        reset_latches(machine, 1 + program.inputs, program.resets)
        found = np.full(lanes, primer(stepper.readout))
        code = _code_bits if len(self.chances.children) else _code_symbols
        for start in range(0, steps, STEPS):
            stop = min(start + STEPS, steps)
            code(machine, stepper.ports, self.chances, coder, text, (start, stop, steps), found)
            yield stop / steps


@compiled
def _choose(coder: Coder, chances: Chances, numbers: Ints, found: Ints, places: Ints) -> None:
    """Code the bytes of all lanes that are symbols, under logits int64[lanes, symbols]."""
    for lane in range(len(found)):
        if places[lane] >= 0:
            found[lane] = choose(coder, chances, numbers[lane], found[lane])


@compiled
def _code_bits(
    machine: Machine,
    ports: Ports,
    chances: Chances,
    coder: Coder,
    text: Bits,
    steps: tuple[Int, Int, Int],
    found: Ints,
) -> None:
    """Steps `steps[0] .. steps[1] - 1`, of steps[2] bytes of every lane. found: int64[lanes], the bytes read last."""
    lanes, serial = len(found), ports.serial
    places, scores, asked = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    for step in range(steps[0], steps[1]):
        active = (len(text) - step + steps[2] - 1) // steps[2]
        asked[:] = found
        read_numbers(machine, ports.places, asked)
        for lane in range(active):
            found[lane] = text[lane * steps[2] + step]
        begin(coder, chances, found[:active], places[:active])
        more, depth = True, 0
        while more:
            if serial and depth > 0:
                for lane in range(active):
                    asked[lane] = asked[lane] % 256 + 256 * max(places[lane], 0)
                read_numbers(machine, ports.places, asked)
            for lane in range(active):
                if places[lane] >= 0:
                    scores[lane] = number_of(machine, ports.ends, 0 if serial else places[lane], lane)
            more = descend(coder, chances, depth, scores[:active], found[:active], places[:active])
            depth += 1
        for lane in range(active):
            text[lane * steps[2] + step] = found[lane]
        move_latches(machine)


@compiled
def _code_symbols(
    machine: Machine,
    ports: Ports,
    chances: Chances,
    coder: Coder,
    text: Bits,
    steps: tuple[Int, Int, Int],
    found: Ints,
) -> None:
    """The same for logits."""
    literals, words = machine.outputs, stride(len(machine.width))
    numbers, bits = np.empty((len(ports.ends), GROUP), np.int64), np.empty(len(literals), np.uint64)
    places = np.zeros(len(found), np.int64)
    for step in range(steps[0], steps[1]):
        active = (len(text) - step + steps[2] - 1) // steps[2]
        read_numbers(machine, ports.places, found)
        for lane in range(active):
            found[lane] = text[lane * steps[2] + step]
        begin(coder, chances, found[:active], places[:active])
        for lane in range(active):
            if lane % 64 == 0:
                for index in range(len(literals)):
                    word = machine.memory[(literals[index] >> 1) * words + (lane >> 6)]
                    bits[index] = word ^ np.uint64(-(literals[index] & 1))
            if lane % GROUP == 0:
                unpack_group(bits, ports.ends, lane & 63, numbers)
            if places[lane] >= 0:
                found[lane] = choose(coder, chances, numbers[:, lane % GROUP], found[lane])
            text[lane * steps[2] + step] = found[lane]
        move_latches(machine)
