"""A folded network in few bytes, and back: its sizes, then its numbers, matrix after matrix."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from bridge.arrays import Ints
from bridge.cell.folded import MOST, ROWS, Folded
from bridge.coding.matrix import code_alone, code_matrix
from bridge.coding.mixing import RAREST, Mixing, mixing
from bridge.coding.range_coder import Exhausted, decoder, encoder, finished
from bridge.errors import InputError

MAGIC = b"aigf\x01"
_CHECK = 4  # bytes
_SYMBOLS, _CODES, _UNITS, _SHIFT, _SYMBOL = range(5)  # what numbers alone are for


def pack_folded(net: Folded) -> bytes:
    """The same network always gives the same bytes."""
    try:
        code = _packed(net, net.weights.size + (1 << 16))
    except Exhausted as error:  # larger numbers than in most networks; now the length is known
        code = _packed(net, error.choices)
    return MAGIC + zlib.crc32(code).to_bytes(_CHECK, "big") + code


def unpack_folded(data: bytes, most: int = MOST) -> Folded:
    """Undo `pack_folded`; InputError for anything else, and for more than `most` weights. Takes memory and time in
    proportion to the bytes given, and to `most`."""
    start = len(MAGIC) + _CHECK
    code = data[start:]
    if data[: len(MAGIC)] != MAGIC or zlib.crc32(code).to_bytes(_CHECK, "big") != data[len(MAGIC) : start]:
        raise InputError("this is no packed folded network of this version, or it is damaged")
    m = mixing(decoder(code))
    symbols, codes, units, shift = (code_alone(m, 0, use) for use in (_SYMBOLS, _CODES, _UNITS, _SHIFT))
    rows, most = ROWS * units + symbols, min(most, int((len(code) + 16) * 8 * 2**RAREST))
    if not (1 <= symbols <= 256 and codes >= 1 and units >= 1 and rows * (units + codes) <= most):
        raise InputError(f"a packed folded network of {units} units, {codes} codes and {symbols} symbols is too large")
    known = [code_alone(m, 0, _SYMBOL) for _ in range(symbols)]
    if not all(0 <= symbol < 256 for symbol in known):
        raise InputError("the symbols of a packed folded network must be bytes")
    shapes = ((symbols, codes), (rows, units + codes), (rows, 1), (rows, 1))
    embedding, weights, biases, scales = (np.zeros(shape, np.int64) for shape in shapes)
    _code(m, (embedding, weights, biases, scales))
    if max(np.abs(embedding).max(), np.abs(weights).max()) > np.iinfo(np.int8).max:
        raise InputError("the weights of a packed folded network are too large")
    small = embedding.astype(np.int8), weights.astype(np.int8)
    return Folded(bytes(known), *small, biases[:, 0], scales[:, 0], shift)


def _packed(net: Folded, room: int) -> bytes:
    m, (symbols, codes) = mixing(encoder(room)), net.embedding.shape
    for use, number in ((_SYMBOLS, symbols), (_CODES, codes), (_UNITS, net.units), (_SHIFT, net.shift)):
        code_alone(m, number, use)
    for symbol in net.symbols:
        code_alone(m, symbol, _SYMBOL)
    _code(m, [net.embedding.astype(np.int64), net.weights.astype(np.int64), net.biases[:, None], net.scales[:, None]])
    return finished(m.coder)


def _code(m: Mixing, matrices: Sequence[Ints]) -> None:
    for matrix in matrices:
        code_matrix(m, matrix)
