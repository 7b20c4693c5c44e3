"""Gates and layers evaluated as they are listed, with numpy, apart from what makes cells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.arrays import Flags, Floats, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.melting.gates.dwn import Network
from bridge.melting.gates.listing import operation_table
from bridge.melting.source import Comparison


def raw_rows(cell_inputs: int, thresholds: Any, count: int, seed: int) -> Floats:
    """float64[count, features]: random bits, or with thresholds float[features, bits] random single-precision numbers,
    many of which are a threshold or beside one."""
    chance = np.random.default_rng(seed)
    if thresholds is None:
        return chance.integers(0, 2, (count, cell_inputs)).astype(np.float64)
    table = np.asarray(thresholds, np.float32)
    table = table.reshape(1, -1) if table.ndim == 1 else table
    rows = np.empty((count, cell_inputs // table.shape[1]), np.float32)
    for feature in range(rows.shape[1]):
        own = table[feature % len(table)]
        spread = own.max() - own.min() + 1
        near = chance.choice(own, count)
        side = np.nextafter(near, chance.choice(np.array([-np.inf, np.inf], np.float32), count))
        near = np.where(chance.random(count) < 0.5, near, side)
        wide = chance.uniform(own.min() - spread, own.max() + spread, count)
        rows[:, feature] = np.where(chance.random(count) < 0.5, wide, near)
    return rows.astype(np.float64)


def bits_of(raw: Floats, thresholds: Any) -> Flags:
    """bool[rows, inputs]: the features above their thresholds, in single precision as torch compares them."""
    if thresholds is None:
        given: Flags = raw != 0
        return given
    above = np.asarray(raw, np.float32)[:, :, None] > np.asarray(thresholds, np.float32)
    bits: Flags = above.reshape(len(raw), -1)
    return bits


def compared(found: Ints, cell: Cell, values: Values) -> Comparison:
    """Integers beside those of the head."""
    own = values[cell.last.name]
    same = (found == own).all(axis=1)
    first = None
    if not same.all():
        row, output = np.argwhere(found != own)[0].tolist()
        first = f"row {row}, output {output}: {found[row, output]} by the list, {own[row, output]} by the cell"
    return Comparison(same, np.zeros(len(same), np.bool_), first=first)


class ListedGates:
    """The format `gates`: one gate after the other."""

    name = "the gates one by one, by numpy"

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def rows(self, count: int, seed: int) -> Floats:
        return raw_rows(self._facts["inputs"], self._facts.get("thresholds"), count, seed)

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        signals = list(bits_of(raw, self._facts.get("thresholds")).T)
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

    def __init__(self, network: Network) -> None:
        self._network = network
        encoder = network.encoder
        self._thresholds = None
        if encoder:
            last = np.float32(-np.inf)
            given = np.nextafter(encoder.thresholds.astype(np.float32), last)
            self._thresholds = given.reshape(int(encoder.features.max()) + 1, -1)

    def rows(self, count: int, seed: int) -> Floats:
        return raw_rows(self._network.inputs, self._thresholds, count, seed)

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        signals = bits_of(raw, self._thresholds)
        for layer in self._network.layers:
            places = 1 << np.arange(layer.mapping.shape[1])
            address = signals[:, layer.mapping] @ places
            signals = layer.tables[np.arange(len(layer.tables)), address]
        lacking = -signals.shape[1] % self._network.classes
        padded = np.pad(signals, ((0, 0), (0, lacking)))
        return compared(padded.reshape(len(raw), self._network.classes, -1).sum(axis=2), cell, values)
