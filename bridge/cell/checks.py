"""The rules of a well-formed cell that no block can see alone, each with its sentence for the user."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from bridge.aig.names import RESERVED, is_reserved
from bridge.cell.blocks import KINDS, OLD, Block, Input, Logits
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.readout.codetree import CodeTree

MAX_SOURCE_BITS = 1 << 16  # elements; keeps every float32 dot product of int8 weights and bits exact (below 2**24)
MAX_STATE_BITS = 1 << 24
MAX_BLOCKS = 500
_Fact = TypeVar("_Fact")
_Question: TypeAlias = Callable[[Callable[[str], _Fact]], _Fact]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


def normalised(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with checked, frozen arrays; InputError for what is no block."""
    for block in blocks:
        if not isinstance(block, Block):
            names = ", ".join(kind.__name__ for kind in KINDS)
            raise InputError(f"a cell is made of {names} blocks, not {block!r:.80}")
    return tuple(block.normalised() for block in blocks)


def validated(blocks: Sequence[Block]) -> Wiring:
    """What the blocks know of each other; InputError with the block at fault unless they make a cell."""
    if not blocks or not blocks[-1].HEAD:
        raise InputError("the last block of a cell must be Logits or Scores")
    by_name: dict[str, Block] = {}
    for block in blocks:
        if not isinstance(block.name, str) or not _NAME.fullmatch(block.name) or block.name.startswith(OLD):
            raise InputError(
                f"block name {block.name!r} must be letters, digits, '_' and '.', and not start with {OLD}"
            )
        if is_reserved(block.name) and not block.HEAD:
            raise InputError(f"block name {block.name!r}: {', '.join(RESERVED)} name other signals of a netlist")
        if block.name in by_name:
            raise InputError(f"two blocks are named {block.name!r}")
        by_name[block.name] = block
    if len(blocks) > MAX_BLOCKS:
        raise InputError(f"the cell has {len(blocks):,} blocks; at most {MAX_BLOCKS} are allowed")
    if sum(block.HEAD for block in blocks) != 1:
        raise InputError("a cell has exactly one Logits or Scores block")
    cell = Wiring(by_name)
    for block in blocks:
        block.check(cell)
        cell.done.add(block.name)
    for block in blocks:
        block.check_ranges(cell)
    _check_state(cell)
    _check_head(by_name, blocks[-1])
    return cell


class _Wanted(Exception):
    """What this block says is needed first."""


class Wiring:
    """What blocks know of each other, see `blocks.base.Surroundings`. `done`: those before the one that is checked."""

    def __init__(self, blocks: Mapping[str, Block]) -> None:
        self.blocks = blocks
        self.done: set[str] = set()
        self._widths: dict[str, int] = {}
        self._ranges: dict[str, Ranges] = {}

    def read_width(self, block: Block) -> int:
        width = 0
        for source in block.reads:
            self.check_source(block, source)
            width += self.width(source)
        if not 1 <= width <= MAX_SOURCE_BITS:
            raise InputError(f"block {block.name!r} reads {width} bits; a block reads 1..{MAX_SOURCE_BITS}")
        return width

    def read_ranges(self, block: Block) -> Ranges:
        return Ranges.joined([self.ranges(source) for source in block.reads])

    def check_source(self, reader: Block, source: str) -> None:
        if not isinstance(source, str):
            raise InputError(f"block {reader.name!r} reads {source!r:.80}, which is not a name")
        if source.startswith(OLD):
            held = self.blocks.get(source.removeprefix(OLD))
            if held is None or not held.HAS_OLD:
                raise InputError(f"block {reader.name!r} reads {source!r}, but only Latch blocks have old bits")
            self.width(source)
        elif source not in self.done:
            state = "comes later; delay it" if source in self.blocks else "does not exist"
            raise InputError(f"block {reader.name!r} reads {source!r}, which {state}")

    def width(self, source: str) -> int:
        lack = "has no width, being defined only by itself"
        return self._answer(source, self._widths, lambda block: block.width, lack)

    def ranges(self, source: str) -> Ranges:
        lack = "has no bounds, being defined only by itself: clamp and round what it holds"
        return self._answer(source, self._ranges, self._ranges_of, lack)

    def _ranges_of(self, block: Block) -> _Question[Ranges]:
        return lambda ask: block.ranges(self.width(block.name), ask)

    def gives_bits(self, name: str) -> bool:
        return name in self.blocks and not self.blocks[name].HEAD

    def _answer(
        self, source: str, known: dict[str, _Fact], question: Callable[[Block], _Question[_Fact]], lack: str
    ) -> _Fact:
        """What a block says, after those that it asks in turn."""

        def ask(inner: str) -> _Fact:
            if not isinstance(inner, str):
                raise InputError(f"block {name!r} reads {inner!r:.80}, which is not a name")
            if inner.removeprefix(OLD) not in known:
                raise _Wanted(inner)
            return known[inner.removeprefix(OLD)]

        asked, wanted = list[str](), source
        while source.removeprefix(OLD) not in known:
            name = wanted.removeprefix(OLD)
            if not self.gives_bits(name):
                reader = asked[-1] if asked else name
                raise InputError(f"block {reader!r} reads {wanted!r}, which is not a block with bits")
            if name in asked:
                raise InputError(f"block {name!r} {lack}")
            try:
                known[name] = question(self.blocks[name])(ask)
                wanted = asked.pop() if asked else source
            except _Wanted as needed:
                asked.append(name)
                wanted = str(needed)
        return known[source.removeprefix(OLD)]


def asked_blocks(blocks: Sequence[Block]) -> set[str]:
    """Names of the blocks, the head excepted, whose bits depend on the code node."""
    asked: set[str] = set()
    for block in blocks:
        if block.nodes is not None or asked.intersection(block.reads):
            asked.add(block.name)
    return asked - {block.name for block in blocks if block.HEAD}


def _check_state(cell: Wiring) -> None:
    bits = sum(block.held(cell.ranges(block.name)).bits for block in cell.blocks.values() if block.STATEFUL)
    if bits > MAX_STATE_BITS:
        raise InputError(f"the cell holds {bits:,} state bits; at most {MAX_STATE_BITS:,} are allowed")


def _check_head(blocks: Mapping[str, Block], head: Block) -> None:
    """What a cell may read, given its head."""
    if isinstance(head, Logits):
        for block in blocks.values():
            if isinstance(block, Input):
                raise InputError(f"block {block.name!r}: a cell that ends in Logits reads bytes, and no Input")
        _check_rows(blocks, head)
    elif serial := [block.name for block in blocks.values() if block.nodes is not None]:
        raise InputError(f"block {serial[0]!r} reads a code node, but the head has no code")


def _check_rows(blocks: Mapping[str, Block], head: Logits) -> None:
    """The rows of the head, and what may depend on the code node."""
    rows, serial = len(head.weights), [block for block in blocks.values() if block.nodes is not None]
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
        if node.nodes != tree.nodes:
            raise InputError(f"block {node.name!r}: a table of {node.nodes} nodes, but the code has {tree.nodes}")
    asked = asked_blocks(list(blocks.values()))
    for block in blocks.values():
        if asked.intersection(block.keeps):
            raise InputError(f"block {block.name!r} would keep bits that depend on the code node")
