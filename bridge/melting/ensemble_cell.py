"""An ensemble of trees as a cell: ranks of features -> Trees -> sums of leaves -> Scores.

An element of the input is the rank of a feature among the steps that trees ask about. A missing value reaches some of
these and not others. Where those that it reaches come first, one element says it all; otherwise there are two, of
those that it reaches and of those that it does not. With an input range, features are whole numbers as they are.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from bridge.arrays import Ints
from bridge.cell import Block, Cell, Input, Linear, Scores, Trees
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.melting.ensemble import MAX_SPLITS, Ensemble, Question
from bridge.melting.ensemble_leaves import LEAF_BITS, Whole, whole_leaves
from bridge.melting.source import input_range

INPUT, TREES, SUMS, SCORES = "x", "trees", "sums", "scores"
OPTIONS = frozenset({"leaf_bits", "input_range"})
BOOSTED = OPTIONS | {"rounds"}


class Comparison(NamedTuple):
    """Does a feature reach a step? `missing`: does a missing value?"""

    feature: int
    step: float
    missing: bool


class Plan(NamedTuple):
    """How a question is asked. `comparisons` and `ways`, no first: each to a later one by its place, to `~0` or `~1`,
    the first or second way of the question. Where there are none, `only` is the way."""

    comparisons: tuple[Comparison, ...]
    ways: tuple[tuple[int, int], ...]
    only: int = 0


def plan_of(asked: Question, missing: bool) -> Plan:
    """missing: may the feature be missing?"""
    steps, first = asked.steps, asked.first
    passed = 0
    if missing and asked.missing != first:
        if not steps:
            return Plan((Comparison(asked.feature, -math.inf, False),), ((~int(asked.missing), ~int(first)),))
        passed = len(steps) if len(steps) % 2 else 1  # how many steps a missing value reaches, to be answered right
    comparisons, ways = list[Comparison](), list[tuple[int, int]]()

    def build(low: int, high: int) -> int:
        """Between so many and so many steps are reached."""
        if low == high:
            return ~int(first ^ bool(low % 2))
        middle = (low + high + 1) // 2
        place = len(comparisons)
        comparisons.append(Comparison(asked.feature, steps[middle - 1], middle <= passed))
        ways.append((0, 0))
        ways[place] = build(low, middle - 1), build(middle, high)
        return place

    only = build(0, len(steps))
    return Plan(tuple(comparisons), tuple(ways), ~only if only < 0 else 0)


@dataclass(frozen=True, eq=False)
class Elements:
    """What is read, and by comparison the element that it asks about, and what that must reach."""

    read: Input
    place: Mapping[Comparison, tuple[int, int]]


def ranks_of(comparisons: set[Comparison], ensemble: Ensemble) -> Elements:
    """An element, or two, for every feature that is asked about; a constant one if none is."""
    by_feature: dict[int, tuple[set[float], set[float]]] = {}
    for each in comparisons:
        by_feature.setdefault(each.feature, (set(), set()))[each.missing].add(each.step)
    rows: list[tuple[int, list[float], int]] = []  # feature, steps, how many of them a missing value reaches
    place: dict[Comparison, tuple[int, int]] = {}
    for feature, (not_reached, reached) in sorted(by_feature.items()):
        apart = [(not_reached, 0), (reached, len(reached))]
        if not reached or not not_reached or max(reached) < min(not_reached):
            apart = [(reached | not_reached, len(reached))]
        for some, known in apart:
            ascending = sorted(some)
            for rank, step in enumerate(ascending, 1):
                place[Comparison(feature, step, rank <= known)] = len(rows), rank
            rows.append((feature, ascending, known))
    rows = rows or [(0, [], 0)]
    thresholds = np.full((len(rows), max(len(steps) for _, steps, _ in rows)), np.nan)
    for row, (_, steps, _) in zip(thresholds, rows, strict=True):
        row[: len(steps)] = steps
    features = np.array([feature for feature, _, _ in rows], np.int32)
    levels = np.array([known for _, _, known in rows], np.int64) if ensemble.missing else None
    encoder = Encoder(np.zeros(len(rows), np.int64), features, thresholds, levels, ensemble.single, ensemble.features)
    return Elements(Input.encoded(INPUT, encoder), place)


def integers_of(comparisons: set[Comparison], ensemble: Ensemble, given: tuple[int, int, Fraction]) -> Elements:
    """The features as they are, whole numbers that are divided before the model sees them."""
    low, high, divisor = given
    divided = float(divisor)

    def value(number: int) -> float:
        return float(np.float32(number / divided)) if ensemble.single else number / divided

    place = {}
    for each in comparisons:
        least = bisect_left(range(low, high + 1), each.step, key=value) + low
        place[each] = each.feature, least
    all_low, all_high = (np.full(ensemble.features, bound, np.int64) for bound in (low, high))
    return Elements(Input(INPUT, all_low, all_high), place)


def blocks_of(ensemble: Ensemble, whole: Whole, given: tuple[int, int, Fraction] | None = None) -> tuple[Input, Trees]:
    """What is read, and the trees over it."""
    missing = ensemble.missing and given is None
    plans = {asked: plan_of(asked, missing) for tree in ensemble.trees for asked in tree.questions}
    comparisons = {each for plan in plans.values() for each in plan.comparisons}
    elements = integers_of(comparisons, ensemble, given) if given else ranks_of(comparisons, ensemble)
    splits, roots, before = list[tuple[int, int, int]](), list[int](), 0
    levels = list[int]()
    for tree in ensemble.trees:
        own = [plans[asked] for asked in tree.questions]
        starts = list(accumulate((len(plan.ways) for plan in own), initial=len(splits)))
        if starts[-1] > MAX_SPLITS:
            raise InputError(f"asks more than {MAX_SPLITS:,} times whether a feature reaches a step")
        entry = _entries(own, starts, tree.ways.tolist(), before)
        for index, plan in enumerate(own):
            ends = [entry(way) for way in tree.ways[index].tolist()]
            for each, (no, yes) in zip(plan.comparisons, plan.ways, strict=True):
                element, level = elements.place[each]
                reached, other = (ends[~way] if way < 0 else starts[index] + way for way in (yes, no))
                splits.append((element, reached, other))
                levels.append(level)
        roots.append(entry(0 if own else ~0))
        before += len(tree.leaves)
    leaves = np.concatenate(whole.leaves)
    shaped = np.array(splits, np.int32).reshape(-1, 3)
    trees = Trees(TREES, (INPUT,), shaped, np.array(roots), _integers(leaves), np.array(levels, np.int32))
    return elements.read, trees


def _integers(leaves: Ints) -> Ints:
    return leaves.astype(np.uint8 if leaves.max(initial=0) <= 1 else np.int32)


def _entries(plans: list[Plan], starts: list[int], ways: list[list[int]], before: int) -> Callable[[int], int]:
    """Where it leads to go to a question or leaf of a tree, `before` being the leaves of earlier trees."""
    found = [0] * len(plans)

    def entry(way: int) -> int:
        return way - before if way < 0 else found[way]

    for index in range(len(plans) - 1, -1, -1):
        found[index] = starts[index] if plans[index].ways else entry(ways[index][plans[index].only])
    return entry


def sums_of(ensemble: Ensemble, whole: Whole) -> Linear:
    """The scores, a row for each label."""
    width = ensemble.trees[0].leaves.shape[1]
    weights = np.zeros((len(ensemble.base), len(ensemble.trees) * width), np.int8)
    for index, tree in enumerate(ensemble.trees):
        for column in range(width):
            weights[tree.score + column, index * width + column] = 1
    constants = list(whole.constants)
    if ensemble.rival is not None:  # the one score wins if it is above the rival, that is above it rounded down
        weights = np.concatenate([np.zeros_like(weights), weights])
        constants.insert(0, math.floor(Fraction(ensemble.rival) / whole.unit))
    limit = 1 << 52
    if max(map(abs, constants)) > limit:
        raise InputError("the base score is too far from the leaves to be counted in one unit with them")
    return Linear(SUMS, (TREES,), weights, np.array(constants, np.int64))


def melted(ensemble: Ensemble, options: Mapping[str, Any]) -> Cell:
    """The cell; what is not exact stands in `record["melt"]`. options: see OPTIONS."""
    whole = whole_leaves(ensemble, options.get("leaf_bits", LEAF_BITS))
    read, trees = blocks_of(ensemble, whole, given_by(options))
    scale = whole.worth / ensemble.divisor
    blocks: tuple[Block, ...] = (read, trees, sums_of(ensemble, whole), Scores(SCORES, (SUMS,), ensemble.labels, scale))
    facts: dict[str, Any] = {
        "bound": whole.bound,
        "class_bound": whole.class_bound if ensemble.classes else None,
        "trees": len(ensemble.trees),
        "splits": sum(len(tree.questions) for tree in ensemble.trees),
        "objective": ensemble.objective,
    }
    return Cell(blocks, "trees", {"melt": facts})


def rounds_of(options: Mapping[str, Any]) -> int | None:
    """How many rounds of boosting count, None for all; InputError for what is no such number."""
    rounds = options.get("rounds")
    if rounds is None or (isinstance(rounds, int) and not isinstance(rounds, bool) and rounds > 0):
        return rounds
    raise InputError(f"rounds must be a whole number from 1 up, not {rounds!r:.80}")


def given_by(options: Mapping[str, Any]) -> tuple[int, int, Fraction] | None:
    """The input range, if there is one."""
    return input_range(options["input_range"]) if options.get("input_range") is not None else None
