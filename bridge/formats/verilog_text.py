"""Verilog before any parser sees it: directives that say nothing of logic go, what could harm a parser is refused."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from bridge.errors import InputError
from bridge.formats.keywords import KEYWORDS, STRUCTURAL

# Front ends recurse over brackets, in compiled code that may crash.
_DEEPEST = 500
_SKIPPED = re.compile(rb'\\[!-~]+|//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_$]*")
_FOREIGN = re.compile(rb"[`\x80-\xff\x00]")
_MODULE = re.compile(rb"(?<![\w$])module(?![\w$])")
_FORBIDDEN = {word.encode() for word in KEYWORDS - STRUCTURAL}
_TIME = rb"\d+[ \t]*[munpf]?s\b"
_STRING = rb'"(?:\\.|[^"\\\n])*"'
_SILENT = re.compile(
    rb"`(?:timescale[ \t]+" + _TIME + rb"[ \t]*/[ \t]*" + _TIME + rb"|line[ \t]+\d+[ \t]+" + _STRING + rb"[ \t]+[012]"
    rb"|begin_keywords[ \t]+" + _STRING + rb"|(?:end_keywords|celldefine|endcelldefine|resetall|nounconnected_drive)\b"
    rb"|default_nettype[ \t]+(?P<nettype>wire|tri|none)\b|pragma[ \t][^\n]*)"
)


@dataclass(frozen=True)
class VerilogText:
    """The text for a parser, and where undeclared names begin or cease to be wires: lines, and whether they are."""

    text: str
    changes: list[tuple[int, bool]] = field(default_factory=list)

    def implicit(self, line: int) -> bool:
        place = bisect_right(self.changes, (line, True))
        return self.changes[place - 1][1] if place else True


def prepared(data: bytes, path: str) -> VerilogText:
    """Refuse what is outside the subset by its words, or could crash a parser."""

    def error(at: int, message: str) -> InputError:
        line = data.count(b"\n", 0, at) + 1
        return InputError(f"{path}:{line}: {message}")

    bare, data, changes = _without_directives(_SKIPPED.sub(_spaces, data), data)
    if found := _FOREIGN.search(bare):
        what = "a byte that is not printable ASCII"
        if found[0] == b"`":
            word = bare[found.start() : found.start() + 30].split()[0].decode("ascii", "replace")
            what = f"the compiler directive {word}"
        raise error(found.start(), f"{what} is not part of a structural netlist")
    if _FORBIDDEN.intersection(_WORD.findall(bare)):
        found = next(match for match in _WORD.finditer(bare) if match[0] in _FORBIDDEN)
        raise error(found.start(), f"{found[0].decode()!r} is not part of a structural netlist")
    if not _MODULE.search(bare):
        raise error(0, "a netlist is a module; the file has 0")
    characters = np.frombuffer(bare, np.uint8)
    opening, closing = (np.isin(characters, np.frombuffer(kinds, np.uint8)) for kinds in (b"([{", b")]}"))
    depth = np.cumsum(opening.astype(np.int32) - closing)
    if depth.max() > _DEEPEST:
        raise error(int(np.argmax(depth > _DEEPEST)), f"brackets nest deeper than {_DEEPEST}")
    return VerilogText(data.decode("latin-1").replace("\r\n", "\n") + "\n", changes)


def _without_directives(bare: bytes, data: bytes) -> tuple[bytes, bytes, list[tuple[int, bool]]]:
    """Both texts with spaces for what says nothing of logic. bare: without comments, strings and escaped names."""
    if b"`" not in bare:
        return bare, data, []
    changes = []
    pieces: list[tuple[int, int]] = []
    for start in (match.start() for match in re.finditer(b"`", bare)):
        match = _SILENT.match(data, start)
        if match is None or (pieces and start < pieces[-1][1]):
            continue
        pieces.append(match.span())
        if match["nettype"] or match[0] == b"`resetall":
            changes.append((data.count(b"\n", 0, start) + 1, match["nettype"] != b"none"))
    bare, data = (_blanked(text, pieces) for text in (bare, data))
    return bare, data, changes


def _blanked(text: bytes, pieces: list[tuple[int, int]]) -> bytes:
    changed = bytearray(text)
    for start, end in pieces:
        changed[start:end] = b" " * (end - start)
    return bytes(changed)


def _spaces(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])
