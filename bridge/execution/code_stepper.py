"""Steppers of models whose head scores the nodes of a code tree, all at once or one at a time (serial).

A serial model is asked about the nodes on a byte's path one after the other, while its state stays; then it moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Floats, Ints
from bridge.execution.machines import code_streams, streams
from bridge.execution.machines.run import Machine, run
from bridge.execution.stepper import (
    IN_PLACE,
    NOTHING,
    Model,
    NetlistStepper,
    OracleStepper,
    State,
    Turn,
    chunks,
    one_blas_thread,
    step_count,
)
from bridge.readout import lengths as readout_lengths


@dataclass(frozen=True, eq=False)
class CodeOracleStepper(OracleStepper):
    """Asks a cell only about the nodes that matter."""

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        begin, first, end = segments
        state = self.reset(len(totals))
        for start, stop in chunks(segments, IN_PLACE * chunk, self.readout):
            with one_blas_thread():
                for step in range(start, stop):
                    values = self.cell.read(state, data[np.minimum(begin + step, len(data) - 1)])
                    counted = np.flatnonzero((first <= begin + step + 1) & (begin + step + 1 < end))
                    totals[counted] += self._lengths(values, counted, data[begin[counted] + step + 1])
                    state = self.cell.following(values)
            yield stop / step_count(segments)

    def _lengths(self, values: dict[str, npt.NDArray[np.uint8]], rows: Ints, targets: Bits) -> Floats:
        """What the targets cost after these rows of what the cell read."""
        scores = np.zeros((len(rows), self.readout.numbers), np.int64)
        nodes = self.readout.paths[0][targets]
        if not self.serial:
            scores = self.cell.ask(values)[rows]
        else:
            for depth in range(nodes.shape[1]):
                some = np.flatnonzero(nodes[:, depth] >= 0)
                if len(some):
                    asked = {name: bits[rows[some]] for name, bits in values.items()}
                    scores[some, nodes[some, depth]] = self.cell.ask(asked, nodes[some, depth])[:, 0]
        return self.readout.code_lengths(scores, targets)

    def write(self, model: Model, turns: Iterator[Turn]) -> Iterator[Bits]:
        state, last = self.reset(streams=1), NOTHING
        for text, numbers in turns:
            unread = np.append(last, text)
            for byte in unread[:-1]:
                state = self.cell.following(self.cell.read(state, np.array([byte])))
            last, written = unread[-1:], np.empty(len(numbers), np.uint8)
            for index, uniform in enumerate(numbers):
                values = self.cell.read(state, last)
                written[index] = self._drawn(values, model[1], float(uniform))
                last = written[index : index + 1]
                state = self.cell.following(values)
            yield written

    def _drawn(self, values: dict[str, npt.NDArray[np.uint8]], scale: float, uniform: float) -> int:
        assert self.readout.code is not None
        place = 0
        while place >= 0:
            score = self.cell.ask(values, np.array([place]))[0, 0 if self.serial else place]
            bit, uniform = readout_lengths.draw_bit(score, scale, uniform)
            place = self.readout.code.children[place][bit]
        return self.readout.symbols[~place]


@dataclass(frozen=True, eq=False)
class CodeNetlistStepper(NetlistStepper):
    """`places`: the bit of `byte + 256 * node` that each input carries; `ends`: where the output bits of each score
    end."""

    serial: bool = False

    def reset(self, streams: int) -> State:
        copies = self.readout.numbers if self.serial else 1
        return self.program.reset_state((streams * copies + 63) // 64)

    def advance(self, state: State, text: Bits) -> tuple[State, Ints]:
        """Serially, every stream is run once for each node: the copies share their bytes, and so their state."""
        numbers = text.astype(np.int64)
        if self.serial:
            nodes = np.repeat(np.arange(self.readout.numbers), text.shape[1])
            numbers = np.tile(numbers, self.readout.numbers) + 256 * nodes
        outputs, state = run(self.program, streams.pack_bytes(numbers, self.places), state, self.kernel)
        scores = streams.unpack_numbers(outputs, self.ends, numbers.shape[1])
        if self.serial:
            scores = scores.reshape(len(text), self.readout.numbers, text.shape[1]).transpose(0, 2, 1)
        return state, np.ascontiguousarray(scores)

    def _charge_steps(
        self, machine: Machine, data: Bits, streams: Ints, steps: tuple[int, int], totals: Floats
    ) -> None:
        code_streams.charge_steps(
            *(machine.parts, self.ends, self.places, self.serial, *self.readout.paths, self.readout.model),
            *(data, streams, steps, machine.memory, machine.lanes, totals),
        )

    def _write_bytes(self, machine: Machine, model: Model, last: np.uint8, numbers: Floats) -> Bits:
        assert self.readout.code is not None
        children, symbols = np.array(self.readout.code.children), np.frombuffer(self.readout.symbols, np.uint8)
        written: Bits = code_streams.write_bytes(
            *(machine.parts, self.ends, self.places, self.serial, children, symbols, model[1], last, numbers),
            *(machine.memory, machine.lanes),
        )
        return written
