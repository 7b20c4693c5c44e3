"""Recording signals while a netlist runs: how often they are one, how often they change, and with whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig.graph import Aig
from bridge.arrays import Int, Ints, Words
from bridge.compiled import compiled
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import Kernel
from bridge.execution.states import rows_of
from bridge.execution.words import count_bits

Signal = str | int  # the name of an output, point, latch or input, or any literal


@dataclass(frozen=True, eq=False)
class Observation:
    """Counts over all steps and streams, in the order of the signals that were asked for.

    `ones`, `toggles`: int64[n], values that are 1 and changes from one step to the next; `joint`: int64[pairs], values
    where both are 1; `samples`: steps times streams; `state`: uint64[n_latches, W] after the last step; `traces`:
    uint64[T, n, W], every value, if wanted.
    """

    ones: Ints
    toggles: Ints
    joint: Ints
    samples: int
    state: Words
    traces: Words | None


def signal_literals(aig: Aig, signals: Sequence[Signal]) -> list[int]:
    """The literals of signals; where a name is used twice, outputs come before points, latches and inputs."""
    known = {name: 2 * variable for variable, name in enumerate(aig.leaves, 1)}
    known |= {output.name: output.literal for output in (*aig.points, *aig.outputs)}
    literals = []
    for signal in signals:
        literal = known.get(signal, -1) if isinstance(signal, str) else signal
        if not 0 <= literal < 2 * aig.variables:
            raise InputError(f"netlist {aig.name!r} has no signal {signal!r}")
        literals.append(literal)
    return literals


def observe(
    aig: Aig,
    signals: Sequence[Signal],
    inputs: Words,
    *,
    streams: int | None = None,
    state: Words | None = None,
    pairs: Sequence[tuple[int, int]] = (),
    traces: bool = False,
    kernel: Kernel = "auto",
) -> Observation:
    """Run T steps and count. inputs: uint64[T, n_inputs, W]; state: uint64[n_latches, W], by default the reset state.

    streams: how many of the 64 * W bits count, by default all; pairs: places in `signals` to count together. What a
    signal shows is its value within a step, before the latches change. Memory does not grow with T, but for `traces`.
    InputError for unknown signals and shapes that do not fit.
    """
    literals = signal_literals(aig, signals)
    program = compile_program(aig, literals)
    inputs = np.asarray(inputs, np.uint64)
    words = inputs.shape[-1] if inputs.ndim == 3 else 1
    streams = 64 * words if streams is None else streams
    places = np.array(pairs, np.int64).reshape(-1, 2)
    if not 0 <= streams <= 64 * words:
        raise InputError(f"{streams} streams do not fit into {words} words")
    if len(places) and not 0 <= places.min() <= places.max() < len(literals):
        raise InputError(f"a pair names a place outside 0 .. {len(literals) - 1}")
    counts = (np.zeros(len(literals), np.int64), np.zeros(len(literals), np.int64), np.zeros(len(places), np.int64))
    state = program.reset_state(words) if state is None else state
    before, kept = np.zeros((len(literals), words), np.uint64), []
    for start, rows, after in rows_of(program, inputs, state, kernel):
        state = after
        _count_rows(rows, before, start > 0, streams, places, counts)
        if traces:
            kept.append(rows)
    return Observation(*counts, len(inputs) * streams, state, np.concatenate(kept) if traces else None)


@compiled
def _count_rows(
    rows: Words, before: Words, started: bool, streams: Int, pairs: Ints, counts: tuple[Ints, Ints, Ints]
) -> None:
    """Add what uint64[T, n, W] rows show; `before`, uint64[n, W], becomes the last of them.

    started: whether `before` holds the rows of the step before; pairs: int64[p, 2], places of signals.
    """
    ones, toggles, joint = counts
    for word in range(rows.shape[2]):
        left = streams - 64 * word
        mask = ~np.uint64(0) if left >= 64 else (np.uint64(1) << np.uint64(left)) - np.uint64(1)
        for step in range(len(rows)):
            for signal in range(rows.shape[1]):
                value = rows[step, signal, word]
                ones[signal] += count_bits(value & mask)
                if started or step:
                    toggles[signal] += count_bits((value ^ before[signal, word]) & mask)
                before[signal, word] = value
            for pair in range(len(pairs)):
                both = rows[step, pairs[pair, 0], word] & rows[step, pairs[pair, 1], word]
                joint[pair] += count_bits(both & mask)
