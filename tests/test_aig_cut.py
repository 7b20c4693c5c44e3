"""Cutting at points and joining again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder, Latch, Output
from bridge.aig.cut import core, cut, cut_pair
from bridge.aig.join import join
from bridge.equivalence.engines import hash_together, simulate_apart
from bridge.errors import InputError
from bridge.execution import simulate
from support.netlists import random_netlist, same_function


@given(st.integers(0, 10**6), st.booleans())
def test_join_undoes_cut(seed: int, hashed: bool) -> None:
    aig = random_netlist(seed)
    form = cut(aig).validate()
    joined = join(aig, form, hashed=hashed).validate()
    assert len(joined.ands) == len(join(aig, form).ands)
    assert not form.latches
    assert same_function(aig, joined)
    assert joined.inputs == aig.inputs
    assert [(latch.name, latch.reset) for latch in joined.latches] == [(x.name, x.reset) for x in aig.latches]
    assert {point.name for point in joined.points} <= {point.name for point in aig.points}
    assert hash_together(core(aig), core(joined))


@given(st.integers(0, 10**6))
def test_joined_points_keep_their_values(seed: int) -> None:
    aig = random_netlist(seed)
    joined = join(aig, cut(aig))
    patterns = np.random.default_rng(seed).integers(0, 1 << 63, (aig.first_and - 1, 4), np.uint64)
    mine = {point.name: point.literal for point in aig.points}
    shared = [point for point in joined.points if point.name in mine]
    assert np.array_equal(
        simulate(aig, patterns, [mine[point.name] for point in shared]),
        simulate(joined, patterns, [point.literal for point in shared]),
    )


@given(st.integers(0, 10**6))
def test_cut_forms_of_a_netlist_with_itself_agree(seed: int) -> None:
    """Also when the other side has the points in another order, or one on a constant."""
    aig = random_netlist(seed)
    ours, theirs = cut_pair(aig, replace(aig, points=aig.points[::-1]))
    assert hash_together(ours, theirs)


def test_points_that_became_one_are_given_one_stand_in() -> None:
    """p and q are the same function in other words; one side has merged them."""

    def build(merged: bool) -> Aig:
        builder = AigBuilder()
        x, y, z = (builder.input(name) for name in "xyz")
        p = builder.and_(x, y)
        q = p if merged else builder.and_(builder.and_(x, builder.or_(x, z)), y)
        builder.output("o", builder.xor(builder.and_(p, z), builder.and_(q ^ 1, y)))
        builder.point("p", p)
        builder.point("q", q ^ 1)
        return builder.build()

    for first, second in ((False, True), (True, False)):
        ours, theirs = cut_pair(build(first), build(second))
        assert simulate_apart(ours, theirs) is None


def test_a_wrong_shape_cannot_be_joined() -> None:
    aig = random_netlist(1)
    form = cut(aig)
    with pytest.raises(InputError, match=f"expected .* {len(form.inputs)} inputs and {len(form.outputs)} outputs"):
        join(aig, replace(form, outputs=form.outputs[:-1]))


def test_the_earliest_point_of_a_circle_is_computed_as_before() -> None:
    builder = AigBuilder()
    x, y, z = (builder.input(name) for name in "xyz")
    p = builder.and_(x, y)
    q = builder.and_(p, z)
    builder.output("o", builder.xor(q, x))
    builder.point("p", p)
    builder.point("q", q)
    aig = builder.build()
    form = cut(aig)
    # The function of p now reads the input that stands for q, and the other way round.
    other = {form.outputs[1].name: 2 * 5, form.outputs[2].name: 2 * 4}
    circular = replace(form, outputs=tuple(replace(o, literal=other.get(o.name, o.literal)) for o in form.outputs))
    joined = join(aig, circular).validate()
    assert [point.name for point in joined.points] == ["p", "q"]
    assert joined.points[0].literal == aig.points[0].literal  # x and y again; q may read p
    assert joined.points[1].literal == joined.points[0].literal


@given(st.integers(0, 10**6))
def test_joined_circles_keep_the_function(seed: int) -> None:
    """Every piece also reads every cut input, to no effect."""
    aig = random_netlist(seed)
    form = cut(aig)
    build = AigBuilder()
    inputs = build.inputs(form.inputs)
    results = build.instance(form, inputs)
    for literal in inputs[aig.first_and - 1 :]:
        results = [build.and_(r, build.or_(build.or_(r, literal), literal)) for r in results]
    build.outputs((output.name for output in form.outputs), results)
    assert same_function(aig, join(aig, build.build()).validate())


def test_unread_latches_and_constants_survive() -> None:
    aig = Aig(("x",), (Latch("s", 4, 1), Latch("t", 2, None)), np.empty((0, 2)), (Output("one", 1), Output("x", 3)))
    assert join(aig, cut(aig)) == aig.validate()
