"""How often, and by how much, does one signal affect another? The share of cases beside yes and no.

A case is a state, the inputs of the steps, and another value of the source, all evenly likely: the share is that of the
cases in which the target differs in some step once the source has that value in step 1 instead of its own. Over all
states and inputs it is counted exactly where that ends (every case run, or a BDD), else sampled, with an interval.

On a text the states and inputs are those of random places of it, and the other values are: of a few bits all others; of
`byte` every other symbol of the alphabet; of anything larger, what it is at other places of the text. Of a text model
the mean change of the code length of what follows comes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from typing import Any

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.names import BYTE
from bridge.analysis.cones import check_steps
from bridge.analysis.dependences.counting import CONFIDENCE, SAMPLED, Count, count
from bridge.analysis.dependences.question import ANY_STATE, Question, pose
from bridge.analysis.places import SameNodes, placed, told
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.runs import Runs
from bridge.analysis.signals import Bit, Signal
from bridge.analysis.text.runs import text_runs
from bridge.analysis.unrolling import FREE, View, unroll
from bridge.arrays import Bits, Floats, Ints, Words
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.execution import compile_literals, run, simulate
from bridge.execution.machines.streams import unpack_numbers
from bridge.execution.models import number_bits
from bridge.execution.words import packed, unpacked
from bridge.metadata import read_metadata
from bridge.readout import Readout
from bridge.readout.lengths import change

MEASURED, STRUCTURE = "measured on the text", "no path leads there"
ON_TEXT = "places of the text"
POSITIONS, SAMPLES = 4096, 1 << 16
FEW = 6  # bits of a source of which all other values are tried at every place
ELSEWHERE = 16  # other places whose values are tried for a larger one


@dataclass(frozen=True)
class Graded:
    """`share`: of the cases in which the target differs, exact as a fraction unless sampled or on a text; `low`,
    `high`: an interval that holds it with 95 %; `cases`: how many were run, `swaps`: what the source was changed to;
    `bits_changed`, `bits_added`: mean |change|, and change, of the code length of the byte after each step, summed over
    the steps, on a text; `why`: what stood against an exact count."""

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
    model = model if text is None else asked_at_once(placed(model), [source, target])
    clock = Clock(seconds, memory)
    question = pose(model, source, target, check_steps(steps), clock=clock)
    if not question.live:
        scope = ANY_STATE if text is None else ON_TEXT
        return _told(question, Count(Fraction(0), STRUCTURE, 0.0, 0.0), clock, scope)
    if text is not None:
        return _on_text(question, text, positions, seed, clock)
    found = count(Trial.of(question).form, clock, samples=samples, seed=seed)
    more = of_others(question.source)
    low, high = (min(1.0, float(bound * more)) for bound in (found.low, found.high))
    return _told(question, replace(found, share=found.share * more, low=low, high=high), clock, ANY_STATE)


def of_others(source: Signal) -> Fraction:
    """What the share of all values is to be multiplied by, since to have the value that it has is no case."""
    values = 1 << len(nodes_of(source))
    return Fraction(values, values - 1)


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


@dataclass(frozen=True, eq=False)
class Trial:
    """Both runs as one combinational netlist. Inputs: latches, inputs of every step, then another value of the live
    bits; outputs: whether the target differs, then of both runs the bits to look at in every step."""

    question: Question
    form: Aig

    @classmethod
    def of(cls, question: Question, seen: Sequence[Bit] = ()) -> Trial:
        aig, live, steps = question.aig, question.live, question.steps
        views: list[View] = [(step, bit) for bit in question.target.bits for step in range(1, steps + 1)]
        shown: list[View] = [(step, bit) for step in range(1, steps + 1) for bit in seen]
        forced = dict.fromkeys((bit.variable for bit in live), FREE)
        ours = unroll(aig, [*views, *shown], free=len(live), steps=steps)
        theirs = unroll(aig, [*views, *shown], forced, free=len(live), steps=steps)
        builder = AigBuilder("differs", ours.variables + theirs.variables)
        leaves = builder.inputs(ours.inputs)
        one, other = builder.instance(ours, leaves), builder.instance(theirs, leaves)
        differs = 0
        for a, b in zip(one[: len(views)], other[: len(views)], strict=True):
            differs = builder.or_(differs, builder.xor(a, b))
        builder.output("differs", differs)
        for place, literal in enumerate([*one[len(views) :], *other[len(views) :]]):
            builder.output(f"seen{place}", literal)
        return cls(question, builder.build())


def _on_text(question: Question, text: bytes, positions: int, seed: int, clock: Clock) -> Graded:
    aig, steps = question.aig, question.steps
    readout = read_metadata(aig).readout
    head = [] if readout is None else number_bits(aig, readout.names(serial=False))
    runs = text_runs(aig, text, steps + (readout is not None), positions, seed)
    assert runs.positions is not None
    seen = [Bit(output.name, output.literal) for number in head for output in number]
    trial = Trial.of(question, seen)
    lengths = _Lengths(readout, np.cumsum([len(number) for number in head]), np.frombuffer(text, np.uint8), runs, steps)
    program = compile_literals(trial.form, trial.form.output_literals())
    leaves = np.concatenate([runs.state, *runs.inputs[:steps]])
    streams = 64 * runs.words
    differ, tried, changes = np.zeros(streams), np.zeros(streams), np.zeros((2, streams))
    places = [nodes_of(question.source).index(bit) for bit in question.live]
    swaps, values = other_values(aig, question.source, text, runs, seed)
    why = ""
    for value, apart in values:
        if clock.over and tried.any():
            why = f"not all swaps were tried: {clock.why}"
            break
        rows = run(program, np.concatenate([leaves, value[places]])[None], np.zeros((0, runs.words), np.uint64))[0][0]
        here = unpacked(np.bitwise_or.reduce(apart, axis=0)).astype(np.bool_)
        differ += unpacked(rows[0]) & here
        tried += here
        changes += np.where(here, lengths.changed(rows[1:]), 0.0)
    live = tried > 0
    parts = differ[live] / tried[live]
    share = float(differ.sum() / max(1.0, tried.sum()))
    error = 1.96 * float(parts.std()) / len(parts) ** 0.5 if len(parts) else 1.0
    found = Count(Fraction(share), MEASURED, max(0.0, share - error), min(1.0, share + error), int(tried.sum()), why)
    more: dict[str, Any] = {"swaps": swaps}
    if readout is not None:
        means = changes.sum(axis=1) / max(1.0, tried.sum())
        more |= {"bits_changed": float(means[0]), "bits_added": float(means[1])}
    return _told(question, found, clock, ON_TEXT, **more)


@dataclass(frozen=True, eq=False)
class _Lengths:
    """What code lengths change by: `data` is the text, `runs` start at their places in it."""

    readout: Readout | None
    ends: Ints
    data: Bits
    runs: Runs
    steps: int

    def changed(self, rows: Words) -> Floats:
        """float64[2, streams]: |change| and change, summed over the steps. rows: of both runs, by steps."""
        streams = 64 * self.runs.words
        total = np.zeros((2, streams))
        if self.readout is None:
            return total
        assert self.runs.positions is not None
        ours, theirs = rows.reshape(2, self.steps, -1, self.runs.words)
        for step in range(self.steps):
            nexts = self.data[self.runs.positions + step + 1]
            numbers = (
                unpack_numbers(np.ascontiguousarray(r[step : step + 1]), self.ends, streams)[0] for r in (ours, theirs)
            )
            before, after = (self.readout.code_lengths(some, nexts) for some in numbers)
            difference = change(before, after)
            total += np.stack([np.abs(difference), difference])
        return total


def nodes_of(source: Signal) -> list[Bit]:
    """One bit of each node that it stands for."""
    return list({bit.variable: bit for bit in source.bits if bit.variable}.values())


def other_values(
    aig: Aig, source: Signal, text: bytes, runs: Runs, seed: int
) -> tuple[str, Iterator[tuple[Words, Words]]]:
    """What a source is swapped for on a text, in words; then uint64[nodes, W] values, and where they are other ones."""
    every = nodes_of(source)
    literals = [bit.literal for bit in every]
    own = simulate(aig, np.concatenate([runs.inputs[0], runs.state]), literals)
    if {bit.name for bit in source.bits} == {*BYTE}:
        readout = read_metadata(aig).readout
        symbols = range(256) if readout is None else readout.symbols
        rows = (_constant([byte >> BYTE.index(bit.name) & 1 for bit in every], runs.words) for byte in symbols)
        return "swapped for every other symbol", ((row, row ^ own) for row in rows)
    if len(every) <= FEW:
        numbers = ([number >> place & 1 for place in range(len(every))] for number in range(1, 1 << len(every)))
        masks = (_constant(number, runs.words) for number in numbers)
        return "swapped for every other value", ((own ^ mask, mask) for mask in masks)
    random, elsewhere = np.random.default_rng(seed), text_runs(aig, text, 1, 64 * runs.words, seed + 1)
    flags = unpacked(simulate(aig, np.concatenate([elsewhere.inputs[0], elsewhere.state]), literals))
    turns = (packed(flags[:, random.permutation(flags.shape[1])]) for _ in range(ELSEWHERE))
    return "swapped for its value at other places", ((row, row ^ own) for row in turns)


def _constant(values: Sequence[int], words: int) -> Words:
    column = np.where(np.array(values, np.bool_), ~np.uint64(0), np.uint64(0))
    return np.repeat(column[:, None], words, axis=1)
