"""What gzip and xz make of a text, in bits per byte."""

from __future__ import annotations

import gzip
import lzma

PRESET = 9 | lzma.PRESET_EXTREME


def gzipped(text: bytes) -> float:
    """By `gzip -9`, on its own."""
    return 8 * len(gzip.compress(text, 9, mtime=0)) / len(text)


def xzipped(text: bytes, given: bytes = b"") -> float:
    """By `xz -9e`; `given`: a text that is compressed before it in the same stream, at no cost."""
    return 8 * (_xz(given + text) - (_xz(given) if given else 0)) / len(text)


def _xz(text: bytes) -> int:
    return len(lzma.compress(text, preset=PRESET))
