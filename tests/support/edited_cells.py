"""An oracle of interventions: `Cell.step` block by block, with what is done to places done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.cell import Cell
from bridge.cell.blocks import BYTE, NODE, OLD


@dataclass(frozen=True)
class Done:
    """Elements of a place, `kind` being state, value, byte or number, become `values`, or are inverted (None); at one
    position, at all if None; in a serial head while one node is asked about, or all."""

    kind: str
    of: str
    indices: tuple[int, ...]
    values: tuple[int, ...] | None
    at: int | None = None
    node: int | None = None

    def to(self, array: np.ndarray) -> np.ndarray:
        array = array.copy()
        for place, index in enumerate(self.indices):
            array[:, index] = 1 - array[:, index] if self.values is None else self.values[place]
        return array


class Edited:
    """A cell to which some things are done."""

    def __init__(self, cell: Cell, done: Sequence[Done]) -> None:
        self.cell, self.done = cell, done

    def _seen(self, kind: str, of: str, array: np.ndarray, at: int, node: int | None) -> np.ndarray:
        for each in self.done:
            here = each.at in (None, at) and each.node in (None, node)
            if (each.kind, each.of) == (kind, of) and here:
                array = each.to(array)
        return array

    def step(self, state: np.ndarray, given: Any, at: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """(the next state, int64[1, numbers], all values that do not depend on the node), as read."""
        cell = self.cell
        values: dict[str, np.ndarray] = {}
        for name, part in cell.state_slices.items():
            values[OLD + name] = self._seen("state", name, state[:, part], at, None)
        for name, array in cell.by_input(given).items():
            values[name] = self._byte(array, at) if name == BYTE else array.astype(np.int64)
        asked = [block for block in cell.blocks[:-1] if block.name in cell.asked]
        for block in cell.blocks[:-1]:
            if block.name not in cell.asked:
                values[block.name] = self._value(block, values, at, None)
        numbers = []
        for node in range(len(cell.head.symbols) - 1) if cell.serial else (None,):
            here = dict(values)
            if node is not None:
                here[NODE] = np.array([node])
            for block in asked:
                here[block.name] = self._value(block, here, at, node)
            numbers.append(cell.last.bits(here))
        new = [cell.by_name[name].next_state(values) for name in cell.state_slices]
        following = np.concatenate(new, axis=1) if new else state
        return following, np.concatenate(numbers, axis=1), values

    def _value(self, block: Any, values: dict[str, np.ndarray], at: int, node: int | None) -> np.ndarray:
        found = block.bits(values)
        return found if block.AT_START else self._seen("value", block.name, found, at, node)

    def _byte(self, byte: np.ndarray, at: int) -> np.ndarray:
        bits = np.unpackbits(byte.astype(np.uint8)[:, None], axis=1, bitorder="little")
        return np.packbits(self._seen("byte", "", bits, at, None), axis=1, bitorder="little")[:, 0]

    def run(self, given: Sequence[Any], start: int = 0) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
        """int64[T, numbers] from reset on, and the values in every step; the first one is at position `start`."""
        state, numbers, shown = self.cell.reset(1), [], []
        for step, each in enumerate(given):
            state, found, values = self.step(state, each, start + step)
            numbers.append(found[0])
            shown.append(values)
        return np.array(numbers), shown


def random_done(cell: Cell, rng: np.random.Generator, steps: int) -> tuple[str, Any, Done]:
    """A name, a value for it, and the same by hand."""
    places: list[tuple[str, str, Any]] = [
        *(("state", name, held) for name, held in cell.held.items() if held.bits),
        *(
            ("value", b.name, cell.ranges[b.name])
            for b in cell.blocks[:-1]
            if not b.AT_START and cell.ranges[b.name].bits
        ),
    ]
    if cell.reads_byte:
        places.append(("byte", "", None))
    kind, of, ranges = places[rng.integers(len(places))]
    at = int(rng.integers(steps)) if rng.random() < 0.4 else None
    suffix = "" if at is None else f"@{at}"
    head = "byte" if kind == "byte" else f"state.{of}" if kind == "state" else of
    if kind == "byte":
        bits = tuple(range(8)) if rng.random() < 0.5 else (int(rng.integers(8)),)
        name = head if len(bits) == 8 else f"byte[{bits[0]}]"
        if rng.random() < 0.3:
            return name + suffix, "flip", Done(kind, of, bits, None, at)
        value = int(rng.integers(1 << len(bits)))
        return name + suffix, value, Done(kind, of, bits, tuple(value >> i & 1 for i in range(len(bits))), at)
    some = [index for index, width in enumerate(ranges.widths.tolist()) if width]
    if rng.random() < 0.6:
        (index,) = rng.choice(some, 1).tolist()
        if ranges.plain[index] and rng.random() < 0.4:
            return f"{head}[{index}]{suffix}", "flip", Done(kind, of, (index,), None, at)
        value = int(rng.integers(ranges.low[index], ranges.high[index] + 1))
        return f"{head}[{index}]{suffix}", value, Done(kind, of, (index,), (value,), at)
    every = tuple(range(len(ranges)))
    if ranges.plain.all() and rng.random() < 0.4:
        return head + suffix, "flip", Done(kind, of, every, None, at)
    row = rng.integers(ranges.low, ranges.high + 1)
    if ranges.plain.all() and rng.random() < 0.5:
        number = sum(int(bit) << place for place, bit in enumerate(row.tolist()))
        return head + suffix, number, Done(kind, of, every, tuple(row.tolist()), at)
    return head + suffix, row.tolist(), Done(kind, of, every, tuple(row.tolist()), at)


def apart(done: Sequence[Done]) -> bool:
    """Do no two of them meet in one element?"""
    for place, one in enumerate(done):
        for other in done[:place]:
            meet = set(one.indices) & set(other.indices) and (one.kind, one.of) == (other.kind, other.of)
            if meet and (one.at is None or other.at is None or one.at == other.at):
                return False
    return True
