"""A stepper of cells for one stream, whose neurons lie in the lanes of vectors (see `lanes`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Floats, Ints
from bridge.execution.machines import lane_machine, streams
from bridge.execution.machines.lanes import Lanes
from bridge.execution.stepper import IN_PLACE, NOTHING, Model, OracleStepper, Turn, chunks, step_count


@dataclass(frozen=True, eq=False)
class LaneStepper(OracleStepper):
    """Charges and writes a single stream. `lanes`: of the cell."""

    lanes: Lanes

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        memory, at = self.lanes.memory.copy(), self.lanes.start
        ((begin,), (first,), _) = segments.tolist()
        for start, stop in chunks(segments, IN_PLACE * chunk, self.readout):
            text, targets = data[begin + start : begin + stop], data[begin + start + 1 : begin + stop + 1]
            numbers, at = self._read(memory, at, text, targets)
            counted = first <= begin + 1 + np.arange(start, stop)
            lengths = self.readout.code_lengths(numbers[counted], targets[counted])
            streams.add_counted(lengths, counted[:, None], totals)
            yield stop / step_count(segments)

    def _read(self, memory: Ints, at: int, text: Bits, targets: Bits) -> tuple[Ints, int]:
        """int64[n, numbers] after every byte, of a serial head only those that the targets need, and the new `at`."""
        asked = self.readout.paths[0][targets] if self.serial else np.zeros((len(text), 0), np.int64)
        numbers = np.zeros((len(text), self.readout.numbers), np.int64)
        at = lane_machine.read_numbers(self.lanes.plan, memory, at, text, asked, numbers)
        return numbers, at

    def write(self, model: Model, turns: Iterator[Turn]) -> Iterator[Bits]:
        code, symbols = self.readout.code, np.frombuffer(self.readout.symbols, np.uint8)
        plan, memory = self.lanes.plan, self.lanes.memory.copy()
        at, last = self.lanes.start, NOTHING
        for text, uniforms in turns:
            unread = np.append(last, text)
            at = lane_machine.read_text(plan, memory, at, unread[:-1])
            written = np.empty(len(uniforms), np.uint8)
            if code is None:
                at = lane_machine.write_symbols(plan, memory, at, symbols, model, unread[-1], uniforms, written)
            else:
                how = self.serial, np.array(code.children), symbols, model[1]
                at = lane_machine.write_code(plan, memory, at, *how, unread[-1], uniforms, written)
            last = written[-1:]
            yield written
