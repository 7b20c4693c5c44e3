"""Random ensembles of trees, and what they mean, written to be obviously right; small models of real libraries."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from bridge.melting.ensemble import Ensemble, Question, Tree


def random_question(rng: np.random.Generator, features: int, *, single: bool) -> Question:
    """Of no step up to five, infinite ones among them."""
    steps = rng.choice([-2.5, -1.0, 0.0, 0.1, 0.5, 1.0, 3.0], int(rng.integers(0, 6)), replace=False)
    if rng.random() < 0.6:
        steps = steps[:1]
    if len(steps) and rng.random() < 0.1:
        steps[0] = rng.choice([-math.inf, math.inf])
    steps = np.sort(steps.astype(np.float32) if single else steps)
    first, missing = (bool(flag) for flag in rng.integers(0, 2, 2))
    return Question(int(rng.integers(features)), tuple(steps.astype(float).tolist()), first, missing)


def random_tree(rng: np.random.Generator, features: int, width: int, score: int, *, single: bool) -> Tree:
    """Of up to eight leaves."""
    ways: list[list[int]] = []
    leaves = int(rng.integers(1, 9))
    free: list[tuple[int, int]] = []  # splits that lead nowhere yet
    for index in range(leaves - 1):
        ways.append([0, 0])
        if index:
            parent, side = free.pop(int(rng.integers(len(free))))
            ways[parent][side] = index
        free += [(index, 0), (index, 1)]
    for leaf, (parent, side) in enumerate(free):
        ways[parent][side] = ~leaf
    questions = tuple(random_question(rng, features, single=single) for _ in ways)
    values = rng.normal(size=(leaves, width)) * rng.choice([0.01, 1.0, 1000.0])
    return Tree(questions, np.array(ways, np.int64).reshape(-1, 2), values, np.arange(leaves), score)


def random_ensemble(seed: int) -> Ensemble:
    """Of one score up to three, by trees of one number or by trees of all numbers, with every other trait."""
    rng = np.random.default_rng(seed)
    features, scores, single = int(rng.integers(1, 4)), int(rng.integers(1, 4)), bool(rng.integers(2))
    wide = bool(rng.integers(2))
    trees = tuple(
        random_tree(rng, features, scores if wide else 1, 0 if wide else index % scores, single=single)
        for index in range(scores * int(rng.integers(1, 4)))
    )
    rival = float(rng.choice([0.0, 0.5])) if scores == 1 and rng.integers(2) else None
    labels = ("no", "yes") if rival is not None else tuple(f"c{index}" for index in range(scores))
    return Ensemble(
        trees,
        rng.normal(size=scores),
        labels,
        features,
        len(labels) > 1,
        rival=rival,
        divisor=int(rng.integers(1, 4)),
        single=single,
        missing=bool(rng.integers(2)),
    ).checked()


def random_rows(rng: np.random.Generator, ensemble: Ensemble, count: int) -> np.ndarray:
    """Steps, their neighbours, and what lies between; missing values and infinite ones."""
    values = [-math.inf, -3.0, -2.5, -1.0, 0.0, 0.1, 0.5, 1.0, 3.0, 4.0, math.inf, math.nan]
    raw = rng.choice(values if ensemble.missing else values[:-1], (count, ensemble.features))
    near = np.nextafter(raw, rng.choice([-np.inf, np.inf], raw.shape))
    return np.where(rng.random(raw.shape) < 0.3, near, raw)


def naive_leaf(tree: Tree, row: list[float], *, single: bool) -> int:
    """The number of the leaf that a row comes to."""
    place = 0 if tree.questions else ~0
    while place >= 0:
        asked = tree.questions[place]
        value = row[asked.feature]
        if single:
            with np.errstate(over="ignore"):
                value = float(np.float32(value))
        answer = asked.first
        for step in asked.steps:
            if value >= step:
                answer = not answer
        if math.isnan(value):
            answer = asked.missing
        place = int(tree.ways[place][int(answer)])
    return ~place


def naive_scores(ensemble: Ensemble, row: list[float]) -> list[Fraction]:
    """What the library would give if it added without rounding."""
    total = [Fraction(float(number)) for number in ensemble.base]
    for tree in ensemble.trees:
        leaf = tree.leaves[naive_leaf(tree, row, single=ensemble.single)]
        for index, value in enumerate(leaf.tolist()):
            total[tree.score + index] += Fraction(value)
    return [number / ensemble.divisor for number in total]


def mixed_data(seed: int = 0, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """float64[rows, 4]: a number, a category of 10, zeros for half, another number; a tenth is missing. int[rows]:
    three classes of them."""
    rng = np.random.default_rng(seed)
    raw: Any = rng.normal(size=(rows, 4))
    raw[:, 1] = rng.integers(0, 10, rows)
    raw[:, 2] = np.where(rng.random(rows) < 0.5, 0, raw[:, 2])
    target = (raw[:, 1] % 3 == 1) ^ (raw[:, 0] > 0.3) ^ (raw[:, 2] == 0)
    raw[rng.random(raw.shape) < 0.1] = np.nan
    return raw, target.astype(int) + (np.nan_to_num(raw[:, 3]) > 0.5)
