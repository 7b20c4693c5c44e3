"""The rules of a well-formed cell, each with its sentence for the user."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.cell.blocks import OLD, Block, Delay, Embedding, Latch, Logits, Threshold
from bridge.errors import InputError
from bridge.readout import Readout

MAX_SOURCE_BITS = 1 << 16  # keeps every float32 dot product of int8 weights and bits exact (below 2**24)
MAX_STATE_BITS = 1 << 24
MAX_BLOCKS = 500  # chains of delays are followed recursively
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")

Blocks = Mapping[str, Block]


def validate(blocks: Sequence[Block]) -> None:
    """InputError with the block at fault unless the blocks make a cell."""
    if not blocks or not isinstance(blocks[-1], Logits):
        raise InputError("the last block of a cell must be Logits")
    by_name: dict[str, Block] = {}
    for block in blocks:
        if not isinstance(block.name, str) or not _NAME.fullmatch(block.name) or block.name.startswith(OLD):
            raise InputError(f"block name {block.name!r} must be letters, digits, '_' and '.', and not start with old.")
        if block.name in by_name:
            raise InputError(f"two blocks are named {block.name!r}")
        by_name[block.name] = block
    if len(blocks) > MAX_BLOCKS:
        raise InputError(f"the cell has {len(blocks):,} blocks; at most {MAX_BLOCKS} are allowed")
    if sum(isinstance(block, Logits) for block in blocks) != 1:
        raise InputError("a cell has exactly one Logits block")
    done: set[str] = set()
    for block in blocks:
        _CHECKS[type(block)](by_name, block, done)
        done.add(block.name)
    _check_state(by_name)


def _check_embedding(blocks: Blocks, block: Any, done: set[str]) -> None:
    if block.table.shape[0] != 256 or block.table.shape[1] < 1:
        raise InputError(f"block {block.name!r}: table must have shape [256, bits], not {list(block.table.shape)}")


def _check_delay(blocks: Blocks, block: Any, done: set[str]) -> None:
    if not isinstance(block.steps, int) or not 1 <= block.steps <= 4096:
        raise InputError(f"block {block.name!r}: steps must be 1..4096, not {block.steps!r}")
    if not isinstance(block.source, str) or isinstance(blocks.get(block.source), Logits | None):
        raise InputError(f"block {block.name!r} delays {block.source!r}, which is not a block with bits")
    _width(blocks, block.name)


def _check_state(blocks: Blocks) -> None:
    bits = sum(_width(blocks, name) for name, block in blocks.items() if isinstance(block, Delay | Latch))
    if bits > MAX_STATE_BITS:
        raise InputError(f"the cell holds {bits:,} state bits; at most {MAX_STATE_BITS:,} are allowed")


def _check_weighted(blocks: Blocks, block: Any, done: set[str]) -> None:
    width = 0
    for source in block.sources:
        _check_source(blocks, block.name, source, done)
        width += _width(blocks, source)
    if not 1 <= width <= MAX_SOURCE_BITS:
        raise InputError(f"block {block.name!r} reads {width} bits; a block reads 1..{MAX_SOURCE_BITS}")
    rows, columns = block.weights.shape
    if columns != width:
        raise InputError(f"block {block.name!r}: weights have {columns} columns, but its sources have {width} bits")
    constants = block.thresholds if isinstance(block, Threshold) else block.bias
    if rows < 1 or len(constants) != rows:
        raise InputError(f"block {block.name!r}: {rows} rows of weights, but {len(constants)} thresholds or biases")
    if isinstance(block, Logits):
        Readout(block.symbols, block.scale)
        if len(block.symbols) != rows:
            raise InputError(f"block {block.name!r}: {rows} rows of weights, but {len(block.symbols)} symbols")


def _check_latch(blocks: Blocks, block: Any, done: set[str]) -> None:
    for source in (block.select, block.value):
        _check_source(blocks, block.name, source, done)
    if _width(blocks, block.select) != _width(blocks, block.value):
        raise InputError(f"block {block.name!r}: select {block.select!r} and value {block.value!r} differ in width")


_CHECKS: dict[type, Callable[[Blocks, Any, set[str]], None]] = {
    Embedding: _check_embedding,
    Delay: _check_delay,
    Threshold: _check_weighted,
    Latch: _check_latch,
    Logits: _check_weighted,
}


def _check_source(blocks: Blocks, reader: str, source: str, done: set[str]) -> None:
    if not isinstance(source, str):
        raise InputError(f"block {reader!r} reads {source!r:.80}, which is not a name")
    if source.startswith(OLD):
        if not isinstance(blocks.get(source.removeprefix(OLD)), Latch):
            raise InputError(f"block {reader!r} reads {source!r}, but only Latch blocks have old bits")
        _width(blocks, source)
    elif source not in done:
        state = "comes later; delay it" if source in blocks else "does not exist"
        raise InputError(f"block {reader!r} reads {source!r}, which {state}")


def block_widths(blocks: Sequence[Block]) -> dict[str, int]:
    """Bits of every block except the head."""
    by_name = {block.name: block for block in blocks}
    return {block.name: _width(by_name, block.name) for block in blocks if not isinstance(block, Logits)}


def _width(blocks: Blocks, source: str, readers: tuple[str, ...] = ()) -> int:
    name = source.removeprefix(OLD)
    block = blocks.get(name)
    if block is None or isinstance(block, Logits):
        raise InputError(f"block {readers[-1] if readers else name!r} reads {source!r}, which is not a block with bits")
    if name in readers:
        raise InputError(f"block {name!r} has no width: it is defined only by itself")
    if isinstance(block, Embedding):
        return int(block.table.shape[1])
    if isinstance(block, Threshold):
        return int(block.weights.shape[0])
    if isinstance(block, Delay):
        return block.steps * _width(blocks, block.source, (*readers, name))
    return _width(blocks, block.value, (*readers, name))
