"""A stepper of compiled netlists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bridge.arrays import Bits, Floats, Ints
from bridge.execution.compile.program import Program
from bridge.execution.machines.interpreter import Machine, reset_latches, stride
from bridge.execution.machines.run import Kernel, Prepared, make_machine, run
from bridge.execution.machines.streams import (
    Ports,
    Text,
    charge_code,
    charge_symbols,
    pack_bytes,
    read_prompt,
    unpack_numbers,
    write_code,
    write_symbols,
)
from bridge.execution.positions import counted
from bridge.execution.stepper import ENDLESS, IN_PLACE, State, chunks, step_count
from bridge.execution.words import packed, unpacked
from bridge.readout import Readout


@dataclass(frozen=True, eq=False)
class NetlistStepper:
    """Steps a compiled netlist. `counting`: latches that count the bytes read, see `bridge.execution.positions`."""

    program: Program
    readout: Readout
    ports: Ports
    kernel: Kernel = "auto"
    counting: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    parallel = True

    @property
    def serial(self) -> bool:
        return self.ports.serial

    def reset(self, streams: int) -> State:
        return self.program.reset_state((self._copies * streams + 63) // 64)

    def advance(self, state: State, text: Bits) -> tuple[State, Ints]:
        """Serially, every stream is run once for each node: the copies share their bytes, and so their state."""
        (steps, count), copies = text.shape, self._copies
        read = np.tile(text.astype(np.int64), copies) + 256 * np.repeat(np.arange(copies), count)
        outputs, state = run(self.program, pack_bytes(read, self.ports.places), state, self.kernel)
        numbers = unpack_numbers(outputs, self.ports.ends, copies * count)
        if self.serial:
            numbers = np.ascontiguousarray(numbers.reshape(steps, copies, count).transpose(0, 2, 1))
        return state, numbers

    def latch_bits(self, state: State, streams: int) -> Bits:
        return unpacked(state, streams).T.copy()

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        prepared = self._prepared((len(totals) + 63) // 64, step_count(segments))
        width = 64 * prepared.words
        for left in range(0, len(totals), width):
            part = slice(left, min(left + width, len(totals)))
            text = Text(data, np.ascontiguousarray(segments[:, part]))
            self._reset(prepared.machine)
            self._place(prepared.machine, text.segments[0])
            for steps in chunks(text.segments, IN_PLACE * chunk, self.readout):
                self._charge_steps(prepared.machine, text, steps, totals[part])
                yield (left + (part.stop - left) * steps[1] / step_count(text.segments)) / len(totals)

    def open(self) -> Any:
        prepared = self._prepared(words=1, steps=ENDLESS)
        self._reset(prepared.machine)
        return prepared

    def read(self, stream: Any, text: Bits) -> Any:
        read_prompt(stream.machine, self.ports.places, text)
        return stream

    def write(self, stream: Any, readout: Readout, last: np.uint8, uniforms: Floats) -> tuple[Any, Bits]:
        if readout.code is not None:
            return stream, write_code(stream.machine, self.ports, readout.drawing, last, uniforms)
        symbols = np.frombuffer(readout.symbols, np.uint8)
        return stream, write_symbols(stream.machine, self.ports, symbols, readout.model, last, uniforms)

    def _prepared(self, words: int, steps: int) -> Prepared:
        return make_machine(self.program, words, steps, self.kernel)

    def _reset(self, machine: Machine) -> None:
        reset_latches(machine, 1 + self.program.inputs, self.program.resets)

    def _place(self, machine: Machine, positions: Ints) -> None:
        """Streams begin there in the text."""
        size = stride(len(machine.width))
        for latch, row in zip(self.counting.tolist(), packed(counted(self.counting, positions)), strict=True):
            start = (1 + self.program.inputs + latch) * size
            machine.memory[start : start + len(row)] = row

    @property
    def _copies(self) -> int:
        return self.readout.numbers if self.serial else 1

    def _charge_steps(self, machine: Machine, text: Text, steps: tuple[int, int], totals: Floats) -> None:
        readout = self.readout
        if readout.code is None:
            charge_symbols(machine, self.ports, readout.rows, readout.model, text, steps, totals)
        else:
            charge_code(machine, self.ports, readout.paths, readout.model, text, steps, totals)
