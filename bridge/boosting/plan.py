"""What the splits of trees may ask about, and what asking for the first time costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Flags, Floats32
from bridge.boosting.dictionary import Dictionary
from bridge.boosting.memory import Count, Held, first_letters, letter_count
from bridge.boosting.options import BoostingOptions
from bridge.boosting.rows import Rows, contexts, make_rows
from bridge.readout.codetree import CodeTree, learn_code

SYMBOL = 0  # the group of the window; every symbol held and every count has one of its own
SYMBOL_SET, HELD_SET, RANGE, FRESH = 5.0, 4.0, 3.0, 8.0  # ANDs of a subset; of its members, if new
LISTED_ONLY = -1.0

Key = tuple[int, int]
Masks = Mapping[Key, Flags]  # bool[256] by (group, subset): the categories that it has
Read = dict[str, list[Key]]  # (field, subset) of every bit that is read, by source


@dataclass(frozen=True, eq=False)
class Plan:
    """What a split can ask about. Fields: the last `window` symbols, the newest first, the symbols that are held, the
    counts."""

    symbols: bytes
    code: CodeTree
    window: int
    held: tuple[Held, ...]
    counts: tuple[Count, ...]

    @property
    def groups(self) -> list[int]:
        """The group of every field; the fields of a group share their subsets."""
        return [SYMBOL] * self.window + [1 + index for index in range(len(self.held) + len(self.counts))]


def ranked(text: bytes, symbols: bytes) -> Bits:
    """uint8[n]: the rank of every byte among the symbols; 0 for others."""
    ranks = np.zeros(256, np.uint8)
    ranks[list(symbols)] = np.arange(len(symbols))
    return ranks[np.frombuffer(text, np.uint8)]


def make_plan(text: bytes, symbols: bytes, options: BoostingOptions) -> Plan:
    """The code tree and the memory that suit a text."""
    held = first_letters(symbols, options.letters)
    counts = (letter_count(symbols),) if options.letters else ()
    return Plan(symbols, learn_code(ranked(text, symbols), len(symbols)), options.window, held, counts)


def rows_of(text: bytes, plan: Plan, weights: Floats32, repeats: float = 1.0) -> Rows:
    """A text as rows; weights: float32[n - 1], what the prediction of each byte but the first counts; repeats: what
    contexts that occur again do, see `make_rows`."""
    ranks = ranked(text, plan.symbols)
    states = [each.seen(ranks) for each in plan.held] + [each.seen(ranks) for each in plan.counts]
    return make_rows(contexts(ranks, plan.window, states), ranks[1:], weights, plan.code, repeats)


def offered(plan: Plan, subsets: int) -> Dictionary:
    """Subsets to begin with: every symbol alone, the symbols below a code node; ranges of counts.

    subsets: at most so many of a group.
    """
    fresh = [FRESH] * (1 + len(plan.held)) + [LISTED_ONLY] * len(plan.counts)
    book = Dictionary(fresh, subsets)
    nodes = plan.code.paths[0]
    for group, cost in enumerate([SYMBOL_SET] + [HELD_SET] * len(plan.held)):
        for node in range(1, plan.code.nodes):
            book.list(group, np.flatnonzero((nodes == node).any(axis=1)).tolist(), cost)
        for symbol in range(len(plan.symbols)):
            book.list(group, [symbol], cost)
    for group, count in enumerate(plan.counts, 1 + len(plan.held)):
        for least in range(1, count.most + 1):
            book.list(group, range(least), RANGE)
    return book
