"""What is told about a circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal, NoReturn

import networkx as nx

from bridge.aig import Aig
from bridge.equivalence.refutation import Written
from bridge.printable.notebook import Framed

Verdict = Literal["proven", "measured", "undecided"]


@dataclass(frozen=True)
class Faithful:
    """Share of places of a text at which the model's prediction stays where the rest is as at another place: with the
    circuit, with random sets of as many elements, with nothing kept. `where`: which places; `places`: how many."""

    where: str
    places: int
    circuit: float
    random: float
    nothing: float

    def __str__(self) -> str:
        shares = f"{self.circuit:.1%} with it, {self.random:.1%} with as many at random, {self.nothing:.1%} with none"
        return f"the prediction stays at {shares} ({self.places:,} places {self.where})"


@dataclass(frozen=True, eq=False, repr=False)
class Circuit(Framed):
    """Elements that keep a behaviour. `verdict`: that they do is proven, for all states and inputs that `scope` tells
    and whatever the rest is; or measured, at places of a text; or undecided, and then all are kept.

    `kept`: by block, the names; `open`: those of which it is not decided whether they could be left out alone, the
    others cannot; `least`: fewer elements than that never suffice, `smallest`: it is proven that there is no smaller
    circuit; `share`: of places at which the behaviour stayed, if measured; `proof`: that of `claim` in a file, if
    it was asked for; `netlist`: one step of the circuit; `graph`: who reads whom among what is kept.

    `candidates`: by block, how many elements it has; `methods`: what decided it; `why`: it is undecided, or what is
    open; `faithful`: what a text shows of it.
    """

    verdict: Verdict
    behaviour: str
    scope: str
    rest: str
    kept: Mapping[str, tuple[str, ...]]
    candidates: Mapping[str, int]
    open: tuple[str, ...]
    seconds: float
    netlist: Aig = field(repr=False)
    graph: nx.DiGraph[str] = field(repr=False)
    methods: tuple[str, ...] = ()
    least: int = 0
    smallest: bool = False
    share: float | None = None
    why: str = ""
    proof: Written | None = None
    faithful: tuple[Faithful, ...] = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("a circuit is proven, measured or undecided; look at its verdict")

    @property
    def claim(self) -> str:
        """What is found, in words."""
        return f"{self.size} of {self.size + self.dropped} elements keep {self.behaviour}, {self.scope}, {self.rest}"

    @property
    def size(self) -> int:
        """Elements kept."""
        return sum(map(len, self.kept.values()))

    @property
    def dropped(self) -> int:
        """Elements that are not kept."""
        return sum(self.candidates.values()) - self.size

    @property
    def minimal(self) -> bool:
        """Can no element be left out alone?"""
        return self.verdict != "undecided" and not self.open

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """The finding in sentences."""
        if self.verdict == "undecided":
            return [f"undecided ({self.seconds:.1f} s): {self.behaviour} {self.scope}; {self.why}"]
        more = "" if self.share is None else f", at {self.share:.1%} of the places"
        by = f", by {' and '.join(self.methods)}" if self.methods else ""
        found = [
            f"{self.verdict} ({self.seconds:.1f} s{by}): {self.claim}{more}",
            self._least(),
            f"as logic: {len(self.netlist.ands):,} ANDs",
            *map(str, self.faithful),
        ]
        if self.proof is not None:
            found.append(str(self.proof))
        return found

    def _least(self) -> str:
        if self.smallest:
            return "no smaller set suffices"
        if not self.open:
            more = f"; every set has {self.least} or more" if self.least > 1 else ""
            more += f"; if fewer suffice is undecided: {self.why}" if self.why else ""
            return f"no element can be left out alone{more}"
        return f"of {len(self.open)} elements it is undecided whether they could be left out alone: {self.why}"

    def columns(self) -> dict[str, list[Any]]:
        """A row for each block: `block kept candidates names`, the names of what is kept."""
        counts = {
            "kept": [*map(len, self.kept.values())],
            "candidates": [self.candidates[block] for block in self.kept],
        }
        return {"block": [*self.kept], **counts, "names": [*self.kept.values()]}

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(block)}</td><td>{len(names)} of {self.candidates[block]}</td></tr>"
            for block, names in self.kept.items()
        )
        return "".join(f"<p>{escape(line)}</p>" for line in self.lines()) + f"<table>{rows}</table>"

    def to_json(self) -> dict[str, Any]:
        """All of it but the netlist, of which the number of ANDs."""
        facts: dict[str, Any] = {key: getattr(self, key) for key in ("verdict", "behaviour", "scope", "rest")}
        facts |= {"kept": {block: [*names] for block, names in self.kept.items()}, "candidates": dict(self.candidates)}
        facts |= {"size": self.size, "dropped": self.dropped, "minimal": self.minimal, "smallest": self.smallest}
        facts |= {"least": self.least, "open": [*self.open], "methods": [*self.methods], "share": self.share}
        facts |= {"ands": len(self.netlist.ands), "seconds": round(self.seconds, 3), "why": self.why}
        facts |= self.proof.to_json() if self.proof is not None else {}
        return facts | {"faithful": [vars(one) for one in self.faithful]}
