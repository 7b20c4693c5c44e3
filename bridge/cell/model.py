"""The quantized cell: named blocks over bit vectors, exact in small integers, and the integer oracle `Cell.step`.

A cell is a list of blocks in order of evaluation. A block reads *sources*: the name of an earlier block (its bits of
this step), or `old.NAME`, the bits a Latch block held before this step (NAME may come later: that is a recurrence).
A Delay may name any block, earlier or later, since it only reads past steps. All state starts at 0.

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
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.cell.blocks import (
    OLD,
    Bits,
    Block,
    Delay,
    Embedding,
    Latch,
    Logits,
    Threshold,
    facts_of,
    normalised,
    tensors_of,
)
from bridge.cell.checks import block_widths, validate
from bridge.readout import Readout


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
        """Where each Delay and Latch block keeps its bits in the state vector."""
        slices, start = {}, 0
        for block in self.blocks:
            if isinstance(block, Delay | Latch):
                slices[block.name] = slice(start, start + self.widths[block.name])
                start += self.widths[block.name]
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
        return Readout(self.head.symbols, self.head.scale)

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

    def step(self, state: Bits, text: Bits) -> tuple[Bits, npt.NDArray[np.int64]]:
        """The oracle. state: uint8[batch, state_bits], text: uint8[batch] -> (new state, int64[batch, symbols])."""
        values, logits = self.values(state, text)
        return self.next_state(state, values), logits

    def next_state(self, state: Bits, values: dict[str, Bits]) -> Bits:
        """The state after a step whose bits were `values`."""
        new = np.empty_like(state)
        for name, part in self.state_slices.items():
            stateful = self.by_name[name]
            if isinstance(stateful, Delay):
                width = self.widths[stateful.source]
                old = values[name][:, : part.stop - part.start - width]
                new[:, part] = np.concatenate([values[stateful.source], old], axis=1)
            else:
                new[:, part] = values[name]
        return new

    def values(self, state: Bits, text: Bits) -> tuple[dict[str, Bits], npt.NDArray[np.int64]]:
        """Within a step: the bits of every source, uint8[batch, width] by name, and the logits."""
        values: dict[str, Bits] = {}
        for name, part in self.state_slices.items():
            values[(OLD if isinstance(self.by_name[name], Latch) else "") + name] = state[:, part]
        for block in self.blocks[:-1]:
            if isinstance(block, Embedding):
                values[block.name] = block.table[text]
            elif isinstance(block, Threshold):
                sums = self._weigh(block, values)
                values[block.name] = (sums >= block.thresholds).astype(np.uint8)
            elif isinstance(block, Latch):
                chosen = values[block.select].astype(bool)
                values[block.name] = np.where(chosen, values[block.value], values[OLD + block.name])
        return values, self._weigh(self.head, values) + self.head.bias

    def _weigh(self, block: Threshold | Logits, values: dict[str, Bits]) -> npt.NDArray[np.int64]:
        bits = np.concatenate([values[source] for source in block.sources], axis=1).astype(np.float32)
        sums: npt.NDArray[np.float32] = bits @ self._float_weights[block.name]
        return sums.astype(np.int64)

    @cached_property
    def _float_weights(self) -> dict[str, npt.NDArray[np.float32]]:
        weighted = (block for block in self.blocks if isinstance(block, Threshold | Logits))
        return {block.name: np.ascontiguousarray(block.weights.T, np.float32) for block in weighted}

    @staticmethod
    def load(path: str) -> Cell:
        """Read a `.safetensors` cell file; see `bridge.cell.file`."""
        from bridge.cell.file import load_cell

        return load_cell(path)

    def save(self, path: str) -> None:
        """Write a `.safetensors` cell file; see `bridge.cell.file`."""
        from bridge.cell.file import save_cell

        save_cell(self, path)
