"""Trains a folded network (`bridge.cell.folded`): weights of seven levels from the first step on, a scale a row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bridge.cell.folded import CODE, NAT, ROWS, SCALE, UNIT, WEIGHT, Folded, check_size
from bridge.cell.passes import check_sizes
from bridge.cell.record import TrainingRecord
from bridge.compiled.interrupts import noted
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.printable import Listener, unheard
from bridge.training.descent import torch_threads
from bridge.training.gated_unit import multiply, run_unit
from bridge.training.options import number, whole
from bridge.training.recurrent import Recurrent, RecurrentOptions, RecurrentRun

STEP = 0.7  # from a weight to the next, in means of the absolute values of a row: least error if they are Gaussian
EIGHTH = 8  # codes of symbols count in these
PATIENT = -1.0  # where the biases of update gates begin: units that hold


@dataclass(frozen=True)
class FoldedOptions(RecurrentOptions):
    """`units`: of the state; `codes`: numbers that stand for a symbol; `steps`: of optimisation."""

    units: int = 256
    codes: int = 64
    steps: int = 7000

    def __post_init__(self) -> None:
        check_sizes(self.units, self.codes)
        check_size(ROWS * self.units + 256, self.units + self.codes)
        for name in ("batch", "sequence"):
            whole(name, getattr(self, name), 1, 1 << 16)
        whole("seed", self.seed, 0, (1 << 63) - 1)
        whole("steps", self.steps, 1, 1 << 40)
        number("learning_rate", self.learning_rate, 0, 10)
        number("recency", self.recency, -1e-9, 20)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> FoldedOptions:
        """Undo `facts`. InputError for what are none."""
        usual = {each.name: each.default for each in fields(cls)}
        for name, value in facts.items():
            if name not in usual or not isinstance(value, type(usual[name])):
                raise InputError(f"{name}={value!r:.80} is no option of a folded network")
        return cls(**facts)


@dataclass(frozen=True)
class TrainedFolded:
    """`finished` is False when the run was interrupted (the network is usable all the same); `bits_per_byte`: on the
    training text, a running mean."""

    net: Folded
    finished: bool
    steps: int
    seconds: float
    bits_per_byte: float


class FoldedModel(Recurrent):
    """Latent weights of rows `[reset of all units, update, candidate]`, of logits, and codes; biases in nats."""

    def __init__(self, options: FoldedOptions, symbols: int) -> None:
        super().__init__()
        self.units, columns = options.units, options.units + options.codes
        self.codes = nn.Parameter(torch.randn(symbols, options.codes) / 2)
        self.rows = nn.Parameter(torch.randn(ROWS * self.units, columns) / math.sqrt(columns))
        self.head = nn.Parameter(torch.randn(symbols, columns) / math.sqrt(columns))
        self.row_biases = nn.Parameter(torch.zeros(ROWS * self.units))
        self.head_biases = nn.Parameter(torch.zeros(symbols))
        with torch.no_grad():
            self.row_biases[self.units : 2 * self.units] = PATIENT

    def reset(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.units)

    def forward(self, symbols: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """symbols: int64[T, B]; state: float[B, units] -> logits [T * B, symbols], the state after."""
        rounded = self.codes.detach().mul(EIGHTH).round().clamp(*CODE) * (UNIT // EIGHTH)
        codes = (self.codes * UNIT + (rounded - self.codes * UNIT).detach())[symbols.flatten()]
        whole, scales = rounded_weights(self.rows)
        read = multiply(codes, self.rows[:, self.units :], whole[:, self.units :], scales) + self.row_biases
        held = self.rows[:, : self.units]
        states, last = run_unit(read.view(*symbols.shape, -1), held, whole[:, : self.units], scales, state)
        seen = torch.cat([states.flatten(0, 1), codes], dim=1)
        return multiply(seen, self.head, *rounded_weights(self.head)) + self.head_biases, last


def rounded_weights(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Integers of the same shape, and what 1 of a row is worth where states count in 128ths: float[rows]."""
    with torch.no_grad():
        step = STEP * weights.abs().mean(dim=1) + 1e-8
        return (weights / step[:, None]).round().clamp(*WEIGHT), step / UNIT


def export_folded(model: FoldedModel, alphabet: bytes) -> Folded:
    """The network in integers. InputError if a bias does not fit."""
    rows = [rounded_weights(part) for part in (model.rows, model.head)]
    order = torch.arange(len(model.rows)).view(ROWS, -1).t().flatten()
    weights = torch.cat([rows[0][0][order], rows[1][0]]).numpy().astype(np.int8)
    worth = torch.cat([rows[0][1][order], rows[1][1]]).numpy().astype(np.float64)
    biases = torch.cat([model.row_biases[order], model.head_biases]).detach().numpy() / worth
    shift = math.floor(math.log2(SCALE[1] / (worth.max() * NAT)))
    codes = model.codes.detach().mul(EIGHTH).round().clamp(*CODE).numpy().astype(np.int8)
    scales = np.rint(worth * NAT * 2**shift).astype(np.int64)
    return Folded(alphabet, codes, weights, np.rint(biases).astype(np.int64), scales, shift)


def train_folded(
    corpus: Corpus,
    options: FoldedOptions,
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: Listener = unheard,
) -> TrainedFolded:
    """Train on `corpus.training` by truncated backpropagation and Adam, on one thread; the same options and machine
    give the same network.

    checkpoint: where to keep the run's state; resume: go on from it. `progress` hears the fraction done and bits per
    byte. Ctrl-C ends the run early and still returns a network. InputError for a text too short, and for a checkpoint
    that belongs to another run.
    """
    with torch_threads(1), noted() as interrupted:
        run = _Run(corpus, options, FoldedModel)
        if resume:
            run.restore(checkpoint)
        run.go(interrupted, checkpoint, progress)
        return run.result()


class _Run(RecurrentRun[FoldedOptions, FoldedModel]):
    def fraction(self) -> float:
        return self.step / self.options.steps

    def result(self) -> TrainedFolded:
        seconds, finished = self.clock(), self.step >= self.options.steps
        known = (self.source, self.options.facts(), self.step, seconds, self.running, finished)
        net = replace(export_folded(self.model, self.alphabet), record=TrainingRecord("folded", *known).facts())
        return TrainedFolded(net, finished, self.step, seconds, self.running)
