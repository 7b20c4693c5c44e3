"""The quantized cell: named blocks over bit vectors, exact in small integers, and the integer oracle `Cell.step`.

A cell is a list of blocks in order of evaluation. A block reads *sources*: the name of an earlier block (its bits of
this step), or `old.NAME`, the bits a Latch block held before this step (NAME may come later: that is a recurrence).
A Delay may name any block, earlier or later, since it only reads past steps. All state starts at 0.

The head gives an integer per symbol, or per node of a binary code tree. In a *serial* cell some blocks depend on a code
node (`Node`), and the head gives the score of that one node: a byte takes several evaluations, the state moves once.

    cell = Cell((
        Embedding("emb", fill_unseen(table, symbols)),
        Delay("past", "emb", steps=4),
        Threshold("h", ("emb", "past"), weights, thresholds),
        Logits("logit", ("h", "emb"), head, bias, scale=0.1, symbols=symbols),
    ))
    state, logits = cell.step(cell.reset(batch=1), np.array([65], np.uint8))
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

import numpy as np

from bridge.aig import names
from bridge.arrays import Ints
from bridge.cell.blocks import BYTE, NODE, OLD, Bits, Block, Logits, Values, Weighted
from bridge.cell.checks import asked_blocks, block_widths, normalised, validate
from bridge.cell.file import read_cell, write_cell
from bridge.readout import Readout
from bridge.readout.codetree import CodeTree


@dataclass(frozen=True, eq=False)
class Cell:
    """Blocks in order, exactly one `Logits`, last. `record`: JSON-able facts on corpus and training.

    Raises InputError when a block reads something undefined or its shapes do not fit.
    """

    blocks: tuple[Block, ...]
    name: str = "cell"
    record: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", normalised(self.blocks))
        validate(self.blocks)

    def __repr__(self) -> str:
        kinds = Counter(block.kind for block in self.blocks)
        blocks = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        return f"<Cell {self.name!r}: {self.state_bits} state bits, {len(self.head.symbols)} symbols; {blocks}>"

    def _repr_html_(self) -> str:
        """The blocks as a table."""
        cells = "".join(f"<tr><td>{escape(repr(block)[1:-1])}</td></tr>" for block in self.blocks)
        return f"<table><caption>{escape(repr(self)[1:-1])}</caption>{cells}</table>"

    @cached_property
    def by_name(self) -> dict[str, Block]:
        return {block.name: block for block in self.blocks}

    @cached_property
    def widths(self) -> dict[str, int]:
        """Bits of every block except the head."""
        return block_widths(self.blocks)

    @cached_property
    def state_slices(self) -> dict[str, slice]:
        """Where each stateful block keeps its bits in the state vector."""
        slices, start = {}, 0
        for block in self.blocks:
            if block.STATEFUL:
                bits = block.held(self.widths[block.name])
                slices[block.name] = slice(start, start + bits)
                start += bits
        return slices

    @property
    def state_bits(self) -> int:
        return sum(part.stop - part.start for part in self.state_slices.values())

    @property
    def head(self) -> Logits:
        last = self.blocks[-1]
        assert isinstance(last, Logits)
        return last

    @property
    def readout(self) -> Readout:
        code = None if self.head.code is None else CodeTree.of(self.head.code)
        return Readout(self.head.symbols, self.head.scale, code)

    @property
    def serial(self) -> bool:
        """Does the head answer for one code node at a time?"""
        return any(block.nodes is not None for block in self.blocks)

    @property
    def network(self) -> bool:
        """Is the cell made of neurons, without trees, automata and questions about a code node?"""
        return all(block.NEURAL for block in self.blocks)

    @cached_property
    def weighted(self) -> tuple[Weighted, ...]:
        """The blocks of weighted sums, the head last."""
        return tuple(block for block in self.blocks if isinstance(block, Weighted))

    @cached_property
    def asked(self) -> set[str]:
        """Names of the blocks, the head excepted, whose bits depend on the code node."""
        return asked_blocks(self.blocks)

    def source_width(self, source: str) -> int:
        return self.widths[source.removeprefix(OLD)]

    def at_start(self, source: str) -> bool:
        """Are the bits of a source those that its block held before the step?"""
        return source.startswith(OLD) or self.by_name[source].AT_START

    def signals(self, source: str) -> list[str]:
        """The names that a netlist has for the bits that are read from a source, see `bridge.aig.names`."""
        name = source.removeprefix(OLD)
        named = names.state if self.at_start(source) else names.element
        return [named(name, index) for index in range(self.source_width(source))]

    @cached_property
    def digest(self) -> str:
        """sha256 over everything that decides behaviour (not the name, not the record)."""
        digest = hashlib.sha256()
        for block in self.blocks:
            tensors, facts = block.tensors(), block.facts()
            digest.update(json.dumps(facts, sort_keys=True).encode())
            for key in sorted(tensors):
                digest.update(f"{key}{tensors[key].dtype}{tensors[key].shape}".encode() + tensors[key].tobytes())
        return digest.hexdigest()

    def reset(self, batch: int) -> Bits:
        """The state before any byte: uint8[batch, state_bits], all 0."""
        return np.zeros((batch, self.state_bits), np.uint8)

    def step(self, state: Bits, text: Bits) -> tuple[Bits, Ints]:
        """The oracle. state: uint8[batch, state_bits], text: uint8[batch] -> (new state, int64[batch, rows]): the
        logits of all symbols, or with a code the scores of all nodes."""
        values = self.read(state, text)
        return self.following(values), self.ask(values)

    def read(self, state: Bits, text: Bits) -> Values:
        """The byte, and the bits of every block that does not depend on the code node; what stateful blocks held is
        `old.NAME`."""
        values: Values = {OLD + name: state[:, part] for name, part in self.state_slices.items()}
        values[BYTE] = text
        for block in self.blocks[:-1]:
            if block.name not in self.asked:
                values[block.name] = block.bits(values)
        return values

    def ask(self, values: Values, nodes: Ints | None = None) -> Ints:
        """int64[batch, rows] from what `read` gave; in a serial cell, with nodes int64[batch], int64[batch, 1]: the
        score of one node each."""
        if not self.serial:
            return self.head.bits(values)
        if nodes is None:
            batch = len(values[BYTE])
            every = (self.ask(values, np.full(batch, node)) for node in range(len(self.head.symbols) - 1))
            return np.concatenate(list(every), axis=1)
        values = {**values, NODE: nodes}
        for block in self.blocks[:-1]:
            if block.name in self.asked:
                values[block.name] = block.bits(values)
        return self.head.bits(values)

    def following(self, values: Values) -> Bits:
        """The state after the step, uint8[batch, state_bits], from what `read` gave."""
        new = [self.by_name[name].next_state(values) for name in self.state_slices]
        return np.concatenate(new, axis=1) if new else self.reset(len(values[BYTE]))

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Cell:
        """Read a `.safetensors` cell file, or a shipped cell by its name (`kjv`); see `bridge.cell.file`."""
        return read_cell(path, Cell)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a `.safetensors` cell file; see `bridge.cell.file`."""
        write_cell(path, self.blocks, self.name, self.record)
