"""One face for the oracle and for netlists: a `Stepper` takes bytes and gives integers, logits or scores of code nodes.

A serial model is asked about the nodes on a byte's path one after the other, while its state stays; then it moves.
"""

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
from bridge.cell.blocks import Values
from bridge.cell.predictor import Predictor
from bridge.readout import Readout
from bridge.readout.lengths import draw, draw_bit

State: TypeAlias = npt.NDArray[Any]

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

    def open(self) -> Any:
        """A single stream, before any byte; opaque. Whoever reads or writes gets the next one; none is used twice."""

    def read(self, stream: Any, text: Bits) -> Any:
        """Read uint8[n] bytes."""

    def write(self, stream: Any, readout: Readout, last: np.uint8, uniforms: Floats) -> tuple[Any, Bits]:
        """Read the byte `last`, draw what follows under a readout (this one at some temperature), read that, and so on:
        uint8[n], one byte with each number in [0, 1). The last one drawn is still to be read."""


@cache
def _threadpools() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """While it is open: the matrix products of a cell are small, threads of BLAS would mostly wait."""
    limit: AbstractContextManager[object] = _threadpools().limit(limits=1, user_api="blas")
    return limit


@dataclass(frozen=True, eq=False)
class OracleStepper:
    """Steps a cell or a folded network in its own integers, as `Cell.step` does."""

    model: Predictor
    parallel = False

    @property
    def serial(self) -> bool:
        return self.model.serial

    @property
    def readout(self) -> Readout:
        return self.model.readout

    def reset(self, streams: int) -> State:
        return self.model.reset(streams)

    def advance(self, state: State, text: Bits) -> tuple[State, Ints]:
        logits = np.empty((*text.shape, self.readout.numbers), np.int64)
        with one_blas_thread():
            for step, symbols in enumerate(text):
                values = self.model.read(state, symbols)
                state, logits[step] = self.model.following(values), self.model.ask(values)
        return state, logits

    def latch_bits(self, state: State, streams: int) -> Bits:
        return self.model.state_ranges.encode(state)

    def charge(self, data: Bits, segments: Ints, totals: Floats, chunk: int) -> Iterator[float]:
        begin, first, end = segments
        state = self.reset(len(totals))
        for start, stop in chunks(segments, IN_PLACE * chunk, self.readout):
            with one_blas_thread():
                for step in range(start, stop):
                    # A stream that has reached its end reads on, anything, uncounted, until the longest is done.
                    values = self.model.read(state, data[np.minimum(begin + step, len(data) - 1)])
                    counted = np.flatnonzero((first <= begin + step + 1) & (begin + step + 1 < end))
                    totals[counted] += self._lengths(values, counted, data[begin[counted] + step + 1])
                    state = self.model.following(values)
            yield stop / step_count(segments)

    def _lengths(self, values: Values, rows: Ints, targets: Bits) -> Floats:
        """What the targets cost after these rows of what the cell read; a serial head is asked only what matters."""
        if not self.serial:
            return self.readout.code_lengths(self.model.ask(values)[rows], targets)
        scores, nodes = np.zeros((len(rows), self.readout.numbers), np.int64), self.readout.paths.nodes[targets]
        for depth in range(nodes.shape[1]):
            some = np.flatnonzero(nodes[:, depth] >= 0)
            if len(some):
                asked = {name: bits[rows[some]] for name, bits in values.items()}
                scores[some, nodes[some, depth]] = self.model.ask(asked, nodes[some, depth])[:, 0]
        return self.readout.code_lengths(scores, targets)

    def open(self) -> Any:
        return self.reset(streams=1)

    def read(self, stream: Any, text: Bits) -> Any:
        with one_blas_thread():
            for place in range(len(text)):
                stream = self.model.following(self.model.read(stream, text[place : place + 1]))
        return stream

    def write(self, stream: Any, readout: Readout, last: np.uint8, uniforms: Floats) -> tuple[Any, Bits]:
        text = np.append(last, np.zeros(len(uniforms), np.uint8))
        with one_blas_thread():
            for place, uniform in enumerate(uniforms.tolist()):
                values = self.model.read(stream, text[place : place + 1])
                text[place + 1] = self._drawn(values, readout, uniform)
                stream = self.model.following(values)
        return stream, text[1:]

    def _drawn(self, values: Values, readout: Readout, uniform: float) -> int:
        """The byte that is drawn after what the cell read."""
        if readout.code is None:
            return readout.symbols[draw(self.model.ask(values)[0], readout.model, uniform)]
        place = 0
        while place >= 0:
            score = self.model.ask(values, np.array([place]))[0, 0 if self.serial else place]
            bit, uniform = draw_bit(score, readout.scale, uniform)
            place = readout.code.children[place][bit]
        return readout.symbols[~place]


def step_count(segments: Ints) -> int:
    return int((segments[2] - 1 - segments[0]).max())


def chunks(segments: Ints, logits: int, readout: Readout) -> Iterator[tuple[int, int]]:
    """First step and end of pieces with about so many logits each."""
    size = max(1, logits // (segments.shape[1] * readout.numbers))
    for start in range(0, step_count(segments), size):
        yield start, min(start + size, step_count(segments))
