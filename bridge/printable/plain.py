"""Text from files as people and programs may see it: nothing in it moves a cursor, hides, or forges a line or a number.

JSON has no numbers that are not finite: they are written as the strings "Infinity", "-Infinity" and "NaN".
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

LAYOUT = "\n\t"
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")  # controls, marks of direction and width, lone surrogates, line ends


@dataclass(frozen=True)
class Progress:
    """What long work tells whoever asked for it, in `progress=`. Work that knows more than this tells a subclass.

    done: the fraction of it that is done, 0..1; None where nobody knows. remark: one line on where it is.
    """

    done: float | None = None
    remark: str = ""


Listener = Callable[[Progress], None]


def unheard(_now: Progress) -> None:
    """Nobody listens."""


def printable(text: str, keep: str = "") -> str:
    """The text with characters that cannot be seen as escapes (`\\x1b`, `\\u202e`), but for those to keep."""
    if text.isprintable():
        return text
    return "".join(
        repr(char)[1:-1] if char not in keep and unicodedata.category(char) in _UNSEEN else char for char in text
    )


def counted(count: int, noun: str) -> str:
    """`1 step`, `3,000 steps`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def either(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def few(words: Sequence[str], most: int, between: str = " ") -> str:
    """The first so many of the words, and how many more there are."""
    return between.join(words[:most]) + (f" and {len(words) - most:,} more" if len(words) > most else "")


def in_quotes(read: bytes) -> str:
    """Bytes as Python writes them, without the b: `'a'`, `'\\xff'`."""
    return repr(read)[1:]


def html_table(rows: Iterable[Iterable[object]], head: Sequence[object] = (), caption: str = "") -> str:
    """For a notebook; floats have four digits."""

    def line(tag: str, row: Iterable[object]) -> str:
        texts = (f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row)
        return f"<tr>{''.join(f'<{tag}>{escape(text)}</{tag}>' for text in texts)}</tr>"

    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}{line('th', head) if head else ''}{''.join(line('td', row) for row in rows)}</table>"


def dump_json(value: Any, indent: int | None = None) -> str:
    """Valid JSON in ASCII, whatever the value holds: what a terminal might obey is escaped as well."""
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value
