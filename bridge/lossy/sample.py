"""What a cell sees and does at many positions of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.cell import Cell
from bridge.cell.blocks import Bits
from bridge.errors import InputError

STREAMS = 128
WARMUP = 24
STEPS = 64


@dataclass(frozen=True, eq=False)
class Sample:
    """`bits`: uint8[n, width] by source; `numbers`: int64[n, rows] of the head; `targets`: uint8[n], the next bytes.
    Positions whose next byte is no symbol are left out."""

    bits: Mapping[str, Bits]
    numbers: npt.NDArray[np.int64]
    targets: npt.NDArray[np.uint8]

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
    starts = np.random.default_rng(seed).integers(0, len(data) - length, STREAMS)
    state, steps = cell.reset(STREAMS), []
    for step in range(WARMUP + STEPS):
        byte = data[starts + step]
        values = cell.read(state, byte)
        state = cell.following(values)
        if step >= WARMUP:
            steps.append((values, cell.ask(values)))
    targets = data[starts[None] + np.arange(WARMUP + 1, length)[:, None]].ravel()
    known = cell.readout.rows[targets] >= 0
    bits = {name: np.concatenate([values[name] for values, _ in steps])[known] for name in steps[0][0]}
    return Sample(bits, np.concatenate([numbers for _, numbers in steps])[known], targets[known])
