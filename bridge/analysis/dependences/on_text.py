"""Does a change matter anywhere in a text? Every position is run; what many bits together can do there, SAT decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from bridge.aig import Aig
from bridge.analysis.claims.formula import TRUE, Claim
from bridge.analysis.claims.on_text import truth
from bridge.analysis.dependences.answer import Found
from bridge.analysis.dependences.cofactors import SAT_METHOD, Pair, cofactor_answers, pair_of
from bridge.analysis.dependences.question import Question
from bridge.analysis.dependences.switches import Change, change, find_pair, switched
from bridge.analysis.runs import Runs
from bridge.analysis.signals import Signal
from bridge.analysis.text.runs import MOST_UNKNOWN, unknown_resets, visited_runs
from bridge.arrays import Bits, Flags
from bridge.cell import Cell
from bridge.equivalence.clauses import clauses_of, solver_for
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import miter
from bridge.errors import InputError
from bridge.execution.words import in_all_streams, unpacked

EXHAUSTED = 6  # bits of a group of which all changes are run
TRIED = 4  # changes of a larger one
KNOWN = 1 << 18  # situations remembered
_CONFLICTS = 5_000
_SHARE = 0.3

EVERY, EVERY_SAT = "every position of the text was run", f"{SAT_METHOD}, at every position of the text"


def places_where(claim: Claim, model: Cell | Aig, text: bytes) -> Flags:
    """bool[T]: is it true in the step that reads each byte? InputError if it is nowhere."""
    where: Flags = truth(claim, model, text) == TRUE
    if not where.any():
        raise InputError(f"no position of the text satisfies {claim.text!r}")
    return where


def felt_on(question: Question, text: bytes, where: Flags | None = None) -> Found:
    """A latch of unknown reset starts as anything, as far as these are few; where a condition says at which positions,
    bool[T], as 0."""
    aig, target, steps, clock = question.aig, question.target, question.steps, question.clock
    prepared = switched(aig, question.live, target.bits)
    for runs in _visited(aig, text, steps, where):
        witness = find_pair(prepared, runs, [some for group in question.groups for some in _changes(group, runs.words)])
        if witness is not None:
            return Found("yes", "simulation", witness)
    if unknown_resets(aig) > (MOST_UNKNOWN if where is None else 0):
        return Found(
            "undecided", EVERY, why=f"of {unknown_resets(aig)} latches of unknown reset only one start was tried"
        )
    large = [[question.live[place] for place in group] for group in question.groups if len(group) > EXHAUSTED]
    for group in large:
        found = next(cofactor_answers(aig, group, [target], steps, clock.part(_SHARE)))
        if found.answer != "no":
            pair = pair_of(aig, group, target.bits, steps)
            return _at_every_position(pair, target, _situations(pair, text, where), clock)
    return Found("no", f"{SAT_METHOD}, in any state" if large else EVERY)


def _visited(aig: Aig, text: bytes, steps: int, where: Flags | None) -> Iterator[Runs]:
    for runs in visited_runs(aig, text, steps, every_reset=where is None):
        assert runs.positions is not None
        if where is not None:
            runs = replace(runs, positions=np.where(where[runs.positions], runs.positions, -1))
        yield runs


def _changes(group: Sequence[int], words: int) -> list[Change]:
    """All changes of a small group, some of a large one."""
    if len(group) > EXHAUSTED:
        return [change(group, words, seed) for seed in range(TRIED)]
    subsets = (value for value in product((0, 1), repeat=len(group)) if any(value))
    return [Change(group, in_all_streams(np.array(subset), words)) for subset in subsets]


def _at_every_position(pair: Pair, target: Signal, situations: Iterator[tuple[Bits, int]], clock: Clock) -> Found:
    form = miter(pair.ours, pair.theirs)
    with solver_for("a question about a group", clauses_of(form)[0]) as solver:
        for values, position in situations:
            # Input i of the netlist is variable i + 2 of the clauses.
            assumed = [place + 2 if value else -place - 2 for place, value in enumerate(values.tolist())]
            answer = None
            while answer is None:
                if clock.over:
                    why = f"at byte {position:,}: {clock.why}"
                    return Found("undecided", EVERY_SAT, why=why)
                solver.conf_budget(_CONFLICTS)
                answer = solver.solve_limited(assumptions=assumed)
            if answer:
                model = set(solver.get_model())
                vector = np.array([place + 2 in model for place in range(len(form.inputs))], np.uint8)
                witness = pair.witness(vector, target.bits)
                if witness is None:
                    raise AssertionError("a pair of runs that SAT found does not replay")
                return Found("yes", EVERY_SAT, replace(witness, position=position))
    return Found("no", EVERY_SAT)


def _situations(pair: Pair, text: bytes, where: Flags | None) -> Iterator[tuple[Bits, int]]:
    """State and inputs, uint8[latches + steps * inputs], of every position; most of those that come again left out."""
    seen: set[bytes] = set()
    for runs in _visited(pair.aig, text, pair.steps, where):
        assert runs.positions is not None
        rows = unpacked(np.concatenate([runs.state, *runs.inputs])).T
        for values, position in zip(rows, runs.positions.tolist(), strict=True):
            key = np.packbits(values).tobytes()
            if position >= 0 and key not in seen:
                if len(seen) < KNOWN:
                    seen.add(key)
                yield values, position
