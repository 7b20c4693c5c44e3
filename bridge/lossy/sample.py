"""What a cell sees and does at many positions of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bridge.arrays import Bits, Ints
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.states import random_excerpts, values_on

STREAMS = 128  # side by side, each in another place of the text
WARMUP = 24  # steps that do not count: a bit of memory is old after them
STEPS = 64  # that count; all together 8,192 positions


@dataclass(frozen=True, eq=False)
class Sample:
    """`bits`: uint8[n, width] by source; `numbers`: int64[n, rows] of the head; `targets`: uint8[n], the next bytes.
    Positions whose next byte is no symbol are left out."""

    bits: Mapping[str, Bits]
    numbers: Ints
    targets: Bits

    def read(self, sources: tuple[str, ...]) -> Bits:
        """uint8[n, in]: what a block with these sources reads."""
        return np.concatenate([self.bits[source] for source in sources], axis=1)


def take_sample(cell: Cell, text: bytes, seed: int) -> Sample:
    """Run the cell at STREAMS random places of the text; each starts from reset, WARMUP steps before it counts.

    InputError when the text is too short.
    """
    length = WARMUP + STEPS + 1
    data = np.frombuffer(text, np.uint8)
    if len(data) < 2 * length:
        raise InputError(f"a text of {len(data):,} bytes is too short to simplify on; at least {2 * length} are needed")
    places = random_excerpts(len(data), WARMUP + STEPS, STREAMS, np.random.default_rng(seed))
    steps = [(values, cell.ask(values)) for values in islice(values_on(cell, data, places), WARMUP, None)]
    targets = data[places[WARMUP:] + 1].ravel()
    known = cell.readout.rows[targets] >= 0
    bits = {name: np.concatenate([values[name] for values, _ in steps])[known] for name in steps[0][0]}
    return Sample(bits, np.concatenate([numbers for _, numbers in steps])[known], targets[known])
