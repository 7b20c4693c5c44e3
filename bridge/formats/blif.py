"""The BLIF reader: `.names` covers of any width, and `.latch`; for what comes back from LUT mapping."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bridge.aig import Aig, Reset
from bridge.files import read_bytes
from bridge.formats.annotation import find_annotation
from bridge.formats.elaborate import Bits, Flop, elaborate
from bridge.formats.statements import ONE, ZERO, Expression, Item, Op

_RESETS: dict[str, Reset] = {"0": 0, "1": 1, "2": None, "3": None}
_LATCH_KINDS = ("re", "fe", "ah", "al", "as")
_CUBE = re.compile(r"[01-]*")
_UNCLOCKED = "NIL"


@dataclass
class _Cover:
    """A `.names` line, and the cubes under it."""

    inputs: list[str]
    output: str
    line: int
    cubes: list[str] = field(default_factory=list)
    phase: str | None = None


def read_blif(path: str | os.PathLike[str]) -> Aig:
    """Read one model. InputError with path and line for what is malformed or is no flat logic."""
    return parse_blif(read_bytes(path, "a BLIF netlist"), os.fspath(path))


def parse_blif(data: bytes, path: str) -> Aig:
    """The netlist in these bytes; `path` is for error messages."""
    return elaborate(_Reader(path).read(data), find_annotation(data, path))


class _Reader:
    def __init__(self, path: str) -> None:
        self.bits = Bits(path)
        self.cover: _Cover | None = None
        self.started = False
        self.clocks: dict[str, int] = {}

    def read(self, data: bytes) -> Bits:
        text = data.decode("utf-8", "surrogateescape")
        for line, words in _logical_lines(text):
            if words[0] == ".end":
                break
            if not self.started and words[0] != ".model":
                raise self.bits.error(line, "expected `.model` first")
            if words[0].startswith("."):
                self.finish()
                self.command(line, words)
            else:
                self.cube(line, words)
        else:
            raise self.bits.error(text.count("\n") + 1, "the file ends without `.end`")
        self.finish()
        for name, line in self.clocks.items():
            used = any(flop.clock == name for flop in self.bits.flops.values())
            if used and name not in self.bits.inputs:
                self.bits.add_input(name, line)
        return self.bits

    def command(self, line: int, words: list[str]) -> None:
        keyword, *names = words
        if keyword == ".model":
            if self.started or len(names) > 1:
                raise self.bits.error(line, "expected one model with one name")
            self.started = True
            self.bits.name = names[0] if names else ""
        elif keyword == ".inputs":
            for name in names:
                self.bits.add_input(name, line)
        elif keyword == ".outputs":
            for name in names:
                self.bits.add_output(name, line)
        elif keyword == ".clock":
            self.clocks |= dict.fromkeys(names, line)
        elif keyword == ".names":
            if not names:
                raise self.bits.error(line, "`.names` must name an output")
            self.cover = _Cover(names[:-1], names[-1], line)
        elif keyword == ".latch":
            self.latch(line, names)
        else:
            raise self.bits.error(line, f"{keyword!r} is not part of a flat netlist")

    def latch(self, line: int, words: list[str]) -> None:
        """`.latch input output [kind control] [reset]`."""
        if not 2 <= len(words) <= 5:
            raise self.bits.error(line, "expected `.latch input output [kind control] [reset]`")
        reset = words[-1] if len(words) in (3, 5) else "3"
        if reset not in _RESETS:
            raise self.bits.error(line, f"the reset of a latch must be 0, 1, 2 or 3, not {reset!r}")
        clock = None
        if len(words) > 3:
            kind, control = words[2:4]
            if kind not in _LATCH_KINDS:
                raise self.bits.error(line, f"the kind of a latch must be one of {', '.join(_LATCH_KINDS)}")
            if kind != "re" and control != _UNCLOCKED:
                raise self.bits.error(line, f"only latches on the rising edge (re) can be read, not {kind!r}")
            if control != _UNCLOCKED:
                clock = control
                self.clocks.setdefault(control, line)
        self.bits.add_flop(words[1], Flop((words[0],), clock, line, _RESETS[reset]))

    def cube(self, line: int, words: list[str]) -> None:
        cover = self.cover
        if cover is None:
            raise self.bits.error(line, f"{words[0]!r} is neither a command nor part of a cover")
        pattern, phase = words if len(words) == 2 else ("", words[0])
        if len(words) > 2 or len(pattern) != len(cover.inputs) or not _CUBE.fullmatch(pattern):
            raise self.bits.error(line, f"expected {len(cover.inputs)} characters of 0, 1 and -, then the output")
        if phase not in ("0", "1"):
            raise self.bits.error(line, "the output of a cube must be 0 or 1")
        if cover.phase not in (None, phase):
            raise self.bits.error(line, "a cover must not mix the outputs 0 and 1")
        cover.phase = phase
        cover.cubes.append(pattern)

    def finish(self) -> None:
        """Turn the cover that has just ended into an expression."""
        cover, self.cover = self.cover, None
        if cover is None:
            return
        value: Expression = (ZERO,)
        if cover.cubes:
            value = _tree([_product(cover.inputs, cube) for cube in cover.cubes], Op.OR)
            if cover.phase == "0":
                value = (*value, Op.NOT)
        self.bits.drive(cover.output, value, cover.line)


def _product(inputs: Sequence[str], cube: str) -> Expression:
    factors: list[Expression] = []
    for name, value in zip(inputs, cube, strict=True):
        if value == "1":
            factors.append((name,))
        elif value == "0":
            factors.append((name, Op.NOT))
    return _tree(factors, Op.AND) if factors else (ONE,)


def _tree(operands: Sequence[Expression], operation: Op) -> Expression:
    """A balanced tree."""
    level: list[list[Item]] = [list(operand) for operand in operands]
    while len(level) > 1:
        pairs = [[*a, *b, operation] for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[2 * len(pairs) :]
    return tuple(level[0])


def _logical_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, words) of each line that has words, without comments, continuations joined."""
    words: list[str] = []
    first = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.partition("#")[0].rstrip()
        first = first or number
        words += line.removesuffix("\\").split()
        if line.endswith("\\"):
            continue
        if words:
            yield first, words
        words, first = [], 0
    if words:
        yield first, words
