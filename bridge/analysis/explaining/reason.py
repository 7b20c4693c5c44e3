"""What suffices for a prediction: few of the bytes read last, and of the state bits before them, that force it whatever
all the others are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.analysis.dependences.proof import prove_never
from bridge.analysis.explaining.claim import Forced, broken, laid_out
from bridge.analysis.explaining.climb import Climb
from bridge.analysis.explaining.head import Head
from bridge.analysis.explaining.parts import Part
from bridge.analysis.explaining.place import Place
from bridge.analysis.explaining.search import Search
from bridge.analysis.explaining.units import READ, Sampling, Unit, groups_of, units_of
from bridge.analysis.minimal import Minimal
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.printable import counted, few, html_table
from bridge.printable.notebook import Framed

SECONDS = 120.0
NAMED = 40  # parts of a reason in a sentence


@dataclass(frozen=True)
class Kept:
    """A byte or input read, or a state bit held, `step` steps after the start of the text."""

    name: str
    kind: str
    step: int
    value: str

    def __str__(self) -> str:
        return f"{self.name}@{self.step} = {self.value}"


@dataclass(frozen=True, eq=False, repr=False)
class Reason(Framed):
    """`kept` forces `claim` whatever the other `units` are: proven. `needed`: those of it without which, beside the
    others, it does not; where these are all, no element can be left out. No reason has fewer than `least` elements.
    `first`: the step that is looked at first; `why`: why that is not all decided; `form`: what its one output says is
    never true, over all that is not kept."""

    claim: str
    kept: tuple[Kept, ...]
    needed: tuple[Kept, ...]
    first: int
    units: int
    least: int
    seconds: float
    why: str
    form: Aig

    @property
    def minimal(self) -> bool:
        """Is it proven that none can be left out?"""
        return len(self.needed) == len(self.kept)

    @property
    def smallest(self) -> bool:
        """Is it proven that there is no reason of fewer elements?"""
        return self.least == len(self.kept)

    def write_proof(self, path: str | Path, *, seconds: float = SECONDS, memory: float | None = None) -> int:
        """Write a DRAT proof, and its clauses beside it, that what is kept forces the claim; see `prove_never`. Returns
        how many lines it has."""
        asked = f"is anything else possible: {self.claim}"
        return prove_never(self.form, asked, path, "the claim can be broken", Clock(seconds, memory))

    def to_json(self) -> dict[str, Any]:
        """`claim first units minimal smallest least seconds why kept`."""
        own = ("claim", "first", "units", "minimal", "smallest", "least", "seconds", "why")
        kept = [vars(one) | {"needed": one in self.needed} for one in self.kept]
        return {key: getattr(self, key) for key in own} | {"kept": kept}

    def columns(self) -> dict[str, list[Any]]:
        """A row for each element kept: `kind name step value needed`."""
        fields = ("kind", "name", "step", "value")
        columns: dict[str, list[Any]] = {key: [getattr(one, key) for one in self.kept] for key in fields}
        return columns | {"needed": [one in self.needed for one in self.kept]}

    def __str__(self) -> str:
        how = "a smallest reason" if self.smallest else "a reason of which nothing can be left out"
        how = (
            how if self.minimal else f"a reason, of which {counted(len(self.needed), 'element')} are known to be needed"
        )
        size = counted(len(self.kept), "element")
        head = (
            f"{self.claim}, proven from {size} of {self.units:,} whatever the others are ({how}; at least {self.least})"
        )
        return "\n".join([head, *self._listed(), *filter(None, [self.why])])

    def _listed(self) -> list[str]:
        kinds = {"read": [one for one in self.kept if one.kind == READ]}
        kinds["held"] = [one for one in self.kept if one.kind != READ]
        return [f"{what}: {few([*map(str, some)], NAMED)}" for what, some in kinds.items() if some]

    def _repr_html_(self) -> str:
        rows = [[one.kind, one.name, one.step, one.value] for one in self.kept]
        return html_table(rows, ["kind", "name", "at", "value"], str(self).split("\n")[0])


class Reasons:
    """A netlist whose last steps are laid out once for all places."""

    def __init__(self, head: Head, cell: Cell | None, parts: Sequence[Part]) -> None:
        self.head, self.cell, self.parts = head, cell, parts
        self._forms: dict[int, Aig] = {}

    def find(self, place: Place, numbers: Ints, rival: int | None, smallest: bool, clock: Clock) -> Reason:
        """numbers: int64[numbers], at the place; rival: only that the likeliest stays ahead of this one. What was found
        when the clock is over is a reason too."""
        worths = self.head.worths(numbers[None])[0]
        forced = Forced(int(worths.argmax()), rival, int(numbers[0]))
        steps = len(place.inputs)
        if steps not in self._forms:
            self._forms[steps] = laid_out(self.head, steps)
        form = self._forms[steps]
        base = np.concatenate([place.states[0], place.inputs.ravel()]).astype(np.uint8)
        units, groups = units_of(self.head.aig, self.cell, self.parts, place), groups_of(self.head.aig, self.cell)
        sampling = Sampling(base, units, groups)
        whole = broken(self.head, form, forced, groups, np.argsort(-worths, kind="stable").tolist())
        with Search(whole, sampling, Climb(form, self.head, forced, sampling), clock) as search:
            found = search.subset()
            found = search.least(found) if smallest else found
        return self._told(forced, place, found, units, search.folded(frozenset(found.kept)), clock)

    def _told(
        self, forced: Forced, place: Place, found: Minimal, units: Sequence[Unit], form: Aig, clock: Clock
    ) -> Reason:
        def shown(indices: Sequence[int]) -> tuple[Kept, ...]:
            some = (units[index] for index in indices)
            return tuple(Kept(unit.name, unit.kind, unit.step, unit.value) for unit in some)

        needed = shown(sorted(found.needed))
        counts = place.first, len(units), found.least
        return Reason(self._claim(forced), shown(found.kept), needed, *counts, clock.seconds, found.why, form)

    def _claim(self, forced: Forced) -> str:
        first = self.head.shown(forced.first)
        if self.head.symbols == 1:
            return f"{first} is {forced.value}"
        return (
            f"{first} is the likeliest"
            if forced.rival is None
            else f"{first} is likelier than {self.head.shown(forced.rival)}"
        )
