"""The And-Inverter Graph: `Aig`, frozen, and `AigBuilder`, which makes one with structural hashing.

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
from bridge.aig.literals import through
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

    `points` are named internal literals (neuron and embedding outputs) where proofs and flows may cut and analysis may
    ask. `comment` is free text; see `bridge.metadata` for its JSON line. 8 bytes a node.
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
    def variables(self) -> int:
        return self.first_and + len(self.ands)

    def next_literals(self) -> npt.NDArray[np.int64]:
        return np.array([latch.next for latch in self.latches], np.int64)

    def output_literals(self) -> npt.NDArray[np.int64]:
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
            ("inputs and latches", [*self.inputs, *(latch.name for latch in self.latches)]),
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


class AigBuilder:
    """Adds nodes with constant folding and structural hashing; `build` numbers them and drops what is unused."""

    def __init__(self, name: str = "", capacity: int = 1 << 10) -> None:
        self.name = name
        self.graph = strash.empty_graph(capacity)
        self._inputs: list[tuple[str, int]] = []
        self._latches: list[tuple[str, int, Reset]] = []
        self._next: dict[int, int] = {}
        self._outputs: list[Output] = []
        self._points: list[Output] = []
        self._number: npt.NDArray[np.int64] = np.zeros(0, np.int64)

    def reserve(self, nodes: int) -> None:
        """Make room for that many more variables (compiled code adds nodes without asking)."""
        need = int(self.graph.used[0]) + nodes
        if need > len(self.graph.fanins):
            self.graph = strash.grown(self.graph, max(need, 2 * len(self.graph.fanins)))

    def input(self, name: str) -> int:
        """A new primary input; its literal."""
        literal = self._leaf()
        self._inputs.append((name, literal))
        return literal

    def latch(self, name: str, reset: Reset = 0) -> int:
        """A new state bit; its literal. Give its next value with `set_next` before `build`."""
        literal = self._leaf()
        self._latches.append((name, literal, reset))
        return literal

    def set_next(self, latch: int, literal: int) -> None:
        self._next[latch] = literal

    def and_(self, a: int, b: int) -> int:
        self.reserve(1)
        return int(strash.and_gate(self.graph, a, b))

    def or_(self, a: int, b: int) -> int:
        return self.and_(a ^ 1, b ^ 1) ^ 1

    def xor(self, a: int, b: int) -> int:
        self.reserve(3)
        return int(strash.xor_gate(self.graph, a, b))

    def mux(self, select: int, then: int, other: int) -> int:
        self.reserve(3)
        return int(strash.mux_gate(self.graph, select, then, other))

    def buffer(self, literal: int) -> int:
        """A node of its own with the value of a literal, `a AND a`: never folded, never shared; a `copy` drops it."""
        self.reserve(1)
        return int(strash.buffer_gate(self.graph, literal))

    def full_adder(self, a: int, b: int, c: int) -> tuple[int, int]:
        """(sum, carry)."""
        self.reserve(7)
        a, b, c = sorted((a, b, c))
        total, carry = strash.adder_gate(self.graph, a, b, c)
        return int(total), int(carry)

    def output(self, name: str, literal: int) -> None:
        self._outputs.append(Output(name, literal))

    def point(self, name: str, literal: int) -> None:
        self._points.append(Output(name, literal))

    def copy(
        self, aig: Aig, literals: npt.NDArray[np.int64], apart: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.int64]:
        """Add the ANDs of `aig`. literals: int64[first_and], what stands for its constant, inputs and latches; apart:
        bool[n], which ANDs get a `buffer` behind them, none by default.

        Returns int64[variables], the new literal of every variable of `aig`.
        """
        self.reserve(len(aig.ands) if apart is None else 2 * len(aig.ands))
        image = np.concatenate([literals, np.zeros(len(aig.ands), np.int64)])
        if apart is None:
            strash.strash_all(self.graph, aig.ands, image)
        else:
            strash.strash_apart(self.graph, aig.ands, apart, image)
        return image

    def build(self, comment: str = "", properties: Properties | None = None, *, every_point: bool = False) -> Aig:
        """The graph so far. Nodes that reach no output, next state or property are dropped, with their points, unless
        `every_point` is kept."""
        for name, literal, _ in self._latches:
            if literal not in self._next:
                raise ValueError(f"latch {name!r} has no next value")
        properties = properties or Properties()
        count = int(self.graph.used[0])
        fanins = self.graph.fanins[:count]
        roots = [output.literal for output in self._outputs] + list(self._next.values()) + properties.literals()
        roots += [point.literal for point in self._points if every_point]
        reached = np.zeros(count, np.bool_)
        strash.mark_graph(fanins, np.array(roots, np.int64), reached)
        number = np.zeros(count, np.int64)
        leaves = [literal for _, literal in self._inputs] + [literal for _, literal, _ in self._latches]
        number[np.array(leaves, np.int64) >> 1] = np.arange(1, len(leaves) + 1)
        reached[0] = True
        reached[np.array(leaves, np.int64) >> 1] = True
        ands = strash.renumber(fanins, reached, number)
        self._number = np.where(reached, number, -1)

        def new(literal: int) -> int:
            return 2 * int(number[literal >> 1]) + (literal & 1)

        return Aig(
            inputs=tuple(name for name, _ in self._inputs),
            latches=tuple(Latch(name, new(self._next[literal]), reset) for name, literal, reset in self._latches),
            ands=ands,
            outputs=tuple(Output(output.name, new(output.literal)) for output in self._outputs),
            points=tuple(Output(p.name, new(p.literal)) for p in self._points if reached[p.literal >> 1]),
            name=self.name,
            comment=comment,
            properties=properties.mapped(new),
        )

    def build_like(self, aig: Aig, image: npt.NDArray[np.int64], *, every_point: bool = False) -> Aig:
        """`build` with the outputs, points, properties and comment of `aig`, and the next states of latches it knows.

        image: int64[variables], the literal here of every variable of `aig`, as `copy` returns it.
        """
        following = {latch.name: latch.next for latch in aig.latches}

        def new(literal: int) -> int:
            return through(image, literal)

        for name, literal, _ in self._latches:
            if name in following:
                self.set_next(literal, new(following[name]))
        for output in aig.outputs:
            self.output(output.name, new(output.literal))
        for point in aig.points:
            self.point(point.name, new(point.literal))
        return self.build(aig.comment, aig.properties.mapped(new), every_point=every_point)

    def built(self, literals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """After `build`: the literals of the Aig for literals of this builder, -1 for what was dropped (or is -1)."""
        variables = np.where(literals < 0, -1, self._number[literals >> 1])
        return np.where(variables < 0, -1, 2 * variables + (literals & 1))

    def dropped(self) -> Ands:
        """After `build`: the nodes that it dropped, numbered after those of the Aig; `built` knows them from now on."""
        missing = self._number < 0
        number = np.where(missing, 0, self._number)
        ands: Ands = strash.renumber(self.graph.fanins[: len(number)], missing, number)
        self._number = number
        return ands

    def _leaf(self) -> int:
        self.reserve(1)
        variable = int(self.graph.used[0])
        self.graph.used[0] += 1
        return 2 * variable


@lru_cache(maxsize=64)
def default_names(prefix: str, count: int) -> tuple[str, ...]:
    """Names for what a file leaves unnamed: `i0`, `i1`, ..."""
    return tuple(f"{prefix}{index}" for index in range(count))


def _distinct(what: str, names: list[Any]) -> None:
    seen: set[Any] = set()
    for name in names:
        if name in seen:
            raise InputError(f"two {what} are named {name!r}")
        seen.add(name)
