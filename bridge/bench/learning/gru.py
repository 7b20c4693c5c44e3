"""A float recurrent network to compare with: one gated recurrent layer, trained as long as a cell, never melted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bridge.compiled.interrupts import noted
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.printable import Listener, unheard
from bridge.readout import Readout
from bridge.training.descent import fraction_done, torch_threads
from bridge.training.recurrent import Recurrent, RecurrentOptions, RecurrentRun


@dataclass(frozen=True)
class GruOptions(RecurrentOptions):
    """`width`: state of the layer, floats; `steps`, `minutes`: as in TrainingOptions."""

    embedding: int = 64
    width: int = 256
    minutes: float = 10.0
    steps: int | None = None
    learning_rate: float = 4e-3
    batch: int = 32
    threads: int = 1

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> GruOptions:
        """InputError on unknown entries."""
        unknown = sorted(facts.keys() - cls.__dataclass_fields__.keys())
        if unknown:
            raise InputError(f"a GRU has no option {unknown[0]!r}; known are {', '.join(asdict(cls()))}")
        return cls(**facts)


class Gru(Recurrent):
    def __init__(self, options: GruOptions, symbols: int) -> None:
        super().__init__()
        self.width = options.width
        self.embedding = nn.Parameter(torch.randn(symbols, options.embedding))
        self.layer = nn.GRU(options.embedding, options.width)
        self.head = nn.Linear(options.width, symbols)

    def reset(self, batch: int) -> Tensor:
        return self.embedding.new_zeros(1, batch, self.width)

    def forward(self, symbols: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        outputs, hidden = self.layer(self.embedding[symbols], state)
        return self.head(outputs.flatten(0, 1)), hidden.detach()


@dataclass(frozen=True)
class TrainedGru:
    """The network, the readout of its symbols, and what training took."""

    model: Gru
    readout: Readout
    steps: int
    seconds: float


def train_gru(
    corpus: Corpus,
    options: GruOptions,
    *,
    checkpoint: Path | None = None,
    progress: Listener = unheard,
) -> TrainedGru:
    """Train on `corpus.training` by truncated backpropagation and Adam; `progress` hears the fraction done.

    checkpoint: where the run's state is kept; if there is one of the same options and text, it is taken up. Ctrl-C
    saves it and goes on upwards.
    """
    with torch_threads(options.threads), noted() as interrupted:
        run = _Run(corpus, options, Gru)
        if checkpoint is not None and checkpoint.exists() and run.restore(checkpoint) != options:
            raise InputError(f"{checkpoint}: the checkpoint was made with other options; remove it")
        if run.go(interrupted, checkpoint, progress).done != 1:
            raise KeyboardInterrupt
    return TrainedGru(run.model, Readout(run.alphabet, 1.0), run.step, run.clock())


class _Run(RecurrentRun[GruOptions, Gru]):
    def fraction(self) -> float:
        return fraction_done(self.step, self.options.steps, self.clock(), self.options.minutes)
