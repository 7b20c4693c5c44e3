"""Which way from a float network to an integer cell loses least: every method on equal text, shape, budget, seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import fmean, stdev

from bridge.bench.learning.networks import network_bits_per_byte
from bridge.cell import Cell
from bridge.cell.record import Levels
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.execution.text import segments_of
from bridge.lowering import lower
from bridge.printable import Listener, Progress, unheard
from bridge.training import (
    LayerOptions,
    Model,
    TrainedNetwork,
    TrainingOptions,
    named_method,
    sized,
    train,
)

MEANS = ("network_validation", "network_heldout", "cell_validation", "cell_heldout", "ands", "seconds")
MEMORIES = ("window", "latches", "recurrence")  # the last bytes; gated bits; gated bits that read each other
VALIDATION = 20  # one part in so many of the training text, its end, is kept for validation
SHAPE = TrainingOptions(
    embedding_bits=32,
    window=4,
    layers=(
        LayerOptions(neurons=48, latches=24, fan_in=16, embeddings=4),
        LayerOptions(neurons=96, fan_in=16, embeddings=2, taps=(0, 2)),
    ),
    head_fan_in=40,
    head_embeddings=2,
    batch=32,
)


@dataclass(frozen=True)
class Run:
    """One training run; all figures in bits per byte but `ands` (adders shared, no flow), `steps` and `seconds`.

    `budget`: the ANDs that bought its weights, None where the fan-ins of its shape say how many there are. `memory`:
    one of MEMORIES.
    `network`: what was trained, soft where its method ends soft; `cell`: the exact integers that became of it.
    """

    method: str
    weights: Levels
    budget: int | None
    memory: str
    seed: int
    steps: int
    seconds: float
    network_validation: float
    network_heldout: float
    cell_validation: float
    cell_heldout: float
    ands: int


@dataclass(frozen=True)
class Summary:
    """Means over the seeds; `spread`: standard deviation of the cell's held-out figure, None for one run."""

    method: str
    weights: Levels
    budget: int | None
    memory: str
    runs: int
    network_validation: float
    network_heldout: float
    cell_validation: float
    cell_heldout: float
    spread: float | None
    ands: float
    seconds: float


def bench_training(
    corpus: Corpus,
    options: TrainingOptions,
    methods: Sequence[str],
    levels: Sequence[Levels],
    seeds: int,
    progress: Listener = unheard,
    budgets: Sequence[int | None] = (None,),
    memories: Sequence[str] = (),
) -> list[Run]:
    """Every method with all `levels` and seeds 0, 1, ...; all else as in `options`, or for each budget as in `priced`.

    memories: of MEMORIES, see `remembering`; none: what the shape has. InputError for an unknown method or memory.
    """
    ways = {name: named_method(name) for name in methods}
    training, validation = _split(corpus)
    runs = []
    shapes = [options if ands is None else priced(options, ands) for ands in budgets]
    if memories:
        shapes = [remembering(shape, memory) for shape, memory in product(shapes, memories)]
    for base, level in product(shapes, levels):
        for seed in range(seeds):
            for name in sorted(methods, key=lambda name: name != "float"):
                size = f", {base.ands:,} ANDs" if base.ands else ""
                progress(Progress(remark=f"{name}, {level}, {memory_of(base)}, seed {seed}{size}"))
                chosen = replace(base, method=ways[name], levels=level, seed=seed)
                trained = train(training, chosen)
                if not trained.finished:
                    raise KeyboardInterrupt
                runs.append(_measure(name, chosen, trained, validation, corpus.heldout))
    return runs


def priced(options: TrainingOptions, ands: int) -> TrainingOptions:
    """Shape, head and wiring for a budget of ANDs; text, time and schedule as in `options`."""
    shape = sized(ands)
    kept = ("embedding_bits", "window", "layers", "head_fan_in", "head_embeddings", "wiring", "head", "ands")
    return replace(options, **{name: getattr(shape, name) for name in kept})


def remembering(options: TrainingOptions, memory: str) -> TrainingOptions:
    """The same shape with another memory in the layers that have latches; plain neurons take their place in a window.

    InputError for what is none of MEMORIES, or a shape without latches.
    """
    if memory not in MEMORIES:
        raise InputError(f"there is no memory {memory!r}; choose from {', '.join(MEMORIES)}")
    if not any(layer.latches for layer in options.layers):
        raise InputError("kinds of memory are compared in the layers with latches, and this shape has none")
    if memory == "window":
        plain = (replace(each, neurons=each.width, latches=0, recurrent=False) for each in options.layers)
        return replace(options, layers=tuple(plain))
    feedback = memory == "recurrence"
    gated = (replace(each, recurrent=feedback and each.latches > 0) for each in options.layers)
    return replace(options, layers=tuple(gated))


def memory_of(options: TrainingOptions) -> str:
    """Which of MEMORIES a shape has."""
    if any(layer.recurrent for layer in options.layers):
        return "recurrence"
    return "latches" if any(layer.latches for layer in options.layers) else "window"


def summarize(runs: Sequence[Run]) -> list[Summary]:
    """One line for each method, weight levels, budget and memory, best held-out cell first."""
    groups: dict[tuple[str, Levels, int | None, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.method, run.weights, run.budget, run.memory), []).append(run)
    return sorted((_summary(group) for group in groups.values()), key=lambda line: line.cell_heldout)


def _split(corpus: Corpus) -> tuple[Corpus, bytes]:
    border = len(corpus.training) * (VALIDATION - 1) // VALIDATION
    return replace(corpus, training=corpus.training[:border], heldout=b""), corpus.training[border:]


def _measure(name: str, options: TrainingOptions, trained: TrainedNetwork, validation: bytes, heldout: bytes) -> Run:
    netlist = lower(trained.cell)
    return Run(
        method=name,
        weights=options.levels,
        budget=options.ands,
        memory=memory_of(options),
        seed=options.seed,
        steps=trained.last.steps,
        seconds=round(trained.last.seconds, 1),
        network_validation=_network(trained.model, trained.cell, validation),
        network_heldout=_network(trained.model, trained.cell, heldout),
        cell_validation=evaluate(netlist, validation).bits_per_byte,
        cell_heldout=evaluate(netlist, heldout).bits_per_byte,
        ands=len(netlist.ands),
    )


def _network(model: Model, cell: Cell, text: bytes) -> float:
    return network_bits_per_byte(model, cell.readout, text, segments_of(len(text)))


def _summary(runs: Sequence[Run]) -> Summary:
    heldout = [run.cell_heldout for run in runs]
    return Summary(
        method=runs[0].method,
        weights=runs[0].weights,
        budget=runs[0].budget,
        memory=runs[0].memory,
        runs=len(runs),
        spread=stdev(heldout) if len(heldout) > 1 else None,
        **{figure: fmean(getattr(run, figure) for run in runs) for figure in MEANS},
    )
