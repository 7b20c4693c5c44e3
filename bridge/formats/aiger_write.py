"""The AIGER writer: every signal gets its symbol, so that names survive any reader."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bridge.aig import Aig, Output
from bridge.errors import InputError
from bridge.files import write_atomic
from bridge.formats import aiger_bytes
from bridge.metadata import comment_with_points

_DELTA_BYTES = 10
_LINE_BYTES = 33


def write_aiger(aig: Aig, path: str | os.PathLike[str]) -> None:
    """Write binary AIGER, or ASCII when the path ends in `.aag`. InputError when it cannot be written."""
    write_atomic(path, format_aiger(aig, binary=Path(path).suffix.lower() != ".aag"))


def format_aiger(aig: Aig, *, binary: bool = True) -> bytes:
    """The bytes of the file. InputError when a name has a line end or is no Unicode text."""
    properties = aig.properties
    extra = [len(properties.bad), len(properties.constraints), len(properties.justice), len(properties.fairness)]
    while extra and extra[-1] == 0:
        extra.pop()
    counts = [aig.variables - 1, len(aig.inputs), len(aig.latches), len(aig.outputs), len(aig.ands), *extra]
    lines = [" ".join(["aig" if binary else "aag", *map(str, counts)])]
    first_latch = aig.first_latch
    if not binary:
        lines += [str(2 * variable) for variable in range(1, first_latch)]
    for variable, latch in enumerate(aig.latches, first_latch):
        own = [] if binary else [2 * variable]
        reset = {0: [], 1: [1], None: [2 * variable]}[latch.reset]
        lines.append(" ".join(map(str, [*own, latch.next, *reset])))
    lines += _literals(aig.outputs) + _literals(properties.bad) + _literals(properties.constraints)
    lines += [str(len(group)) for _, group in properties.justice]
    lines += [str(literal) for _, group in properties.justice for literal in group]
    lines += _literals(properties.fairness)
    comment = comment_with_points(aig)
    tail = [*_symbols(aig), *(["c", comment] if comment else [])]
    return _encode(lines) + _gates(aig, binary) + _encode(tail)


def _gates(aig: Aig, binary: bool) -> bytes:
    out = np.empty((_DELTA_BYTES if binary else _LINE_BYTES) * len(aig.ands), np.uint8)
    kernel = aiger_bytes.encode_deltas if binary else aiger_bytes.format_ands
    return out[: kernel(aig.first_and, aig.ands, out)].tobytes()


def _literals(outputs: Iterable[Output]) -> list[str]:
    return [str(output.literal) for output in outputs]


def _symbols(aig: Aig) -> list[str]:
    properties = aig.properties
    kinds: dict[str, Sequence[str]] = {
        "i": aig.inputs,
        "l": [latch.name for latch in aig.latches],
        "o": [output.name for output in aig.outputs],
        "b": [output.name for output in properties.bad],
        "c": [output.name for output in properties.constraints],
        "j": [name for name, _ in properties.justice],
        "f": [output.name for output in properties.fairness],
    }
    for name in (name for names in kinds.values() for name in names):
        if "\n" in name:
            raise InputError(f"the name {name!r} cannot be written as an AIGER symbol: it has a line end")
    return [f"{kind}{index} {name}" for kind, names in kinds.items() for index, name in enumerate(names)]


def _encode(lines: Sequence[str]) -> bytes:
    try:
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise InputError(f"a name or the comment is no Unicode text: {error.object[error.start]!r}") from error
