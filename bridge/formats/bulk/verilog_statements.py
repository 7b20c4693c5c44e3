"""The statements that large Verilog netlists are made of, in compiled code: assignments, gates, lists of signals."""

from __future__ import annotations

from typing import Final

import numpy as np

from bridge.arrays import Bits, Int
from bridge.compiled import compiled, compiled_part
from bridge.formats.bulk.gates import AND, DEEP, NOT, ONE, OR, XOR, ZERO, Gates, drive, emit, intern

INPUT, OUTPUT, WIRE, REG, STARTS_AT_0, STARTS_AT_1 = 1, 2, 4, 8, 16, 32
_BRACKET = 0  # in the stack of operators
_SPACE, _LINE, _NEWLINE, _LAST = 32, ord("/"), 10, 126
_STAR, _TILDE, _OPEN, _CLOSE, _COMMA, _SEMICOLON, _EQUALS = map(ord, "*~(),;=")
_BACKSLASH, _DOLLAR, _UNDERSCORE, _QUOTE, _STRING, _0, _1, _B, _D, _H = map(ord, "\\$_'\"01bdh")
_AND, _OR, _XOR = map(ord, "&|^")


def _packed(word: str) -> int:
    return int.from_bytes(word.encode(), "big")


_ASSIGN, _INIT = _packed("assign"), _packed("init")
_LISTS: Final = tuple((_packed(word), kind) for word, kind in
    (("input", INPUT), ("output", OUTPUT), ("wire", WIRE), ("reg", REG)))  # fmt: skip
# (word, what joins its inputs, whether the result is inverted); one input where nothing joins.
_GATES: Final = tuple((_packed(word), joined, inverted) for word, joined, inverted in
    (("and", AND, False), ("nand", AND, True), ("or", OR, False), ("nor", OR, True), ("xor", XOR, False),
     ("xnor", XOR, True), ("buf", 0, False), ("not", 0, True)))  # fmt: skip


@compiled_part
def is_letter(byte: Int) -> bool:
    """Whether a name may go on with it."""
    return bool(97 <= byte | 32 <= 122 or byte in (_UNDERSCORE, _DOLLAR) or 48 <= byte <= 57)


@compiled_part
def is_start(data: Bits, at: Int) -> bool:
    """Whether a name may begin there."""
    return bool(at < len(data) and is_letter(data[at]) and data[at] != _DOLLAR and not 48 <= data[at] <= 57)


@compiled_part
def skip(gates: Gates, at: Int) -> Int:
    """The next byte that is no blank and in no comment."""
    data = gates.data
    while at < len(data):
        if data[at] <= _SPACE:
            at += 1
        elif data[at] == _LINE and at + 1 < len(data) and data[at + 1] == _LINE:
            while at < len(data) and data[at] != _NEWLINE:
                at += 1
        elif data[at] == _LINE and at + 1 < len(data) and data[at + 1] == _STAR:
            end = at + 2
            while end + 1 < len(data) and (data[end] != _STAR or data[end + 1] != _LINE):
                end += 1
            if end + 1 >= len(data):
                break
            at = end + 2
        else:
            break
    return at


@compiled_part
def attribute(gates: Gates, at: Int) -> Int:
    """Past `(* name = value *)`, of which only `init` says something of logic -> the byte after it, or -1."""
    data = gates.data
    at = start = skip(gates, at + 2)
    word = np.int64(0)
    while at < len(data) and is_letter(data[at]):
        word = (word << 8 | data[at]) & 0xFFFFFFFFFF
        at += 1
    # Among the names it is found if it is a reserved word.
    if not is_start(data, start) or intern(gates, start, at) == 0:
        return np.int64(-1)
    at = skip(gates, at)
    if at < len(data) and data[at] == _EQUALS:
        at = start = skip(gates, at + 1)
        if at < len(data) and data[at] == _STRING:
            at += 1
            while at < len(data) and data[at] != _STRING and data[at] != _BACKSLASH and data[at] != _NEWLINE:
                at += 1
            if at == len(data) or data[at] != _STRING:
                return np.int64(-1)
            at += 1
        else:
            while at < len(data) and (48 <= data[at] <= 57 or data[at] == _QUOTE):
                if data[at] == _QUOTE:
                    at += 1
                    if at == len(data) or data[at] != _D:
                        return np.int64(-1)
                at += 1
        at = skip(gates, at) if at > start else len(data)
    if word == _INIT or at + 1 >= len(data) or data[at] != _STAR or data[at + 1] != _CLOSE:
        return np.int64(-1)
    return skip(gates, at + 2)


