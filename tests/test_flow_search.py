"""Where a run stands: for any steps, in any nesting of alternatives, the same rules of what is kept."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.equivalence import Verdict
from bridge.flow.netlist import Netlist
from bridge.flow.recorder import Branch
from bridge.flow.result import StepRecord
from bridge.flow.search import Candidate, Search

ANSWERS = ("equivalent", "undecided", "different", "failed")
Taken = list[tuple[str, int]]  # what became of each step, and the ANDs that it left


def chain(ands: int) -> Aig:
    builder = AigBuilder()
    inputs = [builder.input(f"x{index}") for index in range(ands + 1)]
    last = inputs[0]
    for literal in inputs[1:]:
        last = builder.and_(last, literal)
    builder.output("y", last)
    return builder.build()


CHAINS = [chain(ands) for ands in range(10)]
START = Search.of(Netlist(CHAINS[6]))
TAKEN = st.lists(st.tuples(st.sampled_from(ANSWERS), st.integers(0, 9)), max_size=6)


def after(at: Search, answer: str, ands: int) -> Search:
    verdict = "undecided" if answer == "failed" else answer
    proof = Verdict(verdict, "sweep", 1.0, reason="time" * (verdict != "equivalent"))
    counts, folder = at.current.netlist.counts, f"{at.number:02d}-abc"
    record = StepRecord(at.number, "abc: dc2", counts, 1.0, 0, proof, folder)
    if answer == "failed":
        return at.after(replace(record, failure="failed"))
    if answer == "different":
        return at.rejecting(replace(record, failure="changed the function"))
    return at.accepting(record, Netlist(CHAINS[ands]))


def walked(at: Search, steps: Taken) -> Search:
    for answer, ands in steps:
        at = after(at, answer, ands)
    return at


@settings(max_examples=100)
@given(TAKEN)
def test_what_is_kept(steps: Taken) -> None:
    at = walked(START, steps)
    proven = [ands for answer, ands in steps if answer == "equivalent"]
    assert at.best.size[0] == min([6, *proven])
    assert [step.number for step in at.steps] == list(range(1, len(steps) + 1))
    assert at.number == len(steps) + 1
    assert at.doubted == any(answer == "different" for answer, _ in steps)
    last = max((index for index, step in enumerate(steps) if step[0] == "different"), default=-1)
    undecided = [ands for answer, ands in steps[last + 1 :] if answer == "undecided"]
    assert (at.undecided.size[0] if at.undecided else None) == min(undecided, default=None)
    end, verdict = at.answer()
    assert end.size <= at.input.size
    assert verdict.answer == ("equivalent" if proven or not undecided or min(undecided) >= 6 else "undecided")


@settings(max_examples=100)
@given(TAKEN, st.lists(TAKEN, max_size=3), TAKEN)
def test_alternatives_add_up(before: Taken, ways: list[Taken], more: Taken) -> None:
    at = walked(START, before)
    assert at.joined([]) == at
    ends = [walked(at.way(100 * index), way) for index, way in enumerate(ways)]
    whole = at.joined(ends)
    proven = [ands for steps in (before, *ways) for answer, ands in steps if answer == "equivalent"]
    assert whole.best.size[0] == min([6, *proven])
    assert whole.steps == (*at.steps, *(step for end in ends for step in end.steps))
    assert (whole.current, whole.number) == (at.current, at.number)
    assert whole.doubted == any(search.doubted for search in (at, *ends))
    # A way that is itself trying ways counts with all that they have found.
    inner = [walked(end.way(9), more) for end in ends]
    branches = [Branch(end, [Branch(deep)]) for end, deep in zip(ends, inner, strict=True)]
    nested = at.joined([end.joined([deep]) for end, deep in zip(ends, inner, strict=True)])
    assert Branch(at, branches).so_far() == nested


def test_a_step_back_forgets_what_may_be_wrong() -> None:
    at = walked(START, [("equivalent", 5), ("undecided", 3), ("different", 1)])
    assert at.current is at.proven is at.best
    assert at.undecided is None
    assert at.steps[-1].counts.ands == 5
    kept = walked(START, [("undecided", 3)])
    assert kept.joined([walked(kept.way(2), [("different", 1)])]).undecided is None


def test_it_is_a_value() -> None:
    with pytest.raises(FrozenInstanceError):
        START.number = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        START.best.proven = False  # type: ignore[misc]


def test_doubts_about_one_way_to_a_netlist_follow_it() -> None:
    first = replace(START, proven=replace(START.proven, alone=True))
    assert after(first, "equivalent", 4).best.alone
    assert after(after(START, "equivalent", 5), "equivalent", 4).best == Candidate(
        Netlist(CHAINS[4]), "02-abc/netlist.aig"
    )
