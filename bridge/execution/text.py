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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Bits, Floats, Ints
from bridge.cell.predictor import Predictor
from bridge.corpus import check_text
from bridge.errors import InputError
from bridge.execution.machines.run import Kernel
from bridge.execution.models import stepper_of
from bridge.execution.positions import check_positions
from bridge.execution.stepper import Stepper
from bridge.printable import Listener, Progress, unheard
from bridge.printable.notebook import Single

SEGMENT = 1024
WARMUP = 256
BATCH = 4096  # streams that a thread runs side by side
CHUNK = 1 << 17  # logits computed by a thread at a time


@dataclass(frozen=True, repr=False)
class Evaluation(Single):
    """`bits_per_byte`: the mean code length; `bytes`: how many were predicted; `unseen`: how many of them are no
    symbols; `seconds`: wall time.

    `evaluations_mean`, `evaluations_max`: of the head per byte, on this text and at most; more than 1 when `serial`.
    """

    bits_per_byte: float
    bytes: int
    unseen: int
    serial: bool
    evaluations_mean: float
    evaluations_max: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The fields."""
        return asdict(self)


def bits_per_byte(model: Predictor | Aig, text: bytes, *, exact: bool = False, jobs: int | None = None) -> float:
    """Mean code length of the bytes of `text` after the first, in bits; see `evaluate`."""
    return evaluate(model, text, exact=exact, jobs=jobs).bits_per_byte


def evaluate(
    model: Predictor | Aig,
    text: bytes,
    *,
    exact: bool = False,
    jobs: int | None = None,
    kernel: Kernel = "auto",
    progress: Listener = unheard,
) -> Evaluation:
    """Run `model` over `text` and charge every byte its code length (the measure: see the top of this file).

    `jobs`: threads, by default one a processor; a cell is run by one, and knows no kernels. `exact` is slow: one stream
    leaves 63 of the 64 bits of a word unused. `progress` is called now and then, in the caller's thread. Working memory
    does not grow with the text. InputError when the text has fewer than 2 bytes, the netlist is not a text model, or
    the kernel cannot run here, or something is done at a position that is not read.
    """
    check_text(text)
    started = time.perf_counter()
    data = np.frombuffer(text, np.uint8)
    if len(data) < 2:
        raise InputError(f"a text of {len(data)} bytes has nothing to predict; at least 2 are needed")
    jobs = (os.cpu_count() or 1) if jobs is None else jobs
    if jobs < 1:
        raise InputError(f"the number of threads must be at least 1, not {jobs}")
    segments = segments_of(len(data), len(data) if exact else SEGMENT)
    stepper = stepper_of(model, kernel, alone=segments.shape[1] == 1)
    if isinstance(model, Aig):
        check_positions(model, len(data) - 1)
    totals = np.zeros(segments.shape[1])
    for fraction in _charge_all(stepper, data, segments, totals, jobs if stepper.parallel else 1):
        progress(Progress(fraction))
    predicted = len(data) - 1
    mean, most = _evaluations(stepper, data[1:])
    return Evaluation(
        bits_per_byte=math.fsum(totals) / predicted,
        bytes=predicted,
        unseen=len(text[1:].translate(None, stepper.readout.symbols)),
        serial=stepper.serial,
        evaluations_mean=mean,
        evaluations_max=most,
        seconds=time.perf_counter() - started,
    )


def _evaluations(stepper: Stepper, predicted: Bits) -> tuple[float, int]:
    """How often the head is evaluated for a byte: mean over these bytes, and at most."""
    if not stepper.serial:
        return 1.0, 1
    lengths = (stepper.readout.paths[0] >= 0).sum(axis=1)
    return float((np.bincount(predicted, minlength=256) @ lengths) / len(predicted)), int(lengths.max())


def segments_of(length: int, size: int = SEGMENT) -> Ints:
    """int64[3, segments], positions in the text: the first byte read, the first predicted, the end of the predicted."""
    first = np.arange(1, length, size, dtype=np.int64)
    return np.stack([np.maximum(first - WARMUP, 0), first, np.minimum(first + size, length)])


def _charge_all(stepper: Stepper, data: Bits, segments: Ints, totals: Floats, jobs: int) -> Iterator[float]:
    """Fill `totals`, float64[segments], in bits; yields the fraction done. Batches run `jobs` at a time, in step."""
    count = len(totals)
    size = min(BATCH, -(-count // jobs))
    parts = [slice(start, min(start + size, count)) for start in range(0, count, size)]
    with ThreadPoolExecutor(jobs) as pool:
        for start in range(0, len(parts), jobs):
            group = parts[start : start + jobs]
            batches = [stepper.charge(data, segments[:, part].copy(), totals[part], CHUNK) for part in group]
            while done := [fraction for fraction in pool.map(_next_or_none, batches) if fraction is not None]:
                yield (start + len(group) * min(done)) / len(parts)


def _next_or_none(batch: Iterator[float]) -> float | None:
    return next(batch, None)
