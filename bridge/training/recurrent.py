"""Training runs of networks that read a byte at a time and hold one tensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from bridge.corpus import Corpus
from bridge.printable import Progress
from bridge.training.checkpoint import check_finite
from bridge.training.descent import descend, rate
from bridge.training.options import number
from bridge.training.running import Run
from bridge.training.streams import cut_streams, ranks_of

MEMORY = 200  # steps, of the running mean of training bits per byte


class Recurrent(nn.Module):
    """`forward(symbols, state)` -> (logits [T * B, symbols], the state after). symbols: int64[T, B]."""

    def reset(self, batch: int) -> Tensor:
        """The state before any byte."""
        raise NotImplementedError


@dataclass(frozen=True)
class RecurrentOptions:
    """As in TrainingOptions."""

    batch: int = 64
    sequence: int = 64
    learning_rate: float = 3e-3
    recency: float = 4.0
    seed: int = 0

    def facts(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


Options = TypeVar("Options", bound=RecurrentOptions)
Model = TypeVar("Model", bound=Recurrent)


class RecurrentRun(Run[Any, Progress], Generic[Options, Model]):
    """By truncated backpropagation and Adam. `running`: the mean of training bits per byte."""

    options: Options

    def __init__(self, corpus: Corpus, options: Options, make: Callable[[Options, int], Model]) -> None:
        super().__init__(corpus, options)
        ranks = ranks_of(self.alphabet)
        self.streams = cut_streams(corpus.training, ranks, options.batch, options.sequence, options.recency)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self.model = make(options, len(self.alphabet))
        parameters = self.model.parameters()
        self.optimiser = torch.optim.Adam(parameters, lr=options.learning_rate, betas=(0.9, 0.98), fused=True)
        self.state, self.running = self.model.reset(options.batch), 8.0

    def progress(self) -> Progress:
        return Progress(self.fraction(), f"{self.running:.4f} bits per byte on training text")

    def advance(self) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.learning_rate * rate(self.fraction())
        symbols, targets = self.streams.excerpt(self.step)
        logits, self.state = self.model(symbols, self.state)
        loss = functional.cross_entropy(logits, targets.flatten())
        descend(self.model, self.optimiser, loss)
        self.step += 1
        self.running += (loss.item() / math.log(2) - self.running) / min(self.step, MEMORY)

    def tensors(self) -> dict[str, Any]:
        parts = {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}
        return {**parts, "state": self.state, "running": self.running}

    def take(self, tensors: dict[str, Any]) -> None:
        self.model.load_state_dict(tensors["model"])
        self.optimiser.load_state_dict(tensors["optimiser"])
        self.state = tensors["state"].reshape(self.state.shape)
        self.running = float(tensors["running"])
        number("running", self.running, -1, math.inf)
        check_finite([self.state, *self.model.state_dict().values()])
