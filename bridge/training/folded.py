"""Trains a folded network (`bridge.cell.folded`): weights of seven levels from the first step on, a scale a row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bridge.cell.folded import CODE, NAT, ROWS, SCALE, UNIT, WEIGHT, Folded
from bridge.cell.passes import check_sizes
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.printable import Listener, Progress, unheard
from bridge.training.descent import descend, rate, torch_threads
from bridge.training.gated_unit import multiply, run_unit
from bridge.training.streams import alphabet_of, cut_streams, ranks_of

STEP = 0.7  # from a weight to the next, in means of the absolute values of a row: least error if they are Gaussian
EIGHTH = 8  # codes of symbols count in these
PATIENT = -1.0  # where the biases of update gates begin: units that hold


@dataclass(frozen=True)
class FoldedOptions:
    """`units`: of the state; `codes`: numbers that stand for a symbol; `dropout`: of what the logits read of the state;
    `steps`, `batch`, `sequence`, `recency`: as in TrainingOptions."""

    units: int = 256
    codes: int = 64
    steps: int = 7000
    batch: int = 64
    sequence: int = 64
    learning_rate: float = 3e-3
    recency: float = 4.0
    dropout: float = 0.0
    seed: int = 0


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

    def forward(self, symbols: Tensor, state: Tensor, dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """symbols: int64[T, B]; state: float[B, units] -> logits [T * B, symbols], the state after."""
        rounded = self.codes.detach().mul(EIGHTH).round().clamp(*CODE) * (UNIT // EIGHTH)
        codes = (self.codes * UNIT + (rounded - self.codes * UNIT).detach())[symbols.flatten()]
        whole, scales = rounded_weights(self.rows)
        read = multiply(codes, self.rows[:, self.units :], whole[:, self.units :], scales) + self.row_biases
        held = self.rows[:, : self.units]
        states, last = run_unit(read.view(*symbols.shape, -1), held, whole[:, : self.units], scales, state)
        seen = functional.dropout(states.flatten(0, 1), dropout, self.training)
        return multiply(
            torch.cat([seen, codes], dim=1), self.head, *rounded_weights(self.head)
        ) + self.head_biases, last


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


def train_folded(corpus: Corpus, options: FoldedOptions, progress: Listener = unheard) -> Folded:
    """Train on `corpus.training` by truncated backpropagation and Adam, on one thread; the same options and machine
    give the same network. `progress` hears the fraction done and bits per byte. InputError for sizes below 1, and
    for units and codes that its logic does not take."""
    check_sizes(options.units, options.codes)
    if min(options.steps, options.batch, options.sequence) < 1:
        raise InputError("steps, batch and sequence must be at least 1")
    alphabet = alphabet_of(corpus.training)
    streams = cut_streams(corpus.training, ranks_of(alphabet), options.batch, options.sequence, options.recency)
    with torch_threads(1), torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        model = FoldedModel(options, len(alphabet))
        optimiser = torch.optim.Adam(model.parameters(), lr=options.learning_rate, betas=(0.9, 0.98), fused=True)
        state, running = torch.zeros(options.batch, options.units), 8.0
        for step in range(options.steps):
            for group in optimiser.param_groups:
                group["lr"] = options.learning_rate * rate(step / options.steps)
            symbols, targets = streams.excerpt(step)
            logits, state = model(symbols, state, options.dropout)
            loss = functional.cross_entropy(logits, targets.flatten())
            descend(model, optimiser, loss)
            running += (loss.item() / math.log(2) - running) / min(step + 1, 200)
            progress(Progress((step + 1) / options.steps, f"{running:.4f} bits per byte on training text"))
    return export_folded(model, alphabet)
