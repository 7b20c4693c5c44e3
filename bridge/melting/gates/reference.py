"""Gates and layers evaluated as they are listed, with numpy, apart from what makes cells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from bridge.arrays import Flags, Floats, Floats32, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.melting.gates.dwn import network_of
from bridge.melting.gates.listing import operation_table
from bridge.melting.source import Comparison, input_range


@dataclass(frozen=True, eq=False)
class Raw:
    """What goes in. `inputs`: bits of the gates; `thresholds`: float32[features or 1, bits], None if these are given;
    `span`: the integers that features are, and their divisor."""

    inputs: int
    thresholds: Floats32 | None
    span: tuple[int, int, Fraction] | None

    @classmethod
    def told(cls, facts: Mapping[str, Any], inputs: int) -> Raw:
        """By a file or by options."""
        thresholds = None if facts.get("thresholds") is None else np.atleast_2d(np.asarray(facts["thresholds"], "f4"))
        span = None if facts.get("input_range") is None else input_range(facts["input_range"])
        return cls(inputs, thresholds, span)

    def rows(self, count: int, seed: int) -> Floats:
        """float64[count, features]: random bits, integers, or single-precision numbers, many of which are a threshold
        or beside one."""
        chance = np.random.default_rng(seed)
        if self.thresholds is None:
            return chance.integers(0, 2, (count, self.inputs)).astype(np.float64)
        rows: Floats32 = np.empty((count, self.inputs // self.thresholds.shape[1]), np.float32)
        if self.span is not None:
            return np.asarray(chance.integers(self.span[0], self.span[1] + 1, rows.shape), np.float64)
        for feature in range(rows.shape[1]):
            own = self.thresholds[feature % len(self.thresholds)]
            spread = own.max() - own.min() + 1
            near = chance.choice(own, count)
            side = np.nextafter(near, chance.choice(np.array([-np.inf, np.inf], np.float32), count))
            near = np.where(chance.random(count) < 0.5, near, side)
            wide = chance.uniform(own.min() - spread, own.max() + spread, count)
            rows[:, feature] = np.where(chance.random(count) < 0.5, wide, near)
        return rows.astype(np.float64)

    def bits(self, raw: Floats) -> Flags:
        """bool[rows, inputs]: the features above their thresholds, in single precision as torch compares them."""
        if self.thresholds is None:
            return np.asarray(raw != 0, np.bool_)
        given = raw if self.span is None else raw / float(self.span[2])
        above = np.asarray(given, np.float32)[:, :, None] > self.thresholds
        return np.asarray(above, np.bool_).reshape(len(raw), -1)


def compared(found: Ints | Floats, cell: Cell, values: Values, by: str = "the list") -> Comparison:
    """[rows, numbers] that stand for integers, beside those of the head. by: who found them."""
    own = values[cell.last.name]
    same = np.asarray(np.abs(found - own) < 0.25, np.bool_)
    equal: Flags = np.all(same, axis=1)
    first = None
    if not equal.all():
        row, output = np.argwhere(~same)[0].tolist()
        first = f"output {output} is {found[row, output]:.15g} by {by}, {own[row, output]} by the cell"
    return Comparison(equal, np.zeros(len(equal), np.bool_), first=first)


class ListedGates:
    """The format `gates`: one gate after the other."""

    name = "the gates one by one, by numpy"

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts, self._raw = facts, Raw.told(facts, facts["inputs"])

    def rows(self, count: int, seed: int) -> Floats:
        return self._raw.rows(count, seed)

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        signals = list(self._raw.bits(raw).T)
        for operation, *reads in self._facts["gates"]:
            table = operation_table(operation, len(reads), "gate")
            lookup = np.array([table >> address & 1 for address in range(1 << len(reads))], np.bool_)
            address = np.zeros(len(raw), np.int64)
            for place, read in enumerate(reads):
                address += signals[read].astype(np.int64) << place
            signals.append(lookup[address])
        outputs = [output if isinstance(output, list) else [output] for output in self._facts["outputs"]]
        zeros = np.zeros(len(raw), np.int64)
        sums = np.stack([sum((signals[read] for read in output), zeros) for output in outputs], axis=1)
        return compared(sums + np.array(self._facts.get("bias", 0), np.int64), cell, values)


class ListedLayers:
    """A weightless network, as torch_dwn defines it; its own kernels need a GPU."""

    name = "the layers of torch_dwn's definition, by numpy"

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._network = network_of(facts)
        self._raw = Raw.told(facts, self._network.inputs)

    def rows(self, count: int, seed: int) -> Floats:
        return self._raw.rows(count, seed)

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        signals = self._raw.bits(raw)
        for layer in self._network.layers:
            places = 1 << np.arange(layer.mapping.shape[1])
            address = signals[:, layer.mapping] @ places
            signals = layer.tables[np.arange(len(layer.tables)), address]
        lacking = -signals.shape[1] % self._network.classes
        padded = np.pad(signals, ((0, 0), (0, lacking)))
        return compared(padded.reshape(len(raw), self._network.classes, -1).sum(axis=2), cell, values)
