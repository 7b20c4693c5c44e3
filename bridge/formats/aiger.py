"""AIGER 1.9, ASCII (`.aag`) and binary (`.aig`), both ways.

An ASCII file may have gaps in its numbering, unused variables and ANDs in any order: they are numbered anew, fanins
first. Points and the netlist's name travel in the JSON line of the comment (`bridge.metadata`). Symbols and comments
are UTF-8; bytes that are not are kept as surrogate escapes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, Latch, Output, Properties, Reset, default_names
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.formats import kernels
from bridge.formats.names import distinct
from bridge.metadata import split_points

Ints = npt.NDArray[np.int64]

_HEADER = re.compile(rb"(aag|aig)((?: \d{1,18}){5,9})")
_SYMBOL = re.compile(rb"([ilobcjf])(\d{1,18}) (.*)", re.DOTALL)
_LONGEST_HEADER = 200
# Inputs of a binary file take no bytes, so its size cannot bound those that nothing reads.
_UNREAD_INPUTS = 1 << 20
_VARIABLES = (1 << 31) - 1
_PROBLEMS = {
    kernels.TRUNCATED: "the file ends too early: the header claims more",
    kernels.NOT_A_NUMBER: "expected numbers separated by single spaces, and a newline after the last",
    kernels.TOO_LARGE: "the number is too large",
    kernels.TOO_MANY: "too many numbers on the line",
    kernels.TOO_FEW: "too few numbers on the line",
    kernels.DELTA: "the difference of two literals is malformed: it must be positive, and lead to no negative literal",
}


@dataclass(frozen=True)
class _Source:
    """The bytes of the file, and how its errors name a place: lines in ASCII files, byte offsets in binary ones."""

    path: str
    data: bytes
    ascii: bool

    def error(self, at: int, message: str) -> InputError:
        if self.ascii:
            line = self.data.count(b"\n", 0, at) + 1
            return InputError(f"{self.path}:{line}: {message}")
        return InputError(f"{self.path}: byte {at}: {message}")

    def check(self, at: int, problem: int) -> None:
        if problem != kernels.OK:
            raise self.error(at, _PROBLEMS[problem])

    @property
    def array(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.data, np.uint8)


@dataclass(frozen=True)
class _Header:
    maximum: int
    inputs: int
    latches: int
    outputs: int
    ands: int
    bad: int = 0
    constraints: int = 0
    justice: int = 0
    fairness: int = 0


@dataclass(frozen=True)
class _Rows:
    """values: int64[n, columns], -1 where a line is shorter; starts: int64[n], the byte where each line begins."""

    values: Ints
    starts: Ints


class _Reader:
    """Reads one section of lines after the other."""

    def __init__(self, source: _Source, position: int) -> None:
        self.source = source
        self.position = position

    def rows(self, count: int, least: int = 1, most: int = 1) -> _Rows:
        if 2 * count > len(self.source.data) - self.position:
            raise self.source.error(self.position, f"{count} more lines are claimed than the file has room for")
        rows = _Rows(np.empty((count, most), np.int64), np.empty(count, np.int64))
        at, problem = kernels.parse_rows(self.source.array, self.position, least, rows.values, rows.starts)
        self.source.check(at, problem)
        self.position = at
        return rows

    def deltas(self, count: int, first: int) -> npt.NDArray[np.uint32]:
        if 2 * count > len(self.source.data) - self.position:
            raise self.source.error(self.position, f"the file ends too early: it has no room for {count} ANDs")
        ands = np.empty((count, 2), np.uint32)
        at, problem = kernels.decode_deltas(self.source.array, self.position, first, ands)
        self.source.check(at, problem)
        self.position = at
        return ands


@dataclass(frozen=True)
class _Numbering:
    """variables: int64[n], those the file defines, ascending; numbers: int64[n], what they are called in the Aig."""

    source: _Source
    maximum: int
    variables: Ints
    numbers: Ints

    def __call__(self, literals: Ints, starts: Ints) -> Ints:
        """The literals of the Aig. starts: the byte where each row of `literals` begins."""
        variables = literals >> 1
        place = np.minimum(np.searchsorted(self.variables, variables), len(self.variables) - 1)
        wrong = np.argwhere(self.variables[place] != variables)
        if len(wrong):
            literal, start = int(literals[tuple(wrong[0])]), int(starts[wrong[0][0]])
            why = "is above the header's maximum" if literal >> 1 > self.maximum else "is not defined"
            raise self.source.error(start, f"literal {literal} {why}")
        return 2 * self.numbers[place] + (literals & 1)


def read_aiger(path: str | os.PathLike[str]) -> Aig:
    """Read `.aig` or `.aag`; which of the two, the file's first word says. InputError with line or byte offset."""
    return parse_aiger(read_bytes(path, "an AIGER netlist"), os.fspath(path))


