"""Compiled programs against a naive evaluator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import evaluate, reset_state

from bridge.aig import Aig, Latch, Output
from bridge.errors import InputError
from bridge.execution import compile_literals, compile_program, run, simulate

Words = npt.NDArray[np.uint64]


@st.composite
def raw_aigs(draw: st.DrawFn) -> Aig:
    """Sequential netlists with nothing folded: constant, equal and complementary fanins, unused nodes, shared roots."""
    inputs, latches, ands = (draw(st.integers(0, high)) for high in (4, 4, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    first = 1 + inputs + latches
    fanins = [np.sort(rng.integers(0, 2 * (first + index), 2))[::-1] for index in range(ands)]
    literals = rng.integers(0, 2 * (first + ands), latches + draw(st.integers(0, 6)))
    resets = [draw(st.sampled_from([0, 1, None])) for _ in range(latches)]
    return Aig(
        inputs=tuple(f"i{index}" for index in range(inputs)),
        latches=tuple(Latch(f"l{index}", int(literals[index]), reset) for index, reset in enumerate(resets)),
        ands=np.array(fanins, np.uint32).reshape(-1, 2),
        outputs=tuple(Output(f"o{index}", int(literal)) for index, literal in enumerate(literals[latches:])),
    ).validate()


def random_words(rng: np.random.Generator, *shape: int) -> Words:
    return rng.integers(0, 2**64, shape, dtype=np.uint64)


def bits(words: Words) -> npt.NDArray[np.bool_]:
    """uint64[n, W] -> bool[64 * W, n]: bit k of word w belongs to stream 64 * w + k."""
    streams = np.arange(64 * words.shape[1])
    return (words.T[streams // 64] >> (streams % 64).astype(np.uint64)[:, None] & np.uint64(1)).astype(bool)


@given(raw_aigs(), st.sampled_from([1, 2, 3, 4, 5, 8, 16, 19, 33]), st.integers(0, 5), st.integers(0, 2**32))
@settings(max_examples=100)
def test_steps_match_the_naive_evaluator(aig: Aig, words: int, steps: int, seed: int) -> None:
    inputs = random_words(np.random.default_rng(seed), steps, len(aig.inputs), words)
    program = compile_program(aig)
    start = program.reset_state(words)
    state = reset_state(aig, 64 * words)
    np.testing.assert_array_equal(bits(start), state)
    outputs, final = run(program, inputs, start)
    for step in range(steps):
        expected, state = evaluate(aig, bits(inputs[step]), state)
        np.testing.assert_array_equal(bits(outputs[step]), expected)
    np.testing.assert_array_equal(bits(final), state)


@given(raw_aigs(), st.sampled_from([1, 3, 8, 17]), st.integers(0, 2**32))
def test_simulate_matches_the_naive_evaluator(aig: Aig, words: int, seed: int) -> None:
    patterns = random_words(np.random.default_rng(seed), len(aig.inputs) + len(aig.latches), words)
    leaves = bits(patterns)
    known = leaves[:, : len(aig.inputs)], leaves[:, len(aig.inputs) :]
    np.testing.assert_array_equal(bits(simulate(aig, patterns)), np.concatenate(evaluate(aig, *known), axis=1))
    every = range(2 * aig.variables)
    observed = replace(aig, outputs=tuple(Output(str(literal), literal) for literal in every))
    np.testing.assert_array_equal(bits(simulate(aig, patterns, every)), evaluate(observed, *known)[0])


def test_running_in_pieces_is_the_same_and_arguments_stay_untouched() -> None:
    aig = Aig(
        inputs=("a",),
        latches=(Latch("s", 6, 1), Latch("t", 4), Latch("u", 11, None)),
        ands=np.array([[4, 2], [11, 8]], np.uint32),
        outputs=(Output("o", 13),),
    ).validate()
    program = compile_program(aig)
    inputs = random_words(np.random.default_rng(1), 9, 1, 5)
    inputs.flags.writeable = False
    start = program.reset_state(5)
    start.flags.writeable = False
    whole, final = run(program, inputs, start)
    first, middle = run(program, inputs[:4], start)
    second, end = run(program, inputs[4:], middle)
    assert np.array_equal(whole, np.concatenate([first, second]))
    assert np.array_equal(final, end)


def chain(length: int) -> Aig:
    """Nodes that each read only the one before and one input."""
    ands = [[4, 2], *([2 * (3 + index) + 1, 2 + 2 * (index % 2)] for index in range(length - 1))]
    last = 2 * (2 + length)
    return Aig(("a", "b"), (), np.array(ands, np.uint32), (Output("o", last),)).validate()


def test_slots_are_reused_and_unneeded_nodes_left_out() -> None:
    program = compile_program(chain(1000))
    assert len(program.code) == 1000
    assert program.slots <= 5
    assert len(compile_literals(chain(1000), [2 * 12]).code) == 10
    assert len(compile_literals(chain(1000), [0, 3]).code) == 0


def test_wrong_shapes_and_literals_are_input_errors() -> None:
    aig = chain(3)
    program = compile_program(aig)
    state = program.reset_state(1)
    for shape in [(1, 3, 1), (2, 1), (1, 2, 0)]:
        with pytest.raises(InputError, match=r"inputs must have shape \[T, 2, W\]"):
            run(program, np.zeros(shape, np.uint64), state)
    with pytest.raises(InputError, match="the state must have shape"):
        run(program, np.zeros((1, 2, 2), np.uint64), np.zeros((1, 2), np.uint64))
    with pytest.raises(InputError, match=r"outside 0 \.\. 11"):
        compile_literals(aig, [12])
