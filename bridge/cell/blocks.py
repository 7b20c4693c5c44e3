"""The blocks a cell is made of: frozen records of names and integer arrays. Their meaning is in `model.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.errors import InputError

Bits: TypeAlias = npt.NDArray[np.uint8]
Integers: TypeAlias = npt.NDArray[Any]

OLD = "old."


@dataclass(frozen=True, eq=False)
class Embedding:
    """byte -> learned bits. `table`: uint8[256, bits] of 0 and 1."""

    name: str
    table: Integers


@dataclass(frozen=True, eq=False)
class Delay:
    """Shift register: the bits of `source` 1, 2, ... `steps` steps ago, the most recent first."""

    name: str
    source: str
    steps: int


@dataclass(frozen=True, eq=False)
class Threshold:
    """Bit r fires iff `weights[r] @ bits >= thresholds[r]`. `weights`: int8[out, in]; `thresholds`: int32[out]."""

    name: str
    sources: tuple[str, ...]
    weights: Integers
    thresholds: Integers


@dataclass(frozen=True, eq=False)
class Latch:
    """Gated memory: `s' = select ? value : s`, bit by bit; the block's bits are the new ones."""

    name: str
    select: str
    value: str


@dataclass(frozen=True, eq=False)
class Logits:
    """Parallel head: integers `weights @ bits + bias`, one per symbol. `weights`: int8[symbols, in]; `bias`: int32."""

    name: str
    sources: tuple[str, ...]
    weights: Integers
    bias: Integers
    scale: float
    symbols: bytes


Block: TypeAlias = Embedding | Delay | Threshold | Latch | Logits


def fill_unseen(table: Bits, symbols: bytes) -> Bits:
    """Give every byte outside `symbols` the row of its nearest seen relative in the tree of byte bits 7 to 0.

    That way a multiplexer of the lowered table whose one side is unseen disappears. table: uint8[256, bits], or
    uint8[len(symbols), bits] with the rows of the symbols only.
    """
    rows = np.asarray(table, np.uint8)
    relatives: list[int] = [-1] * 256
    for rank, symbol in enumerate(symbols):
        relatives[symbol] = symbol if len(rows) == 256 else rank
    for bit in range(8):
        for byte in range(256):
            if relatives[byte] < 0:
                base = (byte ^ (1 << bit)) >> bit << bit
                relatives[byte] = next((r for r in relatives[base : base + (1 << bit)] if r >= 0), -1)
    return rows[relatives]


def facts_of(block: Block) -> dict[str, Any]:
    """The JSON part of a block: kind, name, sources, numbers."""
    facts = {key: value for key, value in vars(block).items() if not isinstance(value, np.ndarray)}
    if isinstance(block, Logits):
        facts["symbols"] = list(block.symbols)
    return {"kind": type(block).__name__} | facts


def tensors_of(block: Block) -> dict[str, Integers]:
    """The array part of a block by field name."""
    return {key: value for key, value in vars(block).items() if isinstance(value, np.ndarray)}


def normalised(block: Block) -> Block:
    if isinstance(block, Embedding):
        return Embedding(block.name, _array(block, "table", np.uint8, 2, 0, 1))
    if isinstance(block, Threshold):
        weights = _array(block, "weights", np.int8, 2, -128, 127)
        thresholds = _array(block, "thresholds", np.int32, 1, -(2**31), 2**31 - 1)
        return Threshold(block.name, tuple(block.sources), weights, thresholds)
    if isinstance(block, Logits):
        weights = _array(block, "weights", np.int8, 2, -128, 127)
        bias = _array(block, "bias", np.int32, 1, -(2**31), 2**31 - 1)
        return Logits(block.name, tuple(block.sources), weights, bias, float(block.scale), bytes(block.symbols))
    if isinstance(block, Delay | Latch):
        return block
    raise InputError(f"a cell is made of Embedding, Delay, Threshold, Latch and Logits blocks, not {block!r:.80}")


def _array(block: Block, key: str, dtype: Any, dimensions: int, low: int, high: int) -> Integers:
    array = np.asarray(getattr(block, key))
    place = f"block {block.name!r}: {key}"
    if array.dtype.kind not in "iub" or array.ndim != dimensions:
        raise InputError(f"{place} must be an integer array of {dimensions} dimensions, not {array.dtype}{array.shape}")
    if array.size and (int(array.min()) < low or int(array.max()) > high):
        raise InputError(f"{place} must lie in {low}..{high}, but spans {array.min()}..{array.max()}")
    frozen = np.array(array, dtype, order="C")
    frozen.flags.writeable = False
    return frozen