@compiled_part
def name(gates: Gates, at: Int) -> tuple[Int, Int]:
    """The number of the name that stands there, and the first byte of what follows; number 0 for none."""
    data, start = gates.data, at
    if at < len(data) and data[at] == _BACKSLASH:
        start = at = at + 1
        while at < len(data) and data[at] > _SPACE:
            at += 1
        # An escaped name ends with a blank.
        if at == start or at == len(data):
            return np.int64(0), at
    else:
        while at < len(data) and is_letter(data[at]):
            at += 1
        if not is_start(data, start):
            return np.int64(0), at
    return intern(gates, start, at), skip(gates, at)


@compiled_part
def _constant(gates: Gates, at: Int) -> Int:
    """ZERO or ONE for `1'b0`, `1'h1`, ...; 0 for all else."""
    data = gates.data
    if at + 4 >= len(data) or data[at] != _1 or data[at + 1] != _QUOTE or (data[at + 2] != _B and data[at + 2] != _H):
        return np.int64(0)
    if is_letter(data[at + 4]) or (data[at + 3] != _0 and data[at + 3] != _1):
        return np.int64(0)
    return np.int64(ZERO if data[at + 3] == _0 else ONE)


@compiled_part
def _inverted(gates: Gates, height: Int) -> Int:
    """What has just ended is inverted by the `~` before it -> the height of the stack."""
    while height > 0 and gates.stack[height - 1] == NOT:
        height -= 1
        emit(gates, NOT)
    return height


@compiled_part
def _operand(gates: Gates, at: Int, height: Int) -> tuple[Int, Int]:
    """`~` and `(` onto the stack, then a name or a constant -> (the first byte of what follows or -1, its height)."""
    data, stack = gates.data, gates.stack
    while at < len(data) and (data[at] == _TILDE or data[at] == _OPEN):
        # `~&`, `~|` and `~^` are operators of their own; `~~` is none, and needs a bracket.
        after = data[at + 1] if at + 1 < len(data) else _AND
        twice = height > 0 and stack[height - 1] == NOT
        if height + 1 >= DEEP or (data[at] == _TILDE and (twice or after in (_AND, _OR, _XOR))):
            return np.int64(-1), height
        stack[height] = NOT if data[at] == _TILDE else _BRACKET
        height += 1
        at = skip(gates, at + 1)
    if at < len(data) and data[at] == _1:
        item, after_it = _constant(gates, at), skip(gates, at + 4)
    else:
        item, after_it = name(gates, at)
    if item == 0:
        return np.int64(-1), height
    emit(gates, item)
    return after_it, _inverted(gates, height)


@compiled_part
def _binary(gates: Gates, at: Int) -> Int:
    """The operator that stands there; 0 for none that we read. `&&`, `||`, `^~` and `~^` are others."""
    data = gates.data
    byte, after = np.int64(data[at]), np.int64(data[at + 1] if at + 1 < len(data) else _NEWLINE)
    if after in (byte, _EQUALS) or (byte == _XOR and after == _TILDE):
        return np.int64(0)
    return np.int64(AND if byte == _AND else OR if byte == _OR else XOR if byte == _XOR else 0)


@compiled_part
def _unwound(gates: Gates, height: Int, least: Int) -> Int:
    """Emit the operators on the stack that bind at least as tight -> its height."""
    while height > 0 and gates.stack[height - 1] != _BRACKET and gates.stack[height - 1] <= least:
        height -= 1
        emit(gates, gates.stack[height])
    return height


@compiled_part
def expression(gates: Gates, start: Int) -> Int:
    """Names, constants, brackets and `~ & ^ |` -> the first byte of what follows, or -1."""
    data = gates.data
    at, height = _operand(gates, start, np.int64(0))
    while 0 <= at < len(data):
        operation = _binary(gates, at)
        height = _unwound(gates, height, operation if operation else OR)
        if operation != 0:
            if height >= DEEP:
                return np.int64(-1)
            gates.stack[height] = operation
            at, height = _operand(gates, skip(gates, at + 1), height + 1)
        elif data[at] == _CLOSE and height > 0:
            height = _inverted(gates, height - 1)
            at = skip(gates, at + 1)
        else:
            return at if height == 0 else np.int64(-1)
    return np.int64(-1)


