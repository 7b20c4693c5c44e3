"""How often, and by how much, does one signal affect another? The share of cases beside yes and no.

A case is a state, the inputs of the steps, and another value of the source, all evenly likely: the share is that of the
cases in which the target differs in some step once the source has that value in step 1 instead of its own. Over all
states and inputs it is counted exactly where that ends (every case run, or a BDD), else sampled, with an interval.

On a text the states and inputs are those of random places of it, and the other values are: of a few bits all others; of
`byte` every other symbol of the alphabet; of anything larger, what it is at other places of the text. Of a text model
the mean change of the code length of what follows comes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.analysis.cones import check_steps
from bridge.analysis.dependences.cofactors import pair_of
from bridge.analysis.dependences.counting import CONFIDENCE, SAMPLED, Count, count
from bridge.analysis.dependences.question import ANY_STATE, Question, pose
from bridge.analysis.dependences.swaps import runs_on, swaps
from bridge.analysis.dependences.switches import Change, switched
from bridge.analysis.places import SameNodes, placed, told
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.runs import Runs
from bridge.analysis.signals import Bit
from bridge.arrays import Bits, Floats, Ints, Words
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import miter
from bridge.execution.machines.streams import unpack_numbers
from bridge.execution.models import number_bits
from bridge.execution.words import unpacked
from bridge.metadata import read_metadata
from bridge.printable.notebook import Single
from bridge.readout import Readout
from bridge.readout.lengths import change

MEASURED, STRUCTURE = "measured on the text", "no path leads there"
ON_TEXT = "places of the text"
POSITIONS, SAMPLES = 4096, 1 << 16


@dataclass(frozen=True, repr=False)
class Graded(Single):
    """`share`: of the cases in which the target differs, exact as a fraction unless sampled or on a text; `low`,
    `high`: an interval that holds it with 95 %; `cases`: how many were run, `swaps`: what the source was changed to;
    `bits_changed`, `bits_added`: mean |change|, and change, of the code length of the byte after each step, summed over
    the steps, on a text; `method`: how it was counted; `scope`: which cases; `why`: what stood against an exact count;
    `same_node`: as in `Dependence`."""

    source: str
    target: str
    steps: int
    share: float
    method: str
    scope: str
    low: float
    high: float
    seconds: float
    exact: Fraction | None = None
    cases: int = 0
    swaps: str = ""
    bits_changed: float | None = None
    bits_added: float | None = None
    why: str = ""
    same_node: SameNodes = field(default_factory=dict)

    def __str__(self) -> str:
        shown = f"{self.share:.4%}"
        if self.exact is None:
            shown += f" ({self.low:.4%} .. {self.high:.4%} with {CONFIDENCE:.0%})"
        how = f"{self.method}{f', {self.cases:,} cases' if self.cases else ''}, {self.seconds:.2f} s"
        steps = "one step" if self.steps == 1 else f"{self.steps} steps"
        text = f"{shown} ({how}): {self.source} -> {self.target} within {steps}, {self.scope}"
        text += f", {self.swaps}" if self.swaps else ""
        if self.bits_changed is not None:
            text += f"; code length changes by {self.bits_changed:.4f} bits, on balance {self.bits_added:+.4f}"
        return "; ".join(filter(None, [text, self.why, told(self.same_node)]))

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>"

    def to_json(self) -> dict[str, Any]:
        """The fields that have a value; `exact` as a fraction of two integers."""
        facts = {key: value for key, value in vars(self).items() if value not in (None, "")}
        facts["same_node"] = {name: [*others] for name, others in self.same_node.items()}
        if self.exact is not None:
            facts["exact"] = [self.exact.numerator, self.exact.denominator]
        return facts


def graded(
    model: Cell | Aig,
    source: str,
    target: str,
    steps: int = 1,
    *,
    text: bytes | None = None,
    positions: int = POSITIONS,
    samples: int = SAMPLES,
    seed: int = 0,
    seconds: float = 120.0,
    memory: float | None = None,
) -> Graded:
    """The share of cases, see the top of this file. `positions`: places of the text that are tried; `samples`: cases
    where counting does not end. InputError as `affects`."""
    check_text(text)
    model = model if text is None else asked_at_once(placed(model), [source, target])
    clock = Clock(seconds, memory)
    question = pose(model, source, target, check_steps(steps), clock=clock)
    if not question.live:
        scope = ANY_STATE if text is None else ON_TEXT
        return _told(question, Count(Fraction(0), STRUCTURE, 0.0, 0.0), clock, scope)
    if text is not None:
        return _on_text(question, text, positions, seed, clock)
    form, more = differing(question)
    found = count(form, clock, samples=samples, seed=seed)
    low, high = (min(1.0, float(bound * more)) for bound in (found.low, found.high))
    return _told(question, replace(found, share=found.share * more, low=low, high=high), clock, ANY_STATE)


def _told(question: Question, found: Count, clock: Clock, scope: str, **more: Any) -> Graded:
    return Graded(
        question.source.name,
        question.target.name,
        question.steps,
        min(1.0, float(found.share)),
        found.method,
        scope,
        low=found.low,
        high=found.high,
        seconds=round(clock.seconds, 3),
        exact=None if found.method in (SAMPLED, MEASURED) else found.share,
        cases=found.cases,
        why=found.why,
        same_node=question.same_node,
        **more,
    )


def differing(question: Question) -> tuple[Aig, Fraction]:
    """A combinational netlist that says whether the target differs, over all states, inputs and values of the source,
    and what its share is to be multiplied by, since to have the value that it has is no case."""
    pair = pair_of(question.aig, question.live, question.target.bits, question.steps)
    values = 1 << len(question.source.nodes)
    # A single bit is 0 in one run and 1 in the other, several are free: they may be what they are.
    return miter(pair.ours, pair.theirs), Fraction(values, values - 1) * (1 if pair.free else Fraction(1, 2))


def _on_text(question: Question, text: bytes, positions: int, seed: int, clock: Clock) -> Graded:
    aig, nodes, own = question.aig, question.source.nodes, len(question.target.bits)
    runs = runs_on(aig, text, question.steps, positions, seed)
    lengths = _Lengths.of(aig, text, runs)
    prepared = switched(aig, nodes, [*question.target.bits, *lengths.bits])
    base, streams = prepared.base(runs), 64 * runs.words
    before = lengths.of_next(base[:, own:])
    differ, tried, changes = np.zeros(streams), np.zeros(streams), np.zeros((2, streams))
    (words, every), why = swaps(aig, question.source, text, runs, seed), ""
    for inverted in every:
        if clock.over and tried.any():
            why = f"not all swaps were tried: {clock.why}"
            break
        rows = prepared.changed(runs, [Change(range(len(nodes)), inverted)])[:, :, 0]
        here = unpacked(np.bitwise_or.reduce(inverted, axis=0)).astype(np.bool_)
        differ += unpacked(np.bitwise_or.reduce((rows ^ base)[:, :own], axis=(0, 1))) & here
        tried += here
        added = change(before, lengths.of_next(rows[:, own:]))
        changes += np.where(here, [np.abs(added).sum(axis=0), added.sum(axis=0)], 0.0)
    live, count = tried > 0, max(1.0, tried.sum())
    parts, share = differ[live] / tried[live], float(differ.sum() / count)
    error = 1.96 * float(parts.std()) / len(parts) ** 0.5 if len(parts) else 1.0
    found = Count(Fraction(share), MEASURED, max(0.0, share - error), min(1.0, share + error), int(tried.sum()), why)
    more: dict[str, Any] = {"swaps": words}
    if lengths.readout is not None:
        more |= zip(("bits_changed", "bits_added"), (changes.sum(axis=1) / count).tolist(), strict=True)
    return _told(question, found, clock, ON_TEXT, **more)


@dataclass(frozen=True, eq=False)
class _Lengths:
    """What it costs to write the bytes of a text: `nexts`: uint8[steps, streams], those after each step; `bits` of the
    numbers of the head, which end at `ends`; nothing where there is no `readout`."""

    readout: Readout | None
    bits: Sequence[Bit]
    ends: Ints
    nexts: Bits

    @classmethod
    def of(cls, aig: Aig, text: bytes, runs: Runs) -> _Lengths:
        """runs: see `runs_on`."""
        readout = read_metadata(aig).readout
        head = [] if readout is None else number_bits(aig, readout.names(serial=False))
        assert runs.positions is not None
        places = runs.positions + 1 + np.arange(runs.steps if readout else 0)[:, None]
        bits = [Bit(output.name, output.literal) for number in head for output in number]
        return cls(readout, bits, np.cumsum([len(number) for number in head]), np.frombuffer(text, np.uint8)[places])

    def of_next(self, rows: Words) -> Floats:
        """float64[steps, streams] from the bits in every step, uint64[steps, bits, W]."""
        found = np.zeros(self.nexts.shape, np.float64)
        if self.readout is not None:
            numbers = unpack_numbers(np.ascontiguousarray(rows), self.ends, 64 * rows.shape[2])
            for step, nexts in enumerate(self.nexts):
                found[step] = self.readout.code_lengths(numbers[step], nexts)
        return found
