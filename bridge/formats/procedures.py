"""`always` blocks of flip-flops -> flops: enables, and synchronous and asynchronous resets.

An asynchronous reset acts in its step: whoever reads the register sees the reset value, and so does the next state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bridge.formats.bits import Bits, Flop, choose, held
from bridge.formats.statements import Always, Edge, Expression, If, Op, Step

_DEEPEST = 200
_Values = dict[str, Expression]


class Words(Protocol):
    """What turns words into bits."""

    def pair(self, target: Expression, value: Expression, line: int) -> list[tuple[str, Expression]]: ...

    def truth(self, condition: Expression, line: int) -> Expression: ...


def add_flops(always: Always, words: Words, bits: Bits) -> None:
    """The registers that the block assigns. InputError when it is not that of flip-flops with one clock."""
    events = [(edge, words.truth(signal, always.line)) for edge, signal in always.events]
    procedure = _Procedure(always, words, bits)
    (edge, clock), at_once = procedure.split(events)
    following = procedure.values(always.body, lambda name: (name,))
    seen = procedure.values(at_once, lambda name: (held(name),))
    for name, value in following.items():
        rising = clock if edge == "posedge" else (*clock, Op.NOT)
        bits.add_flop(name, Flop(value, rising, procedure.lines[name], seen=seen.get(name)))


class _Procedure:
    def __init__(self, always: Always, words: Words, bits: Bits) -> None:
        self.always = always
        self.words = words
        self.bits = bits
        self.lines: dict[str, int] = {}

    def truth(self, condition: Expression) -> Expression:
        return self.bits.shared(self.words.truth(condition, self.always.line), self.always.line)

    def split(self, events: list[tuple[Edge, Expression]]) -> tuple[tuple[Edge, Expression], tuple[Step, ...]]:
        """(the clock, the part of the body that other events cause): those are tested first, one by one."""
        if len(events) == 1:
            return events[0], ()
        tested: list[tuple[If, bool]] = []
        body = self.always.body
        while len(events) > 1:
            step = body[0] if len(body) == 1 else None
            found = self.tested(step, events) if isinstance(step, If) else None
            if found is None or not isinstance(step, If):
                raise self.bits.error(
                    self.always.line, "which event is the clock? `if` must test every other one first"
                )
            place, active = found
            del events[place]
            tested.append((step, active))
            body = step.otherwise if active else step.then
        at_once: tuple[Step, ...] = ()
        for step, active in reversed(tested):
            then, otherwise = (step.then, at_once) if active else (at_once, step.otherwise)
            at_once = (If(step.condition, then, otherwise),)
        return events[0], at_once

    def tested(self, step: If, events: list[tuple[Edge, Expression]]) -> tuple[int, bool] | None:
        """(which event it is, whether the condition holds when that is active)."""
        condition = self.truth(step.condition)
        for place, (edge, signal) in enumerate(events):
            active = signal if edge == "posedge" else (*signal, Op.NOT)
            if condition in (active, _inverse(active)):
                return place, condition == active
        return None

    def values(self, body: tuple[Step, ...], before: Callable[[str], Expression], depth: int = 0) -> _Values:
        """What the body assigns; `before`: what a bit keeps where no assignment happens."""
        if depth > _DEEPEST:
            raise self.bits.error(self.always.line, f"`if` nests deeper than {_DEEPEST}")
        values: _Values = {}

        def kept(name: str) -> Expression:
            return values[name] if name in values else before(name)

        for step in body:
            if not isinstance(step, If):
                assigned = dict(self.words.pair(step.target, step.value, step.line))
                self.lines |= dict.fromkeys(assigned, step.line)
                values |= assigned
                continue
            condition = self.truth(step.condition)
            then = self.values(step.then, kept, depth + 1)
            otherwise = self.values(step.otherwise, kept, depth + 1)
            for name in {**then, **otherwise}:
                value = choose(condition, then.get(name) or kept(name), otherwise.get(name) or kept(name))
                values[name] = self.bits.wire(value, self.always.line)
        return values


def _inverse(signal: Expression) -> Expression:
    return signal[:-1] if signal[-1] is Op.NOT else (*signal, Op.NOT)