def parse_aiger(data: bytes, path: str) -> Aig:
    """The netlist in these bytes; `path` is for error messages."""
    source, header, position = _header(data, path)
    reader = _Reader(source, position)
    inputs, latches = _leaves(reader, header)
    plain = [reader.rows(count) for count in (header.outputs, header.bad, header.constraints)]
    sizes = reader.rows(header.justice).values[:, 0].tolist()
    plain += [reader.rows(sum(sizes)), reader.rows(header.fairness)]
    if source.ascii:
        number, ands = _sort(source, header, inputs, latches, reader.rows(header.ands, 3, 3))
    else:
        every = np.arange(1 + header.maximum)
        number = _Numbering(source, header.maximum, every, every)
        ands = reader.deltas(header.ands, 1 + header.inputs + header.latches)
    literals = [number(rows.values[:, 0], rows.starts).tolist() for rows in plain]
    following = number(latches.values[:, 1], latches.starts).tolist()
    resets = _resets(source, latches)
    names, comment, position = _symbols(source, reader.position, header)
    points, name, comment = _points(source, comment, position, number)
    outputs, bad, constraints, fairness = (
        tuple(map(Output, names[kind], literals[index])) for kind, index in (("o", 0), ("b", 1), ("c", 2), ("f", 4))
    )
    justice = tuple(zip(names["j"], _groups(literals[3], sizes), strict=True))
    properties = Properties(bad, constraints, justice, fairness)
    states = tuple(map(Latch, names["l"], following, resets))
    aig = Aig(tuple(names["i"]), states, ands, outputs, points, name, comment, properties)
    try:
        return aig.validate()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _header(data: bytes, path: str) -> tuple[_Source, _Header, int]:
    """(source, header, the byte after it); never believes a count that the file's size rules out."""
    end = data.find(b"\n", 0, _LONGEST_HEADER)
    line = data[: max(end, 0)]
    source = _Source(path, data, not data.startswith(b"aig"))
    if line.endswith(b"\r"):
        raise source.error(0, "the line ends with a carriage return; AIGER wants newlines alone")
    match = _HEADER.fullmatch(line)
    if match is None:
        raise source.error(0, "not an AIGER file: the first line must read `aag M I L O A [B C J F]` or `aig …`")
    header = _Header(*map(int, match[2].split()))
    lines = header.latches + header.outputs + header.bad + header.constraints + header.justice + header.fairness
    needed = 2 * (lines + header.ands + (header.inputs if source.ascii else 0))
    if needed > len(data) - end - 1:
        raise source.error(0, f"the header claims more than the {len(data)} bytes of the file can hold")
    defined = header.inputs + header.latches + header.ands
    if header.maximum < defined or (header.maximum != defined and not source.ascii):
        raise source.error(0, f"the maximum variable {header.maximum} does not fit the sum of counts, {defined}")
    if defined > _VARIABLES or header.inputs > _UNREAD_INPUTS + len(data):
        raise source.error(0, f"the header claims {defined} variables, too many for a file of {len(data)} bytes")
    return source, header, end + 1


def _leaves(reader: _Reader, header: _Header) -> tuple[_Rows, _Rows]:
    """(inputs, latches: own literal, next literal, reset or -1); a binary file leaves own literals out."""
    if reader.source.ascii:
        return reader.rows(header.inputs), reader.rows(header.latches, 2, 3)
    rows = reader.rows(header.latches, 1, 2)
    own = 2 * np.arange(1 + header.inputs, 1 + header.inputs + header.latches)[:, None]
    return reader.rows(0), _Rows(np.hstack([own, rows.values]), rows.starts)


