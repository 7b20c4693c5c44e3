"""The machine a proof is about: what a claim and its condition read, and one output that is 1 where it is broken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.aig.cone import read_by
from bridge.aig.literals import through
from bridge.aig.names import BYTE, CLAIM_FAILS, GIVEN_HOLDS, element, group_of
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.monitor import MISSPELLED, PAST, SEEN, monitor
from bridge.analysis.dependences.replay import values_in
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.proving.steps import laid_out, satisfied
from bridge.arrays import Bits, Ints
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.lowering import lower

BAD, MET = "broken", "met"
_CONDITION, _SHARE = 20.0, 0.2  # seconds for whether it can be met, but no more than that share of them
_ENDING = 3.0  # seconds for what a break ends in
_MOST_STEPS = 16  # that a condition looks back, to be tried one by one
WRITTEN = "written"  # in a closed loop: the latches of the byte that is read next


@dataclass(frozen=True, eq=False)
class Watched:
    """`whole`: the machine with the claim's latches after its own and all its outputs; `aig`: the part of it that is
    read by its two outputs, BAD and MET (the condition holds). A latch that starts as anything has no reset. `history`:
    how many steps claim and condition look back."""

    whole: Aig
    aig: Aig
    history: int = 0

    @property
    def bad(self) -> int:
        return self.aig.outputs[0].literal

    @property
    def met(self) -> int:
        return self.aig.outputs[1].literal

    @property
    def free(self) -> list[str]:
        """The latches of the part that start as anything."""
        return [latch.name for latch in self.aig.latches if latch.reset is None]

    @cached_property
    def ending(self) -> dict[tuple[int, int], int]:
        """What a break forces the last inputs to be: (steps ago, place of the input) -> value; nothing where that is
        not found in a few seconds, as only a search is guided by it."""
        plan = laid_out(self.aig, self.bad, self.history + 1, Clock(_ENDING), anywhere=True)
        if plan is None:
            return {}
        named = {index: plan.named[index] for index, _ in plan.fixed}
        return {(plan.steps - named[i][0], named[i][1]): value for i, value in plan.fixed if named[i][0]}

    def whole_start(self, start: Bits, others: Bits | None = None) -> Bits:
        """uint8[latches of the whole] for those of the part; the others, which the claim does not read, are as in
        `others`, uint8[latches of the whole], or at reset."""
        held = dict(zip((latch.name for latch in self.aig.latches), start.tolist(), strict=True))
        rest = [latch.reset or 0 for latch in self.whole.latches] if others is None else others.tolist()
        pairs = zip(self.whole.latches, rest, strict=True)
        return np.array([held.get(latch.name, value) for latch, value in pairs], np.uint8)

    def broken_at(self, start: Bits, inputs: Bits) -> int:
        """The first step, counted from 1, in which a run breaks the claim, gate by gate in the whole machine; 0: none.
        start: uint8[latches of the part] before the first step; inputs: uint8[T, inputs]."""
        state = self.whole_start(start)
        fails, holds = (self.whole.outputs[place].literal for place in self._places)
        for step, row in enumerate(inputs, 1):
            values = values_in(self.whole, state, row, ())
            if through(values, fails) and through(values, holds):
                return step
            state = through(values, self.whole.next_literals()).astype(np.uint8)
        return 0

    @property
    def _places(self) -> tuple[int, int]:
        names = [output.name for output in self.whole.outputs]
        return names.index(CLAIM_FAILS), names.index(GIVEN_HOLDS)


def watched(model: Cell | Aig, claim: Claim, given: Claim | None, *, any_start: bool) -> Watched:
    """any_start: the latches of the model, not those of the claim, start as anything. InputError as `monitor`."""
    whole = monitor(model, claim, given)
    return _part(_freed(whole) if any_start else whole, looks_back(claim, given))


def looks_back(claim: Claim, given: Claim | None) -> int:
    """How many steps."""
    return max(claim.history, 0 if given is None else given.history)


def closed(model: Cell | Aig, claim: Claim, given: Claim | None, *, any_start: bool) -> Watched:
    """The same for a model that reads what it writes, the likeliest byte: the byte read is held in latches `WRITTEN`,
    which start as anything; there are no inputs. InputError for what is no text model."""
    plain = asked_at_once(lower(model) if isinstance(model, Cell) else model)
    open_ended = monitor(with_prediction(plain, ["argmax"]), claim, given)
    if sorted(open_ended.inputs) != sorted(BYTE):
        raise InputError(f"netlist {plain.name!r} does not read bytes, so it cannot read what it writes")
    known = {output.name: output.literal for output in open_ended.outputs}
    builder = AigBuilder(open_ended.name, open_ended.variables)
    written = {name: builder.latch(element(WRITTEN, bit), None) for bit, name in enumerate(BYTE)}
    latches = builder.latches((_freed(open_ended) if any_start else open_ended).latches)
    image = builder.copy(open_ended, [*(written[name] for name in open_ended.inputs), *latches])
    for bit, name in enumerate(BYTE):
        builder.set_next(written[name], through(image, known.get(element("argmax", bit), FALSE)))
    return _part(builder.build_like(open_ended, image), looks_back(claim, given))


def check_condition(watch: Watched, given: Claim | None, clock: Clock) -> None:
    """InputError when no state and no input satisfies the condition, whatever was read in the steps that it looks back,
    so many or, at the beginning, fewer."""
    if given is None:
        return
    free, clock = _freed(watch.aig), clock.part(_SHARE).within(_CONDITION)
    deep = given.history > _MOST_STEPS  # then only what one step says, whatever the claim's latches hold
    for steps in (1,) if deep else range(given.history + 1, 0, -1):
        met = laid_out(free, watch.met, steps, clock, anywhere=deep)
        if met is None or satisfied(met.form, clock)[0] is not False:
            return
    raise InputError(f"no state and input satisfies {given.text!r}: under it every claim is true")


def _freed(whole: Aig) -> Aig:
    """The latches of the model start as anything; those of the claim do not."""
    extra = {PAST, SEEN, MISSPELLED}
    latches = (each if group_of(each.name) in extra else replace(each, reset=None) for each in whole.latches)
    return replace(whole, latches=tuple(latches))


def _part(whole: Aig, history: int) -> Watched:
    known = {output.name: output.literal for output in whole.outputs}
    roots = np.array([known[CLAIM_FAILS], known[GIVEN_HOLDS]], np.int64)
    seen = read_by(whole, roots)
    builder = AigBuilder(whole.name, whole.variables)
    leaves = builder.inputs(whole.inputs)
    for variable, latch in enumerate(whole.latches, whole.first_latch):
        leaves.append(builder.latch(latch.name, latch.reset) if seen[variable] else FALSE)
    image = builder.copy(whole, leaves)
    for literal, latch in zip(leaves[len(whole.inputs) :], whole.latches, strict=True):
        if literal != FALSE:
            builder.set_next(literal, through(image, latch.next))
    fails, holds = through(image, roots).tolist()
    builder.output(BAD, builder.and_(fails, holds))
    builder.output(MET, holds)
    return Watched(whole, builder.build(), history)


def start_state(aig: Aig, free: Ints | Bits) -> Bits:
    """uint8[latches]: every latch at its reset, those without one with the next value of uint8[n]."""
    values = iter(free.tolist())
    return np.array([next(values) if latch.reset is None else latch.reset for latch in aig.latches], np.uint8)
