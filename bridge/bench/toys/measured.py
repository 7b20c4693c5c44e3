"""What an autoencoder of known features does with them: its error, its superposition, and what can be read back."""

from __future__ import annotations

import numpy as np

from bridge.analysis.dependences.answer import UNDECIDED, YES
from bridge.analysis.dependences.matrix import dependence
from bridge.analysis.superposition import best_readback, linear_readback
from bridge.arrays import Flags, Floats
from bridge.bench.toys.data import Inputs
from bridge.bench.toys.network import ToyNetwork
from bridge.lowering import lower

SECONDS = 60.0  # for the dependences of a network


def figures(network: ToyNetwork, given: Inputs) -> dict[str, float]:
    """Plain numbers by name. `error`: squared, weighted by importance, over that of the best constant. `read`: the
    parts of the features' variances that the network's output explains, added up."""
    values, hidden = given.values, network.hidden(given.levels)
    variance = given.chances @ (values - given.chances @ values) ** 2
    errors = given.chances @ (values - network.output(hidden)) ** 2
    found = {"error": float(network.toy.importance @ errors / (network.toy.importance @ variance))}
    found |= network.superposition(given).summary()
    found["read"] = float(_part(errors, variance).sum())
    return found


def readers(network: ToyNetwork, given: Inputs) -> dict[str, float]:
    """What others could read of the hidden units, as `read`: `linear`, by the best linear reader of them; `best`, of
    binary units only, by any."""
    values, chances = given.values, given.chances
    found = {"linear": float(linear_readback(network.hidden(given.levels), values, chances).sum())}
    if network.kind.binary:
        found["best"] = float(best_readback(network.bits(given.levels), values, chances).sum())
    return found


def proven(network: ToyNetwork) -> dict[str, float]:
    """Of a ternary network as logic: its ANDs, and of binary units how many features one depends on, and how many units
    depend on a feature (of those that any depends on)."""
    found = {"ands": float(len(lower(network.cell()).ands))}
    if not network.kind.binary:
        return found
    matrix = depends(network)
    carried = matrix.sum(axis=1)
    found["features_per_bit"] = float(matrix.sum(axis=0).mean())
    found["bits_per_feature"] = float(carried[carried > 0].mean()) if carried.any() else 0.0
    return found


def depends(network: ToyNetwork) -> Flags:
    """bool[n, m]: which hidden units of the cell depend on which features, each proven. RuntimeError for open ones."""
    sources, targets = [f"x[{i}]" for i in range(network.toy.features)], [f"h[{j}]" for j in range(network.toy.hidden)]
    matrix = dependence(network.cell(), sources, targets, seconds=SECONDS, jobs=1)
    if (matrix.answers == UNDECIDED).any():
        raise RuntimeError(f"{matrix.counts()['undecided']} dependences were not decided in {SECONDS:g} s")
    known: Flags = matrix.answers == YES
    return known


def _part(errors: Floats, variance: Floats) -> Floats:
    """Of the variance of each feature, what is explained; no less than nothing."""
    left: Floats = np.divide(errors, variance, out=np.ones_like(errors), where=variance > 0)
    return np.maximum(1.0 - left, 0.0)
