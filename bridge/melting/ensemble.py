"""What all libraries of decision trees have in common: questions about features, trees of them, and sums of leaves.

A reader of a format makes an `Ensemble`; `bridge.melting.ensemble_cell` makes a cell of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.arrays import Floats, Ints
from bridge.cell.blocks import Integers
from bridge.errors import InputError

MAX_SPLITS = 1 << 20  # of all trees together, and steps that they ask about
MAX_SCORES = 1 << 12
MAX_NUMBERS = 1 << 16  # of the leaves that a row comes to
LARGEST = 1e100  # leaf
MAX_FEATURES = 1 << 24


@dataclass(frozen=True)
class Question:
    """Which of two ways a feature leads. Below all of `steps` it leads to `first`, and every step, ascending, that it
    reaches (is at least) turns the answer; a missing value leads to `missing`. False is the first way, True the second.
    """

    feature: int
    steps: tuple[float, ...]
    first: bool = False
    missing: bool = False


def question(feature: int, steps: Sequence[float], answers: Sequence[bool], missing: bool) -> Question:
    """The answers below the first step, from each to the next, and from the last on; steps ascend, equal ones hold
    nothing between them."""
    turns: list[float] = []
    last = answers[0]
    for index, (step, answer) in enumerate(zip(steps, answers[1:], strict=True)):
        empty = index + 1 < len(steps) and steps[index + 1] == step
        if answer != last and not empty:
            turns.append(float(step))
            last = answer
    return Question(feature, tuple(turns), bool(answers[0]), missing)


@dataclass(frozen=True, eq=False)
class Tree:
    """`questions`, the first of them the root; `ways`: int64[questions, 2], where each leads: to a later one, or `~i`,
    leaf i. `leaves`: float64[leaves, width], added to the scores from `score` on; `nodes`: int64[leaves], what the
    library calls each."""

    questions: tuple[Question, ...]
    ways: Ints
    leaves: Floats
    nodes: Ints
    score: int = 0


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Scores: what the trees add to `base`, float64[scores], divided by `divisor`.

    `labels`: of the scores. Where `rival` is given there are two labels and one score, which is that of the second; the
    first has the constant `rival`. `classes`: does the largest score win, or is every one of them an estimate?
    `single`: features are rounded to float32 first; `missing`: may they be missing? `objective`: what it was
    made for, in words of its library.
    """

    trees: tuple[Tree, ...]
    base: Floats
    labels: tuple[str, ...]
    features: int
    classes: bool
    rival: float | None = None
    divisor: int = 1
    single: bool = False
    missing: bool = False
    objective: str = ""

    def checked(self) -> Ensemble:
        """The same; InputError for what is too large or not finite."""
        if not self.trees:
            raise InputError("has no trees")
        numbers, scores = len(self.trees) * self.trees[0].leaves.shape[1], len(self.base)
        if numbers > MAX_NUMBERS or scores > MAX_SCORES:
            raise InputError(
                f"has {len(self.trees):,} trees for {scores:,} scores; at most {MAX_NUMBERS:,} numbers in their "
                f"leaves and {MAX_SCORES:,} scores are allowed"
            )
        for index, tree in enumerate(self.trees):
            if not (np.abs(tree.leaves) <= LARGEST).all():
                raise InputError(f"tree {index}: a leaf is not a finite number up to {LARGEST:g}")
        if not (np.abs(self.base) <= LARGEST).all():
            raise InputError(f"a base score is not a finite number up to {LARGEST:g}")
        return self


@dataclass(frozen=True, eq=False)
class Nodes:
    """A tree as libraries hold it, by node. `left`, `right`: int[nodes], nodes that each leads to; `is_leaf`:
    bool[nodes]; `values`: float64[nodes, width], those of leaves; `first`: the number that leaves are counted from."""

    left: Integers
    right: Integers
    is_leaf: Integers
    values: Floats
    first: int = 0


def tree_of(place: str, nodes: Nodes, ask: Callable[[int], Question], score: int = 0) -> Tree:
    """The tree below node 0; InputError if that is none. ask: what a node asks."""
    order, number = _walk(place, nodes)
    inner = [node for node in order if not nodes.is_leaf[node]]
    ends = np.array([node for node in order if nodes.is_leaf[node]], np.int64)
    ways = np.array([[number[int(side[node])] for side in (nodes.left, nodes.right)] for node in inner], np.int64)
    questions = tuple(ask(node) for node in inner)
    return Tree(questions, ways.reshape(-1, 2), nodes.values[ends], ends - nodes.first, score)


def _walk(place: str, nodes: Nodes) -> tuple[list[int], dict[int, int]]:
    """All nodes below the first one, parents before children; what a `Tree` calls each."""
    count, order, number = len(nodes.left), list[int](), dict[int, int]()
    waiting, leaves = [0], 0
    if not count or not len(nodes.right) == len(nodes.is_leaf) == len(nodes.values) == count:
        raise InputError(f"{place}: needs a node or more, all its lists being equally long")
    while waiting:
        node = waiting.pop()
        if not 0 <= node < count:
            raise InputError(f"{place}: a node leads to node {node}, but there are {count}")
        if node in number:
            raise InputError(f"{place}: node {node} is reached twice")
        order.append(node)
        number[node] = ~leaves if nodes.is_leaf[node] else len(order) - 1 - leaves
        if nodes.is_leaf[node]:
            leaves += 1
        else:
            waiting += [int(nodes.right[node]), int(nodes.left[node])]
    return order, number


def together(trees: Iterable[Tree]) -> tuple[Tree, ...]:
    """All of them; InputError as soon as they are too large together."""
    found, size = list[Tree](), 0
    for tree in trees:
        found.append(tree)
        size += len(tree.questions) + sum(len(asked.steps) for asked in tree.questions)
        if size > 2 * MAX_SPLITS:
            raise InputError(f"has more than {MAX_SPLITS:,} splits and steps")
    return tuple(found)
