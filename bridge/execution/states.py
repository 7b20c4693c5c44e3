"""A text run through a model, to look at what the model holds: the one place that knows how that is done.

What is read is told by `places`, int64[T, S] positions in a text: a stream reads a column, from the reset state on, a
step a row. `excerpts` are short pieces of the text, anywhere. `Reading` is the whole text, read as if by one stream:
that uses one bit of every word, so the text is cut into segments that are read side by side, first as if each began at
reset, then again those of which the one before ends elsewhere than assumed, until all fit together. What fits together
is the run from reset. Most netlists forget, and few rounds do; one that never forgets costs a single stream.

Bits per byte have a measure of their own, over segments that do begin at reset: `bridge.execution.text`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.arrays import Bits, Flags, Ints, Words
from bridge.cell import Cell
from bridge.execution.compile.program import Program, compile_program
from bridge.execution.machines.run import Kernel, run
from bridge.execution.machines.streams import pack_bytes
from bridge.execution.models import byte_places
from bridge.execution.positions import check_positions, counted, counting_latches
from bridge.execution.words import packed, unpacked

SEGMENT = 1024
STREAMS, AT_ONCE = 512, 16  # segments read side by side, and how many of their steps are shown at a time
HELD = 1 << 22  # words of rows held at a time


def excerpts(starts: Ints, steps: int) -> Ints:
    """int64[steps, S]: places from each of the starts, int64[S], on."""
    return starts + np.arange(steps)[:, None]


def random_excerpts(length: int, steps: int, streams: int, random: np.random.Generator) -> Ints:
    """int64[steps, streams]: places anywhere in a text of that length; after each excerpt one more byte follows."""
    return excerpts(random.integers(0, length - steps - 1, streams), steps)


def values_on(cell: Cell, data: Bits, places: Ints) -> Iterator[dict[str, Bits]]:
    """uint8[S, width] of every block, after each step. Streams stay at reset as long as their places lie before the
    text, and read its last byte, again and again, at its end."""
    state = cell.reset(places.shape[1])
    for row in places:
        values = cell.read(state, data[np.clip(row, 0, len(data) - 1)])
        yield values
        state = cell.following(values) * (row >= 0).astype(np.uint8)[:, None]  # reset is all 0


def drive(aig: Aig, inputs: Words, numbers: Mapping[str, Ints]) -> list[str]:
    """Fill inputs, uint64[T, inputs, W], with the bits of numbers, such as {"byte": int64[T, S]}. Returns the names of
    the inputs that are no bits of them, and left as they were."""
    left = []
    for row, signal in enumerate(map(parse, aig.inputs)):
        if signal.kind in numbers and signal.index is not None:
            inputs[:, row] = packed((numbers[signal.kind] >> signal.index & 1).astype(np.uint8))
        else:
            left.append(aig.inputs[row])
    return left


def rows_of(
    program: Program, inputs: Words, state: Words, kernel: Kernel = "auto"
) -> Iterator[tuple[int, Words, Words]]:
    """(first step, outputs of some steps, state after them), see `run`, at least once; memory does not grow with T."""
    chunk = max(1, HELD // max(1, len(program.outputs) * inputs.shape[-1]))
    for start in range(0, max(1, len(inputs)), chunk):
        rows, state = run(program, inputs[start : start + chunk], state, kernel)
        yield start, rows, state


@dataclass(frozen=True, eq=False)
class Reading:
    """A netlist that reads all of a text. `start`: bool[latches], the state before the first byte. InputError if
    something is done to the netlist at a position that the text has not."""

    aig: Aig
    data: Bits
    start: Flags

    def __post_init__(self) -> None:
        check_positions(self.aig, len(self.data))

    @property
    def _starts(self) -> Ints:
        """Where the segments begin."""
        return np.arange(0, len(self.data), SEGMENT)

    def inputs(self, places: Ints) -> Words:
        """uint64[T, 8, W]: the bytes at some places; anything outside the text."""
        words: Words = pack_bytes(self.data[np.clip(places, 0, len(self.data) - 1)], byte_places(self.aig))
        return words

    def walk(self, shown: Ints | None = None, at_once: int = AT_ONCE) -> Iterator[tuple[Ints, Words]]:
        """Places and the states before them, uint64[T, latches, W], until all of the text was read: T steps of up to
        STREAMS segments at a time, filled up to whole words with places before the text. `shown`: int64[n], literals
        whose values there, uint64[T, n, W], to show instead; `at_once`: T."""
        latches = 2 * np.arange(self.aig.first_latch, self.aig.first_and)
        program = compile_program(self.aig, latches if shown is None else shown)
        entered = self._entered()
        for start in range(0, len(self._starts), STREAMS):
            begin, state = _filled(self._starts[start : start + STREAMS]), packed(entered[:, start : start + STREAMS])
            for offset in range(0, min(SEGMENT, len(self.data)), at_once):
                places = begin + np.arange(offset, offset + at_once)[:, None]
                states, state = run(program, self.inputs(places), state)
                yield places, states

    def before(self, positions: Ints) -> Flags:
        """bool[latches, n]: the states before the bytes at int64[n] positions."""
        found = np.zeros((len(self.start), len(positions)), np.bool_)
        for places, states in self.walk():
            step, stream = (positions - places[0, 0]) % SEGMENT, (positions - places[0, 0]) // SEGMENT
            here = np.flatnonzero((step < len(places)) & (stream >= 0) & (stream < places.shape[1]))
            words = states[step[here], :, stream[here] // 64] >> (stream[here] % 64).astype(np.uint64)[:, None]
            found[:, here] = (words & np.uint64(1)).T
        return found

    def _entered(self) -> Flags:
        """bool[latches, segments]: the states in which the segments begin."""
        flags = np.repeat(self.start[:, None], len(self._starts), axis=1)
        counting = counting_latches(self.aig)
        flags[counting] = counted(counting, self._starts)
        ends, todo = np.zeros_like(flags), np.arange(len(self._starts))
        program = compile_program(self.aig, ())
        while len(todo):
            ends[:, todo] = self._after(program, todo, flags[:, todo])
            expected = np.concatenate([flags[:, :1], ends[:, :-1]], axis=1)
            todo = np.flatnonzero((expected != flags).any(axis=0))
            flags = expected
        return flags

    def _after(self, program: Program, segments: Ints, states: Flags) -> Flags:
        """bool[latches, segments], the states before -> after them. The last segment may be short; nobody asks."""
        after = []
        for start in range(0, len(segments), STREAMS):
            some = segments[start : start + STREAMS]
            places = excerpts(_filled(self._starts[some]), min(SEGMENT, len(self.data)))
            state = run(program, self.inputs(places), packed(states[:, start : start + STREAMS]))[1]
            after.append(unpacked(state, len(some)).astype(np.bool_))
        return np.concatenate(after, axis=1)


def _filled(segments: Ints) -> Ints:
    """As many as fill whole words; the further ones lie before the text."""
    return np.concatenate([segments, np.full(-len(segments) % 64, -SEGMENT)])
