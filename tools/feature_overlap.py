"""How many features of a text share a hidden bit, before and after quantization, in sparse and in dense networks.

    python tools/feature_overlap.py --steps 300 -o feature-overlap.svg

Trains the small shape of `bench training` four ways on the King James text, takes the signs of all hidden units on
held-out text, and prints and draws what `feature_overlap` says of them, beside chance: the same with random bits
(dotted). Same steps, seed and features.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np

from bridge.analysis.text.features import text_features
from bridge.analysis.text.overlap import FeatureOverlap, feature_overlap
from bridge.bench.learning.methods import SHAPE
from bridge.corpus import load_corpus
from bridge.training import TrainingOptions, named_method, train
from bridge.training.compare import hidden_signs, load_model

DENSE = 4  # times the nonzero weights of the sparse network
BYTES = 100_000


def networks(steps: int) -> dict[str, TrainingOptions]:
    sparse = replace(SHAPE, steps=steps)
    layers = tuple(replace(layer, fan_in=DENSE * layer.fan_in) for layer in sparse.layers)
    return {
        "float, dense": replace(sparse, method=named_method("float")),
        "float, sparse": replace(sparse, method=named_method("sparse-float")),
        f"integers, {DENSE} x denser": replace(sparse, layers=layers, head_fan_in=2 * sparse.head_fan_in),
        "integers, sparse": sparse,
    }


def measured(options: TrainingOptions) -> FeatureOverlap:
    corpus = load_corpus("kjv")
    text = corpus.heldout[:BYTES]
    with TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "checkpoint"
        train(corpus, options, checkpoint=checkpoint)
        model, alphabet = load_model(checkpoint)
    return feature_overlap(hidden_signs(model, alphabet, text), text_features(text))


def draw(found: dict[str, FeatureOverlap], path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for name, one in found.items():
        chance = one.nulls["random_bits"]
        for axes, kind in ((left, "features_per_bit"), (right, "bits_per_feature")):
            (line,) = axes.plot(np.sort(getattr(one, kind))[::-1], label=name)
            axes.plot(np.sort(getattr(chance, kind))[::-1], ":", color=line.get_color())
    left.set(xlabel="hidden bits, the most shared first", ylabel="features that share it")
    right.set(xlabel="features, the most spread first", ylabel="bits that carry it")
    left.legend(frameon=False)
    figure.savefig(path)


def main() -> None:
    """Print the table, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("-o", "--out", type=Path, default=Path("feature-overlap.svg"))
    options = parser.parse_args()
    found = {}
    for name, shape in networks(options.steps).items():
        found[name] = measured(shape)
        print(name, json.dumps(found[name].to_json(), indent=1), flush=True)
    draw(found, options.out)


if __name__ == "__main__":
    main()
