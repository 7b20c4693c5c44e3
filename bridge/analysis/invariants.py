"""State bits that are constant, equal, complementary or unobservable: proven, or not told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.analysis.dependences.answer import NO
from bridge.analysis.dependences.matrix import dependence
from bridge.equivalence import classes_of, images_of
from bridge.equivalence.clock import Clock
from bridge.printable.notebook import Framed


@dataclass(frozen=True, repr=False)
class Invariants(Framed):
    """`constant`: latch -> its value; `equal`, `complementary`: pairs (latch, the latch that stands for it), true in
    every state reachable from reset; `unobservable`: latches that no output ever depends on, from any state;
    `undecided`: claims that held wherever we looked but were not proven within the seconds."""

    constant: dict[str, int] = field(default_factory=dict)
    equal: tuple[tuple[str, str], ...] = ()
    complementary: tuple[tuple[str, str], ...] = ()
    unobservable: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields, pairs as lists."""
        pairs = {key: [list(pair) for pair in getattr(self, key)] for key in ("equal", "complementary")}
        names = {"unobservable": list(self.unobservable), "undecided": list(self.undecided)}
        return {"constant": dict(self.constant), **pairs, **names}

    def columns(self) -> dict[str, list[Any]]:
        """A row for each finding: `what name of`, a latch (or the claim that is undecided), its value or the latch that
        stands for it."""
        rows: list[tuple[str, str, Any]] = [("constant", *pair) for pair in self.constant.items()]
        rows += [(what, *pair) for what in ("equal", "complementary") for pair in getattr(self, what)]
        rows += [(what, name, "") for what in ("unobservable", "undecided") for name in getattr(self, what)]
        return {name: [row[place] for row in rows] for place, name in enumerate(("what", "name", "of"))}


def invariants(aig: Aig, *, seconds: float = 120.0, memory: float | None = None, jobs: int = 2) -> Invariants:
    """Prove what can be proven about the latches, in so many seconds and MiB. One with an unknown reset is never
    constant or equal to another."""
    clock = Clock(seconds, memory)
    classes, undecided = classes_of(aig, seconds, memory)
    constant: dict[str, int] = {}
    equal: list[tuple[str, str]] = []
    complementary: list[tuple[str, str]] = []
    for name, image in images_of(aig, classes).items():
        if isinstance(image, tuple):
            (complementary if image[1] else equal).append((name, image[0]))
        elif image is not None:
            constant[name] = image
    unseen = unobservable(aig, seconds=max(1.0, clock.left), memory=memory, jobs=jobs)
    return Invariants(constant, tuple(equal), tuple(complementary), unseen, tuple(undecided))


def unobservable(aig: Aig, *, seconds: float = 60.0, memory: float | None = None, jobs: int = 2) -> tuple[str, ...]:
    """Latches that cannot change any output, now or later, from any state.

    Of the latches and outputs that each latch affects within one step, those from which no chain leads to an output:
    inverting any number of them changes nothing but themselves. What is undecided counts as a dependence.
    """
    names = [latch.name for latch in aig.latches]
    if not names:
        return ()
    matrix = dependence(aig, names, seconds=seconds, memory=memory, jobs=jobs).answers != NO
    seen = matrix[:, len(names) :].any(axis=1)
    between = matrix[:, : len(names)]
    while True:
        more = seen | between[:, seen].any(axis=1)
        if (more == seen).all():
            return tuple(names[index] for index in np.flatnonzero(~seen))
        seen = more
