"""Signals as numbers: which bits make one element, and what it can be.

A block's elements are bits, or integers of known ranges; the byte, a symbol's logit, a score and so on are one number
each. Asked for by its own name, a bit is a bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import Name, parse, plain
from bridge.analysis.signals import Bit, Signal
from bridge.arrays import Bits, Ints
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.metadata import Metadata, read_metadata

# Kinds of names that are one number.
UNSIGNED = "byte", "node", "argmax", "greedy"
SIGNED = "logit", "score", "class", "margin"

Groups: TypeAlias = dict[Name, list[tuple[int, Bit]]]  # the bits of elements, each with its place


@dataclass(frozen=True)
class Element:
    """`bits`: the lowest first, none for what is always 0; `low`, `high`: what it can be, both included; two's
    complement if `signed`."""

    name: str
    bits: tuple[Bit, ...]
    low: int = 0
    high: int = 1
    signed: bool = False

    @property
    def is_bit(self) -> bool:
        return len(self.bits) == 1 and not self.signed

    def spelled(self, value: int) -> list[int]:
        """Its bits where it is a value of its range."""
        return [value >> place & 1 for place in range(len(self.bits))]

    def values(self, bits: Bits) -> Ints:
        """int64[n] from uint8[n, bits]."""
        worth = 1 << np.arange(len(self.bits), dtype=np.int64)
        worth[-1:] *= -1 if self.signed else 1
        found: Ints = bits.astype(np.int64) @ worth
        return found


def elements_of(aig: Aig, signals: Sequence[Signal]) -> tuple[Element, ...]:
    """Those of all signals, in order. InputError for integers of which the netlist does not say what they can be, and
    for what has no value in bits."""
    facts = read_metadata(aig)
    return tuple(element for signal in signals for element in _elements(aig, facts, signal))


def _elements(aig: Aig, facts: Metadata, signal: Signal) -> list[Element]:
    if len(signal.bits) == 1 and signal.bits[0].name == plain(signal.name):
        return [Element(signal.name, signal.bits)]
    groups: Groups = {}
    for bit in signal.bits:
        name = parse(bit.name)
        if name.kind == "probability":
            raise InputError(
                f"{signal.name} tells where a probability changes, not its value; ask for a logit or score"
            )
        whole = name.kind in (*UNSIGNED, *SIGNED)
        place, of = (name.index, replace(name, index=None)) if whole else (name.bit, replace(name, bit=None))
        groups.setdefault(of, []).append((place or 0, bit))
    ranges = {group: facts.ranges_of(group) for group in dict.fromkeys(of.group for of in groups)}
    if parse(plain(signal.name)).index is None:
        groups = _with_fixed(groups, ranges)
    return [_element(aig, facts, of, bits, ranges[of.group]) for of, bits in groups.items()]


def _with_fixed(groups: Groups, ranges: Mapping[str, Ranges | None]) -> Groups:
    """With the elements of whole blocks that are always 0, and have no bits."""
    found: Groups = {}
    for of, bits in groups.items():
        known = ranges[of.group]
        if of in found:
            continue
        if known is None or of.index is None:
            found[of] = bits
            continue
        for index, width in enumerate(known.widths.tolist()):
            each = replace(of, index=index)
            if not width or each in groups:
                found[each] = groups.get(each, [])
    return found


def _element(aig: Aig, facts: Metadata, of: Name, placed: list[tuple[int, Bit]], ranges: Ranges | None) -> Element:
    bits = tuple(bit for _, bit in sorted(placed, key=lambda pair: pair[0]))
    if of.kind in (*UNSIGNED, *SIGNED):
        signed = of.kind in SIGNED
        return Element(str(of), bits, *_whole_range(len(bits), signed), signed)
    if len(bits) == 1 and bits[0].name == str(of):
        return Element(str(of), bits)
    low, high = _told_range(aig, facts, ranges, of, len(bits))
    return Element(str(of), bits, low, high, low < 0)


def _told_range(aig: Aig, facts: Metadata, ranges: Ranges | None, of: Name, width: int) -> tuple[int, int]:
    if ranges is None and not (facts.cell or facts.edits):
        return _whole_range(width, signed=False)
    if ranges is None or of.index is None or of.index >= len(ranges) or ranges.widths[of.index] != width:
        raise InputError(
            f"netlist {aig.name!r} does not say what {of} can be; lower its cell anew, or name its bits, {of}.0"
        )
    return int(ranges.low[of.index]), int(ranges.high[of.index])


def _whole_range(width: int, signed: bool) -> tuple[int, int]:
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
