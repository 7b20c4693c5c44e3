"""Trees alone against trees that may buy trained neurons and latches, at equal ANDs.

    python tools/hybrid.py --ands 8000 20000 --ledger netlists/options.jsonl

On the past of each origin (see rolling_origin.py) a threshold cell is trained: one layer of gated latches and neurons
of few inputs, below a layer and a head that stand for the trees and are thrown away. Then trees are boosted twice, with
and without the right to ask about the bits of that layer, each at the price of its gates (without the embedding, which
all share). Prints ANDs before any flow, how many bits were bought and what all of it costs, and bits per byte on the
text that follows.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from rolling_origin import ORIGINS, split

from bridge.bench import append_ledger
from bridge.boosting import BoostingOptions, Neurons, train
from bridge.execution import evaluate
from bridge.lowering import lower
from bridge.lowering.price import row_costs
from bridge.training import LayerOptions, TrainingOptions
from bridge.training import train as train_neurons

OFFERED = ("layer0.memory", "layer0.neurons")
SHAPE = TrainingOptions(
    embedding_bits=16,
    window=5,
    layers=(
        LayerOptions(neurons=8, latches=24, fan_in=4, embeddings=2),
        LayerOptions(neurons=256, fan_in=112, embeddings=5, taps=(0,)),
    ),
    head_fan_in=288,
    head_embeddings=5,
    head="code",
    batch=32,
)


@dataclass(frozen=True)
class Row:
    """`option` and `value`: how many bits were offered; `bought`: how many were used, for `neuron_ands`."""

    option: str
    value: int
    prefixes: int
    origin: int
    ands: int
    bits_per_byte: float
    bought: int
    neuron_ands: int
    seconds: float


def measured(origin: int, sizes: list[int], steps: int, prefixes: int) -> Iterator[Row]:
    corpus, following = split(origin)
    front = train_neurons(corpus, replace(SHAPE, steps=steps)).cell
    for ands in sizes:
        for neurons in (None, Neurons(front, OFFERED)):
            trained = train(corpus, BoostingOptions(ands=ands, prefixes=prefixes), neurons=neurons)
            bits = evaluate(lower(trained.cell), following).bits_per_byte
            costs = row_costs(trained.cell)
            own = [name for name in front.widths if name in costs]
            yield Row(
                option="neurons",
                value=0 if neurons is None else SHAPE.layers[0].width,
                prefixes=prefixes,
                origin=origin,
                ands=trained.last.ands,
                bits_per_byte=bits,
                bought=sum(trained.cell.widths[name] for name in own if name in OFFERED),
                neuron_ands=round(sum(float(costs[name].sum()) for name in own)),
                seconds=round(trained.last.seconds, 1),
            )


def main() -> None:
    """Print a line for each run, then what neurons save at equal ANDs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ands", type=int, nargs="+", default=[8000])
    parser.add_argument("--steps", type=int, default=1000, help="of training the neurons")
    parser.add_argument("--prefixes", type=int, default=0, help="of the word machines of the trees; 0: none")
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--revision", default="", help="what to call this version in the ledger")
    given = parser.parse_args()
    sizes = " ".join(map(str, given.ands))
    command = f"python tools/hybrid.py --ands {sizes} --steps {given.steps} --prefixes {given.prefixes}"
    rows: list[Row] = []
    for origin in ORIGINS:
        for row in measured(origin, given.ands, given.steps, given.prefixes):
            rows.append(row)
            print(row, flush=True)
            if given.ledger:
                append_ledger(given.ledger, [row], command=command, revision=given.revision)
    hybrids = [row for row in rows if row.value]
    for place, ands in enumerate(given.ands):
        saved = [saving(rows, row) for row in hybrids[place :: len(given.ands)]]
        origins = ", ".join(f"{each:.4f}" for each in saved)
        print(f"about {ands} ANDs: neurons save {fmean(saved):.4f} bits per byte; by origin: {origins}")


def saving(rows: list[Row], hybrid: Row) -> float:
    """Bits per byte below trees alone of as many ANDs: a line through those of its origin, by the logarithm of ANDs."""
    alone = [row for row in rows if row.origin == hybrid.origin and not row.value]
    sizes, bits = [math.log(row.ands) for row in alone], [row.bits_per_byte for row in alone]
    line = np.polyfit(sizes, bits, min(1, len(alone) - 1))
    return float(np.polyval(line, math.log(hybrid.ands))) - hybrid.bits_per_byte


if __name__ == "__main__":
    main()
