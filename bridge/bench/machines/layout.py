"""The recurrent cells that learn: neurons with small integer weights around a gated memory of bits.

Sources stand side by side: what is `read`, the `past` (a shift register of it), what the memory held (`old`), `hidden`
neurons, the `memory` after the step. Rows are neurons: hidden ones, then selects and values of the memory, then
answers; each sees the sources that are known when it fires.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.aig.names import old
from bridge.arrays import Flags, Ints
from bridge.bench.machines.tasks import Task
from bridge.cell import Block, Cell, Delay, Input, Latch, Scores, Threshold


@dataclass(frozen=True)
class Layout:
    """How many there are of each."""

    read: int
    past: int
    memory: int
    hidden: int
    answers: int

    @classmethod
    def of(cls, task: Task) -> Layout:
        read, shape = len(task.inputs), task.shape
        return cls(read, read * shape.taps, shape.bits, shape.hidden, len(task.answers))

    @property
    def seen(self) -> tuple[int, int, int]:
        """How many of the sources the hidden neurons see, the memory, and the answers."""
        start = self.read + self.past + self.memory
        return start, start + self.hidden, start + self.hidden + self.memory

    @property
    def layers(self) -> tuple[int, int, int, int]:
        """How many neurons there are of each kind: hidden, select, value, answer."""
        return self.hidden, self.memory, self.memory, self.answers

    @property
    def free(self) -> Flags:
        """bool[rows, sources]: the weights that there are."""
        hidden, memory, answers = self.seen
        seen = np.repeat([hidden, memory, memory, answers], self.layers)
        return np.arange(answers) < seen[:, None]


@dataclass(frozen=True, eq=False)
class Network:
    """`weights`: int8[rows, sources]; `thresholds`: int16[rows]: a neuron fires iff its sum reaches its own."""

    layout: Layout
    weights: Ints
    thresholds: Ints

    @property
    def connections(self) -> int:
        """Weights that are not 0."""
        return int(np.count_nonzero(self.weights))

    def cell(self, task: Task) -> Cell:
        """The same as a cell, with the names of the task; parts that the layout lacks are left out."""
        own, bit = self.layout, (np.zeros(1, np.int64), np.ones(1, np.int64))
        blocks: list[Block] = [Input(name, *bit) for name in task.inputs]
        sources = list(task.inputs)
        if own.past:
            past = [f"past.{name}" for name in task.inputs]
            blocks += [Delay(*pair, task.shape.taps) for pair in zip(past, task.inputs, strict=True)]
            sources += past
        hidden, select, value, answer = self._layers()
        if own.memory:
            sources.append(old("memory"))
        if own.hidden:
            blocks.append(Threshold("hidden", tuple(sources), *hidden))
            sources.append("hidden")
        if own.memory:
            blocks += [Threshold("select", tuple(sources), *select), Threshold("value", tuple(sources), *value)]
            blocks.append(Latch("memory", "select", "value"))
            sources.append("memory")
        blocks += [Threshold("answer", tuple(sources), *answer), Scores("scores", ("answer",), task.answers)]
        return Cell(tuple(blocks), task.name)

    def _layers(self) -> list[tuple[Ints, Ints]]:
        """Weights and thresholds of each kind of neuron, over the sources that it sees."""
        ends = np.cumsum(self.layout.layers)
        hidden, memory, answers = self.layout.seen
        return [
            (self.weights[end - count : end, :seen], self.thresholds[end - count : end])
            for end, count, seen in zip(ends, self.layout.layers, (hidden, memory, memory, answers), strict=True)
        ]
