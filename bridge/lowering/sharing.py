"""Which adders several rows need, and in which order everything is added: from the rows of a cell to a plan."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Ints
from bridge.lowering.columns import Columns, copied
from bridge.lowering.pairs import all_pairs, pair_up, with_adders
from bridge.lowering.plan import PLAIN, Ends, Plan, Shared
from bridge.lowering.rows import Rows
from bridge.lowering.timing import Timing, row_times
from bridge.lowering.triples import LEAST, MADE, WIDEST, all_triples, share_triples

ROUNDS = (4, 3, LEAST)  # what many columns need is chosen first, and rare triples are counted where less is left
MOST_TRIPLES = 1 << 24  # counted before the search begins
_NOTHING = np.zeros(0, np.int64)
NO_TIMING = Timing(_NOTHING, _NOTHING, Ends(_NOTHING.astype(np.bool_), _NOTHING, _NOTHING, _NOTHING))


def _third(carries: int) -> int:
    """Which variable of a shared adder comes after the XOR of the others, for the fewest ANDs; carries: those read."""
    return min(range(3), key=lambda last: bool(carries & (1 | 2 << last)) * (carries & ~(1 | 2 << last)).bit_count())


_THIRD = np.array([_third(carries) for carries in range(16)])


def plan_of(rows: Rows, style: int, deadlines: Ints | None = None) -> Plan:
    """The plan of a style, see Plan; all but PLAIN build adders that several rows need once.

    deadlines: the level that each variable of the cell may have, and last the deepest output, where rows must not get
    later by sharing.
    """
    if style == PLAIN:
        nobody = Shared(_NOTHING.reshape(0, 3), _NOTHING, _NOTHING, rows.count)
        return Plan(nobody, rows.columns, np.zeros(len(rows.columns.size), np.int64), rows.ends, style)
    timing = NO_TIMING if deadlines is None else _timing(rows, deadlines)
    left = copied(rows.columns)
    inputs, carries = _NOTHING.reshape(0, 3), _NOTHING
    for least in ROUNDS:
        triples = _frequent(all_triples(left, _widest(left.size)), least)
        more = share_triples(left, rows.count + MADE * len(carries), *triples, least, timing)
        inputs, carries = np.concatenate([inputs, more[0]]), np.concatenate([carries, more[1]])
    everything = with_adders(left, inputs)
    count, variables = len(left.size), rows.count + MADE * len(carries)
    pairs = pair_up(everything, variables, *_frequent(all_pairs(everything), LEAST), count, timing)
    shared = Shared(inputs, carries, _thirds(everything, pairs, inputs, carries, timing), rows.count)
    left = everything._replace(start=everything.start[:count], size=everything.size[:count])
    return Plan(shared, left, pairs[:count], rows.ends, style)


def _thirds(everything: Columns, pairs: Ints, inputs: Ints, carries: Ints, timing: Timing) -> Ints:
    """int64[n]: which input of each shared adder is added last: what its pair leaves, else the latest or the cheapest.

    everything: columns, the last of which are those of the adders; pairs: of each.
    """
    first = len(everything.size) - len(inputs)
    in_order = everything.digits[everything.start[first:, None] + np.arange(3)] >> 1
    third = timing.arrival[inputs].argmax(axis=1) if len(timing.limit) else _THIRD[carries]
    last = np.where(pairs[first:] > 0, in_order[:, 2], inputs[np.arange(len(inputs)), third])
    thirds: Ints = (inputs == last[:, None]).argmax(axis=1)
    return thirds


def _timing(rows: Rows, deadlines: Ints) -> Timing:
    """When everything arrives: bits at their deadlines, new variables not yet; and when every row must be there, which
    is not before it is without sharing."""
    new = np.zeros(MADE * (int(rows.columns.size.sum()) // LEAST + 1), np.int64)
    limit = np.full(len(rows.ends.top), deadlines[-1])
    width = np.where(rows.ends.whole, rows.ends.top - rows.ends.start, 1)
    for name, first in rows.first.items():
        own = deadlines[rows.variables.get(name, _NOTHING)]
        row = first + np.repeat(np.arange(len(width) - first), width[first:])[: len(own)]
        np.minimum.at(limit, row, own)
    timing = Timing(np.concatenate([deadlines[:-1], new]), limit, rows.ends)
    alone = row_times(rows.columns, np.zeros(len(rows.columns.size), np.int64), timing)
    return timing._replace(limit=np.maximum(limit, alone))


def _widest(sizes: Ints) -> int:
    """How many digits of each column may take part, so that there are at most MOST_TRIPLES."""

    def triples(widest: int) -> int:
        n = np.minimum(sizes, widest)
        return int((n * (n - 1) * (n - 2)).sum()) // 6

    return max((widest for widest in range(3, WIDEST + 1) if triples(widest) <= MOST_TRIPLES), default=3)


def _frequent(keys: Ints, least: int) -> tuple[Ints, Ints]:
    """(the keys that occur at least so often, how often)."""
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct[counts >= least], counts[counts >= least]
