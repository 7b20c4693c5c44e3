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
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.cell import kernels
from bridge.cell.blocks import (
    OLD,
    Automaton,
    Bits,
    Block,
    Delay,
    Embedding,
    Latch,
    Logits,
    Node,
    Threshold,
    Trees,
    facts_of,
    normalised,
    one_hot,
    tensors_of,
)
from bridge.cell.checks import STATEFUL, asked_blocks, block_widths, held_bits, validate
from bridge.codetree import CodeTree
from bridge.readout import Readout

NEW = "new."  # the state number that an Automaton has come to
Numbers = npt.NDArray[np.int64]
Values = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Cell:
    """Blocks in order, exactly one `Logits`, last. `record`: JSON-able facts on corpus and training.

    Raises InputError when a block reads something undefined or its shapes do not fit.
    """

    blocks: tuple[Block, ...]
    name: str = "cell"
    record: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(normalised(block) for block in self.blocks))
        validate(self.blocks)

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
            if isinstance(block, STATEFUL):
                bits = held_bits(block, self.widths[block.name])
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
        return any(isinstance(block, Node) for block in self.blocks)

    @property
    def network(self) -> bool:
        """Is the cell made of neurons, without trees, automata and questions about a code node?"""
        return not any(isinstance(block, Automaton | Node | Trees) for block in self.blocks)

    @cached_property
    def asked(self) -> set[str]:
        """Names of the blocks, the head excepted, whose bits depend on the code node."""
        return asked_blocks(self.blocks)

    def source_width(self, source: str) -> int:
        return self.widths[source.removeprefix(OLD)]

    @cached_property
    def digest(self) -> str:
        """sha256 over everything that decides behaviour (not the name, not the record)."""
        digest = hashlib.sha256()
        for block in self.blocks:
            tensors, facts = tensors_of(block), facts_of(block)
            digest.update(json.dumps(facts, sort_keys=True).encode())
            for key in sorted(tensors):
                digest.update(f"{key}{tensors[key].dtype}{tensors[key].shape}".encode() + tensors[key].tobytes())
        return digest.hexdigest()

    def reset(self, batch: int) -> Bits:
        """The state before any byte: uint8[batch, state_bits], all 0."""
        return np.zeros((batch, self.state_bits), np.uint8)

    def step(self, state: Bits, text: Bits) -> tuple[Bits, Numbers]:
        """The oracle. state: uint8[batch, state_bits], text: uint8[batch] -> (new state, int64[batch, rows]): the
        logits of all symbols, or with a code the scores of all nodes."""
        values = self.read(state, text)
        return self.following(values), self.ask(values)

    def read(self, state: Bits, text: Bits) -> Values:
        """The bits of every block that does not depend on the code node; what stateful blocks held is `old.NAME`, what
        was read is `byte`."""
        held = {OLD + name: state[:, part] for name, part in self.state_slices.items()} | {"byte": text[:, None]}
        delays = (name for name in self.state_slices if isinstance(self.by_name[name], Delay))
        values: Values = held | {name: held[OLD + name] for name in delays}
        for block in self.blocks[:-1]:
            if isinstance(block, Embedding):
                values[block.name] = block.table[text]
            elif isinstance(block, Automaton):
                states = block.following[kernels.decode(np.ascontiguousarray(values[OLD + block.name])), text]
                values[NEW + block.name], values[block.name] = states[:, None], block.table[states]
            elif isinstance(block, Latch):
                chosen = values[block.select].astype(bool)
                values[block.name] = np.where(chosen, values[block.value], values[OLD + block.name])
            elif block.name not in self.asked and isinstance(block, Threshold | Trees):
                values[block.name] = self._computed(block, values)
        return values

    def ask(self, values: Values, nodes: Numbers | None = None) -> Numbers:
        """int64[batch, rows] from what `read` gave; in a serial cell, with nodes int64[batch], int64[batch, 1]: the
        score of one node each."""
        if not self.serial:
            return self._weigh(self.head, values) + self.head.bias
        if nodes is None:
            batch = len(next(iter(values.values())))
            every = (self.ask(values, np.full(batch, node)) for node in range(len(self.head.symbols) - 1))
            return np.concatenate(list(every), axis=1)
        values = dict(values)
        for block in self.blocks[:-1]:
            if isinstance(block, Node):
                values[block.name] = block.table[nodes]
            elif block.name in self.asked and isinstance(block, Threshold | Trees):
                values[block.name] = self._computed(block, values)
        return self._weigh(self.head, values) + self.head.bias

    def following(self, values: Values) -> Bits:
        """The state after the step, uint8[batch, state_bits], from what `read` gave."""
        new = []
        for name, part in self.state_slices.items():
            block = self.by_name[name]
            if isinstance(block, Delay):
                kept = part.stop - part.start - self.widths[block.source]
                new += [values[block.source], values[OLD + name][:, :kept]]
            elif isinstance(block, Automaton):
                new.append(one_hot(values[NEW + name][:, 0], len(block.following)))
            else:
                new.append(values[name])
        return np.concatenate(new, axis=1) if new else self.reset(len(next(iter(values.values()))))

    def _computed(self, block: Threshold | Trees, values: Values) -> Bits:
        if isinstance(block, Threshold):
            return (self._weigh(block, values) >= block.thresholds).astype(np.uint8)
        bits = np.concatenate([values[source] for source in block.sources], axis=1)
        descended: Bits = kernels.descend(block.splits, block.roots, block.leaves, bits)
        return descended

    def _weigh(self, block: Threshold | Logits, values: Values) -> Numbers:
        bits = np.concatenate([values[source] for source in block.sources], axis=1).astype(np.float32)
        sums: npt.NDArray[np.float32] = bits @ self._float_weights[block.name]
        return sums.astype(np.int64)

    @cached_property
    def _float_weights(self) -> dict[str, npt.NDArray[np.float32]]:
        weighted = (block for block in self.blocks if isinstance(block, Threshold | Logits))
        return {block.name: np.ascontiguousarray(block.weights.T, np.float32) for block in weighted}

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Cell:
        """Read a `.safetensors` cell file, or a shipped cell by its name (`kjv`); see `bridge.cell.file`."""
        from bridge.cell.file import load_cell

        return load_cell(path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a `.safetensors` cell file; see `bridge.cell.file`."""
        from bridge.cell.file import save_cell

        save_cell(self, path)
