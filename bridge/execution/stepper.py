"""One face for the oracle and for netlists: a `Stepper` takes bytes and gives integer logits; `trace` shows both.

A netlist is a text model when its inputs are `byte[0]` .. `byte[7]` (lowest bit first), its outputs
`logit.<byte value>[bit]` (two's complement, lowest bit first, each as wide as it likes), in any order, and its comment
has a readout (see `bridge.metadata`). Other outputs are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from bridge import readout_kernels
from bridge.aig import Aig, Output
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import text_kernels
from bridge.execution.program import Program, compile_program
from bridge.execution.run import Kernel, make_machine, run
from bridge.metadata import read_metadata
from bridge.readout import Readout

Bytes = npt.NDArray[np.uint8]
Logits = npt.NDArray[np.int64]
State: TypeAlias = npt.NDArray[Any]
Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Model = tuple[Floats, float, float, float]

BYTE = tuple(f"byte[{bit}]" for bit in range(8))
MAX_WIDTH = 64
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

    def reset(self, streams: int) -> State:
        """The state before any byte."""

    def advance(self, state: State, text: Bytes) -> tuple[State, Logits]:
        """text: uint8[T, S] -> (new state, int64[T, S, symbols]); logits[t] predict the byte after text[t]."""

    def latch_bits(self, state: State, streams: int) -> Bytes:
        """uint8[S, latches], in the order of the latches."""

    def charge(self, data: Bytes, segments: Positions, totals: Floats, chunk: int) -> Iterator[float]:
        """Run segments of a text side by side and add the code lengths of their bytes to `totals`, in bits.

        segments: int64[3, S], the positions of the first byte read, the first predicted, and the end of the predicted.
        Yields the fraction done after about `chunk` logits at a time.
        """

    def write(self, prompt: Bytes, model: Model, uniforms: Iterator[Floats]) -> Iterator[Bytes]:
        """Go on from a prompt of at least one byte: for every array of numbers in [0, 1) as many bytes, drawn with
        them from `model` (`Readout.model`)."""


@cache
def _threadpools() -> ThreadpoolController:
    return ThreadpoolController()


@dataclass(frozen=True, eq=False)
class OracleStepper:
    """Steps a cell with `Cell.step`. Its matrix products are small: threads of BLAS would mostly wait."""

    cell: Cell
    parallel = False

    @property
    def readout(self) -> Readout:
        return self.cell.readout

    def reset(self, streams: int) -> State:
        return self.cell.reset(streams)

    def advance(self, state: State, text: Bytes) -> tuple[State, Logits]:
        logits = np.empty((*text.shape, len(self.cell.head.symbols)), np.int64)
        with _threadpools().limit(limits=1, user_api="blas"):
            for step, symbols in enumerate(text):
                state, logits[step] = self.cell.step(state, symbols)
        return state, logits

    def latch_bits(self, state: State, streams: int) -> Bytes:
        return state

    def charge(self, data: Bytes, segments: Positions, totals: Floats, chunk: int) -> Iterator[float]:
        begin, first, end = segments
        state = self.reset(len(totals))
        for start, stop in _chunks(segments, chunk, self.readout):
            read = begin + np.arange(start, stop)[:, None]
            counted = (first <= read + 1) & (read + 1 < end)
            # A stream that has reached its end reads on, anything, uncounted, until the longest is done.
            state, logits = self.advance(state, data[np.minimum(read, len(data) - 1)])
            lengths = self.readout.code_lengths(logits[counted], data[read[counted] + 1])
            text_kernels.add_counted(lengths, counted, totals)
            yield stop / _steps(segments)

    def write(self, prompt: Bytes, model: Model, uniforms: Iterator[Floats]) -> Iterator[Bytes]:
        symbols = np.frombuffer(self.readout.symbols, np.uint8)
        state, byte = self.reset(streams=1), prompt[-1:]
        for start in range(0, len(prompt) - 1, PROMPT):
            state, _ = self.advance(state, prompt[start : min(start + PROMPT, len(prompt) - 1), None])
        for numbers in uniforms:
            written = np.empty(len(numbers), np.uint8)
            for index, uniform in enumerate(numbers):
                state, logits = self.advance(state, byte[None])
                written[index] = symbols[readout_kernels.draw(logits[0, 0], model, uniform)]
                byte = written[index : index + 1]
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

    def reset(self, streams: int) -> State:
        return self.program.reset_state((streams + 63) // 64)

    def advance(self, state: State, text: Bytes) -> tuple[State, Logits]:
        inputs = text_kernels.pack_bytes(np.ascontiguousarray(text), self.places)
        outputs, state = run(self.program, inputs, state, self.kernel)
        return state, text_kernels.unpack_numbers(outputs, self.ends, text.shape[1])

    def latch_bits(self, state: State, streams: int) -> Bytes:
        octets = np.ascontiguousarray(state, "<u8").view(np.uint8)
        return np.unpackbits(octets, axis=1, count=streams, bitorder="little").T.copy()

    def charge(self, data: Bytes, segments: Positions, totals: Floats, chunk: int) -> Iterator[float]:
        machine = make_machine(self.program, (len(totals) + 63) // 64, _steps(segments), self.kernel)
        width = 64 * len(machine.lanes)
        for left in range(0, len(totals), width):
            part = slice(left, min(left + width, len(totals)))
            streams = np.ascontiguousarray(segments[:, part])
            text_kernels.reset_rows(machine.memory, 1 + self.program.inputs, self.program.resets, machine.lanes)
            for steps in _chunks(streams, IN_PLACE * chunk, self.readout):
                text_kernels.charge_steps(
                    *(machine.parts, self.ends, self.places, self.readout.rows, self.readout.model),
                    *(data, streams, steps, machine.memory, machine.lanes, totals[part]),
                )
                yield (left + (part.stop - left) * steps[1] / _steps(streams)) / len(totals)

    def write(self, prompt: Bytes, model: Model, uniforms: Iterator[Floats]) -> Iterator[Bytes]:
        machine = make_machine(self.program, words=1, steps=ENDLESS, kernel=self.kernel)
        rows, symbols = (machine.memory, machine.lanes), np.frombuffer(self.readout.symbols, np.uint8)
        text_kernels.reset_rows(machine.memory, 1 + self.program.inputs, self.program.resets, machine.lanes)
        text_kernels.read_prompt(machine.parts, self.places, prompt[:-1], *rows)
        last = prompt[-1]
        for numbers in uniforms:
            written = text_kernels.write_bytes(
                machine.parts, self.ends, self.places, symbols, model, last, numbers, *rows
            )
            last = written[-1]
            yield written


def _steps(segments: Positions) -> int:
    return int((segments[2] - 1 - segments[0]).max())


def _chunks(segments: Positions, logits: int, readout: Readout) -> Iterator[tuple[int, int]]:
    """First step and end of pieces with about so many logits each."""
    size = max(1, logits // (segments.shape[1] * len(readout.symbols)))
    for start in range(0, _steps(segments), size):
        yield start, min(start + size, _steps(segments))


def stepper_of(model: Cell | Aig, kernel: Kernel = "auto") -> Stepper:
    """Prepare a cell or a netlist, which runs on that kernel; InputError when the netlist is not a text model."""
    if isinstance(model, Cell):
        return OracleStepper(model)
    readout = read_metadata(model).readout
    if readout is None:
        raise InputError(f"netlist {model.name!r} has no symbols and scale in its comment: it is not a text model")
    logits = logit_bits(model, readout.symbols)
    program = compile_program(replace(model, outputs=tuple(output for bits in logits for output in bits)))
    return NetlistStepper(program, readout, byte_places(model), np.cumsum([len(bits) for bits in logits]), kernel)


def byte_places(aig: Aig) -> npt.NDArray[np.int64]:
    """int64[8]: the bit of the byte that each input carries; InputError when the inputs are not those of a byte."""
    for name in sorted(set(aig.inputs) ^ set(BYTE)):
        state = "no" if name in BYTE else "an extra"
        raise InputError(
            f"netlist {aig.name!r} has {state} input {name!r}; a text model has exactly byte[0] .. byte[7]"
        )
    return np.array([BYTE.index(name) for name in aig.inputs], np.int64)


def logit_bits(aig: Aig, symbols: bytes) -> list[list[Output]]:
    """The outputs of every symbol, lowest bit first."""
    named = {output.name: output for output in aig.outputs if output.name.startswith("logit.")}
    logits: list[list[Output]] = []
    for symbol in symbols:
        bits: list[Output] = []
        while f"logit.{symbol}[{len(bits)}]" in named:
            bits.append(named.pop(f"logit.{symbol}[{len(bits)}]"))
        if not 1 <= len(bits) <= MAX_WIDTH:
            raise InputError(f"netlist {aig.name!r}: logit.{symbol} has {len(bits)} bits, not 1 .. {MAX_WIDTH}")
        logits.append(bits)
    for name in named:
        raise InputError(f"netlist {aig.name!r}: output {name!r} is not a bit of any symbol in the comment")
    return logits


def trace(model: Cell | Aig, streams: Bytes) -> tuple[Logits, Bytes]:
    """Run every stream from the reset state. streams: uint8[T, S].

    Returns (int64[T, S, symbols] logits after every byte, uint8[S, latches] final state). The order of the latches is
    that of `Aig.latches`, which is that of the state of the cell. All logits are held in memory.
    """
    streams = np.asarray(streams)
    if streams.ndim != 2 or streams.dtype != np.uint8:
        raise InputError(f"streams must be uint8[T, S], not {streams.dtype}{list(streams.shape)}")
    stepper = stepper_of(model)
    state, logits = stepper.advance(stepper.reset(streams.shape[1]), streams)
    return logits, stepper.latch_bits(state, streams.shape[1])