def _sort(
    source: _Source, header: _Header, inputs: _Rows, latches: _Rows, gates: _Rows
) -> tuple[_Numbering, npt.NDArray[np.uint32]]:
    """Number the variables of an ASCII file: inputs, latches, then ANDs with their fanins first."""
    literals = np.concatenate([[0], inputs.values[:, 0], latches.values[:, 0], gates.values[:, 0]])
    starts = np.concatenate([[0], inputs.starts, latches.starts, gates.starts])
    for wrong, why in (
        ((literals & 1 != 0) | (literals == 0) & (starts > 0), "a definition must be an even literal above 0"),
        (literals >> 1 > header.maximum, "the literal is above the header's maximum"),
    ):
        if wrong.any():
            raise source.error(int(starts[np.argmax(wrong)]), why)
    order = np.argsort(literals, kind="stable")
    variables = literals[order] >> 1
    repeated = np.flatnonzero(variables[1:] == variables[:-1])
    if len(repeated):
        raise source.error(
            int(starts[order[repeated[0] + 1]]), f"literal {2 * variables[repeated[0]]} is defined twice"
        )
    first = 1 + header.inputs + header.latches
    fanins = _Numbering(source, header.maximum, variables, order)(gates.values[:, 1:], gates.starts)
    sequence, cycle = kernels.topological_order((fanins >> 1) - first)
    if cycle >= 0:
        raise source.error(int(gates.starts[cycle]), f"AND {gates.values[cycle, 0]} depends on itself")
    final = np.arange(len(order))
    final[first + sequence] = np.arange(first, first + len(sequence))
    ands = (2 * final[fanins >> 1] + (fanins & 1))[sequence]
    ands = np.sort(ands, axis=1)[:, ::-1].astype(np.uint32)
    return _Numbering(source, header.maximum, variables, final[order]), ands


def _resets(source: _Source, latches: _Rows) -> list[Reset]:
    own, _, given = latches.values.T
    wrong = np.flatnonzero((given > 1) & (given != own))
    if len(wrong):
        raise source.error(int(latches.starts[wrong[0]]), "a latch's reset must be 0, 1 or its own literal")
    return [None if reset > 1 else 1 if reset == 1 else 0 for reset in given.tolist()]


def _symbols(source: _Source, position: int, header: _Header) -> tuple[dict[str, list[str]], str, int]:
    """(names per kind, comment, where the comment begins)."""
    counts = dict(zip("ilobcjf", _kinds(header), strict=True))
    given: dict[str, dict[int, str]] = {kind: {} for kind in counts}
    data, comment = source.data, ""
    while position < len(data):
        end = data.find(b"\n", position)
        if end < 0:
            raise source.error(position, "the file ends in the middle of a line")
        line = data[position:end]
        if line == b"c":
            comment = _text(data[end + 1 :]).removesuffix("\n")
            break
        match = _SYMBOL.fullmatch(line)
        if match is None:
            raise source.error(position, "expected a symbol such as `i0 name`, or the line `c` before the comment")
        kind, index = match[1].decode(), int(match[2])
        if index >= counts[kind]:
            raise source.error(position, f"symbol {kind}{index} names nothing: the header says {counts[kind]}")
        if index in given[kind]:
            raise source.error(position, f"symbol {kind}{index} is given twice")
        given[kind][index] = _text(match[3])
        position = end + 1
    leaves = [given[kind].get(index) for kind in "il" for index in range(counts[kind])]
    defaults = [name for kind in "il" for name in default_names(kind, counts[kind])]
    found = distinct(leaves, defaults)
    names = {"i": found[: counts["i"]], "l": found[counts["i"] :]}
    for kind in "obcjf":
        names[kind] = distinct([given[kind].get(i) for i in range(counts[kind])], default_names(kind, counts[kind]))
    return names, comment, position


def _kinds(header: _Header) -> tuple[int, ...]:
    kinds = (header.inputs, header.latches, header.outputs)
    return (*kinds, header.bad, header.constraints, header.justice, header.fairness)


def _points(source: _Source, comment: str, position: int, number: _Numbering) -> tuple[tuple[Output, ...], str, str]:
    """(points as literals of the Aig, name, the rest of the comment)."""
    try:
        points, name, rest = split_points(comment)
    except InputError as error:
        raise source.error(position, str(error)) from error
    if any(not 0 <= point.literal <= kernels.LARGEST for point in points):
        raise source.error(position, "a point in the comment is not a literal")
    literals = np.array([point.literal for point in points], np.int64)
    found = number(literals, np.full(len(points), position)).tolist()
    return tuple(Output(point.name, literal) for point, literal in zip(points, found, strict=True)), name, rest


def _groups(literals: Sequence[int], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    ends = np.cumsum(sizes, dtype=np.int64).tolist()
    return [tuple(literals[end - size : end]) for end, size in zip(ends, sizes, strict=True)]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
