"""Trees as their library runs them, beside the cell.

Every tree must come to the very leaf that the library comes to, where that can be asked. Scores may differ by the
stated bound and by how far the library's own floats can be off, and classes where the best two are that close.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from bridge.arrays import Flags, Floats, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.melting.ensemble import Ensemble
from bridge.melting.ensemble_cell import SCORES, TREES, given_by
from bridge.melting.ensemble_leaves import LEAF_BITS, Whole, rounded_up, whole_leaves
from bridge.melting.source import Comparison

WHY = "the best two classes are closer than the bound that is stated for rounded leaves"


@dataclass(frozen=True, eq=False)
class Library:
    """`predict`: float64[rows, scores] of float64[rows, features], before any link function; `epsilon`: how far its
    sums round, relative to what is summed; `reach`: int64[rows, trees], the leaf that each tree comes to, as the
    library calls it, None if it does not say."""

    predict: Callable[[Floats], Floats]
    epsilon: float
    reach: Callable[[Floats], Ints] | None = None


@dataclass(frozen=True, eq=False)
class TreeReference:
    """See `bridge.melting.source.Reference`. `given`: the input range, if there is one."""

    name: str
    ensemble: Ensemble
    whole: Whole
    library: Library
    given: tuple[int, int, Fraction] | None = None

    def rows(self, count: int, seed: int) -> Floats:
        """A third of the values are steps that the model asks about, or their neighbours, the others lie between and
        around them."""
        rng = np.random.default_rng(seed)
        steps = steps_of(self.ensemble)
        raw = np.empty((count, self.ensemble.features))
        for feature in range(raw.shape[1]):
            raw[:, feature] = _values(rng, count, steps.get(feature, np.zeros(1)), self.ensemble.single)
        if self.given is not None:
            low, high, divisor = self.given
            near = np.rint(raw * float(divisor)) + rng.integers(-1, 2, raw.shape)
            return np.clip(near, low, high)
        if self.ensemble.missing:
            raw[rng.random(raw.shape) < rng.choice([0.0, 0.02, 0.3], (count, 1))] = np.nan
        return raw

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        seen = raw if self.given is None else raw / float(self.given[2])
        margins = np.asarray(self.library.predict(seen), np.float64).reshape(len(raw), -1)
        numbers = values[SCORES][:, 1:] if self.ensemble.rival is not None else values[SCORES]
        scale = self.whole.worth / self.ensemble.divisor
        allowed = np.array([rounded_up(bound) for bound in self.whole.bounds]) + self._slack()
        fits = np.abs(numbers * scale - margins) <= allowed
        lost = self._lost(seen, values)
        close = np.zeros(len(raw), np.bool_)
        same = np.ones(len(raw), np.bool_)
        if self.ensemble.classes:
            close = self._gap(margins) <= np.sort(allowed)[-2:].sum()
            same = values[SCORES].argmax(axis=1) == self._winner(margins)
        equal = fits.all(axis=1) & ~lost.any(axis=1) & same
        first = None
        close &= fits.all(axis=1) & ~lost.any(axis=1)
        if (wrong := np.flatnonzero(~equal & ~close)).size:
            first = self._first(int(wrong[0]), lost, margins, numbers * scale)
        return Comparison(equal, close, WHY, first)

    def _winner(self, margins: Floats) -> Ints:
        if self.ensemble.rival is not None:
            won: Ints = (margins[:, 0] > self.ensemble.rival / self.ensemble.divisor).astype(np.int64)
            return won
        best: Ints = margins.argmax(axis=1)
        return best

    def _gap(self, margins: Floats) -> Floats:
        """float64[rows]: how far the best class is ahead."""
        if self.ensemble.rival is not None:
            return np.abs(margins[:, 0] - self.ensemble.rival / self.ensemble.divisor)
        if margins.shape[1] == 1:
            return np.full(len(margins), np.inf)
        best: Floats = np.sort(margins, axis=1)[:, -2:]
        return best[:, -1] - best[:, 0]

    def _slack(self) -> Floats:
        """float64[scores]: how far the library's sum of floats can be off."""
        reach = np.abs(self.ensemble.base)
        for tree in self.ensemble.trees:
            largest = np.abs(tree.leaves).max(axis=0)
            reach[tree.score : tree.score + len(largest)] += largest
        return reach * self.library.epsilon * (len(self.ensemble.trees) + 8) / self.ensemble.divisor

    def _lost(self, raw: Floats, values: Values) -> Flags:
        """bool[rows, trees]: came the cell to another leaf, with another value?"""
        if self.library.reach is None:
            return np.zeros((len(raw), 1), np.bool_)
        reached = np.asarray(self.library.reach(raw)).reshape(len(raw), -1)
        found = values[TREES].reshape(len(raw), len(self.ensemble.trees), -1)
        lost = np.zeros(found.shape[:2], np.bool_)
        for index, (tree, leaves) in enumerate(zip(self.ensemble.trees, self.whole.leaves, strict=True)):
            by_node = np.full((max(int(reached[:, index].max()), int(tree.nodes.max())) + 1, leaves.shape[1]), -1)
            by_node[tree.nodes] = leaves
            lost[:, index] = (by_node[reached[:, index]] != found[:, index]).any(axis=1)
        return lost

    def _first(self, row: int, lost: Flags, margins: Floats, scores: Floats) -> str:
        if lost[row].any():
            return f"{TREES}: tree {int(lost[row].argmax())} comes to another leaf than in {self.name}"
        score = int(np.abs(scores[row] - margins[row]).argmax())
        label = self.ensemble.labels[score + (self.ensemble.rival is not None)]
        return f"{SCORES}: class.{label!r} is {scores[row, score]:.9g}, but {margins[row, score]:.9g} in {self.name}"


def reference_of(name: str, ensemble: Ensemble, options: Mapping[str, Any], library: Library) -> TreeReference:
    """Of a model that was melted with these options."""
    whole = whole_leaves(ensemble, options.get("leaf_bits", LEAF_BITS))
    return TreeReference(name, ensemble, whole, library, given_by(options))


def steps_of(ensemble: Ensemble) -> dict[int, Floats]:
    """By feature the steps that the trees ask about."""
    found: dict[int, set[float]] = {}
    for tree in ensemble.trees:
        for asked in tree.questions:
            found.setdefault(asked.feature, set()).update(step for step in asked.steps if np.isfinite(step))
    return {feature: np.array(sorted(steps) or [0.0]) for feature, steps in found.items()}


def _values(rng: np.random.Generator, count: int, steps: Floats, single: bool) -> Floats:
    """float64[count] for one feature."""
    chosen = rng.choice(steps, count)
    up = np.where(rng.random(count) < 0.5, np.inf, -np.inf)
    near = np.nextafter(chosen, up)
    if single:
        near = np.nextafter(chosen.astype(np.float32), up.astype(np.float32)).astype(np.float64)
    room = (steps[-1] - steps[0]) * 0.2 or max(abs(steps[0]), 1.0) * 0.5
    free = rng.uniform(steps[0] - room, steps[-1] + room, count)
    free = np.where(rng.random(count) < 0.2, np.round(free), free)
    kind = rng.random(count)
    values: Floats = np.select([kind < 0.17, kind < 0.34, kind < 0.4], [chosen, near, np.zeros(count)], free)
    return values
