"""The contexts in which a signal is 1, exactly, as few products of sets: "byte is a vowel and byte 1 ago a space"."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.analysis.bytesets import described, shown
from bridge.analysis.words.ages import Ages, values
from bridge.arrays import Flags, Ints

MOST_RULES = 6  # beyond these, nobody reads them
MOST_CONTEXTS = 1 << 20  # kinds of contexts, bytes that cannot be told apart being one

Cube = Mapping[int, frozenset[int]]  # for the byte so many steps ago, which it may be; any where nothing is said


@dataclass(frozen=True)
class Rules:
    """1 just in the contexts of one of the `cubes`, or with `unless` in all others. `share`: of all contexts of bytes
    that count; `ages`: which bytes matter, proven. `cubes` is None where more than MOST_RULES would be needed."""

    share: Fraction
    ages: tuple[int, ...]
    cubes: tuple[Cube, ...] | None
    unless: bool = False

    def told(self, among: Collection[int]) -> str:
        """`always`, `never`, `iff ...`, `unless ...`, or in how many contexts."""
        if self.cubes is None:
            return f"in {float(self.share):.2%} of contexts, which need more than {MOST_RULES} rules to tell"
        if not self.cubes:
            return "always" if self.unless else "never"
        parts = [" and ".join(said(age, some, among) for age, some in cube.items()) for cube in self.cubes]
        parts = [f"({part})" if " and " in part and len(parts) > 1 else part for part in parts]
        return f"{'unless' if self.unless else 'iff'} {' or '.join(parts)}"

    def to_json(self) -> dict[str, object]:
        """`share` as a fraction of two integers; the cubes as lists of bytes by age."""
        cubes = self.cubes and [{str(age): sorted(some) for age, some in cube.items()} for cube in self.cubes]
        cubes = [] if self.cubes == () else cubes
        share = [self.share.numerator, self.share.denominator]
        return {"share": share, "ages": [*self.ages], "rules": cubes, "unless": self.unless}


def place(age: int) -> str:
    """`byte`, `byte 1 ago`."""
    return f"byte {age} ago" if age else "byte"


def said(age: int, some: Collection[int], among: Collection[int]) -> str:
    """`byte 1 ago is in vowels`."""
    if len(some) == 1:
        return f"{place(age)} is {shown(next(iter(some)))}"
    words = described(some, among)
    return f"{place(age)} is {'not ' if words.startswith('all but ') else ''}in {words.removeprefix('all but ')}"


@dataclass(frozen=True, eq=False)
class Contexts:
    """All contexts of some ages, of bytes `among` which alone count. `kinds`: int64[len(among)], bytes of one kind
    cannot be told apart."""

    ages: tuple[int, ...]
    among: tuple[int, ...]
    kinds: Ints

    @property
    def count(self) -> int:
        """Of kinds of contexts."""
        kinds = int(self.kinds.max(initial=0)) + 1
        return int(kinds ** len(self.ages))

    def rows(self, read: int) -> Ints:
        """int64[contexts, depth]: one of each kind, when only so many bytes were read; see `ages.values`."""
        first = np.array([self.among[index] for index in np.unique(self.kinds, return_index=True)[1]], np.int64)
        present = [age for age in self.ages if age < read]
        grid = np.array([*product(first.tolist(), repeat=len(present))], np.int64)
        depth = min(read, max(self.ages, default=0) + 1)
        rows = np.full((len(grid), depth), self.among[0], np.int64)
        rows[:, present] = grid.reshape(len(grid), len(present))
        return rows


def rules_of(ages: Ages, contexts: Contexts, literals: Ints) -> list[tuple[Rules, dict[int, Rules]]]:
    """For each literal, its rules once enough bytes were read, and those after 1, 2, ... bytes of a text."""
    depth = max(contexts.ages, default=0) + 1
    sizes = np.bincount(contexts.kinds, minlength=1)
    found = []
    for read in range(1, depth + 1):
        present = tuple(age for age in contexts.ages if age < read)
        rows = contexts.rows(read if read < depth else depth + 1)
        shape = (len(literals), *(len(sizes) for _ in present))
        table = values(ages, literals, rows).reshape(shape).astype(np.bool_)
        found.append([_rules(some, present, contexts) for some in table])
    return [(each[-1], dict(enumerate(each[:-1], 1))) for each in zip(*found, strict=True)]


def _rules(table: Flags, ages: Sequence[int], contexts: Contexts) -> Rules:
    """table: bool[kinds, ...], a dimension for each age."""
    sizes = np.bincount(contexts.kinds, minlength=1)
    total = len(contexts.among) ** len(ages)
    weighed: npt.NDArray[Any] = table.astype(np.int64)
    for _ in ages:
        weighed = weighed @ (sizes if total < 1 << 62 else sizes.astype(object))
    share = Fraction(int(weighed), total)
    groups = []
    for axis in range(len(ages)):
        rows = np.packbits(np.moveaxis(table, axis, 0).reshape(table.shape[axis], -1), axis=1)
        numbers: dict[bytes, int] = {}
        groups.append(np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in rows]))
        table = np.take(table, np.unique(groups[-1], return_index=True)[1], axis=axis)
    live = tuple(age for age, size in zip(ages, table.shape, strict=True) if size > 1)
    sides = [
        (len(cubes), unless, cubes)
        for unless in (False, True)
        if (cubes := _cover(np.array(table ^ unless))) is not None
    ]
    if not sides:
        return Rules(share, live, None)
    _, unless, cubes = min(sides, key=lambda side: side[:2])
    bytes_at, places = np.array(contexts.among), [group[contexts.kinds] for group in groups]
    told = tuple(
        {
            age: frozenset(bytes_at[chosen[where]].tolist())
            for age, chosen, where in zip(ages, cube, places, strict=True)
            if not chosen.all()
        }
        for cube in cubes
    )
    return Rules(share, live, told, unless)


def _cover(table: Flags) -> list[list[Flags]] | None:
    """Products of sets, bool[size] for each dimension, whose union are the ones of the table; None if MOST_RULES, each
    as large as it can be made, do not suffice."""
    left, cubes = np.array(table), list[list[Flags]]()
    while left.any():
        if len(cubes) == MOST_RULES:
            return None
        best = max(_grown(table, left), key=lambda cube: int(left[np.ix_(*cube)].sum()))
        cubes.append(best)
        left[np.ix_(*best)] = False
    return cubes


def _grown(table: Flags, left: Flags) -> Iterator[list[Flags]]:
    """From one of the ones that are left, the largest products when dimensions are widened in either order."""
    seed = np.unravel_index(int(left.argmax()), left.shape)
    for order in (range(table.ndim), range(table.ndim - 1, -1, -1)):
        cube = [np.arange(size) == at for size, at in zip(table.shape, seed, strict=True)]
        for axis in order:
            cube[axis] = np.ones(table.shape[axis], np.bool_)
            inside = np.moveaxis(table[np.ix_(*cube)], axis, 0)
            cube[axis] = inside.reshape(len(inside), -1).all(axis=1)
        yield cube
