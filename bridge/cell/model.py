"""The quantized cell: named blocks over vectors of bounded integers, and the integer oracle `Cell.step`.

Every value is a vector of integers with known bounds; a bit is the range 0..1. A cell is a list of blocks in order of
evaluation. A block reads *sources*: the name of an earlier block (its values of this step), or `old.NAME`, what a Latch
block held before this step (NAME may come later: that is a recurrence). A Delay may name any block, earlier or later,
since it only reads past steps. All state starts at 0.

A cell that ends in `Logits` is a text model: it reads a byte in each step. One that ends in `Scores` reads its `Input`
blocks, and the byte where a block asks for it; without state and byte it is a pure function.

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from html import escape
from typing import Any, TypeAlias

import numpy as np

from bridge.aig import names
from bridge.arrays import Ints
from bridge.cell.blocks import BYTE, NODE, OLD, Block, Input, Integers, Logits, Scores, Summed, Values, Weighted
from bridge.cell.checks import Wiring, asked_blocks, normalised, validated
from bridge.cell.file import read_cell, write_cell
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.readout import Labelled, Readout
from bridge.readout.codetree import CodeTree

Given: TypeAlias = Integers | Mapping[str, Integers]


@dataclass(frozen=True, eq=False)
class Cell:
    """`blocks` in order, exactly one head, `Logits` or `Scores`, last. `record`: JSON-able facts on corpus and
    training.

    Raises InputError when a block reads something undefined or its shapes do not fit.
    """

    blocks: tuple[Block, ...]
    name: str = "cell"
    record: Mapping[str, Any] = field(default_factory=dict)
    _wiring: Wiring = field(init=False, repr=False)
    KIND = "cell"

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", normalised(self.blocks))
        object.__setattr__(self, "_wiring", validated(self.blocks))

    def __repr__(self) -> str:
        kinds = Counter(block.kind for block in self.blocks)
        blocks = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        gives = (
            f"{self.last.width(self.source_width)} labels"
            if self.last.integers
            else f"{len(self.head.symbols)} symbols"
        )
        return f"<Cell {self.name!r}: {self.state_bits} state bits, {gives}; {blocks}>"

    def _repr_html_(self) -> str:
        """The blocks as a table."""
        cells = "".join(f"<tr><td>{escape(repr(block)[1:-1])}</td></tr>" for block in self.blocks)
        return f"<table><caption>{escape(repr(self)[1:-1])}</caption>{cells}</table>"

    @cached_property
    def by_name(self) -> dict[str, Block]:
        """The blocks by their names."""
        return {block.name: block for block in self.blocks}

    @cached_property
    def widths(self) -> dict[str, int]:
        """Elements of every block except the head."""
        return {block.name: self._wiring.width(block.name) for block in self.blocks if not block.HEAD}

    @property
    def sources(self) -> list[str]:
        """All that blocks may read: blocks, and what they held before."""
        return [*self.widths, *(OLD + block.name for block in self.blocks if block.HAS_OLD)]

    @cached_property
    def ranges(self) -> dict[str, Ranges]:
        """What they can be."""
        return {name: self._wiring.ranges(name) for name in self.widths}

    @cached_property
    def held(self) -> dict[str, Ranges]:
        """What every stateful block holds."""
        return {block.name: block.held(self.ranges[block.name]) for block in self.blocks if block.STATEFUL}

    @cached_property
    def state_slices(self) -> dict[str, slice]:
        """Where each stateful block keeps its elements in the state vector."""
        slices, start = {}, 0
        for name, held in self.held.items():
            slices[name] = slice(start, start + len(held))
            start += len(held)
        return slices

    @property
    def state_bits(self) -> int:
        """How many latches the netlist has."""
        return self.state_ranges.bits

    @cached_property
    def state_ranges(self) -> Ranges:
        """What the elements of the state vector can be."""
        return Ranges.joined(list(self.held.values()))

    @property
    def last(self) -> Block:
        """The head, of whatever kind."""
        return self.blocks[-1]

    @property
    def head(self) -> Logits:
        """The head of a text model; InputError for any other cell."""
        if not isinstance(self.last, Logits):
            words = "it predicts no bytes; from Python, bridge.run(cell, rows) runs it on numbers"
            raise InputError(f"cell {self.name!r} gives {self.last.kind}, not Logits: {words}")
        return self.last

    @property
    def labelled(self) -> Labelled | None:
        """What its numbers are, if they are not those of text."""
        return self.last.labelled if isinstance(self.last, Scores) else None

    def with_labels(self, labels: Sequence[str]) -> Cell:
        """The cell with other names of its numbers. InputError unless there is one for each."""
        head = self.last
        if not isinstance(head, Scores):
            raise InputError(f"cell {self.name!r} predicts bytes: its numbers are named by them, not by labels")
        if len(labels) != len(head.labels):
            raise InputError(f"there are {len(labels)} labels for {len(head.labels)} numbers: name each of them")
        return replace(self, blocks=(*self.blocks[:-1], replace(head, labels=tuple(labels))))

    @property
    def text_model(self) -> bool:
        """Does it predict bytes?"""
        return isinstance(self.last, Logits)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What it is given from outside, the byte apart."""
        return tuple(block for block in self.blocks if isinstance(block, Input))

    @cached_property
    def reads_byte(self) -> bool:
        """A text model does, and any other cell that has a block that does."""
        return self.text_model or any(block.READS_BYTE for block in self.blocks)

    @property
    def pure(self) -> bool:
        """Is it a function of its inputs, without state and byte?"""
        return not self.reads_byte and not self.held

    @property
    def integers(self) -> tuple[Block, ...]:
        """The blocks that give or ask about more than bits."""
        return tuple(block for block in self.blocks if block.integers)

    @property
    def readout(self) -> Readout:
        """How the numbers of the head become probabilities; InputError unless it is a text model."""
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

    @property
    def summed(self) -> tuple[Summed, ...]:
        """All blocks of weighted sums, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Summed))

    @cached_property
    def weighted(self) -> tuple[Weighted, ...]:
        """Those of neurons and of text, the head last."""
        return tuple(block for block in self.blocks if isinstance(block, Weighted))

    @cached_property
    def asked(self) -> set[str]:
        """Names of the blocks, the head excepted, whose bits depend on the code node."""
        return asked_blocks(self.blocks)

    def source_width(self, source: str) -> int:
        """Elements of a block, or of what it held before (`old.NAME`)."""
        return self.widths[source.removeprefix(OLD)]

    def columns(self, sources: Sequence[str]) -> list[slice]:
        """Where the elements of each source lie, all of them side by side."""
        ends = np.cumsum([self.source_width(source) for source in sources]).tolist()
        return [slice(end - self.source_width(source), end) for end, source in zip(ends, sources, strict=True)]

    def source_ranges(self, source: str) -> Ranges:
        """What the elements of a source can be."""
        return self.ranges[source.removeprefix(OLD)]

    def ranges_read(self, block: Block) -> Ranges:
        """What the elements that a block reads can be, all sources side by side."""
        return Ranges.joined([self.source_ranges(source) for source in block.reads])

    def matrix(self, block: Weighted) -> Integers:
        """int8[out, in]: all weights of a block, also those that are 0; InputError for lists of which that is too
        large."""
        return block.matrix(sum(map(self.source_width, block.sources)))

    def at_start(self, source: str) -> bool:
        """Are the bits of a source those that its block held before the step?"""
        return source.startswith(OLD) or self.by_name[source].AT_START

    def signals(self, source: str) -> list[str]:
        """The names that a netlist has for the bits that are read from a source, see `bridge.aig.names`."""
        name = source.removeprefix(OLD)
        named = names.state if self.at_start(source) else names.element
        return self.ranges[name].named(partial(named, name))

    def elements(self, source: str) -> list[str]:
        """The names of the elements that are read from a source; those of the bits of integers begin with them."""
        named = names.state if self.at_start(source) else names.element
        return [named(source.removeprefix(OLD), index) for index in range(self.source_width(source))]

    def latches(self, block: str) -> list[str]:
        """The names of the latches of a stateful block."""
        return self.held[block].named(partial(names.state, block))

    @property
    def numbers(self) -> list[str]:
        """What the numbers of the head are called in a netlist, `<name>[bit]` being their outputs."""
        return self.labelled.names if self.labelled else self.readout.names(self.serial)

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

    def reset(self, batch: int) -> Integers:
        """The state before any step: [batch, elements], all 0, uint8 where all are bits, else int64."""
        return np.zeros((batch, len(self.state_ranges)), np.uint8 if self.state_ranges.are_bits else np.int64)

    def step(self, state: Integers, given: Given) -> tuple[Integers, Ints]:
        """The oracle. state: [batch, elements], see `reset`, `given`: uint8[batch], the bytes that are read, or by name
        `byte` and int[batch, width] for every Input; the array alone where there is just one -> (new state,
        int64[batch, numbers]): the logits of all symbols, or with a code the scores of all nodes, or the Scores.

        InputError for an input that does not have the shape or the range of its block.
        """
        values = self.read(state, given)
        return self.following(values), self.ask(values)

    def read(self, state: Integers, given: Given) -> Values:
        """What is given, and the values of every block that does not depend on the code node; what stateful blocks held
        is `old.NAME`."""
        values: Values = {OLD + name: state[:, part] for name, part in self.state_slices.items()}
        inputs = self.by_input(given)
        values |= dict(inputs) | {block.name: block.given(inputs[block.name]) for block in self.inputs}
        for block in self.blocks[:-1]:
            if block.name not in self.asked:
                values[block.name] = block.bits(values)
        return values

    def ask(self, values: Values, nodes: Ints | None = None) -> Ints:
        """int64[batch, rows] from what `read` gave; in a serial cell, with nodes int64[batch], int64[batch, 1]: the
        score of one node each."""
        if not self.serial:
            return self.last.bits(values)
        if nodes is None:
            batch = len(values[BYTE])
            every = (self.ask(values, np.full(batch, node)) for node in range(len(self.head.symbols) - 1))
            return np.concatenate(list(every), axis=1)
        return self.head.bits(self.asked_at(values, nodes))

    def asked_at(self, values: Values, nodes: Ints) -> Values:
        """What `read` gave, with the values of all blocks while code nodes int64[batch] are asked about."""
        values = {**values, NODE: nodes}
        for block in self.blocks[:-1]:
            if block.name in self.asked:
                values[block.name] = block.bits(values)
        return values

    def following(self, values: Values) -> Integers:
        """The state after the step, as `reset` has it, from what `read` gave."""
        new = [self.by_name[name].next_state(values) for name in self.state_slices]
        return np.concatenate(new, axis=1) if new else self.reset(len(next(iter(values.values()))))

    def by_input(self, given: Given) -> Mapping[str, Integers]:
        """What is given, by name; InputError unless that is the byte, if it is read, and every Input."""
        wanted = [BYTE] * self.reads_byte + [block.name for block in self.inputs]
        if not isinstance(given, Mapping):
            if len(wanted) != 1:
                raise InputError(f"cell {self.name!r} is given {', '.join(wanted) or 'nothing'}, by name")
            given = {wanted[0]: given}
        if set(given) != set(wanted):
            raise InputError(f"cell {self.name!r} is given {', '.join(wanted)}, not {', '.join(sorted(given))}")
        return given

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Cell:
        """Read a `.safetensors` cell file, or a shipped cell by its name (`kjv`); see `bridge.cell.file`."""
        return read_cell(path, Cell)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a `.safetensors` cell file; see `bridge.cell.file`."""
        write_cell(path, self.blocks, self.name, self.record)
