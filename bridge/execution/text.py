"""Bits per byte of a text, for the oracle and for netlists alike.

The measure. The text is cut into segments of SEGMENT predicted bytes. Each segment starts from the reset state, reads
the (up to) WARMUP bytes before it, of which only the last one's prediction counts (that of the segment's first byte),
and goes on reading; every byte of the text but the very first is predicted exactly once and charged its code length,
`Readout.code_lengths`. Segments are independent, so the result is the same, bit for bit, whatever the number of
streams, words or threads. The `exact` measure is one segment: a single stream from the first byte to the last.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import kernels
from bridge.execution.stepper import Bytes, Stepper, stepper_of

SEGMENT = 1024
WARMUP = 256
BATCH = 1024  # streams that a thread runs side by side
CHUNK = 1 << 17  # logits held at a time by a thread; with their floating-point copies they stay in the cache

Progress = Callable[[float], None]
Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """`bytes`: how many were predicted; `unseen`: how many of them are no symbols; `seconds`: wall time."""

    bits_per_byte: float
    bytes: int
    unseen: int
    seconds: float


@dataclass(frozen=True, eq=False)
class _Segments:
    """Positions in the text, int64[n] each: the first byte read, the first predicted, the end of the predicted."""

    begin: Positions
    first: Positions
    end: Positions

    def part(self, which: slice) -> _Segments:
        return _Segments(self.begin[which], self.first[which], self.end[which])

    @property
    def steps(self) -> int:
        return int((self.end - 1 - self.begin).max())


def bits_per_byte(model: Cell | Aig, text: bytes, *, exact: bool = False, threads: int | None = None) -> float:
    """Mean code length of the bytes of `text` after the first, in bits; see `evaluate`."""
    return evaluate(model, text, exact=exact, threads=threads).bits_per_byte


def evaluate(
    model: Cell | Aig,
    text: bytes,
    *,
    exact: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Run `model` over `text` and charge every byte its code length (the measure: see the top of this file).

    `threads`: by default one per processor; a cell is run by one. `exact` is slow: one stream leaves 63 of the 64 bits
    of a word unused. `progress` is called now and then, in the caller's thread, with the fraction done, up to 1.
    Working memory does not grow with the text. InputError when the text has fewer than 2 bytes or the netlist is not a
    text model.
    """
    started = time.perf_counter()
    data = np.frombuffer(text, np.uint8)
    if len(data) < 2:
        raise InputError(f"a text of {len(data)} bytes has nothing to predict; at least 2 are needed")
    threads = (os.cpu_count() or 1) if threads is None else threads
    if threads < 1:
        raise InputError(f"the number of threads must be at least 1, not {threads}")
    stepper = stepper_of(model)
    segments = _segments(len(data), len(data) if exact else SEGMENT)
    totals = np.zeros(len(segments.begin))
    for fraction in _charge_all(stepper, data, segments, totals, threads if stepper.parallel else 1):
        if progress is not None:
            progress(fraction)
    predicted = len(data) - 1
    return Evaluation(
        bits_per_byte=math.fsum(totals) / predicted,
        bytes=predicted,
        unseen=len(text[1:].translate(None, stepper.readout.symbols)),
        seconds=time.perf_counter() - started,
    )


def _segments(length: int, size: int) -> _Segments:
    first = np.arange(1, length, size, dtype=np.int64)
    return _Segments(np.maximum(first - WARMUP, 0), first, np.minimum(first + size, length))


def _charge_all(stepper: Stepper, data: Bytes, segments: _Segments, totals: Floats, threads: int) -> Iterator[float]:
    """Fill `totals`, float64[segments], in bits; yields the fraction done. Batches run `threads` at a time, in step."""
    count = len(totals)
    size = min(BATCH, -(-count // threads))
    parts = [slice(start, min(start + size, count)) for start in range(0, count, size)]
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(parts), threads):
            group = parts[start : start + threads]
            batches = [_charge(stepper, data, segments.part(part), totals[part]) for part in group]
            while done := [fraction for fraction in pool.map(_next_or_none, batches) if fraction is not None]:
                yield (start + len(group) * min(done)) / len(parts)


def _next_or_none(batch: Iterator[float]) -> float | None:
    return next(batch, None)


def _charge(stepper: Stepper, data: Bytes, segments: _Segments, totals: Floats) -> Iterator[float]:
    """Run one batch of segments side by side, a chunk of steps at a time; yields the fraction done."""
    streams, steps = len(totals), segments.steps
    chunk = max(1, CHUNK // (streams * len(stepper.readout.symbols)))
    state = stepper.reset(streams)
    for start in range(0, steps, chunk):
        stop = min(start + chunk, steps)
        read = segments.begin + np.arange(start, stop)[:, None]
        counted = (segments.first <= read + 1) & (read + 1 < segments.end)
        # A stream that has reached its end reads on, anything, uncounted, until the longest is done.
        state, logits = stepper.advance(state, data[np.minimum(read, len(data) - 1)])
        if counted.any():
            targets = data[np.minimum(read + 1, len(data) - 1)]
            lengths = stepper.readout.code_lengths(logits.reshape(-1, logits.shape[2]), targets.reshape(-1))
            kernels.add_counted(lengths.reshape(targets.shape), counted, totals)
        yield stop / steps
