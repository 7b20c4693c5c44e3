"""The AIGER 1.9 reader, ASCII (`.aag`) and binary (`.aig`), and what real programs write beside the standard.

An ASCII file may have gaps in its numbering, unused variables and ANDs in any order: they are numbered anew, fanins
first. Lines may end in a carriage return and a newline wherever the file has no binary part, the last line may have no
end at all, and numbers may stand between any blanks. `aig2` is ABC's `write_aiger -c`: next states and outputs as
binary differences, too. What follows the ANDs is read by `aiger_symbols`; points and the netlist's name travel in the
JSON line of the comment (`bridge.metadata`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig import Aig, Latch, Output, Properties, Reset, default_names
from bridge.arrays import Ands, Bits, Int, Ints
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.formats import aiger_bytes
from bridge.formats.aiger_symbols import Tail, read_tail
from bridge.formats.names import distinct
from bridge.metadata import split_points

_HEADER = re.compile(rb"(aag|aig2?)((?:[ \t]+\d{1,18}){5,9})[ \t]*")
_LONGEST_HEADER = 250
# Inputs of a binary file take no bytes, so its size cannot bound those that nothing reads.
_UNREAD_INPUTS = 1 << 20
_VARIABLES = (1 << 31) - 1
_PROBLEMS = {
    aiger_bytes.TRUNCATED: "the file ends too early: the header claims more",
    aiger_bytes.NOT_A_NUMBER: "expected numbers with blanks between them, and a newline after the last",
    aiger_bytes.TOO_LARGE: "the number is too large",
    aiger_bytes.TOO_MANY: "too many numbers on the line",
    aiger_bytes.TOO_FEW: "too few numbers on the line",
    aiger_bytes.DELTA: (
        "the difference of two literals is malformed: it must be positive, and lead to no negative literal"
    ),
}


@dataclass(frozen=True)
class _Source:
    """The bytes of the file, and how its errors name a place: lines in ASCII files, byte offsets in binary ones."""

    path: str
    data: bytes
    ascii: bool
    compact: bool = False

    def error(self, at: int, message: str) -> InputError:
        if self.ascii:
            line = self.data.count(b"\n", 0, at) + 1
            return InputError(f"{self.path}:{line}: {message}")
        return InputError(f"{self.path}: byte {at}: {message}")

    @property
    def array(self) -> Bits:
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
        # The last line may have no end.
        if 2 * count > len(self.source.data) - self.position + 1:
            raise self.source.error(self.position, f"{count} more lines are claimed than the file has room for")
        rows = _Rows(np.empty((count, most), np.int64), np.empty(count, np.int64))
        self._advance(aiger_bytes.parse_rows(self.source.array, self.position, least, rows.values, rows.starts))
        return rows

    def literals(self, count: int) -> _Rows:
        """So many in `aig2`, as if each stood on a line."""
        literals = np.empty(count, np.int64)
        starts = np.full(count, self.position)
        self._advance(aiger_bytes.decode_literals(self.source.array, self.position, literals))
        return _Rows(literals[:, None], starts)

    def deltas(self, count: int, first: int) -> Ands:
        if 2 * count > len(self.source.data) - self.position:
            raise self.source.error(self.position, f"the file ends too early: it has no room for {count} ANDs")
        ands = np.empty((count, 2), np.uint32)
        self._advance(aiger_bytes.decode_deltas(self.source.array, self.position, first, ands))
        return ands

    def _advance(self, stopped: tuple[Int, Int]) -> None:
        """Go on where a loop of `aiger_bytes` stopped, if it met no problem."""
        at, problem = map(int, stopped)
        if problem != aiger_bytes.OK:
            raise self.source.error(at, _PROBLEMS[problem])
        self.position = at


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
    inputs, latches, plain, sizes = _sections(reader, header)
    if source.ascii:
        number, ands = _sort(source, header, inputs, latches, reader.rows(header.ands, 3, 3))
    else:
        every = np.arange(1 + header.maximum)
        number = _Numbering(source, header.maximum, every, every)
        ands = reader.deltas(header.ands, 1 + header.inputs + header.latches)
    literals = [number(rows.values[:, 0], rows.starts).tolist() for rows in plain]
    following = number(latches.values[:, 1], latches.starts).tolist()
    resets = _resets(source, latches)
    tail = read_tail(source.data, reader.position, _kinds(header), source.error)
    names = _names(tail, header)
    points, name, comment = _points(source, tail, number)
    outputs, bad, constraints, fairness = (
        tuple(map(Output, names[kind], literals[index])) for kind, index in (("o", 0), ("b", 1), ("c", 2), ("f", 4))
    )
    justice = tuple(zip(names["j"], _groups(literals[3], sizes), strict=True))
    properties = Properties(bad, constraints, justice, fairness)
    states = tuple(map(Latch, names["l"], following, resets))
    leaves, name = tuple(names["i"]), name or tail.name
    try:
        return Aig(leaves, states, ands, outputs, points, name, comment=comment, properties=properties).validate()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _header(data: bytes, path: str) -> tuple[_Source, _Header, int]:
    """(source, header, the byte after it); never believes a count that the file's size rules out."""
    end = data.find(b"\n", 0, _LONGEST_HEADER)
    line = data[: end if end >= 0 else _LONGEST_HEADER]
    source = _Source(path, data, not data.startswith(b"aig"), data.startswith(b"aig2"))
    match = _HEADER.fullmatch(line.removesuffix(b"\r"))
    if match is None:
        raise source.error(0, "not an AIGER file: the first line must read `aag M I L O A [B C J F]` or `aig …`")
    header = _Header(*map(int, match[2].split()))
    if line.endswith(b"\r"):
        if header.ands and not source.ascii:
            raise source.error(0, "the lines end in carriage returns: a transfer as text has damaged the binary part")
        source = replace(source, data=data.replace(b"\r\n", b"\n"))
        end -= 1
    end = len(source.data) if end < 0 else end + 1
    lines = header.latches + header.outputs + header.bad + header.constraints + header.justice + header.fairness
    needed = lines * (1 if source.compact else 2)
    needed += 2 * (header.ands + (header.inputs if source.ascii else 0))
    # The last line may have no end.
    if needed > len(source.data) - end + 1:
        raise source.error(0, f"the header claims more than the {len(data)} bytes of the file can hold")
    defined = header.inputs + header.latches + header.ands
    if header.maximum < defined or (header.maximum != defined and not source.ascii):
        raise source.error(0, f"the maximum variable {header.maximum} does not fit the sum of counts, {defined}")
    if defined > _VARIABLES or header.inputs > _UNREAD_INPUTS + len(data):
        raise source.error(0, f"the header claims {defined} variables, too many for a file of {len(data)} bytes")
    if source.compact and (header.justice or header.fairness):
        raise source.error(0, "ABC's compact form `aig2` has no sections J and F")
    return source, header, end


