"""Literals that many ANDs have in common, and which are joined first: greedy, the pair of most sets first, a pair being
an element of its sets from then on. An OR is the AND of complements, so that both share.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

WIDEST = 64  # elements of one set that are paired
MOST_PAIRS = 1 << 22  # counted before the search begins


class Pair(NamedTuple):
    """Two elements of a set, and the one that they become."""

    one: int
    other: int
    both: int


def common_pairs(sets: Sequence[Iterable[int]]) -> list[list[Pair]]:
    """For each set of literals, the pairs to join in order. New elements are negative."""
    left = [set(elements) for elements in sets]
    homes: dict[int, set[int]] = {}
    for index, elements in enumerate(left):
        for element in elements:
            homes.setdefault(element, set()).add(index)
    widest = _widest([len(elements) for elements in left])
    counts = Counter(pair for elements in left for pair in combinations(sorted(elements)[:widest], 2))
    heap = [(-count, pair) for pair, count in counts.items() if count > 1]
    heapq.heapify(heap)
    pairs: list[list[Pair]] = [[] for _ in left]
    new = -1
    while heap:
        claimed, (one, other) = heapq.heappop(heap)
        both = homes[one] & homes[other]
        if len(both) != -claimed:
            if len(both) > 1:
                heapq.heappush(heap, (-len(both), (one, other)))
            continue
        partners = Counter[int]()
        for index in both:
            pairs[index].append(Pair(one, other, new))
            left[index] -= {one, other}
            partners.update(sorted(left[index])[:widest])
            left[index].add(new)
        homes[one] -= both
        homes[other] -= both
        homes[new] = both
        for partner, count in partners.items():
            if count > 1:
                heapq.heappush(heap, (-count, (new, partner)))
        new -= 1
    return pairs


def _widest(sizes: Sequence[int]) -> int:
    """How many elements of each set may be paired, so that there are at most MOST_PAIRS."""
    widest = WIDEST
    while widest > 2 and sum(min(size, widest) ** 2 for size in sizes) > 2 * MOST_PAIRS:
        widest -= 1
    return widest
