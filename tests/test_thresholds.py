"""Comparators make small majorities, and whatever they make is the function."""

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
from bridge.truth.thresholds import MOST_INPUTS, comparators, rebuilt
from support.flows import folder_of

FLOW = Flow(name="thresholds", steps=(Step(own=("thresholds -B 20",)),))


def threshold(inputs: int, least: int, inverted: bool = False) -> np.ndarray:
    """uint8[1, 2**inputs]"""
    return ((np.bitwise_count(np.arange(1 << inputs)) >= least) ^ inverted).astype(np.uint8)[None]


@settings(max_examples=40)
@given(st.integers(1, 8), st.data(), st.integers(1, 9), st.booleans())
def test_comparators_keep_the_function_and_never_grow(
    inputs: int, data: st.DataObject, beam: int, inverted: bool
) -> None:
    table = threshold(inputs, data.draw(st.integers(1, inputs)), inverted)
    aig = from_table(table, "muxes")
    found = rebuilt(aig, beam)
    assert len(found.ands) <= len(aig.ands)
    assert (found.inputs, found.outputs[0].name) == (aig.inputs, aig.outputs[0].name)
    np.testing.assert_array_equal(table_of(found), table)
    np.testing.assert_array_equal(rebuilt(aig, beam).ands, found.ands)


@pytest.mark.parametrize(
    ("inputs", "beam", "ands"), [(3, 1, 4), (5, 5, 10), (7, 20, 20), (9, 20, 30), (11, 500, 40), (13, 300, 52)]
)
def test_the_best_known_majorities(inputs: int, beam: int, ands: int) -> None:
    table = threshold(inputs, inputs // 2 + 1)
    found = rebuilt(from_table(table), beam)
    assert len(found.ands) == ands
    np.testing.assert_array_equal(table_of(found), table)


@pytest.mark.parametrize("inverted", [False, True])
def test_few_of_many_inputs(inverted: bool) -> None:
    """At least one of n inputs is an OR."""
    one, two = threshold(MOST_INPUTS, 1, inverted), threshold(12, 2, inverted)
    found = rebuilt(from_table(one, "muxes"), 2)
    assert len(found.ands) == MOST_INPUTS - 1
    np.testing.assert_array_equal(table_of(found), one)
    np.testing.assert_array_equal(table_of(rebuilt(from_table(two), 10)), two)


@pytest.mark.parametrize("table", [[0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1]])
def test_other_functions_are_left_as_they_are(table: list[int]) -> None:
    aig = from_table(np.array([table], np.uint8))
    assert rebuilt(aig, 3) is aig
    two = from_table(np.array([[0, 0, 0, 1], [0, 1, 1, 1]], np.uint8))
    assert rebuilt(two, 3) is two


def test_comparators_alone_make_no_exclusive_or() -> None:
    assert comparators(np.array([0, 1, 1, 0], np.uint8), 3) is None
    assert comparators(np.array([0, 1, 1, 1], np.uint8), 3) == ([(0, 1)], 1)


def test_only_what_may_be_sorted_is() -> None:
    """a & (b | c): b and c may change places, a and b may not."""
    a, b, c = np.arange(8) >> np.arange(3)[:, None] & 1
    assert comparators((a & (b | c)).astype(np.uint8), 9) == ([(1, 2), (0, 2)], 0)


def test_what_is_too_wide_is_left_as_it_is() -> None:
    builder = AigBuilder()
    literals = builder.inputs([f"i{k}" for k in range(MOST_INPUTS + 1)])
    builder.output("o", reduce(builder.and_, literals))
    aig = builder.build()
    assert rebuilt(aig, 1) is aig
    builder.point("p", literals[0])
    pointed = builder.build()
    assert rebuilt(pointed, 1) is pointed


def test_a_search_pauses_between_levels() -> None:
    pauses: list[None] = []
    rebuilt(from_table(threshold(3, 2)), 5, lambda: pauses.append(None))
    assert len(pauses) == 3  # comparators


def test_flows_rebuild_and_prove_it(tmp_path: Path) -> None:
    result = run_flow(from_table(threshold(7, 4)), FLOW, out=tmp_path)
    assert result.verdict.answer == "equivalent"
    assert result.ands_after < result.ands_before
    found = rerun(folder_of(result) / "01-own")
    assert found.same_tool
    assert found.verdict is not None
    assert found.verdict.answer == "equivalent"


@pytest.mark.parametrize("command", ["thresholds -B 0", "thresholds -B", "thresholds -I 5", "thresholds -B 4001"])
def test_commands_that_are_none(command: str) -> None:
    with pytest.raises(ValueError, match=r"may not have|needs a number"):
        check_own(command)


def test_small_begins_with_thresholds() -> None:
    assert load_flow("small").steps[0].own == ("thresholds -B 1000",)
