"""The training loop: `train`, its progress reports and its clean end on Ctrl-C."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from bridge.cell import Cell
from bridge.cell.record import TrainingListener, TrainingProgress, TrainingRecord
from bridge.cell.trained import Trained
from bridge.compiled.interrupts import noted
from bridge.corpus import Corpus, Mapped
from bridge.errors import InputError
from bridge.lowering.price import row_costs
from bridge.printable import unheard
from bridge.readout.codetree import CodeTree, learn_code
from bridge.training import running
from bridge.training.checkpoint import LENGTH
from bridge.training.descent import (
    FIRST,
    cycle,
    descend,
    fraction_done,
    make_optimiser,
    plan_restarts,
    rate,
    torch_threads,
)
from bridge.training.export import export_cell
from bridge.training.model import Model, State
from bridge.training.options import TrainingOptions
from bridge.training.streams import cut_streams, ranks_of

REFRESH = 4  # steps between two choices of the nonzero weights
MEMORY = 0.98  # of the running average of training bits per byte
PRICINGS = 40  # in a run; the cell is lowered each time
LATER_RATE = 0.5  # of learning after the first restart
CODE_BYTES = 1 << 24  # of the text, from which a code is learned


@dataclass(frozen=True, repr=False)
class TrainedNetwork(Trained):
    """`model`: the network as it was trained last, soft where its method left it so; `alphabet`: its symbols."""

    model: Model
    alphabet: bytes


def train(
    corpus: Corpus | Mapped,
    options: TrainingOptions,
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: TrainingListener = unheard,
) -> TrainedNetwork:
    """Train a cell on `corpus.training`; no held-out byte is read.

    checkpoint: where to keep the run's state, written every 30 s and at the end; resume: go on from it. progress is
    called a few times a second. Ctrl-C ends the run early, saves the checkpoint and still returns a cell. Raises
    InputError for a text too short, a device that is absent, a run that diverges (the checkpoint before is kept), or a
    checkpoint that belongs to another run.
    """
    with torch_threads(options.threads), noted() as interrupted:
        run = Run(corpus, options)
        if resume:
            run.restore(checkpoint)
        last = run.go(interrupted, checkpoint, progress)
        return TrainedNetwork(run.export(), last.done >= 1, last, run.result(), run.alphabet)


class Run(running.Run[TrainingOptions, TrainingProgress]):
    def __init__(self, corpus: Corpus | Mapped, options: TrainingOptions) -> None:
        if options.device == "cuda" and not torch.cuda.is_available():
            raise InputError("device cuda: torch sees no CUDA device here; use device cpu")
        super().__init__(corpus, options)
        self.corpus = corpus
        ranks = ranks_of(self.alphabet)
        self.streams = cut_streams(corpus.training, ranks, options.batch, options.sequence, options.recency)
        code = _code(corpus, ranks, len(self.alphabet)) if options.head == "code" else None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            model = Model(options, len(self.alphabet))
        if code is not None:
            model.head.use(code)
        self.model = model.to(options.device)
        self.priced = 0
        self.between = options.restart if options.method.hardens else 0
        self.restarts, self.restarted = self._planned() if options.steps else min(1, self.between), 0
        self.lengthened: list[int] = []  # after how many steps
        self.reached = 0.0  # of a run that was made longer
        self.optimiser = make_optimiser(self.model, options.learning_rate)
        self._average_anew()
        self.state: State = self.model.reset(options.batch)
        self.running_bits = torch.tensor(log(len(self.alphabet)) / log(2), device=options.device)

    def fraction(self) -> float:
        """How much of the run is done, 0..1."""
        return fraction_done(self.step, self.options.steps, self.clock(), self.options.minutes)

    def progress(self) -> TrainingProgress:
        literals = sum(int(matrix.literals()) for matrix in self.model.matrices())
        bits, ands = float(self.running_bits), round(float(self.model.fixed + self.model.price * literals))
        return TrainingProgress(
            done=self.fraction(),
            remark=f"{bits:.3f} bits per byte, about {ands:,} ANDs, step {self.step:,}",
            seconds=self.clock(),
            steps=self.step,
            ands=ands,
            bits_per_byte=bits,
        )

    def check(self) -> None:
        """InputError when the loss, and with it every weight, is no number any more."""
        if not isfinite(float(self.running_bits)):
            raise InputError(f"training diverged within {self.step} steps: use a smaller learning_rate")

    def advance(self) -> None:
        """One step of optimisation."""
        restarted, fraction = cycle(self.fraction(), self.restarts)
        if restarted > self.restarted == 0 and not self.lengthened:  # only now can a run whose length is a time tell
            self.restarts = self._planned()  # how many steps are left
            restarted, fraction = cycle(self.fraction(), self.restarts)
        if restarted > self.restarted:
            self._restart()
        restarted = self.restarted = max(restarted, self.restarted)
        speed = self.options.learning_rate * (LATER_RATE if restarted else 1.0) * rate(fraction)
        for group in self.optimiser.param_groups:
            group["lr"] = speed * group["share"]
        for model in (self.model, self.mean):
            model.follow(1.0 if restarted else max(fraction, self.reached))
        if self.step % REFRESH == 0:
            self._measure()
            self.model.refresh(fraction >= self.options.freeze or self.options.levels == "binary")
        inputs, targets = (part.to(self.options.device) for part in self.streams.excerpt(self.step))
        logits, self.state = self.model(inputs, self.state)
        surprise = functional.cross_entropy(logits, targets.flatten())
        descend(self.model, self.optimiser, surprise)
        if fraction > 1 - self.options.average:
            self.averaged.update_parameters(self.model)
        self.running_bits = MEMORY * self.running_bits + (1 - MEMORY) / log(2) * surprise.detach()
        self.step += 1

    def _planned(self) -> int:
        """How many restarts, as the first part of the run is done or is known to be long."""
        first = self.step if self.options.steps is None else FIRST * self.options.steps
        return plan_restarts(first, self.between)

    def _restart(self) -> None:
        """Go on from the integers that averaging has found, as if they were the first ones.

        Embeddings stay: a bit of one that flips changes every sum that reads it, which the other weights must repair.
        """
        self.model.load_state_dict(self.result().state_dict())
        for matrix in self.model.matrices():
            matrix.restart()
        self.model.embedding.requires_grad_(False)
        self.optimiser = make_optimiser(self.model, self.options.learning_rate, weight_decay=0.0)
        self._average_anew()

    def _average_anew(self) -> None:
        self.averaged = AveragedModel(self.model)
        self.mean = cast(Model, self.averaged.module)

    def _measure(self) -> None:
        """Renew the price of the weights, while a budget says how many there are."""
        turn = int(self.fraction() * PRICINGS)
        if self.options.ands is not None and turn > self.priced and not self.model.head.weights.frozen:
            self.priced = turn
            measure_price(self.model, self.alphabet)

    def result(self) -> Model:
        """The trained network: the averaged one, if any were averaged."""
        model = self.mean if int(self.averaged.n_averaged) else self.model
        model.refresh()
        return model

    def tensors(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "state": self.state,
            "average": self.running_bits,
            "priced": self.priced,
            "restarts": self.restarts,
            "restarted": self.restarted,
            "lengthened": self.lengthened,
            "reached": self.reached,
        }

    def take(self, tensors: dict[str, Any]) -> None:
        device = self.options.device
        self.model.load_state_dict(tensors["model"])
        self.averaged.load_state_dict(tensors["averaged"])
        self.optimiser.load_state_dict(tensors["optimiser"])
        held = {name: tensors["state"][name].reshape(before.shape) for name, before in self.state.items()}
        self.state = {name: tensor.to(device) for name, tensor in held.items()}
        self.running_bits = tensors["average"].to(device)
        for name in ("priced", "restarts", "restarted"):
            setattr(self, name, tensors[name])
        self.lengthened = list(tensors.get("lengthened", []))
        self.reached = tensors.get("reached", 0.0)
        self.model.embedding.requires_grad_(not self.restarted)

    def restore(self, path: Path | None) -> TrainingOptions:
        before = super().restore(path)
        if any(getattr(before, name) != getattr(self.options, name) for name in LENGTH):
            self._lengthen(before)
        return before

    def _lengthen(self, before: TrainingOptions) -> None:
        """Go on with a run of another length; what it has hardened stays hard, and a run at its end starts anew.

        InputError if it is as long as that already.
        """
        if self.fraction() >= 1:
            raise InputError(
                f"the run has {self.step:,} steps in {self.clock() / 60:.1f} minutes: make it longer than that"
            )
        reached = max(self.reached, fraction_done(self.step, before.steps, self.clock(), before.minutes))
        self.lengthened.append(self.step)
        self.restarts = plan_restarts(FIRST * self.step / self.fraction(), self.between)
        self.priced = int(self.fraction() * PRICINGS)
        if self.restarted:
            self._restart()
        elif int(self.averaged.n_averaged):
            self.model.load_state_dict(self.result().state_dict())
            self._average_anew()
        self.reached = reached

    def export(self) -> Cell:
        last, options = self.progress(), self.options
        record = TrainingRecord(
            kind="threshold",
            source=self.source,
            options=options.facts(),
            steps=last.steps,
            seconds=last.seconds,
            bits_per_byte=last.bits_per_byte,
            finished=last.done >= 1,
            lengthened=tuple(self.lengthened),
            details={"bytes_seen": last.steps * options.batch * options.sequence, "torch": torch.__version__},
        )
        return export_cell(self.result(), self.alphabet, Path(self.corpus.name).stem, record.facts())


@torch.no_grad()
def measure_price(model: Model, alphabet: bytes) -> None:
    """Lower the cell as it is now: ANDs per nonzero weight of its sums, and those of all else (embeddings, latches)."""
    cell = export_cell(model, alphabet, "priced", {})
    costs = row_costs(cell)
    nonzeros = sum(int(np.count_nonzero(block.tensors()["weights"])) for block in cell.summed)
    neurons = {block.name for block in (*cell.summed, *cell.integers)}
    paid = sum(float(costs[name].sum()) for name in neurons)
    model.price.fill_(max(paid / max(nonzeros, 1), 0.1))
    model.fixed.fill_(sum(float(cost.sum()) for cost in costs.values()) - paid)


def _code(corpus: Corpus | Mapped, ranks: Tensor, symbols: int) -> CodeTree:
    text = np.frombuffer(corpus.training, np.uint8, min(CODE_BYTES, len(corpus.training)))
    return learn_code(ranks.numpy().astype(np.uint8)[text], symbols)
