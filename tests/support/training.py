"""Small options to train with, and runs that are interrupted."""

from __future__ import annotations

from dataclasses import replace

from bridge.cell import Cell
from bridge.training import METHODS, LayerOptions, TrainingOptions, TrainingProgress

TINY = TrainingOptions(
    embedding_bits=6,
    window=4,
    layers=(LayerOptions(3, 4, 5, 3), LayerOptions(5, 0, 6, 2, (0, 2)), LayerOptions(2, 3, 4, 0, (1,))),
    head_fan_in=7,
    head_embeddings=2,
    steps=30,
    batch=4,
    sequence=16,
    recency=0.5,
)


def same_cell(one: Cell, two: Cell) -> bool:
    return one.digest == two.digest


class Stop:
    """A listener that interrupts the run once, after a given step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, progress: TrainingProgress) -> None:
        if progress.steps == self.step:
            self.step = -1
            self.interrupt()

    def interrupt(self) -> None:
        raise KeyboardInterrupt


SHORT = replace(TINY, steps=12)
RECURRENT = replace(
    SHORT, layers=(replace(TINY.layers[0], recurrent=True), TINY.layers[1], replace(TINY.layers[2], recurrent=True))
)
LONG = replace(RECURRENT, steps=150, method=METHODS["gradual"], average=0.8, freeze=0.3, restart=20)
