"""`adds_up`: do two netlists whose outputs are words give the same numbers?

If all words are equal as numbers modulo 2 ** width, so are their bits. Which outputs are a word their names or their
order tell, and the lowest bit is the first or the last: a wrong guess proves nothing, and costs a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bridge.aig import Aig
from bridge.equivalence.arithmetic.adders import Adders
from bridge.equivalence.arithmetic.sums import Sum
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim

METHOD = "algebra of adders"
_NUMBER = re.compile(r"[0-9]+")
_DIGITS = 9  # of the place of a bit; what has more is no place

_LEAST_SUMS = 0.25  # of the bits of a word: all but one or two are, unless others are added to it later
_FIRST_BITS = 2  # are compared before all: where they are no sums, or the word stands the other way round, they tell
Word = list[int]


def adds_up(adders: Adders, a: Aig, clock: Clock) -> Claim:
    """ "equivalent", or "undecided": it shows no differences. adders: those of the netlist and another one, `beside`
    each other."""
    undecided = Claim("undecided", why="the outputs are no words that adders make", method=METHOD)
    if not adders.sums:
        return undecided
    literals = adders.form.output_literals().tolist()
    ours, theirs = literals[: len(a.outputs)], literals[len(a.outputs) :]

    def equal(word: Word) -> bool:
        if all(ours[i] == theirs[i] for i in word):
            return True
        if sum(ours[i] >> 1 in adders.sums for i in word) < _LEAST_SUMS * len(word):
            return False  # outputs of control; taking out the few adders below them takes long
        return all(map(vanishes, (word[:_FIRST_BITS], word)))

    def vanishes(word: Word) -> bool:
        return Sum.difference(adders, [ours[i] for i in word], [theirs[i] for i in word], clock).vanishes(clock)

    for words in readings([output.name for output in a.outputs]):
        if all(equal(word) or equal(word[::-1]) for word in words):
            return Claim("equivalent", method=METHOD)
    return undecided


def readings(names: Sequence[str]) -> Iterator[list[Word]]:
    """The outputs as words, each the places of its bits in order: all as one word, then each name as one."""
    stems: dict[str, list[tuple[int, int]]] = {}
    for place, name in enumerate(names):
        *_, found = (None, *_NUMBER.finditer(name))
        stem, number = (name, 0)
        if found is not None and len(found[0]) <= _DIGITS:
            stem, number = name[: found.start()], int(found[0])
        stems.setdefault(stem, []).append((number, place))
    whole, named = [[*range(len(names))]], [[place for _, place in sorted(bits)] for bits in stems.values()]
    yield from [whole] if named == whole else [whole, named]