@compiled_part
def _assignments(gates: Gates, at: Int) -> Int:
    """`a = b & c, ...;` -> the byte after it, or -1."""
    data = gates.data
    while True:
        target, at = name(gates, at)
        if target == 0 or at == len(data) or data[at] != _EQUALS:
            return np.int64(-1)
        at = expression(gates, skip(gates, at + 1))
        if at < 0 or not drive(gates, target):
            return np.int64(-1)
        if data[at] != _COMMA:
            return at + 1 if data[at] == _SEMICOLON else np.int64(-1)
        at = skip(gates, at + 1)


@compiled_part
def _initial(gates: Gates, at: Int, number: Int, kind: Int) -> Int:
    """What a declared wire is assigned, or a register starts at -> the first byte of what follows, or -1."""
    if kind == WIRE:
        at = expression(gates, at)
        return at if at >= 0 and drive(gates, number) else np.int64(-1)
    item = _constant(gates, at)
    if item == 0 or kind != REG:
        return np.int64(-1)
    gates.marks[number] |= STARTS_AT_0 if item == ZERO else STARTS_AT_1
    return skip(gates, at + 4)


@compiled_part
def _list(gates: Gates, at: Int, kind: Int) -> Int:
    """`a, b, ...;`, declared as a kind of signal -> the byte after it, or -1."""
    while True:
        number, at = name(gates, at)
        if number == 0 or at == len(gates.data) or gates.marks[number] & kind:
            return np.int64(-1)
        gates.marks[number] |= kind
        if gates.data[at] == _EQUALS:
            at = _initial(gates, skip(gates, at + 1), number, kind)
            if at < 0 or at == len(gates.data):
                return np.int64(-1)
        if gates.data[at] != _COMMA:
            return at + 1 if gates.data[at] == _SEMICOLON else np.int64(-1)
        at = skip(gates, at + 1)


@compiled_part
def _gates(gates: Gates, at: Int, joined: Int, inverted: bool) -> Int:
    """`name (output, input, ...), ...;` -> the byte after it, or -1."""
    data = gates.data
    while True:
        if at < len(data) and data[at] != _OPEN:
            _, at = name(gates, at)
        if at == len(data) or data[at] != _OPEN:
            return np.int64(-1)
        target, at = name(gates, skip(gates, at + 1))
        inputs = 0
        while at < len(data) and data[at] == _COMMA:
            at = expression(gates, skip(gates, at + 1))
            if at < 0:
                return at
            inputs += 1
            if inputs > 1:
                emit(gates, joined)
        if inverted:
            emit(gates, NOT)
        if inputs == 0 or (inputs > 1 and joined == 0) or at == len(data) or data[at] != _CLOSE:
            return np.int64(-1)
        at = skip(gates, at + 1)
        if at == len(data) or not drive(gates, target):
            return np.int64(-1)
        if data[at] != _COMMA:
            return at + 1 if data[at] == _SEMICOLON else np.int64(-1)
        at = skip(gates, at + 1)


@compiled
def statements(gates: Gates, at: Int) -> tuple[Int, bool]:
    """Read statements -> (where another one begins, True), or (a place, False)."""
    data = gates.data
    while True:
        start = at = skip(gates, at)
        word = np.int64(0)
        while at < len(data) and at - start < 7 and is_letter(data[at]):
            word = word << 8 | data[at]
            at += 1
        at = skip(gates, at)
        if at == start and at + 1 < len(data) and data[at] == _OPEN and data[at + 1] == _STAR:
            at = attribute(gates, at)
        elif word == _ASSIGN:
            at = _assignments(gates, at)
        else:
            kind, joined, inverted, known = 0, 0, False, False
            for each, its in _LISTS:
                if word == each:
                    kind = its
            for each, its, flips in _GATES:
                if word == each:
                    joined, inverted, known = its, flips, True
            if kind == 0 and not known:
                return start, True
            at = _list(gates, at, kind) if kind else _gates(gates, at, joined, inverted)
        if at < 0:
            return start, False
