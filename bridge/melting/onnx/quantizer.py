"""A quantizer, whatever operator it is: in float32 as the reference computes it, and as exact steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from bridge.arrays import Flags, Floats32, Ints
from bridge.cell.blocks import Input
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.melting.affine import Affine, chosen, chosen_affine
from bridge.melting.curves import Curve, scaled
from bridge.melting.exact import Exact, floats_of, keys_of
from bridge.melting.onnx.reading import Node
from bridge.melting.onnx.values import Array, Beyond, Known, Raw, Value
from bridge.melting.onnx.work import Quantized, Work
from bridge.melting.steps import MAX_LEVELS, Boundary, counted, shared, stepped

LARGEST_WHOLE = 1 << 40
MOST_THRESHOLDS = 1 << 24  # of an encoder
ONE, ZERO = Exact.of(1), Exact.of(0)


@dataclass(frozen=True, eq=False)
class Quantizer:
    """It gives `worth * count + least`, where `count` says how many boundaries `factor * value + shift` reaches.

    `boundaries`: rows of k each, none are needed for a constant; `row`: which row an entry has; `levels`: the counts in
    float32, int64[..., n], of values [..., n] and of the entries of each of `numbers`, float32. All else broadcasts to
    the shape of the tensor."""

    boundaries: Sequence[Sequence[Boundary]]
    levels: Callable[..., Ints]
    numbers: Sequence[Array] = ()
    factor: Exact = ONE
    shift: Exact = ZERO
    worth: Exact = ONE
    least: Exact = ZERO
    row: Ints = field(default_factory=lambda: np.zeros((), np.int64))

    @property
    def steps(self) -> int:
        return len(self.boundaries[0])

    def told(self, count: Affine) -> Affine:
        """The values of counts."""
        return count.times(self.worth).plus(self.least)


def quantized(work: Work, node: Node, value: Value, quantizer: Quantizer, name: str = "") -> Value:
    """What a quantizer gives; noted for those who compare, as the tensor of that name, its own unless given."""
    if isinstance(value, Known):
        return _constant(value, quantizer)
    before, boundaries = None, quantizer.boundaries
    if isinstance(value, Raw):
        count = _encoded(work, value, quantizer)
    else:
        if isinstance(value, Beyond) and value.curve is not None:
            before, boundaries = value.scores, _pulled_back(value.curve, quantizer)
        else:
            before = work.affine(value).times(quantizer.factor).plus(quantizer.shift)
        count = stepped(work.drawing, node.name, before, boundaries, quantizer.row)
    made = quantizer.told(count)
    work.quantized[name or node.outputs[0]] = Quantized(made, before, boundaries, quantizer.row)
    return made


def _pulled_back(curve: Curve, quantizer: Quantizer) -> list[list[Boundary]]:
    """What the argument of a curve must reach. InputError for scales by channel."""
    factors, shifts = quantizer.factor.used, quantizer.shift.used
    if len(factors) != 1 or len(shifts) != 1 or factors[0] <= 0:
        raise InputError("quantizes a curve by scales that differ, which is not supported")
    back = scaled(Fraction(factors[0]), Fraction(shifts[0])).back
    return [[curve.back(back(boundary)) for boundary in line] for line in quantizer.boundaries]


def _constant(value: Known, quantizer: Quantizer) -> Known:
    """A constant is quantized as the reference does it, in float32."""
    value.exact()
    flat = value.array.astype(np.float32).reshape(-1)
    with np.errstate(all="ignore"):
        count = quantizer.levels(flat, *(_flat(numbers, value.shape) for numbers in quantizer.numbers))
    worth, least = quantizer.worth.to(value.shape), quantizer.least.to(value.shape)
    between = least.with_(worth, lambda a, b: Fraction(a) / b).holds(lambda part: part.denominator == 2)  # -1 and 1
    unit = chosen(between, worth.map(lambda size: Fraction(size) / 2), worth)
    times, start = (part.with_(unit, lambda a, b: Fraction(a) / b) for part in (worth, least))
    if any(Fraction(part).denominator != 1 for part in start.used):
        raise InputError("quantizes a constant with a zero point that is not whole")
    if any(abs(Fraction(part)) > LARGEST_WHOLE for part in (*times.used, *start.used)):
        raise InputError("quantizes a constant to integers that are too large")
    integers = count.reshape(value.shape) * _ints(times) + _ints(start)
    floats = (integers * unit.floats()).astype(np.float32)
    return Known(floats, integers, unit)


def _encoded(work: Work, value: Raw, quantizer: Quantizer) -> Affine:
    """The counts of the first quantizer: an input whose encoder has, as thresholds, the least float32 that reaches each
    level when the reference computes in float32. Or, where integers go in, steps of these."""
    size, features = value.features.size, value.features.reshape(-1)
    numbers = [*value.numbers(), *(_flat(part, value.shape) for part in quantizer.numbers)]
    kinds, entries, kind = _alike(numbers, size)
    if kinds * quantizer.steps > MOST_THRESHOLDS:
        raise InputError(f"asks for more than {MOST_THRESHOLDS:,} thresholds of the input")

    def levels(read: Floats32) -> Ints:
        with np.errstate(all="ignore"):
            own = value.run(read, entries)
            return quantizer.levels(own, *(part[entries] for part in numbers[len(value.steps) :]))

    least, falls = _least_floats(levels, kinds, quantizer.steps)
    if work.bounds is None:
        zero, rows = np.zeros(size, np.int64), shared(least[kind])
        rows = np.where(np.isposinf(rows), np.nan, rows)  # as an encoder says that a level is never reached
        encoder = Encoder(zero, features.astype(np.int32), rows, None, True, work.features)
        made = work.drawing.add(Input.encoded(work.input_name(), encoder))
    else:
        span = np.arange(work.bounds.low, work.bounds.high + 1)
        read = np.float32(span) / np.float32(work.bounds.divisor)
        steps = work.bounds.low + np.searchsorted(read, least.astype(np.float32))
        whole = work.integers().elements[features]
        made = counted(work.drawing, f"{work.graph.given[0].name}.levels", whole, steps, kind)
    turned = made.times(Exact.of(-1)).plus(Exact.of(quantizer.steps))
    down = falls[kind]
    return (chosen_affine(down, turned, made) if down.any() else made).reshape(*value.shape)


def _least_floats(levels: Callable[[Floats32], Ints], kinds: int, steps: int) -> tuple[Array, Flags]:
    """float64[kinds, steps]: the least float32 at which each level is reached, -inf for all of them, inf for none; and
    where levels fall, so that they are counted from above."""
    ends = np.array([-np.finfo(np.float32).max, np.finfo(np.float32).max], np.float32)
    first, last = (levels(np.full((1, kinds), end, np.float32))[0] for end in ends)
    falls = last < first
    wanted = np.arange(1, steps + 1)[:, None]

    def reached(keys: Ints) -> Flags:
        found = levels(floats_of(keys, np.float32).astype(np.float32))
        return np.asarray(np.where(falls, steps - found, found) >= wanted)

    first_key, last_key = keys_of(ends).tolist()
    low, high = np.full((steps, kinds), first_key - 1), np.full((steps, kinds), last_key + 1)
    while (high - low > 1).any():
        middle = (low + high) // 2
        yes = reached(middle)
        low, high = np.where(yes, low, middle), np.where(yes, middle, high)
    found = floats_of(high, np.float32)  # inf behind the last
    found[high == first_key] = -np.inf
    return np.maximum.accumulate(found, axis=0).T, falls


def _alike(numbers: Sequence[Floats32], size: int) -> tuple[int, Ints, Ints]:
    """How many kinds of entries there are by their numbers, the first entry of each kind, and the kind of each."""
    if not numbers:
        return 1, np.zeros(1, np.int64), np.zeros(size, np.int64)
    _, entries, kind = np.unique(np.stack(numbers, axis=1), axis=0, return_index=True, return_inverse=True)
    return len(entries), entries, kind.reshape(-1)


def _flat(numbers: Array, shape: tuple[int, ...]) -> Floats32:
    return np.ascontiguousarray(np.broadcast_to(numbers, shape), np.float32).reshape(-1)


def _ints(part: Exact) -> Ints:
    found: Ints = np.array([int(number) for number in part.values], np.int64)[part.codes]
    return found


def checked_steps(low: Any, high: Any) -> tuple[int, int]:
    """Levels low..high, if they are not too many."""
    if not 0 < high - low <= MAX_LEVELS:
        raise InputError(f"quantizes to {low}..{high}; 1..{MAX_LEVELS:,} steps are supported")
    return int(low), int(high)
