"""A question about two signals, posed: its names resolved, and what the structure already says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.aig import Aig
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.terms import asked_for
from bridge.analysis.cones import reaches
from bridge.analysis.dependences.conditions import Condition, conditioned
from bridge.analysis.places import SameNodes, placed, same_nodes
from bridge.analysis.predicted.outputs import check_source, with_prediction, without_prediction
from bridge.analysis.signals import Bit, Signal, named_bits, resolve, singles
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
    found = reaches(extended, singles(starts.bits), [ends], steps)[:, 0]
    live = {bit.variable: bit for bit, path in zip(starts.bits, found, strict=True) if path and bit.variable}
    same = same_nodes(without_prediction(extended), starts.bits)
    asked = Question(extended, starts, ends, steps, tuple(live.values()), each=each, same_node=same, clock=clock)
    return asked if given is None else _conditioned(asked, given)


def _conditioned(asked: Question, given: Claim) -> Question:
    """The same bits in the netlist with the monitor."""
    machine, condition = conditioned(asked.aig, given)
    known = named_bits(machine)
    source, target = (Signal(s.name, tuple(known[bit.name] for bit in s.bits)) for s in (asked.source, asked.target))
    live = tuple(known[bit.name] for bit in asked.live)
    return replace(asked, aig=machine, source=source, target=target, live=live, condition=condition)
