"""Smallest sets that suffice: sets of which nothing can be left out, and sets of the least size there is.

What suffices is said by an oracle that is *monotone*: more suffices if less does. It may know more than yes and no, and
whoever knows more is asked less often: with a yes, a part that suffices already (the core of a SAT solver); with a no,
elements of which some sufficient set must have one (those that a counterexample changes). The one is the other of the
opposite question, so both are looked for in the same way.

    found = subset_minimal(range(n), suffices, Clock(60))
    found = cardinality_minimal(found, suffices, Clock(60))     # of the least size, or with a bound on it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from bridge.equivalence.clauses import solver_for
from bridge.equivalence.clock import Clock

_CONFLICTS = 2_000


class Told(NamedTuple):
    """What an oracle says of a set. `answer`: does it suffice, None if that is undecided; `part`: see above, of a yes a
    part of the set, of a no elements outside it; None is all of them."""

    answer: bool | None
    part: frozenset[int] | None = None


Oracle = Callable[[frozenset[int]], Told]


@dataclass(frozen=True)
class Minimal:
    """A set found in `elements`. `answer`: do all of them suffice; if not, `kept` is all of them.

    `kept`: suffices, ascending; `needed`: those of it proven to be needed beside the others, the rest could not be
    decided, for `why`. `least`: no set of fewer elements suffices. `hit`: sets of which every sufficient one has an
    element.
    """

    elements: tuple[int, ...]
    answer: bool | None
    kept: tuple[int, ...]
    needed: frozenset[int] = frozenset()
    least: int = 0
    why: str = ""
    hit: tuple[frozenset[int], ...] = field(default=(), repr=False)

    @property
    def minimal(self) -> bool:
        """Is it proven that no element can be left out?"""
        return self.answer is True and len(self.needed) == len(self.kept)

    def shown_by(self, hits: Iterable[frozenset[int]]) -> Minimal:
        """With those needed, too, that are alone in `kept` of a set of which every sufficient one has an element."""
        kept = frozenset(self.kept)
        return replace(self, needed=self.needed.union(*(_single(hit & kept) for hit in hits)))

    @property
    def smallest(self) -> bool:
        """Is it proven that there is no smaller set?"""
        return self.answer is True and self.least == len(self.kept)


def subset_minimal(elements: Iterable[int], suffices: Oracle, clock: Clock, *, first: int = 1) -> Minimal:
    """A set of which no element can be left out; those named first are left out first, where there is a choice.

    Parts of the set are left out at once, at first of so many elements, larger ones as long as that goes well (as
    QuickXplain does).
    """
    order = tuple(dict.fromkeys(elements))
    whole = frozenset(order)
    told = suffices(whole)
    if told.answer is not True:
        why = _why(clock) if told.answer is None else ""
        return Minimal(order, told.answer, tuple(sorted(whole)), why=why)
    kept = _part(told, whole)
    needed, undecided, hit = set[int](), set[int](), list[frozenset[int]]()
    size = first
    while not clock.over and (open_ := [e for e in order if e in kept and e not in needed and e not in undecided]):
        some = frozenset(open_[:size])
        told = suffices(kept - some)
        if told.answer:
            kept, size = _part(told, kept - some), 2 * size
            continue
        if told.answer is False:
            hit.append(told.part or whole - (kept - some))
            needed |= _single(hit[-1] & kept)
        elif len(some) == 1:
            undecided |= some
        size = max(1, len(some) // 2)
    rest = not needed >= kept
    found = Minimal(order, True, tuple(sorted(kept)), frozenset(needed & kept), why=_why(clock) if rest else "")
    return replace(found, least=_apart(hit), hit=tuple(hit))


def cardinality_minimal(found: Minimal, suffices: Oracle, clock: Clock) -> Minimal:
    """A set of the least size, from what `subset_minimal` found; `least` says how far that was proven.

    A smallest set that has an element of all sets in `hit` either suffices, and then there is no smaller one, or shows
    one more set to hit (implicit hitting sets).
    """
    if found.answer is not True:
        return found
    hit, least, best, whole = list(found.hit), found.least, found.kept, frozenset(found.elements)
    if clock.over:
        return replace(found, why=_why(clock))
    with _HittingSets(found.elements, hit, least) as sets:
        while least < len(best):
            there, chosen = sets.of_size(least, clock)
            if there is False:
                least += 1
                continue
            told = suffices(chosen) if there else Told(None)
            if told.answer is None:
                return replace(found, least=least, hit=tuple(hit), why=_why(clock))
            if told.answer:
                best = tuple(sorted(_part(told, chosen)))
                break
            hit.append(_smaller(whole, whole - chosen, told, suffices, clock))
            sets.add(hit[-1])
    return replace(found, kept=best, needed=frozenset(best), least=len(best), hit=tuple(hit), why="")


def _smaller(whole: frozenset[int], rest: frozenset[int], told: Told, suffices: Oracle, clock: Clock) -> frozenset[int]:
    """Few of the elements outside a set that does not suffice, without all of which nothing does: subset-minimal in the
    opposite question."""

    def fails_without(left_out: frozenset[int]) -> Told:
        answer, part = suffices(whole - left_out)
        return Told(None if answer is None else not answer, part)

    return frozenset(subset_minimal(sorted(told.part or rest), fails_without, clock).kept)


class _HittingSets:
    """Sets that have an element of each of some sets, of at most `size` elements, which may grow; Glucose."""

    def __init__(self, elements: Sequence[int], hit: Iterable[frozenset[int]], size: int) -> None:
        self._solver = solver_for("a smallest set")
        from pysat.card import ITotalizer

        self._variables = {element: place for place, element in enumerate(elements, 1)}
        self._total: Any = ITotalizer(list(self._variables.values()), ubound=size, top_id=len(elements))
        self._solver.append_formula(self._total.cnf.clauses)
        for some in hit:
            self.add(some)

    def __enter__(self) -> _HittingSets:
        return self

    def __exit__(self, *_: object) -> None:
        self._total.delete()
        self._solver.delete()

    def add(self, some: Iterable[int]) -> None:
        self._solver.add_clause([self._variables[element] for element in some])

    def of_size(self, size: int, clock: Clock) -> tuple[bool | None, frozenset[int]]:
        """Is there one of at most that size, None if the time is over; and one."""
        if size > self._total.ubound:
            self._total.increase(ubound=size)
            self._solver.append_formula(self._total.cnf.clauses[len(self._total.cnf.clauses) - self._total.nof_new :])
        answer = None
        while answer is None and not clock.over:
            self._solver.conf_budget(_CONFLICTS)
            answer = self._solver.solve_limited(assumptions=[-self._total.rhs[size]])
        true = set(self._solver.get_model() if answer else ())
        return answer, frozenset(element for element, variable in self._variables.items() if variable in true)


def _part(told: Told, whole: frozenset[int]) -> frozenset[int]:
    return whole if told.part is None else told.part & whole


def _single(some: frozenset[int]) -> frozenset[int]:
    return some if len(some) == 1 else frozenset()


def _apart(hit: Iterable[frozenset[int]]) -> int:
    """How many of the sets have no element in common, the small ones first: as many elements are needed."""
    used, count = set[int](), 0
    for some in sorted(hit, key=len):
        if not some & used:
            used |= some
            count += 1
    return count


def _why(clock: Clock) -> str:
    return clock.why if clock.over else "a question was left undecided; allow more seconds"
