"""A mapped netlist against the one it was made of: gate by gate, by truth tables, without any solver.

A mapper covers a netlist: what a gate computes is a node, and the logic between that node and those of the gate's
inputs is the gate's table. So for every gate a node is looked for that behaves alike under simulation, and the cone of
that node down to those of the gate's inputs is written out as a table, which proves them equal if it is the gate's.
Gates inside of larger ones are no nodes: they count as part of their readers.
"""

from __future__ import annotations

import time
from bisect import bisect
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import islice, product

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.cut import core
from bridge.equivalence.check import check_equivalence
from bridge.equivalence.verdict import Verdict
from bridge.execution import simulate
from bridge.execution.words import random_patterns
from bridge.formats.mapped.functions import column, full
from bridge.formats.mapped.netlist import Mapped

_METHOD = "truth tables of all gates"
_WORDS = 64
_CANDIDATES = 16
_MOST_LEAVES = 10  # of gates and those inside of them
_MOST_NODES = 2000  # of a cone
_MOST_VARIABLES = 14  # of a table
_DEPTHS = range(2, 13)
_CHOICES = 64  # of nodes at which a cone ends

# A signal as a table over other signals, which are known to be nodes.
_View = tuple[tuple[int, ...], int]


def prove_mapped(mapped: Mapped, seconds: float = 300.0) -> Verdict:
    """Whether all outputs and next states are those of the netlist that was mapped, on every input and state.

    What tables do not show is asked of `check_equivalence`, for at most `seconds`.
    """
    started = time.monotonic()
    ours, theirs = core(mapped.source), mapped.core()
    if _Cover(_hashed(ours), theirs, mapped).holds():
        return Verdict("equivalent", _METHOD, time.monotonic() - started)
    return check_equivalence(ours, theirs, seconds=seconds)


def _hashed(aig: Aig) -> Aig:
    builder = AigBuilder(aig.name, aig.variables)
    image = builder.copy(aig, builder.inputs(aig.inputs))
    return builder.build_like(aig, image)


