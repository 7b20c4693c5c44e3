"""Large BLIF files: one model of covers and latches. The lines between covers are few, and read in Python."""

from __future__ import annotations

import re
from collections.abc import Callable

from bridge.aig import Aig, Reset
from bridge.formats.annotation import find_annotation
from bridge.formats.bulk.blif_lines import covers
from bridge.formats.bulk.gates import Gates, drive, emit, empty_gates, intern, nameless
from bridge.formats.bulk.netlist import Ports, check_plain, netlist
from bridge.formats.bulk.read import NotBulk

_RESETS: dict[bytes, Reset] = {b"0": 0, b"1": 1, b"2": None, b"3": None}
_WORD = re.compile(rb"[^ \t]+")
_REST = re.compile(rb"(?:[ \t\n]|#[^\n]*+)*+\Z")


def read(data: bytes, path: str) -> Aig:
    """The netlist in these bytes. NotBulk or InputError for what the full reader must look at."""
    check_plain(data)
    # Each name of a netlist is an input, or is driven by a line.
    head = data.find(b".names")
    room = data.count(b"\n") + data.count(b" ", 0, head if head >= 0 else len(data))
    # A byte of a cube becomes a name, an inverter and a gate.
    gates = empty_gates(data, 2 * room, 3 * len(data) + 1)
    reader = _Reader(gates, data)
    while not reader.ended:
        at, fine = covers(gates, reader.at)
        if not fine:
            raise NotBulk
        reader.at = int(at)
        reader.command()
    if not reader.has_model or not _REST.match(data, reader.at):
        raise NotBulk
    return netlist(gates, reader.ports, reader.name, find_annotation(data, path), path)


class _Reader:
    def __init__(self, gates: Gates, data: bytes) -> None:
        self.gates = gates
        self.data = data
        self.ports = Ports()
        self.name = ""
        self.has_model = False
        self.at = 0
        self.ended = False
        self.clocks: set[tuple[bytes, bytes]] = set()

    def command(self) -> None:
        """Read the line that begins here."""
        if self.at == len(self.data):
            self.ended = True
            return
        words, self.at = self.words(self.at)
        if not words:
            raise NotBulk
        keyword = self.data[slice(*words[0])]
        if keyword not in _COMMANDS or (keyword == b".model") == self.has_model:
            raise NotBulk
        _COMMANDS[keyword](self, words[1:])

    def words(self, at: int) -> tuple[list[tuple[int, int]], int]:
        """Where the words of a line stand, and the byte after it; a backslash joins it with the next."""
        words: list[tuple[int, int]] = []
        while True:
            end = self.data.find(b"\n", at)
            end = len(self.data) if end < 0 else end
            comment = self.data.find(b"#", at, end)
            stop = comment if comment >= 0 else end
            found = [match.span() for match in _WORD.finditer(self.data, at, stop)]
            joined = bool(found) and self.data[found[-1][1] - 1] == ord("\\")
            if joined and found[-1][1] - found[-1][0] > 1:
                raise NotBulk
            words += found[:-1] if joined else found
            at = end + 1
            if not joined:
                return words, min(at, len(self.data))
            if at >= len(self.data):
                raise NotBulk

    def model(self, words: list[tuple[int, int]]) -> None:
        if len(words) > 1:
            raise NotBulk
        self.has_model = True
        self.name = self.data[slice(*words[0])].decode("ascii") if words else ""

    def inputs(self, words: list[tuple[int, int]]) -> None:
        self.ports.inputs += [self.number(word) for word in words]

    def outputs(self, words: list[tuple[int, int]]) -> None:
        self.ports.outputs += [self.number(word) for word in words]

    def latch(self, words: list[tuple[int, int]]) -> None:
        texts = [self.data[slice(*word)] for word in words]
        reset = texts[-1] if len(words) in (3, 5) else b"3"
        if not 2 <= len(words) <= 5 or reset not in _RESETS:
            raise NotBulk
        if len(words) > 3:
            if texts[2] not in (b"re", b"fe"):
                raise NotBulk
            if texts[3] != b"NIL":
                self.clocks.add((texts[2], texts[3]))
                self.ports.clock = self.number(words[3])
        flop, following = self.number(words[1]), nameless(self.gates)
        emit(self.gates, self.number(words[0]))
        if flop in self.ports.flops or len(self.clocks) > 1 or not drive(self.gates, following):
            raise NotBulk
        self.ports.flops[flop] = int(following), _RESETS[reset]

    def end(self, _words: list[tuple[int, int]]) -> None:
        self.ended = True

    def number(self, word: tuple[int, int]) -> int:
        if number := int(intern(self.gates, *word)):
            return number
        raise NotBulk


_COMMANDS: dict[bytes, Callable[[_Reader, list[tuple[int, int]]], None]] = {
    b".model": _Reader.model,
    b".inputs": _Reader.inputs,
    b".outputs": _Reader.outputs,
    b".latch": _Reader.latch,
    b".end": _Reader.end,
}
