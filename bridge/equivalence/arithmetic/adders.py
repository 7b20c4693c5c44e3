"""Half and full adders in a netlist that names none: sums and carries are known by their truth tables over two or three
literals, whatever the gates between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from bridge.aig import Aig
from bridge.aig.cuts import PAD
from bridge.equivalence.arithmetic.carriers import Carriers
from bridge.equivalence.arithmetic.cuts import cuts_of

_LEAVES = (0xAA, 0xCC, 0xF0)


@dataclass(frozen=True)
class Adder:
    """`addends`: two or three literals whose sum is 2 * `carry` + `total`, both literals; `carry`: None where nothing
    in the netlist is one."""

    addends: tuple[int, ...]
    total: int
    carry: int | None = None


class Adders:
    """The adders of a combinational netlist. `sums`: of every variable that is an XOR, the leaves, and whether it is
    the complement of theirs."""

    def __init__(self, form: Aig) -> None:
        self.form = form
        self.sums: dict[int, list[tuple[tuple[int, ...], int]]] = {}
        self._carries: dict[tuple[int, ...], list[tuple[tuple[int, ...], int]]] = {}
        self._ands: list[list[int]] = form.ands.tolist()
        cuts = cuts_of(form)
        is_sum = np.isin(cuts.tables, [0x66, 0x99, 0x96, 0x69])
        is_carry = np.isin(cuts.tables, list(_CARRIES))
        for variable, index in np.argwhere(is_sum | is_carry).tolist():
            leaves = tuple(leaf for leaf in cuts.leaves[variable, index].tolist() if leaf != PAD)
            table = int(cuts.tables[variable, index])
            if is_sum[variable, index]:
                if len(leaves) == (3 if table in (0x96, 0x69) else 2):
                    self.sums.setdefault(variable, []).append((leaves, table & 1))
            else:
                flips, inverted = _CARRIES[table]
                if len(flips) == len(leaves):
                    self._carries.setdefault(leaves, []).append((flips, 2 * variable ^ inverted))

    def fanins(self, variable: int) -> list[int]:
        """The literals that a gate is the AND of."""
        return self._ands[variable - self.form.first_and]

    def likely(self, variable: int) -> Iterator[Adder]:
        """Those whose carry only behaves like one under simulation: true if `proves` says so."""
        for leaves, odd in self.sums.get(variable, ()):
            for flips in product((0, 1), repeat=len(leaves)):
                wrong = sum(flips) & 1
                if len(leaves) == 2 or not wrong:  # the other half has the same carries, complemented
                    addends = tuple(2 * leaf ^ flip for leaf, flip in zip(leaves, flips, strict=True))
                    for carry in self._carriers.likely(addends):
                        yield Adder(addends, 2 * variable ^ odd ^ wrong, carry)

    def proves(self, adder: Adder) -> bool:
        """Whether the carry of a likely adder is one."""
        return adder.carry is not None and self._carriers.proven(adder.carry, adder.addends)

    def alike(self, variable: int) -> list[int]:
        """The literals that behave like a variable under simulation, itself among them."""
        return self._carriers.alike(2 * variable)

    @cached_property
    def _carriers(self) -> Carriers:
        return Carriers(self.form)

    def of(self, variable: int) -> Iterator[Adder]:
        """The adders whose sum a variable is: of three literals first, and those without a carry last."""
        sums = sorted(self.sums.get(variable, ()), key=lambda found: -len(found[0]))
        for leaves, odd in sums:
            for flips, carry in self._carries.get(leaves, ()):
                addends = tuple(2 * leaf ^ flip for leaf, flip in zip(leaves, flips, strict=True))
                yield Adder(addends, 2 * variable ^ odd ^ (sum(flips) & 1), carry)
        for leaves, odd in sums:
            yield Adder(tuple(2 * leaf for leaf in leaves), 2 * variable ^ odd)


def _carry_tables() -> dict[int, tuple[tuple[int, ...], int]]:
    """By truth table of two or three leaves: which of them are complemented before their carry is taken, and whether
    it is."""
    found: dict[int, tuple[tuple[int, ...], int]] = {}
    for number in range(8):
        flips = tuple(number >> place & 1 for place in range(3))
        a, b, c = (table ^ 0xFF * flip for table, flip in zip(_LEAVES, flips, strict=True))
        for inverted in (0, 1):
            found.setdefault((a & b | c & (a | b)) ^ 0xFF * inverted, (flips, inverted))
            found.setdefault(a & b ^ 0xFF * inverted, (flips[:2], inverted))
    return found


_CARRIES = _carry_tables()
