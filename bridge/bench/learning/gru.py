"""A float recurrent network to compare with: one gated recurrent layer, trained as long as a cell, never melted."""

from __future__ import annotations

import io
import pickle
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.files import read_bytes, write_atomic
from bridge.printable import Listener, Progress, unheard
from bridge.readout import Readout
from bridge.training.descent import descend, fraction_done, rate, torch_threads
from bridge.training.streams import alphabet_of, cut_streams, ranks_of

State: TypeAlias = dict[str, Tensor]
CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True)
class GruOptions:
    """`width`: state of the layer, floats; `recency`, `steps`, `minutes`, ...: as in TrainingOptions."""

    embedding: int = 64
    width: int = 256
    minutes: float = 10.0
    steps: int | None = None
    learning_rate: float = 4e-3
    batch: int = 32
    sequence: int = 64
    recency: float = 4.0
    seed: int = 0
    threads: int = 1

    @staticmethod
    def from_facts(facts: Mapping[str, Any]) -> GruOptions:
        """InputError on unknown entries."""
        unknown = sorted(facts.keys() - GruOptions.__dataclass_fields__.keys())
        if unknown:
            raise InputError(f"a GRU has no option {unknown[0]!r}; known are {', '.join(asdict(GruOptions()))}")
        return GruOptions(**facts)


class Gru(nn.Module):
    """`forward(symbols, state)` -> (logits [T * B, V], new state), as `Model`. symbols: int64[T, B]."""

    def __init__(self, options: GruOptions, symbols: int) -> None:
        super().__init__()
        self.width = options.width
        self.embedding = nn.Parameter(torch.randn(symbols, options.embedding))
        self.layer = nn.GRU(options.embedding, options.width)
        self.head = nn.Linear(options.width, symbols)

    def reset(self, batch: int) -> State:
        """The state before any byte: all zeros."""
        return {"hidden": self.embedding.new_zeros(1, batch, self.width)}

    def forward(self, symbols: Tensor, state: State) -> tuple[Tensor, State]:
        outputs, hidden = self.layer(self.embedding[symbols], state["hidden"])
        return self.head(outputs.flatten(0, 1)), {"hidden": hidden.detach()}


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

    checkpoint: where the run's state is kept, every 30 s; if there is one of the same options and text, it is taken up.
    """
    run = _Run(corpus, options)
    if checkpoint is not None and checkpoint.exists():
        run.restore(checkpoint)
    saved = run.clock()
    with torch_threads(options.threads):
        while run.fraction() < 1:
            run.advance()
            progress(Progress(run.fraction()))
            if checkpoint is not None and run.clock() - saved >= CHECKPOINT_SECONDS:
                saved = run.clock()
                run.save(checkpoint)
    return TrainedGru(run.model, Readout(run.alphabet, 1.0), run.step, run.clock())


class _Run:
    """The state of one training run."""

    def __init__(self, corpus: Corpus, options: GruOptions) -> None:
        self.options, self.alphabet = options, alphabet_of(corpus.training)
        ranks = ranks_of(self.alphabet)
        self.streams = cut_streams(corpus.training, ranks, options.batch, options.sequence, options.recency)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self.model = Gru(options, len(self.alphabet))
        parameters = self.model.parameters()
        self.optimiser = torch.optim.Adam(parameters, lr=options.learning_rate, betas=(0.9, 0.98), fused=True)
        self.state, self.step = self.model.reset(options.batch), 0
        self.started = time.monotonic()
        self.facts = {"options": asdict(options), "sha256": corpus.sha256, "holdout": corpus.holdout}

    def clock(self) -> float:
        """Seconds spent on this run, earlier sessions included."""
        return time.monotonic() - self.started

    def fraction(self) -> float:
        """How much of the run is done, 0..1."""
        return fraction_done(self.step, self.options.steps, self.clock(), self.options.minutes)

    def advance(self) -> None:
        """One step of optimisation."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.learning_rate * rate(self.fraction())
        inputs, targets = self.streams.excerpt(self.step)
        logits, self.state = self.model(inputs, self.state)
        descend(self.model, self.optimiser, functional.cross_entropy(logits, targets.flatten()))
        self.step += 1

    def save(self, path: Path) -> None:
        facts = {"run": self.facts, "state": self.state, "step": self.step, "seconds": self.clock()}
        facts |= {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}
        buffer = io.BytesIO()
        torch.save(facts, buffer)
        write_atomic(path, buffer.getvalue())

    def restore(self, path: Path) -> None:
        try:
            facts: dict[str, Any] = torch.load(io.BytesIO(read_bytes(path, "a checkpoint")), weights_only=True)
            same = facts["run"] == self.facts
        except (RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError) as error:
            raise InputError(f"{path}: is not a checkpoint of a GRU") from error
        if not same:
            raise InputError(f"{path}: the checkpoint was made with other options or on another text; remove it")
        self.model.load_state_dict(facts["model"])
        self.optimiser.load_state_dict(facts["optimiser"])
        self.state, self.step = facts["state"], facts["step"]
        self.started = time.monotonic() - facts["seconds"]
