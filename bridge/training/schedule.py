"""How a run changes over its time: the learning rate, and how far a float network has become an integer one."""

from __future__ import annotations

import math
from dataclasses import dataclass

WARM_UP = 0.03
FLOOR = 0.01
FIRST = 1 / 3  # of a run with restarts, before the first of them


def rate(fraction: float) -> float:
    """Multiplier of the learning rate: a short linear warm-up, then half a cosine down to a hundredth.

    fraction: how much of the run is done, 0..1.
    """
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(fraction, 1.0))
    return min(1.0, fraction / WARM_UP) * (FLOOR + (1 - FLOOR) * cosine)


def fraction_done(step: int, steps: int | None, seconds: float, minutes: float) -> float:
    """How much of a run of so many steps, or of so many minutes if that is None, is done: 0..1."""
    return min(1.0, seconds / (60 * minutes)) if steps is None else step / steps


def plan_restarts(first_steps: float, between: int) -> int:
    """How many restarts a run has whose FIRST part has so many steps: none if it is too short for one."""
    return int((1 / FIRST - 1) * first_steps / between) if 0 < between <= first_steps else 0


def cycle(fraction: float, restarts: int) -> tuple[int, float]:
    """How many restarts a run has behind it, and how much of what lies between two of them is done: 0..1."""
    if not restarts or fraction < FIRST:
        return 0, fraction / FIRST if restarts else fraction
    place = min((fraction - FIRST) / (1 - FIRST), 1.0) * restarts
    index = min(int(place), restarts - 1)
    return index + 1, place - index


@dataclass(frozen=True)
class Ramp:
    """From 0 to 1 in a straight line: it leaves 0 at `start` and is at 1 from `end` on, both fractions of the run.

    `Ramp()` is 1 all the time; `NEVER` becomes 1 only when the run is over.
    """

    start: float = 0.0
    end: float = 0.0

    def at(self, fraction: float) -> float:
        """Its height when `fraction` of the run is done."""
        if fraction >= self.end:
            return 1.0
        return 0.0 if fraction <= self.start else (fraction - self.start) / (self.end - self.start)

    def part(self, index: int, count: int) -> Ramp:
        """The ramp of number `index` of `count` that climb one after the other."""
        length = (self.end - self.start) / count
        return Ramp(self.start + index * length, self.start + (index + 1) * length)


ALWAYS = Ramp()
NEVER = Ramp(1.0, 1.0)
EARLY = Ramp(0.15, 0.6)


@dataclass(frozen=True)
class Method:
    """How a float network becomes an integer one while it learns.

    `weights`: from floats to integers; `activations`: from tanh to sign; `sparsity`: from all inputs (number falling
    geometrically) to the fan-in. `by_layer`: one layer after the other, embedding first, head last. `teacher`: the
    share of the loss that is the divergence from a teacher's probabilities instead of from the text.
    """

    weights: Ramp = ALWAYS
    activations: Ramp = ALWAYS
    sparsity: Ramp = ALWAYS
    by_layer: bool = False
    teacher: float = 0.0

    @property
    def hardens(self) -> bool:
        """Does it end with integers before the run ends?"""
        return max(self.weights.end, self.activations.end, self.sparsity.end) < 1

    def heights(self, index: int, groups: int, fraction: float) -> tuple[float, float, float]:
        """Of weights, activations and sparsity of group `index` of `groups`."""
        ramps = (self.weights, self.activations, self.sparsity)
        if self.by_layer:
            ramps = tuple(ramp.part(index, groups) for ramp in ramps)  # type: ignore[assignment]
        weights, activations, sparsity = (ramp.at(fraction) for ramp in ramps)
        return weights, activations, sparsity


QUANTIZED = Method()
METHODS = {
    "quantized": QUANTIZED,
    "float": Method(NEVER, NEVER, NEVER),
    "sparse-float": Method(NEVER, NEVER, EARLY),
    "gradual": Method(EARLY, EARLY, EARLY),
    "gradual-weights": Method(weights=EARLY),
    "gradual-activations": Method(activations=EARLY),
    "gradual-sparsity": Method(sparsity=EARLY),
    "layerwise": Method(EARLY, EARLY, EARLY, by_layer=True),
    "distilled": Method(teacher=0.5),
}
