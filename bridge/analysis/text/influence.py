"""Influence on real text, measured: invert a state bit in the middle of a text, read on, and see what comes of it.

At every sampled position of the text the netlist runs twice on the same bytes, once with the bit inverted. After 1, 2,
... K steps the runs are compared: their states, the logits (or the scores of all code nodes), the likeliest symbol, and
what the next byte of the text costs. What a bit changes, and for how long, is what it remembers.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.names import DO
from bridge.analysis.cones import check_steps
from bridge.analysis.dependences.switches import Switched, change, switched
from bridge.analysis.places import placed
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.runs import Runs
from bridge.analysis.signals import Bit, resolve_all, state_bits
from bridge.analysis.text.runs import text_runs
from bridge.arrays import Bits, Floats, Ints, Ints32, Words
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.execution.machines.streams import unpack_numbers
from bridge.execution.models import number_bits
from bridge.execution.words import unpacked
from bridge.files import write_atomic
from bridge.metadata import text_readout
from bridge.printable import Listener, Progress, html_table, unheard
from bridge.printable.notebook import Chart, Framed
from bridge.readout import Readout
from bridge.readout.lengths import change as lengthened

_HELD = 1 << 23  # words of recorded rows held at a time by a thread
_MOST = 64  # sources between two looks at the clock
_ARRAYS = ("state_changes", "logit_changes", "argmax_changes", "absolute_bits", "added_bits")
SECONDS = 3600.0


@dataclass(frozen=True, eq=False, repr=False)
class Influence(Framed):
    """Counts and sums over `positions`; S sources, K steps, L latches.

    `state_changes`: int32[S, K, L], positions where a latch differs after step k; `logit_changes`,
    `argmax_changes`: int64[S, K], positions where any number of the head (a logit, or the score of a code node), the
    likeliest symbol (`Readout.argmax`), differs in step k; `absolute_bits`: float64[S, K], mean |change| of the code
    length of the byte after step k, in bits; `added_bits`: the same with its sign, what inverting the bit costs. All
    figures are about this text. `why`: where time or memory was used up, what was not tried.
    """

    sources: tuple[str, ...]
    latches: tuple[str, ...]
    positions: Ints
    state_changes: Ints32
    logit_changes: Ints
    argmax_changes: Ints
    absolute_bits: Floats
    added_bits: Floats
    why: str = ""

    @property
    def steps(self) -> int:
        """How many steps after the change were looked at."""
        return int(self.argmax_changes.shape[1])

    @cached_property
    def memory(self) -> Floats:
        """float64[S, K], the memory curves: the part of the positions where the likeliest symbol differs in step k."""
        curves: Floats = self.argmax_changes / len(self.positions)
        return curves

    @cached_property
    def mean_step(self) -> Floats:
        """float64[S]: the mean step in which a bit is felt, weighted by |change| in bits; 0 for bits never felt."""
        total = self.absolute_bits.sum(axis=1)
        weighted: Floats = self.absolute_bits @ (1.0 + np.arange(self.steps))
        means: Floats = np.divide(weighted, total, out=np.zeros_like(total), where=total > 0)
        return means

    @cached_property
    def last_step(self) -> Ints:
        """int64[S]: the last step in which any logit differed at any position; 0 for bits never felt."""
        felt = self.logit_changes > 0
        return np.where(felt.any(axis=1), self.steps - np.argmax(felt[:, ::-1], axis=1), 0)

    def columns(self) -> dict[str, list[Any]]:
        """One row a source: `source`, `bits` (|change| summed over all steps), `added_bits`, `bits_in_step_1`,
        `mean_step`, `last_step`."""
        return {
            "source": list(self.sources),
            "bits": self.absolute_bits.sum(axis=1).tolist(),
            "added_bits": self.added_bits.sum(axis=1).tolist(),
            "bits_in_step_1": self.absolute_bits[:, 0].tolist(),
            "mean_step": self.mean_step.tolist(),
            "last_step": self.last_step.tolist(),
        }

    def plot(self, most: int = 8) -> Chart:
        """The memory curves of the sources that change most bits, the largest first."""

        def draw(axes: Any) -> None:
            for row in np.argsort(-self.absolute_bits.sum(axis=1), kind="stable")[:most].tolist():
                axes.plot(range(1, self.steps + 1), 100 * self.memory[row], marker=".", label=self.sources[row])
            axes.set(xlabel="step after the change", ylabel="likeliest symbol differs, % of positions", ylim=(0, None))
            axes.legend(frameon=False)

        return Chart.drawn(draw)

    def to_json(self) -> dict[str, Any]:
        """`positions steps` and the columns, with the curves of every source."""
        curves = {"memory": self.memory.tolist(), "bits_per_step": self.absolute_bits.tolist()}
        why = {"why": self.why} if self.why else {}
        return {"positions": len(self.positions), "steps": self.steps, **self.columns(), **curves, **why}

    def save(self, path: str | Path) -> None:
        """Write all arrays as `.npz`."""
        if Path(path).suffix.lower() != ".npz":
            raise InputError(f"{path}: influence is written as .npz")
        stream = io.BytesIO()
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, "positions")}
        np.savez_compressed(stream, sources=np.array(self.sources), latches=np.array(self.latches), **arrays)
        write_atomic(path, stream.getvalue())

    def _repr_html_(self) -> str:
        columns = self.columns()
        order = np.argsort(-np.array(columns["bits"]))[:20]
        rows = ([column[place] for column in columns.values()] for place in order.tolist())
        caption = f"{len(self.positions)} positions; the {len(order)} largest of {len(columns['bits'])} rows"
        return html_table(rows, [*columns], caption)


def influence(
    model: Cell | Aig,
    text: bytes,
    steps: int = 8,
    *,
    sources: Iterable[str] | None = None,
    positions: int = 4096,
    seed: int = 0,
    seconds: float = SECONDS,
    memory: float | None = None,
    jobs: int | None = None,
    progress: Listener = unheard,
) -> Influence:
    """Invert every source (by default every state bit) at random positions of a text, and read on for `steps` bytes.

    `positions` is rounded up to a multiple of 64. After so many seconds, or when this process holds so many MiB, the
    sources that were tried so far are told. InputError when the netlist is no text model, a name is unknown,
    there is nothing to invert, the text has fewer than `steps` + 1 bytes, or a number is out of range.
    """
    check_text(text)
    if not 1 <= positions <= 1 << 20:
        raise InputError(f"the number of positions must lie in 1 .. {1 << 20}, not {positions}")
    clock, chosen = Clock(seconds, memory), None if sources is None else list(sources)
    aig = asked_at_once(placed(model), chosen or [])
    head = _Model.of(aig)
    runs = text_runs(aig, text, check_steps(steps) + 1, positions, seed)
    assert runs.positions is not None
    starts = runs.positions
    data = np.frombuffer(text, np.uint8)
    nexts = data[starts + 1 + np.arange(steps)[:, None]]
    runs = Runs(runs.state, runs.inputs[:steps], runs.positions)
    bits, latches = _sources(aig, chosen), state_bits(aig)
    prepared = switched(aig, bits, [*latches, *head.bits])
    base = _Base(prepared.base(runs), nexts, len(latches), head)
    tried, arrays = _followed(prepared, runs, base, clock, jobs or os.cpu_count() or 1, progress)
    names = tuple(bit.name for bit in bits[:tried]), tuple(bit.name for bit in latches)
    why = f"{tried:,} of {len(bits):,} were tried: {clock.why}" if tried < len(bits) else ""
    return Influence(*names, starts, **arrays, why=why)


def _followed(
    prepared: Switched, runs: Runs, base: _Base, clock: Clock, threads: int, progress: Listener
) -> tuple[int, dict[str, Any]]:
    """How many sources were tried, at least some, and the arrays of `Influence` for them."""
    rows = max(1, runs.steps * runs.words * len(prepared.targets))
    size, count = min(_MOST, max(1, _HELD // rows)), len(prepared.sources)
    chunks = [range(start, min(start + size, count)) for start in range(0, count, size)]
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    with ThreadPoolExecutor(threads) as pool:
        while len(parts) < len(chunks) and not (parts and clock.over):
            some = chunks[len(parts) : len(parts) + threads]
            parts += pool.map(lambda chunk: _follow(prepared, runs, base, chunk), some)
            progress(Progress(len(parts) / len(chunks)))
    arrays = (np.concatenate(column) for column in zip(*parts, strict=True))
    return chunks[len(parts) - 1].stop, dict(zip(_ARRAYS, arrays, strict=True))


def _sources(aig: Aig, chosen: list[str] | None) -> Sequence[Bit]:
    """What to invert: the bits of these names, or all state bits."""
    named = () if chosen is None else resolve_all(aig, chosen)
    states = [bit for bit in state_bits(aig) if not bit.name.startswith(DO)]
    bits = states if chosen is None else [bit for signal in named for bit in signal.bits]
    if not bits:
        raise InputError(f"netlist {aig.name!r} has no state bits; name something else to invert")
    return bits


@dataclass(frozen=True, eq=False)
class _Model:
    """`bits`: of all numbers of the head; `ends`: where those of each end."""

    readout: Readout
    bits: tuple[Bit, ...]
    ends: Ints

    @staticmethod
    def of(aig: Aig) -> _Model:
        readout = text_readout(aig)
        numbers = number_bits(aig, readout.names(serial=False))
        bits = tuple(Bit(output.name, output.literal) for number in numbers for output in number)
        return _Model(readout, bits, np.cumsum([len(number) for number in numbers]))


class _Base:
    """The runs in which nothing is inverted. rows: uint64[K, latches + head bits, W]; nexts: uint8[K, 64 * W]."""

    def __init__(self, rows: Words, nexts: Bits, latches: int, model: _Model) -> None:
        self.rows, self.nexts, self.latches, self.model = rows, nexts, latches, model
        streams = nexts.shape[1]
        numbers = unpack_numbers(np.ascontiguousarray(rows[:, latches:]), model.ends, streams)
        self.best = np.stack([model.readout.argmax(step) for step in numbers])
        self.lengths = np.stack([model.readout.code_lengths(*pair) for pair in zip(numbers, nexts, strict=True)])


def _follow(prepared: Switched, runs: Runs, base: _Base, chosen: range) -> tuple[npt.NDArray[Any], ...]:
    """The arrays of `Influence` for some sources."""
    rows = prepared.changed(runs, [change([source], runs.words) for source in chosen])
    changed = rows ^ base.rows[:, :, None, :]
    counts = np.bitwise_count(changed[:, : base.latches]).sum(axis=3, dtype=np.int32).transpose(2, 0, 1)
    shape = (len(chosen), runs.steps)
    logits, best = np.zeros((2, *shape), np.int64)
    absolute, added = np.zeros((2, *shape))
    streams = base.nexts.shape[1]
    for place, step in np.ndindex(*shape):
        words = np.bitwise_or.reduce(changed[step, base.latches :, place], axis=0)
        hit = np.flatnonzero(words)
        if not len(hit):
            continue
        mask = unpacked(words).astype(np.bool_)
        inside = (64 * hit[:, None] + np.arange(64)).ravel()
        some = np.ascontiguousarray(rows[step, base.latches :, place][:, hit])
        numbers = unpack_numbers(some[None], base.model.ends, len(inside))[0][mask[inside]]
        inside = inside[mask[inside]]
        lengths = base.model.readout.code_lengths(numbers, base.nexts[step, inside])
        difference = lengthened(base.lengths[step, inside], lengths)
        logits[place, step] = len(inside)
        best[place, step] = int((base.model.readout.argmax(numbers) != base.best[step, inside]).sum())
        absolute[place, step], added[place, step] = np.abs(difference).sum() / streams, difference.sum() / streams
    return counts.copy(), logits, best, absolute, added
