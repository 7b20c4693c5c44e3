"""Features by position: a named one, or where a regular expression matches."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from bridge.analysis.text.features import text_features
from bridge.arrays import Flags
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.toolchain import Limits, match_child
from bridge.toolchain.served import Died, Served

Where = Literal["inside", "begins", "ends"]
MEANS: dict[str, str] = {
    "inside": "the byte just read lies inside a match",
    "begins": "the next byte begins a match",
    "ends": "the byte just read is the last one of a match",
}
_MEMORY = 1024
BY_NAME = "as its name says, of the bytes read so far"


@dataclass(frozen=True, eq=False)
class Labels:
    """`values`: bool[positions]; `means`: what it is to be yes at a position."""

    feature: str
    means: str
    values: Flags


def labels(feature: str, text: bytes, where: Where, clock: Clock) -> Labels:
    """A named feature (`bridge.analysis.text.features`), else a regular expression over bytes; matches do not overlap.
    InputError for what is no expression, and if matching takes too long."""
    if where not in get_args(Where):
        raise InputError(f"a feature is looked for {', '.join(get_args(Where))} a match, not {where!r}")
    known = text_features(text)
    if feature in known.names:
        return Labels(feature, BY_NAME, known.values[known.names.index(feature)])
    values = np.zeros(len(text), np.bool_)
    for start, end in _matches(_compiled(feature), text, clock):
        if where == "inside":
            values[start:end] = True
        elif where == "ends":
            values[end - 1] = True
        elif start:
            values[start - 1] = True
    return Labels(feature, MEANS[where], values)


def _compiled(feature: str) -> re.Pattern[bytes]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(feature.encode())
    except (re.error, OverflowError, RecursionError, UnicodeEncodeError) as error:
        raise InputError(f"feature {feature!r} is no named feature and no regular expression: {error}") from error


def _matches(pattern: re.Pattern[bytes], text: bytes, clock: Clock) -> list[tuple[int, int]]:
    """In a process of its own, since an expression can take for ever and cannot be interrupted."""
    written = pattern.pattern
    numbers = np.array([len(written), *written, *text], np.int64)
    script, limits = Path(match_child.__file__), Limits(memory=_MEMORY << 20)
    child = Served(script, "match", limits, step="the search for a feature")
    try:
        answer = child.tell(0, numbers, lambda: clock.over) and child.hear(lambda: clock.over)
    except Died as error:
        raise InputError(f"feature {written.decode()!r} cannot be matched within {_MEMORY} MiB: simplify it") from error
    finally:
        child.close()
    if not answer:
        raise InputError(f"feature {written.decode()!r} cannot be matched: {clock.why}")
    return [(start, end) for start, end in answer[1].reshape(-1, 2).tolist()]
