"""What a model reads in a step, part by part: the byte, elements of its inputs, or the features they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig, names
from bridge.arrays import Bits, Ints
from bridge.cell import Input
from bridge.cell.encoder import Encoder
from bridge.cell.ranges import Ranges
from bridge.execution.rows import BYTES
from bridge.metadata import read_metadata
from bridge.printable import few, in_quotes

MOST = 256  # values of a part that are tried
NAMED = 3  # elements of a feature


@dataclass(frozen=True, eq=False)
class Part:
    """`bits`: int64[n], which inputs of the netlist; `ranges`: of its elements, which these bits hold; `codes`:
    uint8[values, n], values that it can have; `count`: how many it can have, of which `codes` are MOST at most."""

    name: str
    bits: Ints
    ranges: Ranges
    codes: Bits
    count: int

    def shown(self, code: Bits) -> str:
        """A value, uint8[n], for people."""
        numbers = self.ranges.decode(code[None])[0].tolist()
        return in_quotes(bytes(numbers)) if self.name == "byte" else ", ".join(map(str, numbers))


def parts_of(aig: Aig) -> tuple[Part, ...]:
    """Of the inputs that its comment tells of, and the byte."""
    facts, place = read_metadata(aig), {name: index for index, name in enumerate(aig.inputs)}
    found = []
    if set(names.BYTE) <= set(place):
        bits = np.array([place[name] for name in names.BYTE], np.int64)
        values = list(facts.readout.symbols) if facts.readout else range(256)
        found.append(Part("byte", bits, BYTES, BYTES.encode(np.array(values)[:, None]), len(values)))
    for block in facts.inputs:
        found += _of_input(block, place)
    return tuple(found)


def _of_input(block: Input, place: dict[str, int]) -> list[Part]:
    ranges = Ranges(block.low, block.high)
    own = ranges.apart(np.array([place[name] for name in block.signals], np.int64))
    if block.encoder is None:
        return [
            Part(names.element(block.name, j), own[j], ranges.of([j]), *_values(ranges.of([j])))
            for j in range(len(ranges))
        ]
    found = []
    for feature in np.unique(block.encoder.features).tolist():
        elements = np.flatnonzero(block.encoder.features == feature).tolist()
        some, bits = ranges.of(elements), np.concatenate([own[j] for j in elements])
        name = few([names.element(block.name, j) for j in elements], NAMED, ", ")
        found.append(Part(name, bits, some, *_encodings(block.encoder, feature, elements, some)))
    return found


def _values(ranges: Ranges) -> tuple[Bits, int]:
    """Of one element."""
    count = int(ranges.high[0] - ranges.low[0]) + 1
    chosen = np.unique(np.linspace(int(ranges.low[0]), int(ranges.high[0]), min(count, MOST)).round().astype(np.int64))
    return ranges.encode(chosen[:, None]), count


def _encodings(encoder: Encoder, feature: int, elements: list[int], ranges: Ranges) -> tuple[Bits, int]:
    """All that a raw feature can make of its elements: one value between any two of its thresholds is enough."""
    steps = [encoder.steps[row] for row in np.unique(encoder.rows[elements]).tolist()]
    raw = np.unique(np.concatenate([np.array([-np.inf]), *steps]))
    raw = np.concatenate([raw, [np.nan]]) if encoder.missing is not None else raw
    table = np.zeros((len(raw), encoder.needed))
    table[:, feature] = raw
    codes = np.unique(ranges.encode(encoder.encode(table)[:, elements]), axis=0)
    chosen = np.unique(np.linspace(0, len(codes) - 1, min(len(codes), MOST)).round().astype(np.int64))
    return codes[chosen], len(codes)
