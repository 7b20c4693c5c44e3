"""A cell in few bytes: the smallest form that we know from which it comes back, block for block, number for number.

The names and facts of a cell file come first, as text, then all its numbers, block after block, each coded from what
its kind makes likely (`bridge.coding.blocks`). The record of the training is left out.

    packed = pack_cell(cell)
    assert unpack_cell(packed).digest == cell.digest
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.arrays import Ints
from bridge.cell import Block, Cell
from bridge.cell.blocks.base import Array, Integers
from bridge.cell.file import MAX_BYTES, assembled, described, kind_of
from bridge.coding.blocks import Known, code_block
from bridge.coding.matrix import AHEAD, code_alone, code_bytes
from bridge.coding.mixing import RAREST, Mixing, mixing
from bridge.coding.range_coder import Exhausted, decoder, encoder, finished
from bridge.errors import InputError
from bridge.files import parse_json

MAGIC = b"aigc\x01"
_CHECK = 4  # bytes
_ENTRY = 8  # bytes, of what is read
_LONGEST = 1 << 22  # of the facts
_TEXT, _PRESENT, _SIDE = 0, 1, 2  # what numbers alone are for


def pack_cell(cell: Cell) -> bytes:
    """The cell without its record; the same cell always gives the same bytes."""
    room = sum(array.size for block in cell.blocks for array in block.tensors().values()) + (1 << 16)
    try:
        code = _packed(cell, room)
    except Exhausted as error:  # numbers that are larger than they are in most cells; now the length is known
        code = _packed(cell, error.choices)
    return MAGIC + zlib.crc32(code).to_bytes(_CHECK, "big") + code


def packed_bits(cell: Cell) -> int:
    """How many bits the packed cell takes."""
    return 8 * len(pack_cell(cell))


def unpack_cell(data: bytes, most: int = MAX_BYTES // _ENTRY) -> Cell:
    """Undo `pack_cell`; InputError for anything else, and for cells of more than `most` numbers. Takes memory and time
    in proportion to the bytes given, and to `most`."""
    start = len(MAGIC) + _CHECK
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise InputError("this is no packed cell of this version")
    code = data[start:]
    if zlib.crc32(code).to_bytes(_CHECK, "big") != data[len(MAGIC) : start]:
        raise InputError("the packed cell is damaged: its checksum is another")
    try:
        line, tensors = _unpacked(code, most)
    except ValueError as error:
        raise InputError(f"the packed cell is not well-formed: {error}") from error
    return Cell(*assembled(line, tensors, "cell"))


def _packed(cell: Cell, room: int) -> bytes:
    m = mixing(encoder(room))
    facts = described(cell.blocks, cell.name)
    line = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    code_alone(m, len(line), _TEXT)
    code_bytes(m, np.frombuffer(line, np.uint8).copy())
    known = Known.of(facts["blocks"], cell.widths)
    for block in cell.blocks:
        arrays: dict[str, Ints] = {}
        for key, rule in _rules(block, facts["format"]):
            array = block.tensors().get(key)
            if rule.optional:
                code_alone(m, int(array is not None), _PRESENT)
            if array is not None:
                arrays[key] = _as_integers(array, rule)
                for side in arrays[key].shape:
                    code_alone(m, side, _SIDE)
        code_block(m, block.facts(), arrays, known)
    return finished(m.coder)


def _unpacked(code: bytes, most: int) -> tuple[str, dict[str, Integers]]:
    """(JSON part, tensors); ValueError for what is no code of a cell of at most so many numbers."""
    m = mixing(decoder(code))
    possible = int((len(code) + 16) * 8 * 2**RAREST)
    left = min(most, possible)
    length = code_alone(m, 0, _TEXT)
    if not 0 <= length <= min(_LONGEST, possible):
        raise ValueError(f"facts of {length:,} bytes")
    text = np.zeros(length, np.uint8)
    code_bytes(m, text)
    line = text.tobytes().decode()
    facts = parse_json(line)
    entries = _entries(facts)
    kinds = [kind_of(entry) for entry in entries]
    known, tensors = Known.of(entries), dict[str, Integers]()
    for entry, kind in zip(entries, kinds, strict=True):
        arrays, rules = dict[str, Ints](), dict(_rules(kind, facts.get("format")))
        for key, rule in rules.items():
            if not rule.optional or code_alone(m, 0, _PRESENT):
                arrays[key] = _room(m, rule, left)
                left -= arrays[key].size
        code_block(m, entry, arrays, known)
        if m.coder.place > len(code) + AHEAD:
            raise ValueError("it ends too early")
        tensors |= {f"{entry['name']}/{key}": _as_stored(array, rules[key]) for key, array in arrays.items()}
    return line, tensors


def _rules(block: Block | type[Block], number: Any) -> list[tuple[str, Array]]:
    """The arrays that a block may have in a format of cells."""
    return [(key, rule) for key, rule in block.ARRAYS.items() if rule.since in (1, number)]


def _entries(facts: Any) -> list[Mapping[str, Any]]:
    """The facts of all blocks."""
    entries = facts.get("blocks") if isinstance(facts, dict) else None
    if not isinstance(entries, list):
        raise ValueError("it lists no blocks")
    return entries


def _room(m: Mixing, rule: Array, left: int) -> Ints:
    """For an array whose sides come next."""
    sides = [code_alone(m, 0, _SIDE) for _ in range(rule.dimensions + _by_bytes(rule))]
    if min(sides) < 0 or math.prod(max(side, 1) for side in sides) > left:
        raise ValueError(f"an array of shape {sides}, where {left:,} numbers may follow")
    return np.zeros(sides, np.int64)


def _as_integers(array: Integers, rule: Array) -> Ints:
    """int64 of an array, those that are no such numbers by their bytes."""
    if _by_bytes(rule):
        array = np.ascontiguousarray(array)[..., None].view(np.uint8)
    return array.astype(np.int64)


def _as_stored(array: Ints, rule: Array) -> Integers:
    if _by_bytes(rule):
        array = np.ascontiguousarray(array).astype(np.uint8).view(rule.dtype)[..., 0]
    return array


def _by_bytes(rule: Array) -> bool:
    dtype = np.dtype(rule.dtype)
    return bool(dtype.kind == "f" or dtype == np.uint64)
