"""What the splits of trees may ask about, and what asking for the first time costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Floats32
from bridge.boosting.dictionary import Dictionary
from bridge.boosting.functions import list_bits
from bridge.boosting.machines import Machine, word_length, word_trie
from bridge.boosting.options import BoostingOptions
from bridge.boosting.rows import Rows, contexts, make_rows
from bridge.readout.codetree import CodeTree, learn_code

SYMBOL, MACHINE = 0, 1  # groups of fields; every machine has one of its own
LISTED = "length"  # the machine of which no subset is made but those listed
SUBSETS = 1 << 10  # of a group
SYMBOL_SET, STATE, STATE_RANGE, FRESH = 5.0, 2.0, 3.0, 8.0  # ANDs of a subset; of its members, if new


@dataclass(frozen=True, eq=False)
class Plan:
    """What a split can ask about. Fields: the last `window` symbols, the newest first, the machines (one
    field each, and one for each time back)."""

    symbols: bytes
    code: CodeTree
    window: int
    machines: tuple[Machine, ...]

    @property
    def groups(self) -> list[int]:
        """The group of every field; the fields of a group share their subsets."""
        groups = [SYMBOL] * self.window
        for machine in self.machines:
            first = max(groups) + 1
            groups += [first + group for group in machine.groups]
        return groups


def ranked(text: bytes, symbols: bytes) -> Bits:
    """uint8[n]: the rank of every byte among the symbols; 0 for others."""
    ranks = np.zeros(256, np.uint8)
    ranks[list(symbols)] = np.arange(len(symbols))
    return ranks[np.frombuffer(text, np.uint8)]


def make_plan(text: bytes, symbols: bytes, options: BoostingOptions) -> Plan:
    """The code tree and the state machines that suit a text."""
    machines: list[Machine] = []
    if options.prefixes:
        machines.append(Machine("word", *word_trie(text, symbols, options.prefixes, options.words), options.back))
        lengths = word_length(symbols)
        machines.append(Machine("length", lengths, np.arange(len(lengths)).astype(np.uint8)))
    code = learn_code(ranked(text, symbols), len(symbols))
    return Plan(symbols, code, options.window, tuple(machines))


def rows_of(text: bytes, plan: Plan, weights: Floats32) -> Rows:
    """A text as rows; weights: float32[n - 1], what the prediction of each byte but the
    first counts."""
    ranks = ranked(text, plan.symbols)
    states = [field for machine in plan.machines for field in machine.seen(ranks)]
    return make_rows(contexts(ranks, plan.window, states), ranks[1:], weights, plan.code)


def offered(plan: Plan) -> Dictionary:
    """Subsets to begin with: every category alone, the symbols below a code node; ranges of the count of letters."""
    groups = [-1.0 if machine.name == LISTED else FRESH for machine in plan.machines for _ in set(machine.groups)]
    book = Dictionary([FRESH, *groups, -1.0], SUBSETS)
    nodes = plan.code.paths[0]
    for node in range(1, plan.code.nodes):
        book.list(SYMBOL, np.flatnonzero((nodes == node).any(axis=1)).tolist(), SYMBOL_SET)
    for symbol in range(len(plan.symbols)):
        book.list(SYMBOL, [symbol], SYMBOL_SET)
    group = MACHINE
    for machine in plan.machines:
        for view in sorted(set(machine.groups)):
            categories = machine.ended if view else machine.categories
            assert categories is not None
            _list_states(book, group, range(int(categories.max()) + 1), machine.name == LISTED)
            group += 1
    list_bits(book, group)
    return book


def _list_states(book: Dictionary, group: int, categories: range, ordered: bool) -> None:
    """Every category but 0, or every range from 0 on."""
    for category in categories[1:]:
        if ordered:
            book.list(group, range(category), STATE_RANGE)
        else:
            book.list(group, [category], STATE)
