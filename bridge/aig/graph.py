"""The And-Inverter Graph: `Aig`, frozen.

A literal is `2 * variable + complement`; 0 is false, 1 is true. Variables are implicit: 0 is the constant, then come
the inputs, the latches and the ANDs; fanins precede their node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bridge.aig import strash
from bridge.aig.literals import inverted, variable_of
from bridge.arrays import Ands
from bridge.errors import InputError

FALSE = 0
TRUE = 1

Reset = Literal[0, 1] | None


@dataclass(frozen=True)
class Latch:
    """One state bit: the literal of its next value, and its reset 0, 1 or None (unknown)."""

    name: str
    next: int
    reset: Reset = 0


@dataclass(frozen=True)
class Output:
    """A named literal."""

    name: str
    literal: int

    @property
    def variable(self) -> int:
        return variable_of(self.literal)

    @property
    def inverted(self) -> bool:
        return inverted(self.literal)


@dataclass(frozen=True)
class Properties:
    """The sections B, C, J and F of AIGER 1.9, kept but not interpreted."""

    bad: tuple[Output, ...] = ()
    constraints: tuple[Output, ...] = ()
    justice: tuple[tuple[str, tuple[int, ...]], ...] = ()
    fairness: tuple[Output, ...] = ()

    def literals(self) -> list[int]:
        plain = [output.literal for output in (*self.bad, *self.constraints, *self.fairness)]
        return plain + [literal for _, group in self.justice for literal in group]

    def mapped(self, literal_of: Callable[[int], int]) -> Properties:
        """The same properties with every literal replaced."""
        plain = ([replace(o, literal=literal_of(o.literal)) for o in part] for part in self._plain())
        bad, constraints, fairness = (tuple(part) for part in plain)
        justice = tuple((name, tuple(literal_of(literal) for literal in group)) for name, group in self.justice)
        return Properties(bad, constraints, justice, fairness)

    def _plain(self) -> tuple[tuple[Output, ...], ...]:
        return self.bad, self.constraints, self.fairness


@dataclass(frozen=True, eq=False)
class Aig:
    """`ands`: uint32[n, 2], the two fanin literals of each node, the larger first; read-only.

    `inputs`: their names; `latches`: names, next literals, resets; `outputs`: names and literals; `properties`: those
    of AIGER 1.9. `points` are named internal literals (neuron and embedding outputs) where proofs and flows may cut and
    analysis may ask. `comment` is free text; see `bridge.metadata` for its JSON line. 8 bytes a node.
    """

    inputs: tuple[str, ...]
    latches: tuple[Latch, ...]
    ands: Ands
    outputs: tuple[Output, ...]
    points: tuple[Output, ...] = ()
    name: str = ""
    comment: str = ""
    properties: Properties = field(default_factory=Properties)

    def __post_init__(self) -> None:
        ands = np.ascontiguousarray(self.ands, np.uint32).reshape(-1, 2).view()
        ands.flags.writeable = False
        object.__setattr__(self, "ands", ands)

    @property
    def first_latch(self) -> int:
        """The variable of `latches[0]`."""
        return 1 + len(self.inputs)

    @property
    def first_and(self) -> int:
        """The variable of `ands[0]`."""
        return self.first_latch + len(self.latches)

    @property
    def leaves(self) -> tuple[str, ...]:
        """The names of inputs and latches, in the order of their variables, from 1."""
        return *self.inputs, *(latch.name for latch in self.latches)

    @property
    def variables(self) -> int:
        """How many: the constant, inputs, latches, ANDs."""
        return self.first_and + len(self.ands)

    def next_literals(self) -> npt.NDArray[np.int64]:
        """int64[latches]: what each becomes."""
        return np.array([latch.next for latch in self.latches], np.int64)

    def output_literals(self) -> npt.NDArray[np.int64]:
        """int64[outputs]."""
        return np.array([output.literal for output in self.outputs], np.int64)

    def roots(self) -> npt.NDArray[np.int64]:
        """All literals that must be kept: outputs, next states, properties (points are not roots)."""
        properties = np.array(self.properties.literals(), np.int64)
        return np.concatenate([self.output_literals(), self.next_literals(), properties])

    def levels(self) -> npt.NDArray[np.int32]:
        """int32[variables]: longest path in AND nodes from the inputs and latches."""
        levels: npt.NDArray[np.int32] = strash.compute_levels(self.ands, self.first_and)
        return levels

    def __eq__(self, other: object) -> bool:
        """Structural: everything equal, names and comment included."""
        if not isinstance(other, Aig):
            return NotImplemented
        mine, theirs = ({k: v for k, v in vars(aig).items() if k != "ands"} for aig in (self, other))
        return mine == theirs and np.array_equal(self.ands, other.ands)

    def __repr__(self) -> str:
        ports = f"{len(self.inputs)} inputs, {len(self.latches)} latches, {len(self.outputs)} outputs"
        return f"<Aig {self.name!r}: {ports}, {len(self.ands)} ANDs, {len(self.points)} points>"

    def _repr_html_(self) -> str:
        rows = {
            "inputs": len(self.inputs),
            "latches": len(self.latches),
            "outputs": len(self.outputs),
            "points": len(self.points),
            "ANDs": len(self.ands),
            "levels": int(self.levels().max()),
        }
        cells = "".join(f"<tr><td>{name}</td><td>{count:,}</td></tr>" for name, count in rows.items())
        return f"<table><caption>{escape(self.name or 'netlist')}</caption>{cells}</table>"

    __hash__ = None  # type: ignore[assignment]

    def validate(self) -> Aig:
        """Check every invariant; returns self, or raises InputError with the first one that is broken."""
        own = np.arange(self.first_and, self.variables, dtype=np.int64)
        late = np.flatnonzero(self.ands[:, 0] >= 2 * own)
        if len(late):
            raise InputError(
                f"AND node {own[late[0]]} reads literal {self.ands[late[0], 0]}, which does not precede it"
            )
        swapped = np.flatnonzero(self.ands[:, 0] < self.ands[:, 1])
        if len(swapped):
            raise InputError(f"AND node {own[swapped[0]]}: the larger fanin must come first")
        limit = 2 * self.variables
        for what, literal in self._named_literals():
            if not 0 <= literal < limit:
                raise InputError(f"{what} reads literal {literal}, but literals end at {limit - 1}")
        for latch in self.latches:
            if latch.reset not in (0, 1, None):
                raise InputError(f"latch {latch.name!r} has reset {latch.reset!r}; it must be 0, 1 or None")
        for what, names in (
            ("inputs and latches", self.leaves),
            ("outputs", [output.name for output in self.outputs]),
            ("points", [point.name for point in self.points]),
        ):
            _distinct(what, names)
        return self

    def _named_literals(self) -> Iterable[tuple[str, int]]:
        yield from ((f"output {output.name!r}", output.literal) for output in self.outputs)
        yield from ((f"latch {latch.name!r}", latch.next) for latch in self.latches)
        yield from ((f"point {point.name!r}", point.literal) for point in self.points)
        yield from (("a property", literal) for literal in self.properties.literals())


@lru_cache(maxsize=64)
def default_names(prefix: str, count: int) -> tuple[str, ...]:
    """Names for what a file leaves unnamed: `i0`, `i1`, ..."""
    return tuple(f"{prefix}{index}" for index in range(count))


def _distinct(what: str, names: Iterable[Any]) -> None:
    seen: set[Any] = set()
    for name in names:
        if name in seen:
            raise InputError(f"two {what} are named {name!r}")
        seen.add(name)
