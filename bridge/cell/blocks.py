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
MAX_STATES = 1 << 14


@dataclass(frozen=True, eq=False)
class Embedding:
    """byte -> learned bits. `table`: uint8[256, bits] of 0 and 1."""

    name: str
    table: Integers


@dataclass(frozen=True, eq=False)
class Node:
    """The code node that is asked about -> learned bits. `table`: uint8[nodes, bits] of 0 and 1.

    A cell that has one is *serial*: its head gives one score, that of the node; its state must not depend on the node.
    """

    name: str
    table: Integers


@dataclass(frozen=True, eq=False)
class Automaton:
    """State machine over bytes, from state 0 on: `state' = following[state, byte]`; its bits are `table[state']`.

    `following`: uint16[states, 256]; `table`: uint8[states, bits] of 0 and 1. Held one-hot, without a latch
    for the last state: it is where all others are 0. The latch of state 0 is complemented, so that it starts at 0.
    """

    name: str
    following: Integers
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
class Trees:
    """Decision trees over bits; they may share subtrees. Tree j gives the bits `j * bits .. (j + 1) * bits - 1`.

    `splits`: int32[n, 3], (a bit of the sources, where 1 leads, where 0 leads): a later split, or `~i` for leaf i;
    `roots`: int32[trees], likewise; `leaves`: uint8[n, bits] of 0 and 1.
    """

    name: str
    sources: tuple[str, ...]
    splits: Integers
    roots: Integers
    leaves: Integers


@dataclass(frozen=True, eq=False)
class Latch:
    """Gated memory: `s' = select ? value : s`, bit by bit; the block's bits are the new ones."""

    name: str
    select: str
    value: str


@dataclass(frozen=True, eq=False)
class Logits:
    """The head: integers `weights @ bits + bias`. `weights`: int8[rows, in]; `bias`: int32[rows].

    A row per symbol; with a `code`, int16[nodes, 2] (see `bridge.codetree`), a row per node; in a serial cell one row.
    """

    name: str
    sources: tuple[str, ...]
    weights: Integers
    bias: Integers
    scale: float
    symbols: bytes
    code: Integers | None = None


Block: TypeAlias = Embedding | Node | Automaton | Delay | Threshold | Trees | Latch | Logits
KINDS: tuple[type[Block], ...] = (Embedding, Node, Automaton, Delay, Threshold, Trees, Latch, Logits)


def fill_unseen(table: Integers, symbols: bytes) -> Integers:
    """Give every byte outside `symbols` the row of its nearest seen relative in the tree of byte bits 7 to 0.

    That way a multiplexer of the lowered table whose one side is unseen disappears. table: int[256, bits], or
    int[len(symbols), bits] with the rows of the symbols only.
    """
    rows = np.asarray(table)
    relatives: list[int] = [-1] * 256
    for rank, symbol in enumerate(symbols):
        relatives[symbol] = symbol if len(rows) == 256 else rank
    for bit in range(8):
        for byte in range(256):
            if relatives[byte] < 0:
                base = (byte ^ (1 << bit)) >> bit << bit
                relatives[byte] = next((r for r in relatives[base : base + (1 << bit)] if r >= 0), -1)
    return rows[relatives]


def one_hot(states: Integers, count: int) -> Bits:
    """uint8[n, count - 1], how an Automaton of `count` states holds int[n] state numbers."""
    bits: Bits = (states[:, None] == np.arange(count - 1)).astype(np.uint8)
    bits[:, 0] ^= 1
    return bits


def facts_of(block: Block) -> dict[str, Any]:
    """The JSON part of a block: kind, name, sources, numbers."""
    facts = {key: value for key, value in vars(block).items() if not isinstance(value, np.ndarray | None)}
    if isinstance(block, Logits):
        facts["symbols"] = list(block.symbols)
    return {"kind": type(block).__name__} | facts


def tensors_of(block: Block) -> dict[str, Integers]:
    """The array part of a block by field name."""
    return {key: value for key, value in vars(block).items() if isinstance(value, np.ndarray)}


def normalised(block: Block) -> Block:
    """The same block with checked, frozen arrays of the right types."""
    if isinstance(block, Embedding | Node):
        return type(block)(block.name, _array(block, "table", np.uint8, 2, 0, 1))
    if isinstance(block, Automaton):
        following = _array(block, "following", np.uint16, 2, 0, MAX_STATES - 1)
        return Automaton(block.name, following, _array(block, "table", np.uint8, 2, 0, 1))
    if isinstance(block, Trees):
        splits = _array(block, "splits", np.int32, 2, -(2**31), 2**31 - 1)
        roots = _array(block, "roots", np.int32, 1, -(2**31), 2**31 - 1)
        return Trees(block.name, tuple(block.sources), splits, roots, _array(block, "leaves", np.uint8, 2, 0, 1))
    if isinstance(block, Threshold):
        weights = _array(block, "weights", np.int8, 2, -128, 127)
        thresholds = _array(block, "thresholds", np.int32, 1, -(2**31), 2**31 - 1)
        return Threshold(block.name, tuple(block.sources), weights, thresholds)
    if isinstance(block, Logits):
        weights = _array(block, "weights", np.int8, 2, -128, 127)
        bias = _array(block, "bias", np.int32, 1, -(2**31), 2**31 - 1)
        code = None if block.code is None else _array(block, "code", np.int16, 2, -256, 255)
        return Logits(block.name, tuple(block.sources), weights, bias, float(block.scale), bytes(block.symbols), code)
    if isinstance(block, Delay | Latch):
        return block
    raise InputError(f"a cell is made of {', '.join(kind.__name__ for kind in KINDS)} blocks, not {block!r:.80}")


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
