"""What does quantization do to superposition? Toy models of known features, from floats to ternary weights and bits.

    python tools/superposition.py -o superposition

Trains autoencoders of 16 sparse features in 4 units (float; ternary weights; binary units; both), five of each, and
writes superposition.json (every figure of every seed), superposition.md (tables) and superposition.svg. With
`--levels 7` features have eight values, as good as real ones, and are sampled; else they are bits, and all inputs are
gone through. See docs/superposition.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from bridge.bench.toys.data import Toy
from bridge.bench.toys.network import KINDS
from bridge.bench.toys.table import FIGURES, FROZEN, TRAINED, Row, markdown, rows
from bridge.bench.toys.training import Course
from bridge.files import write_atomic

SPARSITIES = {True: (0.5, 0.7, 0.9, 0.97, 0.99), False: (0.0, 0.7, 0.9, 0.97, 0.99)}  # a bit says most at 0.5
DRAWN = ("error", "stored", "dimensionality", "read")


def draw(found: Sequence[Row], path: Path) -> None:
    """Four figures by density, all seeds as a band, random weights dotted."""
    figure, axes = plt.subplots(1, len(DRAWN), figsize=(13, 3.4), layout="constrained")
    for name, each in zip(DRAWN, axes, strict=True):
        for color, kind in enumerate(KINDS):
            for made, style in ((TRAINED, "-"), (FROZEN, ":")):
                some = [row for row in found if (row.kind, row.made) == (kind.name, made)]
                places = [1 - row.toy.sparsity for row in some]
                values = np.array([row.values[name] for row in some])
                each.plot(
                    places, values.mean(axis=1), style, color=f"C{color}", label=kind.name if style == "-" else None
                )
                if made == TRAINED:
                    each.fill_between(places, values.min(axis=1), values.max(axis=1), color=f"C{color}", alpha=0.2)
        each.set(xscale="log", xlabel="how often a feature is active", title=FIGURES[name])
        each.invert_xaxis()
    axes[0].legend(frameon=False, fontsize="small")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=Path("superposition"), help="names of files without suffix")
    parser.add_argument("--levels", type=int, default=1)
    parser.add_argument("--decay", type=float, default=0.9, help="importance of a feature, of that before")
    parser.add_argument("--hidden", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()
    plt.rcParams["svg.hashsalt"] = "superposition"
    sizes = {"hidden": options.hidden, "decay": options.decay, "levels": options.levels}
    toys = [Toy(sparsity=sparsity, **sizes) for sparsity in SPARSITIES[options.levels == 1]]
    course = Course(seeds=options.seeds, steps=options.steps)
    found = rows(toys, course, progress=lambda step: print(f"{step.done:.0%} {step.remark}", file=sys.stderr))
    for suffix, text in (
        ("json", "[\n" + ",\n".join(json.dumps(row.to_json()) for row in found) + "\n]\n"),
        ("md", "\n".join(markdown(found, figure) for figure in FIGURES)),
    ):
        write_atomic(options.out.with_suffix(f".{suffix}"), text)
    draw(found, options.out.with_suffix(".svg"))


if __name__ == "__main__":
    main()
