"""Trains a folded network (`bridge.cell.folded`): weights of seven levels from the first step on, a scale a row."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bridge.cell.folded import CODE, NAT, ROWS, SCALE, UNIT, WEIGHT, Folded, check_size
from bridge.cell.passes import check_sizes
from bridge.cell.record import Source, TrainingRecord
from bridge.compiled.interrupts import noted
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.printable import Listener, Progress, unheard
from bridge.training.checkpoint import (
    Checkpoint,
    blamed,
    check_finite,
    check_same_run,
    load_checkpoint,
    save_checkpoint,
)
from bridge.training.descent import descend, rate, torch_threads
from bridge.training.gated_unit import multiply, run_unit
from bridge.training.options import number, whole
from bridge.training.streams import alphabet_of, cut_streams, ranks_of

STEP = 0.7  # from a weight to the next, in means of the absolute values of a row: least error if they are Gaussian
EIGHTH = 8  # codes of symbols count in these
PATIENT = -1.0  # where the biases of update gates begin: units that hold
CHECKPOINT_SECONDS = 30.0
MEMORY = 200  # steps, of the running mean of training bits per byte


@dataclass(frozen=True)
class FoldedOptions:
    """`units`: of the state; `codes`: numbers that stand for a symbol; `steps`, `batch`, `sequence`, `recency`: as in
    TrainingOptions."""

    units: int = 256
    codes: int = 64
    steps: int = 7000
    batch: int = 64
    sequence: int = 64
    learning_rate: float = 3e-3
    recency: float = 4.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_sizes(self.units, self.codes)
        check_size(ROWS * self.units + 256, self.units + self.codes)
        for name in ("batch", "sequence"):
            whole(name, getattr(self, name), 1, 1 << 16)
        whole("seed", self.seed, 0, (1 << 63) - 1)
        whole("steps", self.steps, 1, 1 << 40)
        number("learning_rate", self.learning_rate, 0, 10)
        number("recency", self.recency, -1e-9, 20)

    def facts(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

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


class FoldedModel(nn.Module):
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

    checkpoint: where to keep the run's state, written every 30 s and at the end; resume: go on from it. `progress`
    hears the fraction done and bits per byte. Ctrl-C ends the run early and still returns a network. InputError for a
    text too short, and for a checkpoint that belongs to another run.
    """
    with torch_threads(1), noted() as interrupted:
        run = _Run(corpus, options)
        if resume:
            run.restore(checkpoint)
        saved = time.monotonic()
        with suppress(KeyboardInterrupt):  # raised by who listens, between two steps
            while run.step < options.steps and not interrupted.is_set():
                run.advance()
                progress(Progress(run.step / options.steps, f"{run.running:.4f} bits per byte on training text"))
                if checkpoint is not None and time.monotonic() - saved >= CHECKPOINT_SECONDS:
                    run.save(checkpoint)
                    saved = time.monotonic()
        if checkpoint is not None:
            run.save(checkpoint)
        return run.result()


class _Run:
    """The state of one training run."""

    def __init__(self, corpus: Corpus, options: FoldedOptions) -> None:
        self.options, self.source, self.started = options, Source.of(corpus), time.monotonic()
        self.alphabet = alphabet_of(corpus.training)
        ranks = ranks_of(self.alphabet)
        self.streams = cut_streams(corpus.training, ranks, options.batch, options.sequence, options.recency)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self.model = FoldedModel(options, len(self.alphabet))
        parameters = self.model.parameters()
        self.optimiser = torch.optim.Adam(parameters, lr=options.learning_rate, betas=(0.9, 0.98), fused=True)
        self.state, self.running, self.step = torch.zeros(options.batch, options.units), 8.0, 0

    def advance(self) -> None:
        """One step of optimisation."""
        options = self.options
        for group in self.optimiser.param_groups:
            group["lr"] = options.learning_rate * rate(self.step / options.steps)
        symbols, targets = self.streams.excerpt(self.step)
        logits, self.state = self.model(symbols, self.state)
        loss = functional.cross_entropy(logits, targets.flatten())
        descend(self.model, self.optimiser, loss)
        self.step += 1
        self.running += (loss.item() / math.log(2) - self.running) / min(self.step, MEMORY)

    def result(self) -> TrainedFolded:
        seconds, finished = time.monotonic() - self.started, self.step >= self.options.steps
        known = (self.source, self.options.facts(), self.step, seconds, self.running, finished)
        net = replace(export_folded(self.model, self.alphabet), record=TrainingRecord("folded", *known).facts())
        return TrainedFolded(net, finished, self.step, seconds, self.running)

    def _parts(self) -> dict[str, Any]:
        return {"model": self.model, "optimiser": self.optimiser}

    def save(self, path: Path) -> None:
        tensors = {name: part.state_dict() for name, part in self._parts().items()}
        tensors |= {name: getattr(self, name) for name in ("state", "running")}
        seconds = time.monotonic() - self.started
        save_checkpoint(Checkpoint(self.options, self.alphabet, self.source, self.step, seconds, tensors), path)

    def restore(self, path: Path | None) -> None:
        if path is None:
            raise InputError("cannot resume: no checkpoint file was named")
        known = load_checkpoint(path, FoldedOptions.from_facts)
        check_same_run(known, self.options, self.source)
        with blamed(path):
            for name, part in self._parts().items():
                part.load_state_dict(known.tensors[name])
            self.state = known.tensors["state"].reshape(self.state.shape)
            self.running = float(known.tensors["running"])
            number("running", self.running, -1, math.inf)
            check_finite([self.state, *self.model.state_dict().values()])
        self.step, self.started = known.step, time.monotonic() - known.seconds
