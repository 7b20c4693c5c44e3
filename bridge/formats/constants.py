"""Constants of Verilog: `1'b0`, `8'hff`, `'d3`, `4'sb10x0`, `12`, `'1`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Bit: TypeAlias = Literal[0, 1] | None

WIDEST = 1 << 16
_UNSIZED = 32


@dataclass(frozen=True, slots=True)
class Constant:
    """bits: least significant first; None is x or z. fill: `'0` and the like, one bit as often as there is room."""

    bits: tuple[Bit, ...]
    signed: bool = False
    fill: bool = False


ZERO = Constant((0,))
ONE = Constant((1,))

_BASED = re.compile(r"([0-9][0-9_]{0,6})?\s*'\s*([sS]?)([bBoOhHdD])\s*([0-9a-fA-FxXzZ?_]+)")
_PLAIN = re.compile(r"[0-9][0-9_]*")
_FILL = re.compile(r"'([01xXzZ])")
_DIGIT_BITS = {"b": 1, "o": 3, "h": 4}


def constant(text: str) -> Constant | None:
    """`parse_constant`, quick for the two that netlists are full of."""
    return _COMMON.get(text) or parse_constant(text)


def parse_constant(text: str) -> Constant | None:
    """None for what is malformed, or does not fit in its width or in 65536 bits."""
    if match := _FILL.fullmatch(text):
        return Constant(tuple(_digit_bits(match[1].lower(), 1)), fill=True)
    if _PLAIN.fullmatch(text):
        return _sized(_decimal_bits(text), None, signed=True)
    match = _BASED.fullmatch(text)
    if match is None:
        return None
    width = int(match[1].replace("_", "")) if match[1] else None
    return _sized(_digits(match[3].lower(), match[4].lower()), width, signed=bool(match[2]))


def _sized(bits: list[Bit] | None, width: int | None, signed: bool) -> Constant | None:
    """Cut or filled to the width; a constant without one has at least 32 bits."""
    if not bits:
        return None
    if width is None:
        width = max(_UNSIZED, len(bits) if any(bit != 0 for bit in bits[_UNSIZED:]) else 0)
    if not 0 < width <= WIDEST or any(bits[width:]):
        return None
    fill: Bit = None if bits[-1] is None else 0
    return Constant(tuple(bits[:width] + [fill] * (width - len(bits))), signed)


def _digits(base: str, text: str) -> list[Bit] | None:
    digits = text.replace("_", "")
    if base == "d":
        return [None] if digits in ("x", "z", "?") else _decimal_bits(digits)
    bits: list[Bit] = []
    for digit in reversed(digits):
        if digit not in "xz?" and int(digit, 16) >> _DIGIT_BITS[base]:
            return None
        bits += _digit_bits(digit, _DIGIT_BITS[base])
    return bits


def _digit_bits(digit: str, size: int) -> list[Bit]:
    if digit in "xz?":
        return [None] * size
    return [1 if int(digit, 16) >> place & 1 else 0 for place in range(size)]


def _decimal_bits(text: str) -> list[Bit] | None:
    digits = text.replace("_", "")
    # Reading decimals takes quadratic time.
    if not digits.isdigit() or len(digits) > 4000:
        return None
    value = int(digits)
    return [1 if value >> place & 1 else 0 for place in range(max(1, value.bit_length()))]


_COMMON = {f"1'{base}{value}": constant for base in "bh" for value, constant in ((0, ZERO), (1, ONE))}
