"""Bytes of x86-64 vector instructions whose memory operands are `[base + displacement]` (Intel's manual, volume 2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Int
from bridge.compiled import compiled
from bridge.execution.machines.micro import TERNARY

BLOCK = 64  # bytes of a vector with AVX-512; half of that with AVX2


class Instruction(NamedTuple):
    """`to`: the register written; `first`, `second`: registers read, `second` -1 for memory at a `displacement` from a
    general register, `base`, which is not rsp or r12."""

    opcode: Int
    to: Int
    first: Int
    second: Int
    base: Int
    displacement: Int
    immediate: Int


@compiled
def put(buffer: Bits, at: Int, value: Int, count: int) -> Int:
    """The lowest bytes of a number, the lowest first; returns the place after them."""
    for index in range(count):
        buffer[at + index] = value >> (8 * index) & 255
    return at + count


@compiled
def _address(buffer: Bits, at: Int, to: Int, base: Int, displacement: Int, unit: int) -> Int:
    """The bytes that name register `to` and `[base + displacement]`; one byte counts in `unit`s."""
    scaled = displacement // unit
    if scaled * unit == displacement and -128 <= scaled < 128:
        buffer[at] = 0x40 | (to & 7) << 3 | base & 7
        return put(buffer, at + 1, scaled, 1)
    buffer[at] = 0x80 | (to & 7) << 3 | base & 7
    return put(buffer, at + 1, displacement, 4)


@compiled
def vex(buffer: Bits, at: Int, instruction: Instruction) -> Int:
    """A 256-bit instruction of AVX2."""
    opcode, to, first, second, base, displacement, _ = instruction
    rest = second if second >= 0 else base
    middle = (~first & 15) << 3 | 5
    high = 0 if to & 8 else 0x80
    if rest < 8:
        at = put(buffer, at, 0xC5 | (high | middle) << 8 | opcode << 16, 3)
    else:
        at = put(buffer, at, 0xC4 | (high | 0x41) << 8 | middle << 16 | opcode << 24, 4)
    if second < 0:
        return _address(buffer, at, to, base, displacement, 1)
    return put(buffer, at, 0xC0 | (to & 7) << 3 | second & 7, 1)


@compiled
def evex(buffer: Bits, at: Int, instruction: Instruction) -> Int:
    """A 512-bit instruction of AVX-512."""
    opcode, to, first, second, base, displacement, immediate = instruction
    rest = second if second >= 0 else base
    high = (~to >> 3 & 1) << 7 | (~rest >> 4 & 1) << 6 | (~rest >> 3 & 1) << 5 | (~to >> 4 & 1) << 4
    high |= 3 if opcode == TERNARY else 1
    middle = 0x80 | (~first & 15) << 3 | 5
    low = 0x40 | (~first >> 4 & 1) << 3
    at = put(buffer, at, 0x62 | high << 8 | middle << 16 | low << 24 | np.int64(opcode) << 32, 5)
    if second < 0:
        at = _address(buffer, at, to, base, displacement, BLOCK)
    else:
        at = put(buffer, at, 0xC0 | (to & 7) << 3 | second & 7, 1)
    return put(buffer, at, immediate, 1) if opcode == TERNARY else at