def _sections(reader: _Reader, header: _Header) -> tuple[_Rows, _Rows, list[_Rows], list[int]]:
    """(inputs, latches, the literals of O, B, C, J and F, the sizes of the groups of J)."""
    counts = [header.outputs, header.bad, header.constraints]
    if reader.source.compact:
        every = reader.literals(header.latches + sum(counts))
        ends = np.cumsum([header.latches, *counts])
        latches, *plain, empty = map(_Rows, np.split(every.values, ends), np.split(every.starts, ends))
        unset = np.full_like(latches.values, -1)
        return reader.rows(0), _latch_rows(header, latches, unset), [*plain, empty, empty], []
    inputs, latches = _leaves(reader, header)
    plain = [reader.rows(count) for count in counts]
    sizes = reader.rows(header.justice).values[:, 0].tolist()
    return inputs, latches, [*plain, reader.rows(sum(sizes)), reader.rows(header.fairness)], sizes


def _leaves(reader: _Reader, header: _Header) -> tuple[_Rows, _Rows]:
    """(inputs, latches: own literal, next literal, reset or -1); a binary file leaves own literals out."""
    if reader.source.ascii:
        return reader.rows(header.inputs), reader.rows(header.latches, 2, 3)
    rows = reader.rows(header.latches, 1, 2)
    return reader.rows(0), _latch_rows(header, rows)


def _latch_rows(header: _Header, rows: _Rows, *more: Ints) -> _Rows:
    """With the latches' own literals in front."""
    own = 2 * np.arange(1 + header.inputs, 1 + header.inputs + header.latches)[:, None]
    return _Rows(np.hstack([own, rows.values, *more]), rows.starts)


def _sort(source: _Source, header: _Header, inputs: _Rows, latches: _Rows, gates: _Rows) -> tuple[_Numbering, Ands]:
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
    sequence, cycle = aiger_bytes.topological_order((fanins >> 1) - first)
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


def _kinds(header: _Header) -> dict[str, int]:
    plain = (header.inputs, header.latches, header.outputs)
    properties = (header.bad, header.constraints, header.justice, header.fairness)
    return dict(zip("ilobcjf", (*plain, *properties), strict=True))


def _names(tail: Tail, header: _Header) -> dict[str, list[str]]:
    """A name for everything, by kind; inputs and latches share theirs."""
    counts = _kinds(header)
    given = {kind: [tail.symbols.get((kind, index)) for index in range(count)] for kind, count in counts.items()}
    defaults = {kind: default_names(kind, count) for kind, count in counts.items()}
    leaves = distinct(given["i"] + given["l"], [*defaults["i"], *defaults["l"]])
    names = {kind: distinct(given[kind], defaults[kind]) for kind in "obcjf"}
    return names | {"i": leaves[: header.inputs], "l": leaves[header.inputs :]}


def _points(source: _Source, tail: Tail, number: _Numbering) -> tuple[tuple[Output, ...], str, str]:
    """(points as literals of the Aig, name, the rest of the comment)."""
    position = tail.comment_at
    try:
        points, name, rest = split_points(tail.comment)
    except InputError as error:
        raise source.error(position, str(error)) from error
    if any(not 0 <= point.literal <= aiger_bytes.LARGEST for point in points):
        raise source.error(position, "a point in the comment is not a literal")
    literals = np.array([point.literal for point in points], np.int64)
    found = number(literals, np.full(len(points), position)).tolist()
    return tuple(Output(point.name, literal) for point, literal in zip(points, found, strict=True)), name, rest


def _groups(literals: Sequence[int], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    ends = np.cumsum(sizes, dtype=np.int64).tolist()
    return [tuple(literals[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