class _Cover:
    """What is proven so far. `owners`: for nodes that equal a signal, twice the signal, and 1 more if it is inverted;
    `nodes`: the first node of each such signal; `members`: all of them; `same`: for signals that equal an earlier one,
    that one, as `owners`; `views`: every signal as a table over such signals."""

    def __init__(self, ours: Aig, theirs: Aig, mapped: Mapped) -> None:
        self.first, self.ands = ours.first_and, ours.ands.tolist()
        self.mapped = mapped
        self.wanted = ours.output_literals().tolist()
        self.alike = _alike(ours, theirs)
        leaves = range(1, self.first)
        self.owners = {leaf: 2 * leaf for leaf in leaves}
        self.nodes = {leaf: leaf for leaf in leaves}
        self.members = {leaf: [leaf] for leaf in leaves}
        self.same: dict[int, int] = {}
        self.views: list[_View] = [((), 0), *(((leaf,), 0b10) for leaf in leaves)]

    def holds(self) -> bool:
        """Whether every root is proven."""
        for place, gate in enumerate(self.mapped.gates):
            view = _composed(gate.kind.table, [self.views[each] for each in gate.inputs])
            if view is None:
                return False
            after = max((self.nodes[signal] for signal in view[0]), default=0)
            self.views.append(self.known(self.first + place, view, self.alike(place, after)))
        pairs = zip(self.mapped.roots, self.wanted, strict=True)
        return all(self.computes(literal, self.views[root]) for root, literal in pairs)

    def known(self, signal: int, view: _View, candidates: Sequence[int]) -> _View:
        """How readers are to see a signal: as itself, or an earlier one, if some of the candidates are proven to be
        equal to it, else in view of others."""
        leaves, table = view
        if table in (0, full(len(leaves))):
            return (), int(table > 0)
        equal = [each for each in candidates if self.computes(each, view)]
        if not equal:
            return view
        known = [self.found(self.owners[each >> 1] ^ (each & 1)) for each in equal if each >> 1 in self.owners]
        owner = min([*known, 2 * signal])
        for each in known:
            if each != owner:
                self.same[each >> 1] = owner ^ (each & 1)
        groups = [self.members.pop(each, []) for each in sorted({owner >> 1, *(each >> 1 for each in known)})]
        self.members[owner >> 1] = sorted({each >> 1 for each in equal}.union(*groups))
        self.owners |= {each >> 1: owner ^ (each & 1) for each in equal}
        self.nodes.setdefault(owner >> 1, equal[0] >> 1)
        return (owner >> 1,), 0b01 if owner & 1 else 0b10

    def found(self, owner: int) -> int:
        """The earliest signal that is known to be the same."""
        while owner >> 1 in self.same:
            owner = self.same[owner >> 1] ^ (owner & 1)
        return owner

    def computes(self, literal: int, view: _View) -> bool:
        """Whether the literal of ours is shown to be this table."""
        leaves, table = view
        ended = self.table(literal, leaves) == table or self.matches(literal, view)
        return ended or any(self.table(literal, leaves, only) == table for only in self.choices(leaves))

    def choices(self, leaves: Sequence[int]) -> Iterator[Container[int]]:
        """One node for each signal, where some are several: a mapper does not know that these are equal, so what it
        covers may end at one of them and go through another."""
        members = [self.members[self.found(2 * leaf) >> 1] for leaf in leaves]
        return islice(product(*members), _CHOICES if max(map(len, members), default=1) > 1 else 0)

    def table(self, literal: int, leaves: Sequence[int], only: Container[int] | None = None) -> int | None:
        """The literal of ours as a table over these signals, if its cone ends there; `only`: at these nodes."""
        columns = self.columns(leaves, len(leaves))
        known = {0: 0}
        stack = [literal >> 1]
        while stack:
            variable = stack[-1]
            if variable in known:
                stack.pop()
                continue
            owner = self.owner(variable)
            if owner >> 1 in columns and (only is None or variable in only):
                known[variable] = _signed(columns, owner, full(len(leaves)))
                continue
            if variable < self.first or len(known) > _MOST_NODES:
                return None
            missing = [each >> 1 for each in self.ands[variable - self.first] if each >> 1 not in known]
            stack += missing
            if not missing:
                known[variable] = self.product(variable, known, full(len(leaves)))
        return _signed(known, literal, full(len(leaves)))

    def matches(self, literal: int, view: _View) -> bool:
        """Whether the literal of ours is this table whatever the nodes are at some depth below it: where a mapper saw
        that they have no influence, and left them out."""
        leaves, table = view
        for depth in _DEPTHS:
            inner, others = self.cone(literal >> 1, self.columns(leaves, len(leaves)), depth)
            count = len(leaves) + len(others)
            if count > _MOST_VARIABLES or not inner:
                return False
            ones, columns = full(count), self.columns(leaves, count)
            known = {0: 0} | {each: column(place, count) for place, each in enumerate(others, len(leaves))}
            for variable in inner:
                owner = self.owner(variable)
                ends = owner >> 1 in columns
                known[variable] = _signed(columns, owner, ones) if ends else self.product(variable, known, ones)
            if _signed(known, literal, ones) == table * (ones // full(len(leaves))):
                return True
            if not others:
                return False
        return False

    def cone(self, root: int, stops: Container[int], depth: int) -> tuple[list[int], list[int]]:
        """The variables above some depth, in order, down to those that equal the stops; what else they read."""
        inner: set[int] = set()
        read: set[int] = set()
        level = {root}
        for _ in range(depth):
            ends = {each for each in level if self.owner(each) >> 1 in stops}
            going = {each for each in level - ends if each >= self.first}
            inner |= ends | going
            below = {fanin >> 1 for each in going for fanin in self.ands[each - self.first]}
            read |= below
            level = below - inner - {0}
        inner |= {each for each in level if self.owner(each) >> 1 in stops}
        return sorted(inner), sorted(read - inner - {0})

    def owner(self, variable: int) -> int:
        """The earliest signal that is known to be the variable of ours; 0 if there is none."""
        return self.found(self.owners.get(variable, 0))

    def product(self, variable: int, known: Mapping[int, int], ones: int) -> int:
        a, b = self.ands[variable - self.first]
        return _signed(known, a, ones) & _signed(known, b, ones)

    def columns(self, leaves: Sequence[int], count: int) -> dict[int, int]:
        """The tables of these signals over themselves and more, by the earliest signals that are the same."""
        columns = {}
        for place, signal in enumerate(leaves):
            owner = self.found(2 * signal)
            columns[owner >> 1] = column(place, count) ^ (full(count) if owner & 1 else 0)
        return columns


def _signed(tables: Mapping[int, int], literal: int, ones: int) -> int:
    """The table of a literal, from those of variables."""
    return tables[literal >> 1] ^ (ones if literal & 1 else 0)


def _composed(table: int, inputs: Sequence[_View]) -> _View | None:
    """A table over views, over the signals of all of them; None for too many."""
    leaves = tuple(dict.fromkeys(signal for view in inputs for signal in view[0]))
    if [*inputs] == [((signal,), 0b10) for signal in leaves]:
        return leaves, table
    if len(leaves) > _MOST_LEAVES:
        return None
    wide = [_widened(view, leaves) for view in inputs]
    result = 0
    for row in range(1 << len(leaves)):
        address = sum((value >> row & 1) << place for place, value in enumerate(wide))
        result |= (table >> address & 1) << row
    return leaves, result


def _widened(view: _View, leaves: Sequence[int]) -> int:
    """The table of a view over more signals."""
    places = [leaves.index(signal) for signal in view[0]]
    result = 0
    for row in range(1 << len(leaves)):
        address = sum((row >> place & 1) << number for number, place in enumerate(places))
        result |= (view[1] >> address & 1) << row
    return result


def _alike(ours: Aig, theirs: Aig) -> Callable[[int, int], list[int]]:
    """A function from a point of theirs to a few literals of ours that behave as it does under simulation: of very many
    (what is almost never 1), those that come next after a variable."""
    patterns = random_patterns(len(ours.inputs), _WORDS, seed=1)
    points = np.array([point.literal for point in theirs.points], np.int64)
    rows = [simulate(ours, patterns, 2 * np.arange(ours.variables)), simulate(theirs, patterns, points)]
    # Both polarities of a function are filed under the one that is 0 for the first pattern.
    flips = [values[:, 0] & np.uint64(1) for values in rows]
    keys = [[row.tobytes() for row in values ^ -flip[:, None]] for values, flip in zip(rows, flips, strict=True)]
    odd = [flip.tolist() for flip in flips]
    places: dict[bytes, list[int]] = {}
    for variable, key in enumerate(keys[0]):
        places.setdefault(key, []).append(variable)

    def candidates(point: int, after: int) -> list[int]:
        found = places.get(keys[1][point], [])
        start = bisect(found, after) if len(found) > _CANDIDATES else 0
        return [2 * variable + (odd[0][variable] ^ odd[1][point]) for variable in found[start : start + _CANDIDATES]]

    return candidates
