"""Local truth: small pieces of a netlist compared with what they should compute, by truth table over their leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from typing import TypeAlias

from bridge.aig import Aig

_MOST = 8  # leaves
_ALL = (1 << (1 << _MOST)) - 1
# The values of each leaf under all assignments, as masks.
_LEAVES = tuple(_ALL // ((1 << (1 << leaf)) + 1) << (1 << leaf) for leaf in range(_MOST))
_CONE = 64  # more nodes than any gadget has

Meaning: TypeAlias = Callable[..., tuple[int, ...]]  # from the values of leaves to those of outputs, as masks


class Gadgets:
    """Asks of literals of one netlist whether they are a function of others.

    Which of them imply one another, as it was proven on the way, is taken into account.
    """

    def __init__(self, aig: Aig) -> None:
        self._first = aig.first_and
        self._ands: list[list[int]] = aig.ands.tolist()
        self._implications: dict[tuple[int, int], tuple[int, int]] = {}

    def adds(self, a: int, b: int, c: int, d: int, total: int, high: int, low: int) -> bool:
        """Is `a + b + c + d = total + 2 * (high + low)`, where `low` implies `high`, for all values?

        -1 is an output that was not built: it has the value that makes the identity true, since sum and carries are
        functions of the inputs. If the answer is yes, the implication is known from then on.
        """

        def meaning(w: int, x: int, y: int, z: int) -> tuple[int, int, int]:
            return w ^ x ^ y ^ z, w & x | y & z | (w | x) & (y | z), w & x & y & z

        if not self._agree((a, b, c, d), (total, high, low), meaning):
            return False
        self.learn(low, high)
        return True

    def chooses(self, select: int, then: int, other: int, out: int) -> bool:
        """Is `out = select ? then : other`?"""
        return self._agree((select, then, other), (out,), lambda s, t, o: (s & t | ~s & o,))

    def either(self, pairs: Sequence[tuple[int, int]], out: int) -> bool:
        """Is `out` whether both literals of some pair hold? False for many leaves."""

        def meaning(*values: int) -> tuple[int]:
            found = 0
            for one, other in zip(values[::2], values[1::2], strict=True):
                found |= one & other
            return (found,)

        return out >= 0 and self._agree([literal for pair in pairs for literal in pair], (out,), meaning)

    def learn(self, low: int, high: int) -> None:
        """From now on it is known that `low` implies `high`: the caller has proven it."""
        if low > 1:
            self._implications[low >> 1, high >> 1] = low, high

    def reaches(self, weighted: Sequence[tuple[int, int]], goal: int, out: int) -> bool:
        """Is `out` whether the literals of (literal, weight) that hold weigh `goal` together? False for many leaves."""

        def meaning(*values: int) -> tuple[int]:
            holds = [_ALL] + [0] * goal  # whether those so far weigh 0, 1, ...
            for value, (_, weight) in zip(values, weighted, strict=True):
                holds = [held | value & holds[max(0, index - weight)] for index, held in enumerate(holds)]
            return (holds[goal],)

        return self._agree([literal for literal, _ in weighted], (out,), meaning)

    def _agree(self, leaves: Sequence[int], outs: Sequence[int], meaning: Meaning) -> bool:
        """A leaf may itself be a function of other leaves (`c = a & b`, say): then it is no free variable. Whatever set
        of free leaves proves the identity proves it, so try all of them free first."""
        variables = list(dict.fromkeys(leaf >> 1 for leaf in leaves if leaf > 1))
        for derived in range(max(1, min(3, len(variables)))):
            for bound in combinations(variables, derived):
                free = [variable for variable in variables if variable not in bound]
                if self._agree_over(free, leaves, outs, meaning):
                    return True
        return False

    def _agree_over(self, free: list[int], leaves: Sequence[int], outs: Sequence[int], meaning: Meaning) -> bool:
        if len(free) > _MOST:
            return False
        masks = iter(_LEAVES)
        known = {0: 0} | {variable: next(masks) for variable in free}
        values = [self._value(leaf, known) for leaf in leaves]
        if None in values:
            return False
        possible = self._possible(free, known)
        found = (out if out < 0 else self._value(out, known) for out in outs)
        return all(
            value is not None and (value < 0 or not (value ^ expected) & possible)
            for value, expected in zip(found, meaning(*values), strict=True)
        )

    def _possible(self, free: Sequence[int], known: dict[int, int]) -> int:
        """The assignments of free leaves that no known implication forbids."""
        possible = _ALL
        for pair in permutations(free, 2):
            if pair in self._implications:
                low, high = (_signed(known[literal >> 1], literal) for literal in self._implications[pair])
                possible &= ~low | high
        return possible

    def _value(self, literal: int, known: dict[int, int]) -> int | None:
        """The truth table of a literal over the known variables; None if its cone leaves them. Fills `known`."""
        stack = [literal >> 1]
        budget = _CONE
        while stack:
            variable = stack[-1]
            if variable in known:
                stack.pop()
                continue
            budget -= 1
            if not self._first <= variable < self._first + len(self._ands) or not budget:
                return None
            a, b = self._ands[variable - self._first]
            missing = [fanin >> 1 for fanin in (a, b) if fanin >> 1 not in known]
            if missing:
                stack += missing
                continue
            known[variable] = _signed(known[a >> 1], a) & _signed(known[b >> 1], b)
        return _signed(known[literal >> 1], literal)


def _signed(value: int, literal: int) -> int:
    return value ^ _ALL if literal & 1 else value
