"""`AigBuilder`, which makes an `Aig` with structural hashing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig import strash
from bridge.aig.graph import Aig, Latch, Output, Properties, Reset
from bridge.aig.literals import through, variable_of
from bridge.arrays import Ands, Flags, Ints


@dataclass(frozen=True)
class Built:
    """`aig`, and what became of all that the builder knew: `dropped`, uint32[n, 2], are the nodes that the netlist does
    not need, as if they followed its own; `image`: int64[variables of the builder], the literals there."""

    aig: Aig
    dropped: Ands
    image: Ints

    def literals(self, literals: Ints) -> Ints:
        """Those of the netlist and what follows it, for literals of the builder; -1 stays what it is."""
        return np.where(literals < 0, -1, through(self.image, literals))


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

    def inputs(self, names: Iterable[str]) -> list[int]:
        """New primary inputs; their literals."""
        return [self.input(name) for name in names]

    def latches(self, latches: Iterable[Latch]) -> list[int]:
        """New state bits with the names and resets of these."""
        return [self.latch(latch.name, latch.reset) for latch in latches]

    def set_next(self, latch: int, literal: int) -> None:
        """What the latch with the literal `latch` becomes."""
        self._next[latch] = literal

    def and_(self, a: int, b: int) -> int:
        """The literal of `a AND b`; of a node that is there already, if there is one."""
        self.reserve(1)
        return int(strash.and_gate(self.graph, a, b))

    def or_(self, a: int, b: int) -> int:
        """The literal of `a OR b`."""
        return self.and_(a ^ 1, b ^ 1) ^ 1

    def xor(self, a: int, b: int) -> int:
        """The literal of `a XOR b`, at most three nodes."""
        self.reserve(3)
        return int(strash.xor_gate(self.graph, a, b))

    def mux(self, select: int, then: int, other: int) -> int:
        """The literal of `then` where `select` is 1, else of `other`; at most three nodes."""
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
        """Name a literal as a primary output."""
        self._outputs.append(Output(name, literal))

    def outputs(self, names: Iterable[str], literals: Iterable[int]) -> None:
        """Name literals as primary outputs; as many as names, or ValueError."""
        for name, literal in zip(names, literals, strict=True):
            self.output(name, literal)

    def point(self, name: str, literal: int) -> None:
        """Name a literal inside the netlist, for proofs and questions."""
        self._points.append(Output(name, literal))

    @classmethod
    def like(cls, aig: Aig, more: int = 0) -> tuple[AigBuilder, list[int]]:
        """With the inputs and latches of a netlist, whose literals are the second part, and with room for its nodes and
        `more`. With `copy` and `build_like`, that is how a netlist is rebuilt with some of it replaced."""
        builder = cls(aig.name, aig.variables + more)
        return builder, [*builder.inputs(aig.inputs), *builder.latches(aig.latches)]

    def copy(self, aig: Aig, leaves: Sequence[int] | Ints, apart: Flags | None = None) -> Ints:
        """Add the ANDs of `aig`. leaves: int64[first_and - 1], what stands for its inputs and latches; apart: bool[n],
        which ANDs get a `buffer` behind them, none by default.

        Returns int64[variables], the new literal of every variable of `aig`.
        """
        self.reserve(len(aig.ands) if apart is None else 2 * len(aig.ands))
        image = np.zeros(aig.variables, np.int64)
        image[1 : aig.first_and] = leaves
        if apart is None:
            strash.strash_all(self.graph, aig.ands, image)
        else:
            strash.strash_apart(self.graph, aig.ands, apart, image)
        return image

    def instance(self, aig: Aig, leaves: Sequence[int] | Ints) -> list[int]:
        """The literals of the outputs of a `copy`."""
        results: list[int] = through(self.copy(aig, leaves), aig.output_literals()).tolist()
        return results

    def build(self, comment: str = "", properties: Properties | None = None, *, every_point: bool = False) -> Aig:
        """The graph so far. Nodes that reach no output, next state or property are dropped, with their points, unless
        `every_point` is kept."""
        return self._build(comment, properties or Properties(), every_point)[0]

    def build_whole(self, *, every_point: bool = False) -> Built:
        """`build`, and what it dropped."""
        aig, reached, number = self._build("", Properties(), every_point)
        dropped = strash.renumber(self.graph.fanins[: len(number)], ~reached, number)
        return Built(aig, dropped, 2 * number)

    def build_like(self, aig: Aig, image: Ints, *, every_point: bool = False) -> Aig:
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

    def _build(self, comment: str, properties: Properties, every_point: bool) -> tuple[Aig, Flags, Ints]:
        """The netlist; which variables of the builder it has, and their numbers in it."""
        for name, literal, _ in self._latches:
            if literal not in self._next:
                raise ValueError(f"latch {name!r} has no next value")
        count = int(self.graph.used[0])
        fanins = self.graph.fanins[:count]
        roots = [output.literal for output in self._outputs] + list(self._next.values()) + properties.literals()
        roots += [point.literal for point in self._points if every_point]
        reached = np.zeros(count, np.bool_)
        strash.mark_graph(fanins, np.array(roots, np.int64), reached)
        number = np.zeros(count, np.int64)
        leaves = [literal for _, literal in self._inputs] + [literal for _, literal, _ in self._latches]
        number[variable_of(np.array(leaves, np.int64))] = np.arange(1, len(leaves) + 1)
        reached[0] = True
        reached[variable_of(np.array(leaves, np.int64))] = True
        ands = strash.renumber(fanins, reached, number)

        image = 2 * number

        def new(literal: int) -> int:
            return through(image, literal)

        aig = Aig(
            inputs=tuple(name for name, _ in self._inputs),
            latches=tuple(Latch(name, new(self._next[literal]), reset) for name, literal, reset in self._latches),
            ands=ands,
            outputs=tuple(Output(output.name, new(output.literal)) for output in self._outputs),
            points=tuple(Output(p.name, new(p.literal)) for p in self._points if reached[p.variable]),
            name=self.name,
            comment=comment,
            properties=properties.mapped(new),
        )
        return aig, reached, number

    def _leaf(self) -> int:
        self.reserve(1)
        variable = int(self.graph.used[0])
        self.graph.used[0] += 1
        return 2 * variable
