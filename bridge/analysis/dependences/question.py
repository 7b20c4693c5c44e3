"""Questions about two signals, or all pairs of many, posed: names resolved, and what the structure already says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import BYTE
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.terms import asked_for
from bridge.analysis.cones import check_steps, reaches
from bridge.analysis.dependences.conditions import Condition, conditioned
from bridge.analysis.places import SameNodes, placed, same_nodes
from bridge.analysis.predicted.outputs import check_source, with_prediction, without_prediction
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import (
    Bit,
    Signal,
    grouped_outputs,
    input_bits,
    listed,
    named_bits,
    resolve,
    resolve_all,
    singles,
    state_bits,
)
from bridge.arrays import Flags
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.errors import InputError

ANY_STATE, REACHABLE, ON_TEXT = "any state", "reachable states", "states and inputs of the text"
SECONDS = 120.0


@dataclass(frozen=True)
class Question:
    """`aig`: with the outputs that the target needs; `live`: bits of the source with a path to the target, one of each
    node; `condition`: what the step must satisfy in which the source is changed; `aig` then has its monitor."""

    aig: Aig
    source: Signal
    target: Signal
    steps: int
    live: tuple[Bit, ...]
    each: bool
    same_node: SameNodes
    clock: Clock
    scope: str = ANY_STATE
    condition: Condition | None = None

    @property
    def groups(self) -> list[list[int]]:
        """Which of the live bits may change together."""
        return [[place] for place in range(len(self.live))] if self.each else [[*range(len(self.live))]]


def pose(
    model: Cell | Aig,
    source: str,
    target: str,
    steps: int,
    *,
    given: Claim | None = None,
    each: bool = False,
    clock: Clock | None = None,
) -> Question:
    """Resolve the names and look at the structure. `clock`: of the answer."""
    clock, aig = clock or Clock(SECONDS), placed(model)
    names = [] if given is None else given.names
    aig = asked_for(aig, names, [source, target])
    extended = with_prediction(aig, [target, *names], [source])
    check_source(aig, extended, source)
    ends, starts = resolve(extended, target), resolve(extended, source)
    made = {output.name for output in (*aig.points, *aig.outputs)}
    for bit in ends.bits:
        if 0 < bit.variable <= len(aig.inputs) and bit.name in aig.inputs and bit.name not in made:
            raise InputError(f"{bit.name} is an input: nothing affects it")
    live = _live(extended, starts, ends, steps)
    same = same_nodes(without_prediction(extended), starts.bits)
    asked = Question(extended, starts, ends, steps, live, each=each, same_node=same, clock=clock)
    return asked if given is None else _conditioned(asked, given)


def _live(aig: Aig, source: Signal, target: Signal, steps: int) -> tuple[Bit, ...]:
    """The nodes of a source that a path leads from."""
    found = reaches(aig, singles(source.bits), [target], steps)[:, 0]
    return Signal(source.name, tuple(bit for bit, path in zip(source.bits, found, strict=True) if path)).nodes


def _conditioned(asked: Question, given: Claim) -> Question:
    """The same bits in the netlist with the monitor."""
    machine, condition = conditioned(asked.aig, given)
    known = named_bits(machine)
    source, target = (Signal(s.name, tuple(known[bit.name] for bit in s.bits)) for s in (asked.source, asked.target))
    live = tuple(known[bit.name] for bit in asked.live)
    return replace(asked, aig=machine, source=source, target=target, live=live, condition=condition)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Each of many sources with each of many targets. `aig`: with the outputs that these need; `same_node`: as in
    `Question`."""

    aig: Aig
    sources: tuple[Signal, ...]
    targets: tuple[Signal, ...]
    steps: int
    same_node: SameNodes

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return tuple(source.name for source in self.sources), tuple(target.name for target in self.targets)

    @property
    def nodes(self) -> tuple[list[Bit], list[range]]:
        """Bits on the nodes of all sources, and which of these are those of each."""
        nodes = [source.nodes for source in self.sources]
        bounds = np.cumsum([0, *map(len, nodes)]).tolist()
        return [bit for some in nodes for bit in some], [range(*ends) for ends in pairwise(bounds)]

    @property
    def found(self) -> Flags:
        """bool[sources, targets]: does any path lead there?"""
        return reaches(self.aig, self.sources, self.targets, self.steps)

    def question(self, source: int, target: int, clock: Clock) -> Question:
        """One of them."""
        start, end = self.sources[source], self.targets[target]
        live = _live(self.aig, start, end, self.steps)
        return Question(self.aig, start, end, self.steps, live, each=False, same_node=self.same_node, clock=clock)

    def taken_apart(self) -> Pairs:
        """Every bit of every group alone."""
        sources = singles(bit for source in self.sources for bit in source.bits)
        return replace(self, sources=sources, targets=singles(bit for target in self.targets for bit in target.bits))


def pose_all(
    model: Cell | Aig,
    sources: str | Iterable[str] | None,
    targets: str | Iterable[str] | None,
    steps: int,
    *,
    at_once: bool,
    whole_byte: bool = False,
) -> Pairs:
    """Resolve the names, by default of all state bits and inputs (`whole_byte`: the byte is one of these), and of all
    state bits and outputs, those of a number together. `at_once`: a serial netlist is asked about all code nodes."""
    given, wanted = ([] if names is None else listed(names) for names in (sources, targets))
    aig = placed(model)
    aig = with_prediction(asked_at_once(aig, [*given, *wanted]) if at_once else aig, wanted, given)
    rows, columns = resolve_all(aig, given), resolve_all(aig, wanted)
    if sources is None:
        together = BYTE if whole_byte else ()
        byte = tuple(bit for bit in input_bits(aig) if bit.name in together)
        others = (bit for bit in input_bits(aig) if bit.name not in together)
        rows = [*singles([*state_bits(aig), *others]), *([Signal("byte", byte)] if byte else [])]
    if targets is None:
        columns = [*singles(state_bits(aig)), *grouped_outputs(aig)]
    same = same_nodes(without_prediction(aig), (bit for row in rows for bit in row.bits))
    return Pairs(aig, tuple(rows), tuple(columns), check_steps(steps), same)
