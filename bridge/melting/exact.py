"""Arrays of rationals of which few are distinct: scales, offsets and bounds of tensors, held exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.arrays import Flags, Floats, Ints

Rational: TypeAlias = Fraction | float  # a float is an infinity and nothing else

SQUARE_ROOT_BITS = 128  # of an irrational root, behind its first


@dataclass(frozen=True, eq=False)
class Exact:
    """Entry i is `values[codes[i]]`. `values`: distinct rationals or infinities; `codes`: int64 of any shape."""

    values: tuple[Rational, ...]
    codes: Ints

    @classmethod
    def of(cls, numbers: npt.ArrayLike | Fraction) -> Exact:
        """Of floats, integers or Fractions, every one of them taken exactly; NaN must not come up."""
        array = np.asarray(numbers)
        if array.dtype.kind == "O":
            return _coded(array.ravel().tolist(), array.shape)
        values, codes = np.unique(array, return_inverse=True)
        return cls(tuple(map(rational, values.tolist())), codes.reshape(array.shape).astype(np.int64))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.codes.shape

    @property
    def used(self) -> tuple[Rational, ...]:
        """The values that come up."""
        return tuple(self.values[code] for code in np.unique(self.codes).tolist())

    def laid(self, layout: Callable[[Ints], Ints]) -> Exact:
        """Its entries in another order or shape."""
        return Exact(self.values, np.asarray(layout(self.codes), np.int64))

    def __getitem__(self, place: Any) -> Exact:
        return self.laid(lambda array: array[place])

    def to(self, shape: tuple[int, ...]) -> Exact:
        """Broadcast."""
        return self if self.shape == shape else Exact(self.values, np.broadcast_to(self.codes, shape))

    def map(self, function: Callable[[Any], Rational]) -> Exact:
        """The function of every entry, asked once for each distinct one."""
        codes, inverse = np.unique(self.codes, return_inverse=True)
        found = _coded([function(self.values[code]) for code in codes.tolist()], (len(codes),))
        return Exact(found.values, found.codes[inverse.reshape(self.shape)])

    def holds(self, test: Callable[[Any], bool]) -> Flags:
        """Of which entries it is true."""
        return np.array([test(value) for value in self.values], bool)[self.codes]

    def with_(self, other: Exact, function: Callable[[Any, Any], Rational]) -> Exact:
        """The function of every pair of entries, broadcast, asked once for each distinct pair."""
        if self.codes.size and not np.any(self.codes != self.codes.flat[0]):
            mine: Any = self.values[self.codes.flat[0]]
            return other.map(lambda yours: function(mine, yours)).to(np.broadcast_shapes(self.shape, other.shape))
        mine_codes, their_codes = np.broadcast_arrays(self.codes, other.codes)
        pairs, inverse = np.unique(mine_codes * len(other.values) + their_codes, return_inverse=True)
        split = [divmod(pair, len(other.values)) for pair in pairs.tolist()]
        found = _coded([function(self.values[a], other.values[b]) for a, b in split], (len(split),))
        return Exact(found.values, found.codes[inverse.reshape(mine_codes.shape)])

    def __mul__(self, other: Exact) -> Exact:
        """Products; neither has a zero where the other is infinite."""
        return self.with_(other, lambda a, b: a * b)

    def __add__(self, other: Exact) -> Exact:
        return self.with_(other, lambda a, b: a + b)

    def __sub__(self, other: Exact) -> Exact:
        return self.with_(other, lambda a, b: a - b)

    def numbers(self) -> npt.NDArray[np.object_]:
        """The entries themselves, as objects."""
        return _objects(self.values)[self.codes]

    def floats(self) -> Floats:
        """float64, rounded."""
        return np.array([float(value) for value in self.values], np.float64)[self.codes]


def rational(number: Any) -> Rational:
    """A number exactly; infinities stay what they are."""
    return number if isinstance(number, float) and math.isinf(number) else Fraction(number)


def unit(numbers: Iterable[Any]) -> Fraction:
    """The largest rational that all are multiples of; 1 if all are 0. Numbers are finite."""
    fractions = [Fraction(number) for number in numbers]
    below = math.lcm(*(fraction.denominator for fraction in fractions))
    above = math.gcd(*(fraction.numerator * (below // fraction.denominator) for fraction in fractions))
    return Fraction(above, below) if above else Fraction(1)


def square_root(number: Fraction) -> Fraction:
    """Of a positive number: exact if it is rational, else to `SQUARE_ROOT_BITS` bits, rounded down."""
    above, below = math.isqrt(number.numerator), math.isqrt(number.denominator)
    if above * above == number.numerator and below * below == number.denominator:
        return Fraction(above, below)
    shift = SQUARE_ROOT_BITS + max(0, (number.denominator.bit_length() - number.numerator.bit_length()) // 2)
    return Fraction(math.isqrt((number.numerator << 2 * shift) // number.denominator), 1 << shift)


def dyadic(values: npt.ArrayLike) -> tuple[Ints, Fraction] | None:
    """Finite floats as integers times one power of two, or None if the integers pass 2**53: (int64 of the same shape,
    the scale). Weights that are integers times a power of two have the smallest integers that there are."""
    array = np.asarray(values, np.float64)
    mantissa, exponent = np.frexp(array)
    whole = (mantissa * 2.0**53).astype(np.int64)
    if not whole.any():
        return np.zeros(array.shape, np.int64), Fraction(1)
    twos = np.frexp((whole & -whole).astype(np.float64))[1] - 1  # how often 2 divides each
    least = int((exponent - 53 + twos)[whole != 0].min())
    if int(exponent[whole != 0].max()) - least > 53:
        return None
    integers = np.ldexp(array, -least).astype(np.int64)
    common = int(np.gcd.reduce(integers.ravel()))
    return integers // common, Fraction(2) ** least * common


def keys_of(floats: npt.NDArray[Any]) -> Ints:
    """Of float32s or float64s: integers in their order, one apart where floats are neighbours."""
    bits = floats.view(f"i{floats.dtype.itemsize}")
    return np.where(bits < 0, np.iinfo(bits.dtype).min - bits, bits).astype(np.int64)


def floats_of(keys: Ints, kind: type[np.floating[Any]]) -> Floats:
    """The floats of that kind, as float64."""
    whole = np.dtype(f"i{np.dtype(kind).itemsize}")
    bits = np.where(keys < 0, np.iinfo(whole).min - keys, keys).astype(whole)
    return bits.view(kind).astype(np.float64)


def _coded(numbers: Sequence[Any], shape: tuple[int, ...]) -> Exact:
    places: dict[Rational, int] = {}
    codes = [places.setdefault(rational(number), len(places)) for number in numbers]
    return Exact(tuple(places), np.array(codes, np.int64).reshape(shape))


def _objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    found = np.empty(len(values), object)
    found[:] = values
    return found
