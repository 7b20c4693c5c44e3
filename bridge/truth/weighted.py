"""The weighted sum behind a truth table: which weights does a neuron have, when only its table is known?

The outputs of a quantized neuron, read as a number (the first output is the lowest bit), are
`clip(floor(weights @ inputs + bias), 0, top)`. The weights that give a table fill a polytope. They are fixed one after
the other, in random order, at a value of few signed binary digits that leaves room for the others: each digit will
cost an adder. Bounds come from linear programs over few of the rows; violated ones join in (cutting planes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Floats, Ints
from bridge.truth.programs import Polytope

PLACES = 12  # binary places after the point that a weight may have
MOST_INPUTS = 14
_REACH = 1 << 12  # weights stay below
_JOINING = 40
_CHOICES = 32


@dataclass(frozen=True)
class WeightedSum:
    """`clip((weights @ inputs + bias) >> places, 0, top)`, in whole numbers."""

    weights: tuple[int, ...]
    bias: int
    places: int
    top: int

    def values(self) -> Ints:
        """int64[2**inputs]: the number for every row of the truth table."""
        sums = _rows(len(self.weights)).astype(np.int64) @ np.array([*self.weights, self.bias], np.int64)
        values: Ints = np.clip(sums >> self.places, 0, self.top)
        return values


class _Sums:
    """All (weights, bias) with `rows @ them <= bounds`; linear programs know of those rows that were ever broken."""

    def __init__(self, rows: Floats, bounds: Floats) -> None:
        self.rows, self.bounds = rows, bounds
        self._known = np.zeros(len(rows), np.bool_)
        self._reach = np.full(rows.shape[1], float(_REACH))
        self._program = Polytope(-self._reach, self._reach)

    def least(self, direction: Floats, fixed: dict[int, float]) -> float | None:
        """The least value of `direction @ point` where some coordinates are fixed; None if nothing is left."""
        low, high = -self._reach, self._reach.copy()
        for end in (low, high):
            end[list(fixed)] = list(fixed.values())
        self._program.between(low, high)
        while (found := self._program.least(direction)) is not None:
            excess = np.where(self._known, 0, self.rows @ found.point - self.bounds)
            worst = np.argsort(-excess)[:_JOINING]
            worst = worst[excess[worst] > 1e-9]
            if not len(worst):
                return found.value
            self._program.add(self.rows[worst], self.bounds[worst])
            self._known[worst] = True
        return None


def weighted_sums(table: Bits, tries: int) -> list[WeightedSum]:
    """Different sums behind uint8[outputs, 2**inputs], found in so many tries; none where no weights give the table."""
    inputs, top = table.shape[1].bit_length() - 1, (1 << len(table)) - 1
    if inputs > MOST_INPUTS:
        return []
    values = np.array([1 << bit for bit in range(len(table))]) @ table.astype(np.int64)
    sums = _sums(values, inputs, top)
    if sums.least(np.zeros(inputs + 1), {}) is None:
        return []
    points = [_point(sums, np.random.default_rng(seed)) for seed in range(tries)]
    found = {_exact(point, top) for point in points if point is not None}
    return sorted((each for each in found if np.array_equal(each.values(), values)), key=lambda each: each.weights)


def _point(sums: _Sums, rng: np.random.Generator) -> list[float] | None:
    """Weights and bias of few digits; None if digits of PLACES places were too coarse for the last ones."""
    count = sums.rows.shape[1]
    fixed: dict[int, float] = {}
    for index in rng.permutation(count).tolist():
        unit = np.zeros(count)
        unit[index] = 1
        low, high = sums.least(unit, fixed), sums.least(-unit, fixed)
        choice = None if low is None or high is None else _simplest(low, -high, rng)
        if choice is None:
            return None
        fixed[index] = choice
    return [fixed[index] for index in range(count)]


def _exact(point: list[float], top: int) -> WeightedSum:
    numbers = [round(number * (1 << PLACES)) for number in point]
    spare = min([PLACES, *((number & -number).bit_length() - 1 for number in numbers if number)])
    *weights, bias = (number >> spare for number in numbers)
    return WeightedSum(tuple(weights), bias, PLACES - spare, top)


def digits(number: int) -> list[tuple[int, int]]:
    """(place, 1 or -1) of the digits of a whole number in non-adjacent form, the lowest first."""
    found = []
    place = 0
    while number:
        if number & 1:
            digit = 2 - (number & 3)
            found.append((place, digit))
            number -= digit
        number >>= 1
        place += 1
    return found


def _sums(values: Ints, inputs: int, top: int) -> _Sums:
    rows = _rows(inputs).astype(np.float64)
    least, most = values > 0, values < top
    bounds = np.concatenate([-values[least], values[most] + 1 - 2.0**-PLACES])
    return _Sums(np.concatenate([-rows[least], rows[most]]), bounds)


def _rows(inputs: int) -> npt.NDArray[np.int8]:
    """int8[2**inputs, inputs + 1]: the inputs of every row of a truth table, and a 1 for the bias."""
    places = np.append(np.arange(inputs), 62)
    numbers = np.arange(1 << inputs)[:, None] + (1 << 62)
    rows: npt.NDArray[np.int8] = (numbers >> places & 1).astype(np.int8)
    return rows


def _simplest(low: float, high: float, rng: np.random.Generator) -> float | None:
    """A number in low..high of few digits, few places and far from both ends; None if none has PLACES places."""
    middle, half = (low + high) / 2, (high - low) / 2 + 1e-12
    best: tuple[float, float] | None = None
    for places in range(PLACES + 1):
        scale = 1 << places
        first, last = int(np.ceil(low * scale - 1e-9)), int(np.floor(high * scale + 1e-9))
        center = round(middle * scale)
        for number in range(max(first, center - _CHOICES), min(last, center + _CHOICES) + 1):
            price = len(digits(number)) + 0.05 * places + abs(number / scale - middle) / half + 0.2 * rng.random()
            best = min(best or (np.inf, 0.0), (price, number / scale))
        if last - first > _CHOICES:
            break
    return best[1] if best else None
