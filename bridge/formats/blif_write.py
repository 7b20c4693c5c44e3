"""The BLIF writer: one cover of a single cube for each AND."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.files import write_atomic
from bridge.formats.annotation import annotation_lines
from bridge.formats.names import signal_names

_PER_LINE = 8
# ABC knows only 0, 1 and 2 ("don't care").
NO_RESET = 2


def write_blif(aig: Aig, path: str | os.PathLike[str]) -> None:
    """Write one model. InputError when the path cannot be written."""
    write_atomic(path, format_blif(aig))


def format_blif(aig: Aig) -> str:
    """The text of the file. Names that BLIF does not allow are changed, and restored when we read the file."""
    return "\n".join([*_lines(aig), ""])


def _lines(aig: Aig) -> Iterator[str]:
    names = signal_names(aig)
    nodes = (f"{names.prefix}{variable}" for variable in range(aig.first_and, aig.variables))
    signals = ["", *names.inputs, *names.latches, *nodes]
    states = [f"{names.prefix}{variable}_n" for variable in range(aig.first_latch, aig.first_and)]

    yield from (f"# {line}" for line in annotation_lines(aig, names.originals, signals, names.clock_input))
    yield f".model {names.module}"
    yield from listed(".inputs", names.inputs)
    yield from listed(".outputs", names.outputs)
    clock = "" if names.clock_input is None else f"re {names.clock} "
    for latch, name, state in zip(aig.latches, names.latches, states, strict=True):
        yield f".latch {state} {name} {clock}{NO_RESET if latch.reset is None else latch.reset}"
    for variable, (a, b) in enumerate(aig.ands.tolist(), aig.first_and):
        yield from _cover((a, b), signals, signals[variable])
    for state, latch in zip(states, aig.latches, strict=True):
        yield from _cover((latch.next,), signals, state)
    for name, output in zip(names.outputs, aig.outputs, strict=True):
        yield from _cover((output.literal,), signals, name)
    yield ".end"


def _cover(literals: Sequence[int], signals: Sequence[str], output: str) -> Iterator[str]:
    """`output` is the conjunction of the literals."""
    kept = [] if 0 in literals else [literal for literal in literals if literal > 1]
    yield " ".join([".names", *(signals[variable_of(literal)] for literal in kept), output])
    if 0 not in literals:
        yield f"{''.join('10'[inverted(literal)] for literal in kept)} 1".lstrip()


def listed(keyword: str, names: Sequence[str]) -> Iterator[str]:
    """Lines of a keyword and a few names each."""
    for start in range(0, len(names), _PER_LINE):
        yield " ".join([keyword, *names[start : start + _PER_LINE]])
