"""A stepper of cells for one stream, whose neurons lie in the lanes of vectors (see `lanes`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.arrays import Bits, Floats, Int, Ints
from bridge.execution.machines.lane_machine import read_numbers, read_text, write_code, write_symbols
from bridge.execution.machines.lanes import Lanes
from bridge.execution.stepper import IN_PLACE, OracleStepper, chunks, step_count
from bridge.readout import Readout


@dataclass(frozen=True, eq=False)
class LaneStepper(OracleStepper):
    """Charges and writes a single stream, which is memory and the place in it. `lanes`: of the cell."""

    lanes: Lanes

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        memory, at = self.open()
        ((begin,), (first,), _) = segments.tolist()
        for start, stop in chunks(segments, IN_PLACE * chunk, self.readout):
            text, targets = data[begin + start : begin + stop], data[begin + start + 1 : begin + stop + 1]
            numbers, at = self._numbers(memory, at, text, targets)
            counted = first <= begin + 1 + np.arange(start, stop)
            lengths = self.readout.code_lengths(numbers[counted], targets[counted])
            # One after the other, so that how a text is cut into pieces does not change the rounding.
            totals[0] = np.cumsum(np.append(totals, lengths))[-1]
            yield stop / step_count(segments)

    def _numbers(self, memory: Ints, at: Int, text: Bits, targets: Bits) -> tuple[Ints, Int]:
        """int64[n, numbers] after every byte, of a serial head only those that the targets need, and the new `at`."""
        asked = self.readout.paths.nodes[targets] if self.serial else np.zeros((len(text), 0), np.int64)
        numbers = np.zeros((len(text), self.readout.numbers), np.int64)
        return numbers, read_numbers(self.lanes.plan, memory, at, text, asked, numbers)

    def open(self) -> Any:
        return self.lanes.memory.copy(), self.lanes.start

    def read(self, stream: Any, text: Bits) -> Any:
        memory, at = stream
        return memory, read_text(self.lanes.plan, memory, at, text)

    def write(self, stream: Any, readout: Readout, last: np.uint8, uniforms: Floats) -> tuple[Any, Bits]:
        (memory, at), plan = stream, self.lanes.plan
        if readout.code is None:
            symbols = np.frombuffer(readout.symbols, np.uint8)
            written, at = write_symbols(plan, memory, at, symbols, readout.model, last, uniforms)
        else:
            written, at = write_code(plan, memory, at, readout.drawing, self.serial, last, uniforms)
        return (memory, at), written
