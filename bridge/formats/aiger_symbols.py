"""What follows the ANDs of an AIGER file: names, ABC's extensions, and the comment.

Names and comments are UTF-8; bytes that are not are kept as surrogate escapes. ABC's `&write` puts sections of binary
data directly after the `c` of the comment: a letter, the length in four bytes, the data. Mappings, choices, classes and
the like say nothing of the logic and are left out; those that do say something are refused in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.errors import InputError

_SYMBOL = re.compile(rb"([ilobcjf])(\d{1,18})(?:[ \t](.*))?", re.DOTALL)
_LETTERS = b"abcdefghikmnopqrstuvw"
_OLD_NAME = re.compile(rb"n([A-Za-z0-9][^\x00\n]*)\x00")

ErrorAt = Callable[[int, str], InputError]


@dataclass(frozen=True)
class Tail:
    """`symbols`: names by kind and number; `name`: of the netlist, from ABC's extension; `comment_at`: its byte."""

    symbols: Mapping[tuple[str, int], str]
    name: str = ""
    comment: str = ""
    comment_at: int = 0


def read_tail(data: bytes, position: int, counts: Mapping[str, int], error: ErrorAt) -> Tail:
    """Read to the end. `counts`: how many there are of each kind of symbol; `error`: for a byte and a sentence."""
    symbols: dict[tuple[str, int], str] = {}
    while position < len(data):
        end = data.find(b"\n", position)
        end = len(data) if end < 0 else end
        match = _SYMBOL.fullmatch(data, position, end)
        if match is None:
            if not data[position:end].strip():
                position = end + 1
                continue
            if data[position] == ord("c"):
                return _comment(data, position, symbols, counts["c"], error)
            raise error(position, "expected a symbol such as `i0 name`, or the line `c` before the comment")
        kind, index = _counted(match[1].decode(), int(match[2]), counts)
        if index >= counts[kind]:
            raise error(position, f"symbol {kind}{index} names nothing: the header says {counts[kind]}")
        if (kind, index) in symbols:
            raise error(position, f"symbol {kind}{index} is given twice")
        if match[3] is not None:
            symbols[kind, index] = _text(match[3])
        position = end + 1
    return Tail(symbols, comment_at=position)


def _counted(kind: str, index: int, counts: Mapping[str, int]) -> tuple[str, int]:
    """`&write` calls bad states and constraints `o`, one after the other, in files that have no outputs."""
    if kind == "o" and not counts["o"]:
        if index < counts["b"]:
            return "b", index
        if index - counts["b"] < counts["c"]:
            return "c", index - counts["b"]
    return kind, index


def _comment(data: bytes, c: int, symbols: Mapping[tuple[str, int], str], constraints: int, error: ErrorAt) -> Tail:
    """`c`: where that letter stands; a newline, ABC's extensions or, from some writers, the text itself follow."""
    start = c + 1
    name = b""
    while start < len(data) and data[start] in _LETTERS:
        old = _OLD_NAME.match(data, start)
        if old:
            name, start = old[1], old.end()
            continue
        end = start + 5 + int.from_bytes(data[start + 1 : start + 5], "big")
        if end > len(data):
            if 0 not in data[start:]:
                break
            raise error(start, f"the file ends in the middle of ABC's extension {chr(data[start])!r}")
        content = data[start + 5 : end]
        if data[start] == ord("n"):
            name = content.rstrip(b"\0")
        elif problem := _meaning(chr(data[start]), content, constraints):
            raise error(start, problem)
        start = end
    start += data[start : start + 1] == b"\n"
    return Tail(symbols, _text(name), _text(data[start:]).removesuffix("\n"), c)


def _meaning(letter: str, content: bytes, constraints: int) -> str:
    """Why the netlist is not what it seems without this section, or nothing."""
    numbers = [int.from_bytes(content[at : at + 4], "big") for at in range(0, min(len(content), 20), 4)]
    if letter == "c" and numbers and numbers[0] != constraints:
        return f"ABC's extension 'c' says that the last {numbers[0]} outputs are constraints, the header does not"
    if letter == "a" or (letter == "h" and (numbers[1:2] != numbers[3:4] or numbers[2:3] != numbers[4:5])):
        return f"ABC's extension {letter!r} says that some inputs and outputs are those of boxes; flatten them first"
    if letter == "s" and any(content[4:]):
        return "ABC's extension 's' has initial values of registers that AIGER does not know of; convert them first"
    return ""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
