"""Forests as two layers of neurons: a path through a tree is a conjunction of questions, a tree a disjunction of paths.

A tree has two values, and its paths to one of them say all. Of a path, questions whose answers follow from others are
left out, and paths that different trees have in common are one neuron.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import NamedTuple

import numpy as np

from bridge.arrays import Flags
from bridge.boosting.dictionary import CATEGORIES
from bridge.boosting.forest import SCALE, Forest
from bridge.boosting.growth import Tree
from bridge.boosting.plan import Masks, Plan, Read
from bridge.cell import Block, Logits, Threshold

Answer = tuple[int, int, bool]  # (field, subset, is the field's category in it?)
Path = frozenset[Answer]
Sets = Mapping[tuple[int, int], tuple[int, int]]


class Rule(NamedTuple):
    """What a tree says: `base`, and `step` more where a row goes one of the `paths`."""

    paths: tuple[Path, ...]
    base: int
    step: int


NOTHING = Rule((frozenset(),), 0, 0)


def rule_blocks(plan: Plan, forests: Sequence[Forest], read: Read, masks: Masks) -> list[Block]:
    """The neurons of all trees, and the head that adds them up."""
    columns = {key: column for column, key in enumerate(key for bits in read.values() for key in bits)}
    sets = _sets(plan, columns, masks)
    rules = [[rule_of(tree, sets) for tree in forest.trees] for forest in forests]
    every = [(node, rule) for node, own in enumerate(rules) for rule in own] or [(0, NOTHING)]
    rows: dict[Path, int] = {}
    for _, rule in every:
        for path in rule.paths:
            rows.setdefault(path, len(rows))
    asked = [{columns[field, subset]: 1 if member else -1 for field, subset, member in path} for path in rows]
    joined = [dict.fromkeys((rows[path] for path in rule.paths), 1) for _, rule in every]
    least = np.array([list(own.values()).count(1) for own in asked])
    weights = np.zeros((len(forests), len(every)), np.int64)
    for index, (node, rule) in enumerate(every):
        weights[node, index] = rule.step
    bias = [forest.bias + sum(rule.base for rule in own) for forest, own in zip(forests, rules, strict=True)]
    code = np.array(plan.code.children)
    return [
        Threshold.of_lists("conjunctions", tuple(read), asked, least),
        Threshold.of_lists("disjunctions", ("conjunctions",), joined, np.ones(len(every), np.int64)),
        Logits("score", ("disjunctions",), weights, np.array(bias), SCALE, plan.symbols, code),
    ]


def rule_of(tree: Tree, sets: Sets) -> Rule:
    """By the value whose paths have fewer answers. sets: the categories in a subset, and the others, as bits of a whole
    number, by (field, subset)."""
    low, high = int(tree.values.min()), int(tree.values.max())
    up, down = (tuple(dict.fromkeys(_paths(tree, value, sets))) for value in (high, low))
    if sum(map(len, down)) < sum(map(len, up)):
        return Rule(down, high, low - high)
    return Rule(up, low, high - low)


def _sets(plan: Plan, asked: Mapping[tuple[int, int], int], masks: Masks) -> Sets:
    groups, sets = plan.groups, {}
    for field, subset in asked:
        if field >= 0:
            known = len(plan.symbols) if field < plan.window + len(plan.held) else CATEGORIES
            members = masks[groups[field], subset][:known]
            sets[field, subset] = _whole(members), _whole(~members)
    return sets


def _whole(flags: Flags) -> int:
    return int.from_bytes(np.packbits(flags).tobytes(), "big")


def _paths(tree: Tree, value: int, sets: Sets) -> Iterator[Path]:
    """The ways to the leaves of that value, but for those that no category goes."""
    splits, stack = tree.splits.tolist(), [(0, list[Answer]())]
    while stack:
        place, answers = stack.pop()
        if place >= 0:
            field, subset, then, other = splits[place]
            stack += [(other, [*answers, (field, subset, False)]), (then, [*answers, (field, subset, True)])]
        elif tree.values[~place] == value:
            path = _needed(answers, sets)
            if path is not None:
                yield path


def _needed(answers: list[Answer], sets: Sets) -> Path | None:
    """The answers that do not follow from the others, the last ones rather than the first; None if they contradict."""
    fields: dict[int, dict[Answer, int]] = {}
    for answer in answers:
        field, subset, member = answer
        fields.setdefault(field, {})[answer] = sets[field, subset][0 if member else 1]
    needed: list[Answer] = []
    for own in fields.values():
        field, subset, _ = next(iter(own))
        every = sum(sets[field, subset])
        together = reduce(and_, own.values())
        if not together:
            return None
        for answer in tuple(own):
            if reduce(and_, (own[other] for other in own if other != answer), every) == together:
                del own[answer]
        needed += own
    return frozenset(needed)
