"""One face for the oracle and for netlists: a `Stepper` takes bytes and gives integers. Here: logits of symbols."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from bridge.arrays import Bits, Floats, Ints
from bridge.cell import Cell
from bridge.execution.compile.program import Program
from bridge.execution.machines import streams as text_streams
from bridge.execution.machines.run import Kernel, Machine, make_machine, run
from bridge.readout import Readout
from bridge.readout import lengths as readout_lengths

State: TypeAlias = npt.NDArray[Any]
Model = tuple[Floats, float, float, float]
Turn = tuple[Bits, Floats]

NOTHING = np.zeros(0, np.uint8)
PROMPT = 256  # bytes of a prompt that a cell reads at a time: their logits are held in memory
ENDLESS = 1 << 20  # steps: whoever writes text writes much of it
IN_PLACE = 32  # logits that are charged where they are made come in larger pieces: they need no memory


class Stepper(Protocol):
    """Runs many streams of text side by side. The state is opaque; `latch_bits` makes it comparable."""

    @property
    def readout(self) -> Readout: ...

    @property
    def parallel(self) -> bool:
        """Whether several threads that step at once are faster than one."""

    @property
    def serial(self) -> bool:
        """Whether a byte takes an evaluation for every node of its code."""

    def reset(self, streams: int) -> State:
        """The state before any byte."""

    def advance(self, state: State, text: Bits) -> tuple[State, Ints]:
        """text: uint8[T, S] -> (new state, int64[T, S, numbers]); logits[t] predict the byte after text[t]."""

    def latch_bits(self, state: State, streams: int) -> Bits:
        """uint8[S, latches], in the order of the latches."""

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        """Run segments of a text side by side and add the code lengths of their bytes to `totals`, in bits.

        segments: int64[3, S], the positions of the first byte read, the first predicted, and the end of the predicted.
        Yields the fraction done after about `chunk` logits at a time.
        """

    def write(self, model: Model, turns: Iterator[Turn]) -> Iterator[Bits]:
        """From the state before any byte: in each turn read its text, then yield as many bytes as it has numbers, drawn
        with them from `model` (`Readout.model`). The first turn has text, every one has numbers."""


@cache
def _threadpools() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """While it is open: the matrix products of a cell are small, threads of BLAS would mostly wait."""
    limit: AbstractContextManager[object] = _threadpools().limit(limits=1, user_api="blas")
    return limit


@dataclass(frozen=True, eq=False)
class OracleStepper:
    """Steps a cell with `Cell.step`."""

    cell: Cell
    parallel = False

    @property
    def serial(self) -> bool:
        return self.cell.serial

    @property
    def readout(self) -> Readout:
        return self.cell.readout

    def reset(self, streams: int) -> State:
        return self.cell.reset(streams)

    def advance(self, state: State, text: Bits) -> tuple[State, Ints]:
        logits = np.empty((*text.shape, self.readout.numbers), np.int64)
        with one_blas_thread():
            for step, symbols in enumerate(text):
                state, logits[step] = self.cell.step(state, symbols)
        return state, logits

    def latch_bits(self, state: State, streams: int) -> Bits:
        return self.cell.state_ranges.encode(state)

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        begin, first, end = segments
        state = self.reset(len(totals))
        for start, stop in chunks(segments, chunk, self.readout):
            read = begin + np.arange(start, stop)[:, None]
            counted = (first <= read + 1) & (read + 1 < end)
            # A stream that has reached its end reads on, anything, uncounted, until the longest is done.
            state, logits = self.advance(state, data[np.minimum(read, len(data) - 1)])
            lengths = self.readout.code_lengths(logits[counted], data[read[counted] + 1])
            text_streams.add_counted(lengths, counted, totals)
            yield stop / step_count(segments)

    def write(self, model: Model, turns: Iterator[Turn]) -> Iterator[Bits]:
        symbols = np.frombuffer(self.readout.symbols, np.uint8)
        state, last = self.reset(streams=1), NOTHING
        for text, numbers in turns:
            unread = np.append(last, text)
            for start in range(0, len(unread) - 1, PROMPT):
                state, _ = self.advance(state, unread[start : min(start + PROMPT, len(unread) - 1), None])
            last, written = unread[-1:], np.empty(len(numbers), np.uint8)
            for index, uniform in enumerate(numbers):
                state, logits = self.advance(state, last[None])
                written[index] = symbols[readout_lengths.draw(logits[0, 0], model, uniform)]
                last = written[index : index + 1]
            yield written


@dataclass(frozen=True, eq=False)
class NetlistStepper:
    """Steps a compiled netlist. `places`: the byte bit of each input; `ends`: where each symbol's output bits end."""

    program: Program
    readout: Readout
    places: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    kernel: Kernel = "auto"
    parallel = True
    serial = False

    def reset(self, streams: int) -> State:
        return self.program.reset_state((streams + 63) // 64)

    def advance(self, state: State, text: Bits) -> tuple[State, Ints]:
        inputs = text_streams.pack_bytes(np.ascontiguousarray(text), self.places)
        outputs, state = run(self.program, inputs, state, self.kernel)
        return state, text_streams.unpack_numbers(outputs, self.ends, text.shape[1])

    def latch_bits(self, state: State, streams: int) -> Bits:
        octets = np.ascontiguousarray(state, "<u8").view(np.uint8)
        return np.unpackbits(octets, axis=1, count=streams, bitorder="little").T.copy()

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        machine = make_machine(self.program, (len(totals) + 63) // 64, step_count(segments), self.kernel)
        width = 64 * len(machine.lanes)
        for left in range(0, len(totals), width):
            part = slice(left, min(left + width, len(totals)))
            streams = np.ascontiguousarray(segments[:, part])
            text_streams.reset_rows(machine.memory, 1 + self.program.inputs, self.program.resets, machine.lanes)
            for steps in chunks(streams, IN_PLACE * chunk, self.readout):
                self._charge_steps(machine, data, streams, steps, totals[part])
                yield (left + (part.stop - left) * steps[1] / step_count(streams)) / len(totals)

    def write(self, model: Model, turns: Iterator[Turn]) -> Iterator[Bits]:
        machine, last = make_machine(self.program, words=1, steps=ENDLESS, kernel=self.kernel), NOTHING
        rows = machine.memory, machine.lanes
        text_streams.reset_rows(machine.memory, 1 + self.program.inputs, self.program.resets, machine.lanes)
        for text, numbers in turns:
            unread = np.append(last, text)
            text_streams.read_prompt(machine.parts, self.places, unread[:-1], *rows)
            written = self._write_bytes(machine, model, unread[-1], numbers)
            last = written[-1:]
            yield written

    def _charge_steps(
        self, machine: Machine, data: Bits, streams: Ints, steps: tuple[int, int], totals: Floats
    ) -> None:
        text_streams.charge_steps(
            *(machine.parts, self.ends, self.places, self.readout.rows, self.readout.model),
            *(data, streams, steps, machine.memory, machine.lanes, totals),
        )

    def _write_bytes(self, machine: Machine, model: Model, last: np.uint8, numbers: Floats) -> Bits:
        symbols, rows = np.frombuffer(self.readout.symbols, np.uint8), (machine.memory, machine.lanes)
        written: Bits = text_streams.write_bytes(
            machine.parts, self.ends, self.places, symbols, model, last, numbers, *rows
        )
        return written


def step_count(segments: Ints) -> int:
    return int((segments[2] - 1 - segments[0]).max())


def chunks(segments: Ints, logits: int, readout: Readout) -> Iterator[tuple[int, int]]:
    """First step and end of pieces with about so many logits each."""
    size = max(1, logits // (segments.shape[1] * readout.numbers))
    for start in range(0, step_count(segments), size):
        yield start, min(start + size, step_count(segments))
