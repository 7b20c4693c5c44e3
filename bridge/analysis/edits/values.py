"""What a place is given: a number, one for each element, its complement, or what it was elsewhere in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import at_node, parse
from bridge.analysis.activations import as_they_are_read, recorded
from bridge.analysis.elements import Element
from bridge.analysis.places import VALUES
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import Signal, named_bits
from bridge.arrays import Bits, Ints
from bridge.corpus import check_text, read_text
from bridge.errors import InputError
from bridge.execution.rows import row_values
from bridge.files.arrays import read_arrays

FLIP, RESAMPLE, COPY = "flip", "resample", "copy"
DRAWS = 256  # values recorded for a resampled place, from which one is drawn at every position
MOST_DIGITS = 400

_NUMBERS = re.compile(r"[+-]?[0-9]+(,[+-]?[0-9]+)*")
_FROM = re.compile(r"(copy|resample):(.+?)(?:@([0-9]{1,18}))?", re.DOTALL)


@dataclass(frozen=True)
class Copied:
    """What a place was at a position of a text, or in one of the rows that a network reads, in the model as it is."""

    text: Any
    at: int


@dataclass(frozen=True)
class Resampled:
    """What a place was at a position of a text that is drawn anew for every step; the same seed draws the same."""

    text: bytes
    seed: int = 0


Value: TypeAlias = int | str | Sequence[int] | np.ndarray[Any, Any] | Copied | Resampled


def understood(told: str, value: Value, text: bytes | None) -> Value:
    """A value that is given in words, as what it means. told: the change, for errors; text: that of a `resample` which
    names none."""
    if not isinstance(value, str):
        return value
    if value == FLIP:
        return value
    if value == RESAMPLE:
        if text is None:
            raise InputError(f"{told}: which text is it to be drawn from? write {RESAMPLE}:FILE, a text or rows")
        return Resampled(text)
    if len(value) == 3 and value[0] == value[2] == "'":
        return ord(value[1])
    if _NUMBERS.fullmatch(value) and max(map(len, value.split(","))) <= MOST_DIGITS:
        numbers = [int(number) for number in value.split(",")]
        return numbers if len(numbers) > 1 else numbers[0]
    found = _FROM.fullmatch(value)
    if found is None or (found[1] == COPY and found[3] is None):
        raise InputError(f"{told}: a value is {VALUES}")
    at = int(found[3] or 0)
    return Copied(_text_or_rows(found[2]), at) if found[1] == COPY else Resampled(read_text(found[2]), at)


def _text_or_rows(name: str) -> Any:
    if not name.lower().endswith(".npz"):
        return read_text(name)
    found = read_arrays(name, "x")
    if "x" not in found:
        raise InputError(f"{name}: has no array 'x', rows of what the network reads")
    return found["x"]


def table_of(told: str, aig: Aig, elements: Sequence[Element], value: Value, node: int | None = None) -> Bits | None:
    """uint8[K, bits of all elements], see `surgery.Edit`; None to invert them. node: the code node that is asked about.
    InputError for what is outside a range, and for what is no value."""
    if isinstance(value, str):
        _check_flip(told, elements)
        return None
    if isinstance(value, Copied):
        return _values_at(told, aig, elements, value, node)
    if isinstance(value, Resampled):
        if not isinstance(value.text, bytes):
            raise InputError(
                f"{told}: what is drawn comes from the bytes of a text, not from {type(value.text).__name__}"
            )
        positions = np.random.default_rng(value.seed).integers(0, max(1, len(value.text)), DRAWS)
        return _recorded(told, aig, elements, value.text, positions, node)
    if isinstance(value, bool | np.bool_ | int | np.integer):
        numbers = _spread(told, elements, int(value))
    else:
        numbers = _whole_numbers(told, elements, value)
    bits = [bit for element, number in zip(elements, numbers, strict=True) for bit in _spelled(told, element, number)]
    return np.array([bits], np.uint8)


def _check_flip(told: str, elements: Iterable[Element]) -> None:
    for element in elements:
        if not element.is_bit and parse(element.name).kind not in ("byte", "node"):
            span = f"{element.low}..{element.high}"
            raise InputError(
                f"{told}: {element.name} is a number of {span}, not a bit: give it another one, or flip a bit"
            )


def _spread(told: str, elements: Sequence[Element], value: int) -> list[int]:
    """One number for a whole group: that of a single element, or of all bits of a block, of which the first counts one.
    All else can only be 0 together."""
    if len(elements) == 1:
        return [value]
    groups = {parse(element.name).group for element in elements}
    if value == 0:
        return [0] * len(elements)
    if len(groups) > 1 or not all(element.is_bit for element in elements):
        many = f"{len(elements)} elements" if len(groups) == 1 else f"{len(groups)} groups"
        raise InputError(f"{told}: there are {many}, which one number can only set to 0; give as many, with commas")
    if not 0 <= value < 1 << len(elements):
        raise InputError(f"{told}: {len(elements)} bits are a number of 0..2^{len(elements)}-1, not {_short(value)}")
    return [value >> place & 1 for place in range(len(elements))]


def _whole_numbers(told: str, elements: Sequence[Element], value: Any) -> list[int]:
    array = np.asarray(value)
    if array.dtype.kind not in "iub" or array.shape != (len(elements),):
        raise InputError(
            f"{told}: needs {len(elements)} whole numbers, one for each element, not {array.dtype}{list(array.shape)}"
        )
    found: list[int] = array.tolist()
    return [int(number) for number in found]


def _spelled(told: str, element: Element, number: int) -> list[int]:
    if not element.low <= number <= element.high:
        raise InputError(f"{told}: {element.name} is of {element.low}..{element.high}, not {_short(number)}")
    return element.spelled(number)


def _short(number: int) -> str:
    return str(number) if abs(number) < 10**20 else f"a number of {number.bit_length()} bits"


def _recorded(told: str, aig: Aig, elements: Sequence[Element], text: bytes, positions: Ints, node: int | None) -> Bits:
    """uint8[positions, bits] on a text; a serial netlist is asked about all of its nodes, to look at one."""
    bits = [bit for element in elements for bit in element.bits]
    whole = asked_at_once(aig, [bit.name for bit in bits])
    if whole is aig:
        return recorded(aig, bits, text, positions)
    known = named_bits(whole)
    names = [bit.name if bit.name in known or node is None else at_node(bit.name, node) for bit in bits]
    for name in names:
        if name not in known:
            raise InputError(f"{told}: {name} depends on the code node asked about; change it for one, {name}@node.0")
    (signal,) = as_they_are_read(whole, [Signal(told, tuple(known[name] for name in names))])
    return recorded(whole, signal.bits, text, positions)


def _values_at(told: str, aig: Aig, elements: Sequence[Element], source: Copied, node: int | None) -> Bits:
    """uint8[1, bits] at one position of a text, or of one row."""
    if isinstance(source.text, bytes):
        _check_at(told, source.at, len(source.text), "bytes")
        return _recorded(told, aig, elements, source.text[: source.at + 1], np.array([source.at]), node)
    check_text(source.text)
    literals = np.array([bit.literal for element in elements for bit in element.bits], np.int64)
    rows = row_values(aig, source.text, literals)
    _check_at(told, source.at, len(rows), "rows")
    row: Bits = rows[source.at]
    return row[None] if row.ndim == 1 else row[-1:]


def _check_at(told: str, at: int, count: int, what: str) -> None:
    if not 0 <= at < count:
        raise InputError(f"{told}: there are {count:,} {what} to copy from, so there is no {at:,} (the first is 0)")
