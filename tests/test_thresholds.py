"""Games find small majorities, and whatever they find is the function."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import AigBuilder
from bridge.flow import load_flow, run_flow
from bridge.flow.own import check_own
from bridge.flow.rerun import rerun
from bridge.flow.schema import Flow, Step
from bridge.truth import table_of
from bridge.truth.starts import from_table
from bridge.truth.thresholds import MOST_INPUTS, played
from support.flows import folder_of

PLAY = Flow(name="play", steps=(Step(own=("play -R 12 -M 2",)),))


def threshold(inputs: int, least: int, inverted: bool = False) -> np.ndarray:
    """uint8[1, 2**inputs]"""
    return ((np.bitwise_count(np.arange(1 << inputs)) >= least) ^ inverted).astype(np.uint8)[None]


@settings(max_examples=40)
@given(st.integers(1, 8), st.data(), st.integers(0, 9), st.booleans())
def test_games_keep_the_function_and_never_grow(inputs: int, data: st.DataObject, seed: int, inverted: bool) -> None:
    table = threshold(inputs, data.draw(st.integers(1, inputs)), inverted)
    aig = from_table(table, "muxes")
    found = played(aig, 5, 4, seed)
    assert len(found.ands) <= len(aig.ands)
    assert (found.inputs, found.outputs[0].name) == (aig.inputs, aig.outputs[0].name)
    np.testing.assert_array_equal(table_of(found), table)
    np.testing.assert_array_equal(played(aig, 5, 4, seed).ands, found.ands)


@pytest.mark.parametrize(("inputs", "rounds", "ands"), [(3, 2, 4), (5, 10, 10), (7, 20, 20), (9, 30, 30)])
def test_the_best_known_majorities(inputs: int, rounds: int, ands: int) -> None:
    table = threshold(inputs, inputs // 2 + 1)
    found = played(from_table(table), rounds, 6, 1)
    assert len(found.ands) == ands
    np.testing.assert_array_equal(table_of(found), table)


def test_the_majority_of_eleven() -> None:
    table = threshold(11, 6)
    found = played(from_table(table), 40, 4, 1)
    assert len(found.ands) <= 43
    np.testing.assert_array_equal(table_of(found), table)


@pytest.mark.parametrize("table", [[0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1]])
def test_other_functions_are_left_as_they_are(table: list[int]) -> None:
    aig = from_table(np.array([table], np.uint8))
    assert played(aig, 3, 1, 1) is aig
    two = from_table(np.array([[0, 0, 0, 1], [0, 1, 1, 1]], np.uint8))
    assert played(two, 3, 1, 1) is two


def test_what_is_too_wide_is_left_as_it_is() -> None:
    builder = AigBuilder()
    literals = builder.inputs([f"i{k}" for k in range(MOST_INPUTS + 1)])
    builder.output("o", reduce(builder.and_, literals))
    aig = builder.build()
    assert played(aig, 1, 1, 1) is aig
    builder.point("p", literals[0])
    pointed = builder.build()
    assert played(pointed, 1, 1, 1) is pointed


def test_games_pause_between_rounds() -> None:
    pauses: list[None] = []
    played(from_table(threshold(3, 2)), 5, 2, 1, lambda: pauses.append(None))
    assert len(pauses) == 10


def test_flows_play_and_prove_it(tmp_path: Path) -> None:
    result = run_flow(from_table(threshold(7, 4)), PLAY, out=tmp_path)
    assert result.verdict.answer == "equivalent"
    assert result.ands_after < result.ands_before
    found = rerun(folder_of(result) / "01-own")
    assert found.same_tool
    assert found.verdict is not None
    assert found.verdict.answer == "equivalent"


@pytest.mark.parametrize("command", ["play -R 0", "play -M 0", "play -I 5", "play -R 1001"])
def test_commands_that_are_none(command: str) -> None:
    with pytest.raises(ValueError, match=r"may not have|needs a number"):
        check_own(command)


def test_small_plays() -> None:
    assert load_flow("small").steps[0].own == ("play -R 200",)
