"""The rules of a well-formed cell, each with its sentence for the user."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bridge.aig.names import RESERVED
from bridge.cell.blocks import OLD, Automaton, Block, Delay, Embedding, Latch, Logits, Node, Threshold, Trees
from bridge.codetree import CodeTree
from bridge.errors import InputError
from bridge.readout import Readout

MAX_SOURCE_BITS = 1 << 16  # keeps every float32 dot product of int8 weights and bits exact (below 2**24)
MAX_STATE_BITS = 1 << 24
MAX_BLOCKS = 500  # chains of delays are followed recursively
STATEFUL = (Automaton, Delay, Latch)
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
        if block.name.split(".")[0] in RESERVED and not isinstance(block, Logits):
            raise InputError(f"block name {block.name!r}: {', '.join(RESERVED)} name other signals of a netlist")
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
    _check_rows(by_name, blocks[-1])


def _check_embedding(blocks: Blocks, block: Any, done: set[str]) -> None:
    if block.table.shape[0] != 256 or block.table.shape[1] < 1:
        raise InputError(f"block {block.name!r}: table must have shape [256, bits], not {list(block.table.shape)}")


def _check_node(blocks: Blocks, block: Any, done: set[str]) -> None:
    if block.table.shape[1] < 1:
        raise InputError(f"block {block.name!r}: table must have shape [nodes, bits], not {list(block.table.shape)}")


def _check_automaton(blocks: Blocks, block: Any, done: set[str]) -> None:
    states = len(block.following)
    if states < 2 or block.following.shape[1] != 256:
        shape = list(block.following.shape)
        raise InputError(f"block {block.name!r}: following must have shape [at least 2 states, 256], not {shape}")
    if block.following.max() >= states:
        raise InputError(f"block {block.name!r}: following leads to state {block.following.max()} of {states}")
    if block.table.shape[0] != states or block.table.shape[1] < 1:
        raise InputError(f"block {block.name!r}: table must have shape [{states}, bits], not {list(block.table.shape)}")


def _check_trees(blocks: Blocks, block: Any, done: set[str]) -> None:
    width = _read_width(blocks, block, done)
    splits, leaves, place = block.splits, len(block.leaves), f"block {block.name!r}"
    if splits.shape[1] != 3 or block.leaves.shape[1] < 1 or not len(block.roots):
        raise InputError(f"{place}: needs splits of shape [n, 3], at least one root, and leaves of at least one bit")
    if len(splits) and not 0 <= splits[:, 0].min() <= splits[:, 0].max() < width:
        raise InputError(f"{place}: a split reads a bit outside 0..{width - 1}, its sources")
    ends = [*splits[:, 1:].ravel().tolist(), *block.roots.tolist()]
    if not -leaves <= min(ends) <= max(ends) < max(len(splits), 1) or (not len(splits) and max(ends) >= 0):
        raise InputError(f"{place}: a split or root leads outside {len(splits)} splits and {leaves} leaves")
    inner = splits[:, 1:]
    if ((inner >= 0) & (inner <= np.arange(len(splits))[:, None])).any():
        raise InputError(f"{place}: a split must lead to later ones")
    if len(block.roots) * block.leaves.shape[1] > MAX_SOURCE_BITS:
        raise InputError(f"{place}: gives more than {MAX_SOURCE_BITS} bits")


def _check_delay(blocks: Blocks, block: Any, done: set[str]) -> None:
    if not isinstance(block.steps, int) or not 1 <= block.steps <= 4096:
        raise InputError(f"block {block.name!r}: steps must be 1..4096, not {block.steps!r}")
    if not isinstance(block.source, str) or isinstance(blocks.get(block.source), Logits | None):
        raise InputError(f"block {block.name!r} delays {block.source!r}, which is not a block with bits")
    _width(blocks, block.name)


def _check_state(blocks: Blocks) -> None:
    held = (block for block in blocks.values() if isinstance(block, STATEFUL))
    bits = sum(held_bits(block, _width(blocks, block.name)) for block in held)
    if bits > MAX_STATE_BITS:
        raise InputError(f"the cell holds {bits:,} state bits; at most {MAX_STATE_BITS:,} are allowed")


def _check_rows(blocks: Blocks, head: Any) -> None:
    """The rows of the head, and what may depend on the code node."""
    rows, serial = len(head.weights), [block for block in blocks.values() if isinstance(block, Node)]
    if head.code is None:
        if serial:
            raise InputError(f"block {serial[0].name!r} reads a code node, but the head has no code")
        if len(head.symbols) != rows:
            raise InputError(f"block {head.name!r}: {rows} rows of weights, but {len(head.symbols)} symbols")
        return
    tree = CodeTree.of(head.code)
    if tree.nodes + 1 != len(head.symbols):
        raise InputError(f"block {head.name!r}: a code of {tree.nodes} nodes, but {len(head.symbols)} symbols")
    if rows != (1 if serial else tree.nodes):
        kind = "a serial cell needs one" if serial else f"its code has {tree.nodes} nodes"
        raise InputError(f"block {head.name!r}: {rows} rows of weights, but {kind}")
    for node in serial:
        if len(node.table) != tree.nodes:
            raise InputError(f"block {node.name!r}: a table of {len(node.table)} nodes, but the code has {tree.nodes}")
    asked = asked_blocks(list(blocks.values()))
    for block in blocks.values():
        kept = [block.source] if isinstance(block, Delay) else []
        kept = [block.select, block.value] if isinstance(block, Latch) else kept
        if asked.intersection(kept):
            raise InputError(f"block {block.name!r} would keep bits that depend on the code node")


def asked_blocks(blocks: Sequence[Block]) -> set[str]:
    """Names of the blocks, the head excepted, whose bits depend on the code node."""
    asked: set[str] = set()
    for block in blocks:
        if isinstance(block, Node) or asked.intersection(_sources(block)):
            asked.add(block.name)
    return asked - {block.name for block in blocks if isinstance(block, Logits)}


def _sources(block: Block) -> tuple[str, ...]:
    """What a block reads in the same step."""
    if isinstance(block, Latch):
        return block.select, block.value
    return block.sources if isinstance(block, Threshold | Trees | Logits) else ()


def _read_width(blocks: Blocks, block: Any, done: set[str]) -> int:
    width = 0
    for source in block.sources:
        _check_source(blocks, block.name, source, done)
        width += _width(blocks, source)
    if not 1 <= width <= MAX_SOURCE_BITS:
        raise InputError(f"block {block.name!r} reads {width} bits; a block reads 1..{MAX_SOURCE_BITS}")
    return width


def _check_weighted(blocks: Blocks, block: Any, done: set[str]) -> None:
    width = _read_width(blocks, block, done)
    rows, columns = block.weights.shape
    if columns != width:
        raise InputError(f"block {block.name!r}: weights have {columns} columns, but its sources have {width} bits")
    constants = block.thresholds if isinstance(block, Threshold) else block.bias
    if rows < 1 or len(constants) != rows:
        raise InputError(f"block {block.name!r}: {rows} rows of weights, but {len(constants)} thresholds or biases")
    if isinstance(block, Logits):
        Readout(block.symbols, block.scale)


def _check_latch(blocks: Blocks, block: Any, done: set[str]) -> None:
    for source in (block.select, block.value):
        _check_source(blocks, block.name, source, done)
    if _width(blocks, block.select) != _width(blocks, block.value):
        raise InputError(f"block {block.name!r}: select {block.select!r} and value {block.value!r} differ in width")


_CHECKS: dict[type, Callable[[Blocks, Any, set[str]], None]] = {
    Embedding: _check_embedding,
    Node: _check_node,
    Automaton: _check_automaton,
    Delay: _check_delay,
    Threshold: _check_weighted,
    Trees: _check_trees,
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


def held_bits(block: Block, width: int) -> int:
    """Latches of a stateful block of so many bits."""
    return len(block.following) - 1 if isinstance(block, Automaton) else width


def _width(blocks: Blocks, source: str, readers: tuple[str, ...] = ()) -> int:
    name = source.removeprefix(OLD)
    block = blocks.get(name)
    if block is None or isinstance(block, Logits):
        raise InputError(f"block {readers[-1] if readers else name!r} reads {source!r}, which is not a block with bits")
    if name in readers:
        raise InputError(f"block {name!r} has no width: it is defined only by itself")
    if isinstance(block, Embedding | Node | Automaton):
        return int(block.table.shape[1])
    if isinstance(block, Trees):
        return len(block.roots) * int(block.leaves.shape[1])
    if isinstance(block, Threshold):
        return int(block.weights.shape[0])
    if isinstance(block, Delay):
        return block.steps * _width(blocks, block.source, (*readers, name))
    return _width(blocks, block.value, (*readers, name))
