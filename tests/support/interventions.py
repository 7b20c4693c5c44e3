"""A step of a cell with bits inverted for all that reads them, computed block by block from its definition."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from bridge.aig.names import parse
from bridge.cell import Automaton, Cell, Delay, Embedding, Latch, Logits, Node, Trees
from bridge.cell.blocks import one_hot


def step(cell: Cell, state: np.ndarray, byte: int, node: int, inverted: Collection[str] = ()) -> dict[str, int]:
    """What every name is in this step, state bits after it. state: uint8[state bits]; names of head bits as lowered."""
    flips = [parse(name) for name in inverted]

    def seen(kind: str, block: str, bits: np.ndarray) -> np.ndarray:
        """The bits as others read them."""
        bits = bits.copy()
        for name in flips:
            if (name.kind, name.of) == (kind, block):
                bits[name.index] ^= 1
        return bits

    byte ^= sum(1 << name.index for name in flips if name.kind == "byte")
    node ^= sum(1 << name.index for name in flips if name.kind == "node")
    held = {name: seen("state", name, state[part]) for name, part in cell.state_slices.items()}
    values = {f"old.{name}": bits for name, bits in held.items()}
    after: dict[str, np.ndarray] = {}
    for block in cell.blocks:
        bits = _bits(cell, block, values, held, byte, node, after)
        if isinstance(block, Delay):
            values[block.name] = held[block.name]
        elif not isinstance(block, Logits):
            values[block.name] = seen("value", block.name, bits)
    for name in held:
        source = cell.by_name[name]
        if isinstance(source, Delay):
            after[name] = np.concatenate([values[source.source], held[name]])[: len(held[name])]
        elif isinstance(source, Latch):
            after[name] = values[name]
    shown = {f"state.{name}[{i}]": int(bit) for name, bits in after.items() for i, bit in enumerate(bits)}
    shown |= {f"{name}[{i}]": int(bit) for name, bits in values.items() for i, bit in enumerate(bits)}
    return shown | {
        f"{name}[*]": int(number) for name, number in zip(cell.readout.names(cell.serial), bits, strict=True)
    }


def _bits(cell, block, values, held, byte, node, after) -> np.ndarray:
    if isinstance(block, Embedding):
        return block.table[byte]
    if isinstance(block, Node):
        return block.table[min(node, len(block.table) - 1)]
    if isinstance(block, Delay):
        return held[block.name]
    if isinstance(block, Automaton):
        one = np.concatenate([held[block.name], [0]])
        one[0] ^= 1
        one[-1] = not one[:-1].any()
        following = block.following[int(one.argmax()), byte]
        after[block.name] = one_hot(np.array([following]), len(block.following))[0]
        return block.table[following]
    if isinstance(block, Latch):
        return np.where(values[block.select] == 1, values[block.value], held[block.name])
    read = np.concatenate([values[source] for source in block.sources]).astype(np.int64)
    if isinstance(block, Trees):
        return np.concatenate([_leaf(block, read, root) for root in block.roots.tolist()])
    sums = block.matrix(len(read)).astype(np.int64) @ read
    return sums + block.bias if isinstance(block, Logits) else (sums >= block.thresholds).astype(np.uint8)


def _leaf(block: Trees, read: np.ndarray, place: int) -> np.ndarray:
    while place >= 0:
        bit, one, zero = block.splits[place].tolist()
        place = one if read[bit] else zero
    return block.leaves[~place]
