"""The graph keeps its invariants, and the builder hashes, folds, numbers and drops what is unused."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder, Latch, Output
from bridge.aig.literals import inverted, larger_first, through, variable_of
from bridge.aig.renumber import with_leaves
from bridge.errors import InputError
from support.naive import evaluate
from support.small_netlists import parity
from support.strategies import aigs

AND = Aig(("a", "b"), (), np.array([[4, 2]]), (Output("y", 6),))


@given(aigs())
def test_random_graphs_are_valid_and_equal_to_themselves(aig: Aig) -> None:
    assert aig.validate() == aig
    assert aig != replace(aig, name=aig.name + "x")
    assert not aig.ands.flags.writeable


def test_a_buffer_is_never_shared_or_folded_but_by_a_copy() -> None:
    builder = AigBuilder("buffers", 2)
    x = builder.input("x")
    places = [builder.buffer(literal) for literal in (x, x, x ^ 1, 1, 0)]
    assert len(set(places)) == len(places)
    assert builder.and_(places[0], places[1]) not in (places[0], places[1], x)
    for index, place in enumerate(places):
        builder.output(f"o[{index}]", place)
    aig = builder.build().validate()
    outputs, _ = evaluate(aig, np.array([[0], [1]]), np.zeros((2, 0)))
    assert outputs.astype(int).tolist() == [[0, 0, 1, 1, 0], [1, 1, 0, 1, 0]]
    again = AigBuilder()
    assert again.instance(aig, [again.input("x")]) == [2, 2, 3, 1, 0]


def test_points_on_unread_nodes_are_kept_on_demand() -> None:
    builder = AigBuilder()
    builder.point("h", builder.and_(builder.input("x"), builder.input("y")))
    assert builder.build().points == ()
    assert [point.name for point in builder.build(every_point=True).points] == ["h"]


@given(aigs(), st.integers(0, 1000))
def test_rebuilding_keeps_the_function_and_never_grows(aig: Aig, seed: int) -> None:
    builder, leaves = AigBuilder.like(aig)
    again = builder.build_like(aig, builder.copy(aig, leaves)).validate()
    assert len(again.ands) <= len(aig.ands)
    rng = np.random.default_rng(seed)
    inputs, state = (rng.integers(0, 2, (64, len(part))) for part in (aig.inputs, aig.latches))
    for one, other in zip(evaluate(aig, inputs, state), evaluate(again, inputs, state), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_builder_hashes_and_folds() -> None:
    builder = AigBuilder()
    a, b = builder.input("a"), builder.input("b")
    assert builder.and_(a, b) == builder.and_(b, a)
    assert (builder.and_(a, 0), builder.and_(a, 1), builder.and_(a, a), builder.and_(a, a ^ 1)) == (0, a, a, 0)
    both = builder.xor(a, b)
    used = int(builder.graph.used[0])
    assert builder.xor(a ^ 1, b) == both ^ 1
    assert int(builder.graph.used[0]) == used


def test_unused_logic_is_dropped_with_its_points() -> None:
    builder = AigBuilder()
    a, b = builder.input("a"), builder.input("b")
    builder.point("dead", builder.and_(a, b))
    kept = builder.or_(a, b)
    builder.point("kept", kept)
    builder.output("y", kept)
    built = builder.build_whole()
    aig = built.aig
    assert aig == builder.build()
    assert len(aig.ands) == 1
    assert [point.name for point in aig.points] == ["kept"]
    assert built.dropped.tolist() == [[4, 2]]
    known = built.literals(np.array([[kept, builder.and_(a, b), -1]]))
    assert known.tolist() == [[aig.outputs[0].literal, 2 * aig.variables, -1]]


@given(aigs(), st.data())
def test_literals_have_words(aig: Aig, data: st.DataObject) -> None:
    literals = st.integers(0, 2 * aig.variables - 1)
    image = np.array(data.draw(st.lists(literals, min_size=aig.variables, max_size=aig.variables)), np.int64)
    some = np.array(data.draw(st.lists(literals)), np.int64)
    for literal in some.tolist():
        assert 2 * variable_of(literal) + inverted(literal) == literal
        assert through(image, literal) ^ through(image, literal ^ 1) == 1
        assert (Output("", literal).variable, Output("", literal).inverted) == (variable_of(literal), inverted(literal))
    assert through(image, some).tolist() == [through(image, literal) for literal in some.tolist()]
    assert np.array_equal(larger_first(aig.ands[:, ::-1]), aig.ands)
    assert [aig.leaves[variable - 1] for variable in range(1, aig.first_latch)] == [*aig.inputs]
    assert aig.leaves[aig.first_latch - 1 :] == tuple(latch.name for latch in aig.latches)


@given(aigs(), st.randoms())
def test_new_numbers_change_nothing(aig: Aig, random: Random) -> None:
    """Nor do inputs that nothing reads, and instances show what the outputs do."""
    inputs = [*aig.inputs, "new"]
    latches = [latch.name for latch in aig.latches]
    random.shuffle(inputs)
    random.shuffle(latches)
    moved = with_leaves(aig, inputs, latches).validate()
    assert with_leaves(moved, [*aig.inputs, "new"], [latch.name for latch in aig.latches]).ands.shape == aig.ands.shape
    builder, leaves = AigBuilder.like(moved)
    places = dict(zip(moved.leaves, leaves, strict=True))
    results = builder.instance(aig, [places[name] for name in aig.leaves])
    assert results == builder.instance(moved, leaves)
    builder.outputs((output.name for output in aig.outputs), results)
    with pytest.raises(ValueError, match="zip"):
        builder.outputs(["one"], [])


def test_growing_past_the_first_capacity() -> None:
    aig = parity(AigBuilder(capacity=4), 40)
    assert len(aig.ands) == 3 * 39
    bits = np.random.default_rng(0).integers(0, 2, (32, 40))
    np.testing.assert_array_equal(evaluate(aig, bits, np.zeros((32, 0)))[0][:, 0], bits.sum(axis=1) % 2 == 1)


def test_levels() -> None:
    aig = Aig(("a", "b", "c"), (), np.array([[4, 2], [8, 6]]), (Output("y", 10),))
    assert aig.levels().tolist() == [0, 0, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (replace(AND, ands=np.array([[6, 2]])), "does not precede"),
        (replace(AND, ands=np.array([[2, 4]])), "larger fanin"),
        (replace(AND, outputs=(Output("y", 8),)), "literals end at 7"),
        (replace(AND, outputs=(Output("y", -1),)), "literals end at 7"),
        (replace(AND, inputs=("a", "a")), "two inputs and latches are named 'a'"),
        (replace(AND, outputs=(Output("y", 6), Output("y", 7))), "two outputs"),
        (replace(AND, points=(Output("p", 6), Output("p", 6))), "two points"),
        (replace(AND, inputs=("a",), latches=(Latch("b", 6, 2),)), "reset 2"),  # type: ignore[arg-type]
    ],
)
def test_broken_graphs_are_named(broken: Aig, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        broken.validate()


def test_a_latch_without_a_next_value_is_a_mistake_of_the_caller() -> None:
    builder = AigBuilder()
    builder.latch("s")
    with pytest.raises(ValueError, match="no next value"):
        builder.build()
