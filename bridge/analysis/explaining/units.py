"""What a sufficient reason is made of: the parts of what was read in the last steps, and the state bits before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.analysis.explaining.parts import Part
from bridge.analysis.explaining.place import Place
from bridge.arrays import Bits, Flags, Ints
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.metadata import read_metadata

READ, STATE = "read", "state"


@dataclass(frozen=True, eq=False)
class Unit:
    """`bits`: int64[n], which inputs of the laid out steps; `kind`: READ or STATE; `step`: in which step it has its
    `value`, from the start of the text, that of a state before it."""

    name: str
    kind: str
    step: int
    bits: Ints
    value: str


@dataclass(frozen=True, eq=False)
class Group:
    """An automaton: at most one of its bits holds that it is in a state, and where none does it is in the last one.
    `bits`: int64[n], of the laid out steps; the first holds the complement."""

    bits: Ints

    def states(self, values: Bits) -> Bits:
        """uint8[n, ...]: in which of the states it is, from values of all inputs, uint8[inputs, ...]."""
        found = values[self.bits].copy()
        found[0] ^= 1
        return found


def units_of(aig: Aig, cell: Cell | None, parts: Sequence[Part], place: Place) -> list[Unit]:
    """Those left out first come first: states of automata that are not held, other state bits, then what was read,
    from the oldest on. The inputs are the latches, then those of each step."""
    latches = len(aig.latches)
    found = [(0 if _absent(cell, unit) else 1, unit) for unit in _state_units(aig, place)]
    states = [unit for _, unit in sorted(found, key=lambda pair: pair[0])]
    read = [
        Unit(
            part.name,
            READ,
            place.first + step,
            latches + step * len(aig.inputs) + part.bits,
            part.shown(place.inputs[step, part.bits]),
        )
        for step in range(len(place.inputs))
        for part in parts
    ]
    return [*states, *read]


def groups_of(aig: Aig, cell: Cell | None) -> list[Group]:
    """The automata of a cell; those of a netlist are not known."""
    place = {latch.name: index for index, latch in enumerate(aig.latches)}
    blocks = [block.name for block in (cell.blocks if cell else ()) if block.ONE_HOT]
    found = [[place[name] for name in cell.latches(block)] for block in blocks] if cell else []
    return [Group(np.array(bits, np.int64)) for bits in found]


def _state_units(aig: Aig, place: Place) -> list[Unit]:
    """The bits of an integer are one."""
    groups: dict[str, list[int]] = {}
    for index, latch in enumerate(aig.latches):
        groups.setdefault(str(replace(parse(latch.name), bit=None)), []).append(index)
    units = []
    for name, indices in groups.items():
        bits = np.array(indices, np.int64)
        code = place.states[0][bits]
        units.append(Unit(name, STATE, place.first, bits, str(_range(aig, name, len(bits)).decode(code[None])[0, 0])))
    return units


def _range(aig: Aig, name: str, width: int) -> Ranges:
    """Of an element that is held; from 0 up where that is not known."""
    asked = parse(name)
    known = read_metadata(aig).ranges_of(asked.group) if width > 1 else None
    if known is None or asked.index is None or known.widths[asked.index] != width:
        return Ranges(np.zeros(1, np.int64), np.full(1, (1 << width) - 1))
    return known.of([asked.index])


def _absent(cell: Cell | None, unit: Unit) -> bool:
    """Does it say that an automaton is not in a state?"""
    name = parse(unit.name)
    if cell is None or name.of not in cell.by_name or not cell.by_name[name.of].ONE_HOT:
        return False
    return unit.value == ("1" if name.index == 0 else "0")


class Sampling:
    """Values of all inputs, lane by lane: what is kept as it is, of the rest anything that there can be."""

    def __init__(self, base: Bits, units: Sequence[Unit], groups: Sequence[Group]) -> None:
        self.base, self.units, self.groups = base, units, groups
        self._owner = np.full(len(base), -1, np.int64)
        for index, unit in enumerate(units):
            self._owner[unit.bits] = index
        self._grouped = np.zeros(len(base), np.bool_)
        for group in groups:
            self._grouped[group.bits] = True

    def lanes(self, kept: frozenset[int], count: int, random: np.random.Generator) -> Bits:
        """uint8[inputs, count], from few changes to many."""
        free = np.array([index not in kept for index in range(len(self.units))])
        changed = (random.random((len(self.units), count)) < random.random(count) ** 2) & free[:, None]
        values = np.repeat(self.base[:, None], count, axis=1)
        noise = random.integers(0, 2, values.shape, np.uint8)
        single = np.array([len(unit.bits) == 1 for unit in self.units])
        owned = self._owner >= 0
        owner = np.where(owned, self._owner, 0)
        other = np.where(single[owner][:, None], self.base[:, None] ^ 1, noise)
        chosen = changed[owner] & (owned & ~self._grouped)[:, None]
        values = np.where(chosen, other, values).astype(np.uint8)
        for group in self.groups:
            self._move(group, free, values, random)
        return values

    def _move(self, group: Group, free: Flags, values: Bits, random: np.random.Generator) -> None:
        """To states that are held by free units, in half of the lanes."""
        bits = group.bits
        hot = np.flatnonzero(group.states(self.base))
        loose = free[self._owner[bits]]
        if not loose[hot].all():
            return
        targets = [*np.flatnonzero(loose).tolist(), len(bits)]
        target = np.array(targets)[random.integers(0, len(targets), values.shape[1])]
        states = (np.arange(len(bits))[:, None] == target).astype(np.uint8)
        states[0] ^= 1
        moved = random.random(values.shape[1]) < 0.5
        values[bits] = np.where(moved, states, values[bits])

    def changed(self, values: Bits) -> frozenset[int]:
        """The units that are not as they were, of one lane, uint8[inputs]."""
        return frozenset(np.unique(self._owner[(values != self.base) & (self._owner >= 0)]).tolist())

    def owners(self, bits: Sequence[int]) -> frozenset[int]:
        """The units that some inputs belong to."""
        return frozenset(self._owner[np.array(bits, np.int64)].tolist())

    def by_unit(self, flags: Flags) -> Flags:
        """bool[inputs, n]: of every input what its unit has, bool[units, n]."""
        owned: Flags = (self._owner >= 0)[:, None] & flags[np.maximum(self._owner, 0)]
        return owned

    def only(self, values: Bits, subsets: Flags) -> Bits:
        """uint8[inputs, n]: the values of a lane for some units, bool[units, n], the others as they were."""
        return np.where(self.by_unit(subsets), values[:, None], self.base[:, None]).astype(np.uint8)

    def singles(self) -> tuple[Bits, Ints]:
        """uint8[inputs, n], int64[n]: other values of one unit alone, all of them if there are not many; whose each
        is."""
        lanes, owners = [], []
        for index, unit in enumerate(self.units):
            for code in _codes(len(unit.bits)):
                values = self.base.copy()
                values[unit.bits] = code
                if (values != self.base).any():
                    lanes.append(values)
                    owners.append(index)
        return np.array(lanes, np.uint8).reshape(len(lanes), len(self.base)).T, np.array(owners, np.int64)


def _codes(width: int) -> Bits:
    """uint8[n, width]: all values of so many bits, or 256 at random."""
    if width > 8:
        return np.random.default_rng(width).integers(0, 2, (256, width), np.uint8)
    codes: Bits = (np.arange(1 << width)[:, None] >> np.arange(width) & 1).astype(np.uint8)
    return codes
