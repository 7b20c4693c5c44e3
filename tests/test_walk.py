"""Walks keep the function, whatever way they take, and flows may take them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import AigBuilder
from bridge.errors import InputError
from bridge.flow import load_flow, run_flow
from bridge.flow.own import check_own
from bridge.flow.rerun import rerun
from bridge.flow.schema import Flow, Step
from bridge.truth import read_truth, table_of
from bridge.truth.starts import from_table
from bridge.truth.walk import MOST_INPUTS, walked
from support.command_line import Call
from support.flows import folder_of
from support.strategies import aigs

WALK = Flow(name="walk", steps=(Step(own=("walk -I 3000 -H 50 -S 2",)),))


@settings(max_examples=50)
@given(st.data(), st.integers(0, 99), st.sampled_from([0.0, 0.5, 1.0]))
def test_walks_keep_the_function_and_never_grow(data: st.DataObject, seed: int, heat: float) -> None:
    aig = data.draw(aigs(latches=0, least_outputs=1).filter(lambda aig: not aig.points))
    found = walked(aig, 300, heat, seed)
    assert len(found.ands) <= len(aig.ands)
    assert (found.inputs, [o.name for o in found.outputs]) == (aig.inputs, [o.name for o in aig.outputs])
    np.testing.assert_array_equal(table_of(found), table_of(aig))


@pytest.mark.parametrize("outputs", [1, 3])
def test_walks_through_tables_of_many_words(outputs: int) -> None:
    table = (np.random.default_rng(outputs).random((outputs, 256)) < 0.5).astype(np.uint8)
    aig = from_table(table)
    found = walked(aig, 2500, 0.3, 1)
    assert len(found.ands) < len(aig.ands)
    np.testing.assert_array_equal(table_of(found), table)
    np.testing.assert_array_equal(walked(aig, 2500, 0.3, 1).ands, found.ands)


def test_the_majority_of_nine(shared: Path) -> None:
    """The best known has 32 ANDs; an adder tree, 40."""
    table = read_truth(shared / "data" / "iwls2022" / "ex12.truth")
    found = walked(from_table(table), 60_000, 0.2, 0)
    assert len(found.ands) <= 36
    np.testing.assert_array_equal(table_of(found), table)


def wide(inputs: int) -> AigBuilder:
    builder = AigBuilder()
    literals = builder.inputs([f"i{k}" for k in range(inputs)])
    total = 0
    for literal in literals:
        total = builder.or_(total, builder.and_(literal, literals[0]))
    builder.output("o", total)
    return builder


def test_what_is_too_wide() -> None:
    with pytest.raises(InputError, match="at most 16 inputs"):
        walked(wide(MOST_INPUTS + 1).build(), 10, 0.0, 1)


def test_flows_take_walks_and_prove_them(tmp_path: Path) -> None:
    aig = wide(10).build()
    result = run_flow(aig, WALK, out=tmp_path)
    assert result.verdict.answer == "equivalent"
    assert result.ands_after == 0 < result.ands_before
    found = rerun(folder_of(result) / "01-own")
    assert found.same_tool
    assert found.verdict is not None
    assert found.verdict.answer == "equivalent"


def test_what_a_flow_has_instead() -> None:
    step = Step(own=("walk -I 10",), instead=("dc2",))
    result = run_flow(wide(20).build(), Flow(name="wide", steps=(step,)))
    assert [each.label for each in result.steps] == ["own: walk -I 10", "instead, abc: dc2"]
    assert "at most 16 inputs" in result.steps[0].failure
    assert result.verdict.answer == "equivalent"
    assert not result.failed


@pytest.mark.parametrize("scope", [None, "block"])
def test_what_is_too_wide_is_left_out_and_did_not_fail(scope: str | None) -> None:
    walk = Step.model_validate({"own": ("walk -I 10",)} | ({"scope": scope} if scope else {}))
    ways = ((walk,), (Step(abc=("dc2",)),))
    result = run_flow(wide(20).build(), Flow(name="wide", on_error="stop", steps=(Step(best_of=ways),)))
    assert [step.outcome for step in result.steps] == ["left out", "equivalent"]
    assert result.steps[0].failure.startswith("left out: ")
    assert not result.failed
    assert result.reproducible


def test_walks_end_with_their_time() -> None:
    limited = Step.model_validate({"own": ("walk -I 100000000",), "limits": {"seconds": 0.01}})
    steps = (limited, Step(abc=("dc2",)))
    result = run_flow(wide(12).build(), Flow(name="short", steps=steps))
    assert "passed the limit of 0.01 s" in result.steps[0].failure


def test_pauses_change_nothing_and_come_sooner_where_steps_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    aig = from_table((np.random.default_rng(2).random((1, 256)) < 0.5).astype(np.uint8))
    pauses: list[None] = []
    found = walked(aig, 500, 0.5, 1, lambda: pauses.append(None))
    assert len(pauses) == 1
    monkeypatch.setattr("bridge.truth.walk._WORDS", 1)
    np.testing.assert_array_equal(walked(aig, 500, 0.5, 1, lambda: pauses.append(None)).ands, found.ands)
    assert len(pauses) == 501


def test_a_walk_of_many_steps_takes_no_more_memory() -> None:
    def enough() -> None:
        raise TimeoutError

    tracemalloc.start()
    with pytest.raises(TimeoutError):
        walked(wide(12).build(), 100_000_000, 0.2, 1, enough)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.mark.parametrize("command", ["wander", "walk -Q 1", "walk -I", "walk -I x", "walk -H 101", "walk -I -1", ""])
def test_commands_of_our_own_that_are_none(command: str) -> None:
    with pytest.raises(ValueError, match=r"may not have|is not among|needs a number"):
        check_own(command)


def test_small_walks_and_needs_no_more_tools(call: Call) -> None:
    assert any(step.own for step in load_flow("small").steps)
    assert call("flows", "check", "small", "--json").json["tools"] == ["abc"]
