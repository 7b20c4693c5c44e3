"""BLIF text -> models: lists of covers, latches and instances, with nothing resolved."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from bridge.errors import InputError

_notes = logging.getLogger(__name__)
_CUBE = re.compile(r"[01-]*")


@dataclass
class Cover:
    """A `.names` line, and the cubes under it, all for the same output value (phase)."""

    inputs: list[str]
    output: str
    line: int
    cubes: list[str] = field(default_factory=list)
    phase: str | None = None


@dataclass(frozen=True)
class LatchLine:
    """`.latch input output [kind control] [reset]`."""

    words: list[str]
    line: int


@dataclass
class Subcircuit:
    """`.subckt` or `.gate`; pins: (formal, actual); name: from a `.cname` after it; table: from a `.param LUT`."""

    model: str
    pins: list[tuple[str, str]]
    line: int
    name: str = ""
    table: str = ""


@dataclass(frozen=True)
class Alias:
    """`.conn source target`, or `.barbuf source target` as ABC writes it."""

    source: str
    target: str
    line: int


@dataclass(frozen=True)
class Start:
    """`.gateinit signal=value`."""

    signal: str
    value: str
    line: int


Element: TypeAlias = Cover | LatchLine | Subcircuit | Alias | Start


@dataclass
class Model:
    """inputs, outputs, clocks: (name, line)."""

    name: str
    line: int
    inputs: list[tuple[str, int]] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    clocks: list[tuple[str, int]] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)


def parse_models(text: str, path: str) -> list[Model]:
    """The models of a file, in its order. InputError with path and line."""
    parser = _Parser(path)
    for line, words in _logical_lines(text):
        parser.take(line, words)
    if not parser.models:
        raise InputError(f"{path}:1: there is no model in this file")
    return parser.models


class _Parser:
    def __init__(self, path: str) -> None:
        self.path = path
        self.models: list[Model] = []
        self.ended = False
        self.external = False

    def error(self, line: int, message: str) -> InputError:
        return InputError(f"{self.path}:{line}: {message}")

    def take(self, line: int, words: list[str]) -> None:
        keyword, *names = words
        if keyword == ".model":
            if len(names) > 1:
                raise self.error(line, "expected one model with one name")
            self.models.append(Model(names[0] if names else "", line))
            self.ended = self.external = False
        elif keyword == ".end":
            self.ended = True
        elif self.ended or self.external:
            return
        elif not keyword.startswith("."):
            self.cube(line, words)
        else:
            if not self.models:
                self.models.append(Model("", line))
            self.command(self.models[-1], line, keyword, names)

    def command(self, model: Model, line: int, keyword: str, names: list[str]) -> None:
        ports = {".inputs": model.inputs, ".outputs": model.outputs, ".clock": model.clocks}
        if keyword in ports:
            ports[keyword].extend((name, line) for name in names)
        elif keyword in _ELEMENTS:
            model.elements += _ELEMENTS[keyword](self, line, names)
        elif keyword == ".cname":
            last = model.elements[-1] if model.elements else None
            if isinstance(last, Subcircuit) and names:
                last.name = names[0]
        elif keyword == ".param" and names[:1] == ["LUT"] and len(names) == 2:
            last = model.elements[-1] if model.elements else None
            if isinstance(last, Subcircuit):
                last.table = names[1]
        elif keyword == ".exdc":
            self.external = True
            note = "the external don't-care network (.exdc) is left out; every input counts as possible"
            _notes.warning("%s:%d: %s", self.path, line, note)
        elif keyword == ".mlatch":
            raise self.error(line, "`.mlatch` names a cell of a library; write the netlist with plain `.latch` lines")
        elif keyword not in _SILENT:
            raise self.error(line, f"{keyword!r} is not part of a netlist that we read")

    def names(self, line: int, names: list[str]) -> list[Element]:
        if not names:
            raise self.error(line, "`.names` must name an output")
        return [Cover(names[:-1], names[-1], line)]

    def latch(self, line: int, names: list[str]) -> list[Element]:
        if not 2 <= len(names) <= 5:
            raise self.error(line, "expected `.latch input output [kind control] [reset]`")
        return [LatchLine(names, line)]

    def alias(self, line: int, names: list[str]) -> list[Element]:
        if len(names) != 2:
            raise self.error(line, "expected `.conn source target`, or `.barbuf` of two")
        return [Alias(names[0], names[1], line)]

    def starts(self, line: int, names: list[str]) -> list[Element]:
        return [Start(signal, value, line) for signal, value in self.pairs(line, names)]

    def subcircuit(self, line: int, names: list[str]) -> list[Element]:
        if not names:
            raise self.error(line, "`.subckt` must name a model")
        return [Subcircuit(names[0], self.pairs(line, names[1:]), line)]

    def pairs(self, line: int, words: list[str]) -> list[tuple[str, str]]:
        """`formal=actual`; an actual may be missing."""
        pairs = []
        for word in words:
            formal, equals, actual = word.partition("=")
            if not formal or not equals:
                raise self.error(line, f"expected pin=signal, not {word!r}")
            pairs.append((formal, actual))
        if len({formal for formal, _ in pairs}) < len(pairs):
            raise self.error(line, "a pin is connected twice")
        return pairs

    def cube(self, line: int, words: list[str]) -> None:
        if not self.models:
            raise self.error(line, "expected `.model` first")
        elements = self.models[-1].elements
        cover = elements[-1] if elements else None
        if not isinstance(cover, Cover):
            raise self.error(line, f"{words[0]!r} is neither a command nor part of a cover")
        pattern, phase = words if len(words) == 2 else ("", words[0])
        if len(words) > 2 or len(pattern) != len(cover.inputs) or not _CUBE.fullmatch(pattern):
            raise self.error(line, f"expected {len(cover.inputs)} characters of 0, 1 and -, then the output")
        if phase not in ("0", "1"):
            raise self.error(line, "the output of a cube must be 0 or 1")
        if cover.phase not in (None, phase):
            raise self.error(line, "a cover must not mix the outputs 0 and 1")
        cover.phase = phase
        cover.cubes.append(pattern)


# What says nothing of logic: delays, loads, areas, and what other tools keep about cells.
_SILENT = frozenset(
    """
    .area .attr .attrib .cycle .clock_event .default_input_arrival .default_input_drive .default_max_input_load
    .default_output_load .default_output_required .delay .input_arrival .input_drive .input_required .latch_order
    .max_input_load .output_arrival .output_load .output_required .param .wire .wire_load_slope
    """.split()  # noqa: SIM905
)
_ELEMENTS: dict[str, Callable[[_Parser, int, list[str]], list[Element]]] = {
    ".names": _Parser.names,
    ".latch": _Parser.latch,
    ".subckt": _Parser.subcircuit,
    ".gate": _Parser.subcircuit,
    ".conn": _Parser.alias,
    ".barbuf": _Parser.alias,
    ".gateinit": _Parser.starts,
}


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
