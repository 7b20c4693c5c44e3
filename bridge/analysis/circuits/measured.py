"""Circuits on a text: the model runs over it, and at chosen places what is not kept is held at other values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bridge.aig import Aig
from bridge.aig.latches import reset_to_one
from bridge.analysis.circuits.candidates import Candidate
from bridge.analysis.circuits.setting import FREE, OWN_FROM, SAME, Setting, Start, setting_of
from bridge.analysis.minimal import Minimal, Told, subset_minimal
from bridge.arrays import Bits, Flags, Ints, Words
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.execution.states import Reading
from bridge.execution.words import packed, unpacked

Rest = Literal["any", "constant", "zero", "resample"]

PLACES = 512  # of a text at most that are looked at
DRAWS = 4  # other places, for each, that values are taken from
CONTROLS = 3  # random sets of the same size


@dataclass(frozen=True, eq=False)
class OnText:
    """A text run through a machine, see `setting_of`. `free`: uint8[places, free]: what the step at each place reads;
    `elsewhere`: uint8[PLACES, rests], the values of all elements at random places."""

    setting: Setting
    free: Bits
    elsewhere: Bits

    @property
    def places(self) -> int:
        return len(self.free)

    def tried(self, rest: Rest) -> Tried:
        """With what stands for what is not kept. `constant`: the value that each element has most often at random
        places of the text; `zero`: 0; `resample`: what all of them are at another place, a few times."""
        if rest == "resample":
            others = np.random.default_rng(0).integers(0, len(self.elsewhere), (DRAWS, self.places)).ravel()
            free, values = np.tile(self.free, (DRAWS, 1)), self.elsewhere[others]
        else:
            constants = zeros(self.setting) if rest == "zero" else usual(self.setting, self.elsewhere)
            free, values = self.free, np.repeat(constants[None], self.places, axis=0)
        return Tried(self.setting, packed(free.T), packed(values.T), len(free))


@dataclass(frozen=True, eq=False)
class Tried:
    """What a circuit is run on. `free`: uint64[free, W]; `rest`: uint64[rests, W]; `count`: of streams."""

    setting: Setting
    free: Words
    rest: Words
    count: int

    def share(self, kept: Flags, result: int) -> float:
        """Of the streams in which a result of the setting is 1. kept: bool[elements]."""
        flags = np.where(kept, ~np.uint64(0), np.uint64(0))[:, None].repeat(self.rest.shape[1], axis=1)
        results = self.setting.run(self.free, flags, self.rest)
        return float(unpacked(results[result], self.count).mean())


def on_text(aig: Aig, elements: Sequence[Candidate], text: bytes, steps: Ints) -> OnText:
    """At the steps that read these bytes of the text, int64[places]. InputError for a machine that reads no bytes, and
    for a short text."""
    if len(text) < 2:
        raise InputError(f"a text of {len(text)} bytes is too short to look at")
    state, inputs = np.full(len(aig.latches), FREE, np.int64), np.full((1, len(aig.inputs)), FREE, np.int64)
    setting = setting_of(aig, elements, Start(state, inputs), [None] * len(elements))
    reading = Reading(aig, np.frombuffer(text, np.uint8), reset_to_one(aig))
    others = np.random.default_rng(1).integers(0, len(text), PLACES)
    both = np.concatenate([steps, others])
    read = unpacked(reading.inputs(both[None]), len(both))[0]
    free = np.concatenate([reading.before(both), read]).T.astype(np.uint8)
    return OnText(setting, free[: len(steps)], _own(setting, free[len(steps) :]))


def _own(setting: Setting, free: Bits) -> Bits:
    """uint8[places, rests]: what all elements are in the model."""
    kept = packed(np.ones((len(setting.elements), len(free)), np.uint8))
    rest = packed(np.zeros((len(setting.owners), len(free)), np.uint8))
    results = unpacked(setting.run(packed(free.T), kept, rest), len(free))
    return results[OWN_FROM : OWN_FROM + len(setting.owners)].T.copy()


def zeros(setting: Setting) -> Bits:
    """uint8[rests]: all elements at 0."""
    found: Bits = setting.spelled(np.zeros((1, len(setting.elements))))[0]
    return found


def usual(setting: Setting, own: Bits) -> Bits:
    """uint8[rests]: the value that each element has most often."""
    found = np.zeros(len(setting.owners), np.uint8)
    for place in range(len(setting.elements)):
        columns = np.flatnonzero(setting.owners == place)
        rows, counts = np.unique(own[:, columns], axis=0, return_counts=True)
        found[columns] = rows[counts.argmax()]
    return found


def fewest_measured(tried: Tried, result: int, share: float, clock: Clock) -> Minimal:
    """Few elements that keep the result at that share of the places: none can be left out alone. More elements need not
    keep it if fewer do, so there may be smaller sets."""
    count = len(tried.setting.elements)

    def suffices(kept: frozenset[int]) -> Told:
        flags = np.zeros(count, np.bool_)
        flags[[*kept]] = True
        return Told(tried.share(flags, result) >= share)

    kept, found = _coarsely(count, suffices, clock), None
    while found is None or (len(found.kept) < len(kept) and not clock.over):
        kept = found.kept if found else kept
        found = subset_minimal(kept, suffices, clock)
        if found.answer is not True:
            return found
    return found


def _coarsely(count: int, suffices: Callable[[frozenset[int]], Told], clock: Clock) -> tuple[int, ...]:
    """A set that suffices: of all, runs of many elements are left out, then of half as many, and so on. All of them, if
    they do not suffice."""
    kept, size = np.arange(count), count // 2
    while size > 1 and not clock.over:
        for some in np.array_split(kept, -(-len(kept) // size)):
            fewer = np.setdiff1d(kept, some)
            if not clock.over and suffices(frozenset(fewer.tolist())).answer:
                kept = fewer
        size = min(size, len(kept)) // 2
    return tuple(kept.tolist())


def agreement(text: OnText, kept: Flags) -> tuple[float, float, float]:
    """At which share of the places the model's prediction stays, the rest being as at other places: with what is kept,
    with random sets of as many elements, with nothing kept."""
    random, size = np.random.default_rng(2), int(kept.sum())
    sets = np.zeros((2 + CONTROLS, len(kept)), np.bool_)
    sets[0] = kept
    for row in sets[1:-1]:
        row[random.choice(len(kept), size, replace=False)] = True
    tried = text.tried("resample")
    first, *others, last = (tried.share(row, SAME) for row in sets)
    return first, sum(others) / CONTROLS, last
