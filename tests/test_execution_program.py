"""Compiled programs against a naive evaluator."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder, Latch, Output
from bridge.errors import InputError
from bridge.execution import Kernel, Program, compile_literals, compile_program, run, simulate, support
from bridge.execution.compile.operations import END, LENGTHS, OPERATIONS, SHAPES, VARIABLES
from bridge.execution.machines.run import GROUPED
from bridge.execution.words import random_patterns, random_words
from support.naive import evaluate, reset_state

Words = npt.NDArray[np.uint64]
KERNELS: list[Kernel] = ["portable"] if support().fault else ["portable", "native"]


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


@st.composite
def arithmetic(draw: st.DrawFn) -> Aig:
    """Adders, multiplexers and XORs of any literals, at times only one half of an adder used, or its insides too."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    builder = AigBuilder("arithmetic")
    literals = [builder.input(f"i{index}") for index in range(3)]
    latches = [builder.latch(f"l{index}", reset) for index, reset in enumerate((0, 1, None))]
    literals += latches
    for _ in range(draw(st.integers(1, 20))):
        a, b, c = (int(literals[rng.integers(len(literals))]) ^ int(rng.integers(2)) for _ in range(3))
        kind = rng.integers(5)
        if kind < 2:
            literals += builder.full_adder(a, b, c)
        else:
            literals.append([builder.xor(a, b), builder.mux(a, b, c), builder.and_(a, b)][kind - 2])
    chosen = rng.choice(literals, 6) ^ rng.integers(0, 2, 6)
    for latch, literal in zip(latches, chosen, strict=False):
        builder.set_next(latch, int(literal))
    for index in range(3):
        builder.output(f"o{index}", int(chosen[3 + index]))
    return builder.build().validate()


def test_random_words_are_those_that_recorded_results_rest_on() -> None:
    assert random_words(0, 2, 1).tolist() == [[11749869230777074271], [4976686463289251617]]
    one = np.random.default_rng(3)
    again = np.concatenate([random_words(one, 2, 5), random_words(one, 1, 5)])
    assert np.array_equal(again, random_words(3, 3, 5))
    patterns = random_patterns(3, 40, 1)
    assert np.array_equal(patterns[:, :20], random_words(1, 3, 40)[:, :20])
    ones = np.bitwise_count(patterns).sum(axis=0) / (3 * 64)
    assert ones.min() < 0.1 < 0.9 < ones.max()


def bits(words: Words) -> npt.NDArray[np.bool_]:
    """uint64[n, W] -> bool[64 * W, n]: bit k of word w belongs to stream 64 * w + k."""
    streams = np.arange(64 * words.shape[1])
    return (words.T[streams // 64] >> (streams % 64).astype(np.uint64)[:, None] & np.uint64(1)).astype(bool)


@given(
    st.one_of(raw_aigs(), arithmetic()),
    st.sampled_from([1, 2, 3, 8, 9, 17, 64, 70, 130]),
    st.integers(0, 5),
    st.integers(0, 2**32),
    st.sampled_from(KERNELS),
)
@settings(max_examples=100)
def test_steps_match_the_naive_evaluator(aig: Aig, words: int, steps: int, seed: int, kernel: Kernel) -> None:
    inputs = random_words(seed, steps, len(aig.inputs), words)
    program = compile_program(aig)
    start = program.reset_state(words)
    state = reset_state(aig, 64 * words)
    np.testing.assert_array_equal(bits(start), state)
    outputs, final = run(program, inputs, start, kernel)
    for step in range(steps):
        expected, state = evaluate(aig, bits(inputs[step]), state)
        np.testing.assert_array_equal(bits(outputs[step]), expected)
    np.testing.assert_array_equal(bits(final), state)


@given(st.one_of(raw_aigs(), arithmetic()), st.sampled_from([1, 3, 8, 17]), st.integers(0, 2**32))
def test_simulate_matches_the_naive_evaluator(aig: Aig, words: int, seed: int) -> None:
    patterns = random_words(seed, len(aig.inputs) + len(aig.latches), words)
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
    inputs = random_words(1, 9, 1, 5)
    inputs.flags.writeable = False
    start = program.reset_state(5)
    start.flags.writeable = False
    whole, final = run(program, inputs, start)
    first, middle = run(program, inputs[:4], start)
    second, end = run(program, inputs[4:], middle)
    assert np.array_equal(whole, np.concatenate([first, second]))
    assert np.array_equal(final, end)


def majority(builder: AigBuilder, a: int, b: int, c: int, form: int) -> int:
    """The ways in which tools build the carry of an adder."""
    if form == 0:
        return builder.or_(builder.and_(a, b), builder.and_(c, builder.or_(a, b)))
    if form == 1:
        return builder.mux(builder.xor(a, b), c, a)
    return builder.and_(builder.or_(a, b), builder.or_(c, builder.and_(a, b)))


@pytest.mark.parametrize("form", [0, 1, 2])
@pytest.mark.parametrize("flips", range(8))
def test_an_adder_is_one_operation_however_it_is_built(form: int, flips: int) -> None:
    builder = AigBuilder()
    a, b, c = (builder.input(name) ^ (flips >> place & 1) for place, name in enumerate("abc"))
    builder.output("carry", majority(builder, a, b, c, form))
    builder.output("sum", builder.xor(a, builder.xor(c, b)))
    aig = builder.build()
    assert compile_program(aig).operations == 1
    every = np.array([[0xF0], [0xCC], [0xAA]], np.uint64)
    expected = evaluate(aig, bits(every), np.zeros((64, 0), bool))[0]
    np.testing.assert_array_equal(bits(simulate(aig, every)), expected)


@pytest.mark.parametrize("flips", range(16))
def test_an_and_of_an_and_is_one_operation_if_nobody_else_reads_it(flips: int) -> None:
    builder = AigBuilder()
    a, b, c = (builder.input(name) ^ (flips >> place & 1) for place, name in enumerate("abc"))
    inner = builder.and_(a, b)
    builder.output("o", builder.and_(inner ^ (flips >> 3), c))
    alone = builder.build()
    builder.output("inner", inner)
    for aig, operations in ((alone, 1), (builder.build(), 2)):
        assert compile_program(aig).operations == operations
        every = np.array([[0xF0], [0xCC], [0xAA]], np.uint64)
        expected = evaluate(aig, bits(every), np.zeros((64, 0), bool))[0]
        np.testing.assert_array_equal(bits(simulate(aig, every)), expected)


@pytest.mark.parametrize("number", range(len(OPERATIONS)))
def test_an_operation_is_its_shape_on_inverted_operands(number: int) -> None:
    operation, shape = OPERATIONS[number], OPERATIONS[SHAPES.numbers[number]]
    operands = VARIABLES[: operation.inputs]
    inverted = [operand ^ 255 * int(flip) for operand, flip in zip(operands, SHAPES.inverted[number], strict=False)]
    found = [*shape.results(*operands)[:-1], shape.results(*inverted)[-1] ^ 255 * int(SHAPES.inverted[number, 3])]
    assert [table & 255 for table in found] == [table & 255 for table in operation.results(*operands)]


def test_pairs_and_multiplexers_are_one_operation() -> None:
    builder = AigBuilder()
    a, b, c = (builder.input(name) for name in "abc")
    builder.output("mux", builder.mux(a, b ^ 1, c))
    builder.output("xor", builder.xor(b, c))
    builder.output("nor", builder.or_(b, c) ^ 1)
    assert compile_program(builder.build()).operations == 2


@given(st.data())
def test_latches_that_exchange_their_values(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    nexts = data.draw(st.lists(st.integers(0, 2 * count + 1), min_size=count, max_size=count))
    resets = data.draw(st.lists(st.sampled_from([0, 1, None]), min_size=count, max_size=count))
    latches = tuple(Latch(f"l{i}", nexts[i], resets[i]) for i in range(count))
    aig = Aig((), latches, np.zeros((0, 2), np.uint32), tuple(Output(x.name, 2 + 2 * i) for i, x in enumerate(latches)))
    program = compile_program(aig)
    outputs, _ = run(program, np.zeros((4, 0, 1), np.uint64), program.reset_state(1))
    state = reset_state(aig, 64)
    for step in range(4):
        expected, state = evaluate(aig, np.zeros((64, 0), bool), state)
        np.testing.assert_array_equal(bits(outputs[step]), expected)


@pytest.mark.heavy
def test_more_slots_than_sixteen_bits_tell_apart() -> None:
    rng = np.random.default_rng(0)
    ands = [sorted(rng.integers(2, 2 * (5 + index), 2), reverse=True) for index in range(70_000)]
    aig = Aig(tuple("abcd"), (), np.array(ands, np.uint32), ()).validate()
    patterns = random_words(rng, 4, 1)
    values = simulate(aig, patterns, range(2 * aig.variables))
    assert compile_literals(aig, range(2 * aig.variables)).code.dtype == np.uint32
    left, right = (values[aig.ands[:, side]] for side in (0, 1))
    assert np.array_equal(values[2 * aig.first_and :: 2], left & right)
    assert np.array_equal(values[1::2], ~values[::2])


def chain(length: int) -> Aig:
    """Nodes that each read only the one before and one input."""
    ands = [[4, 2], *([2 * (3 + index) + 1, 2 + 2 * (index % 2)] for index in range(length - 1))]
    last = 2 * (2 + length)
    return Aig(("a", "b"), (), np.array(ands, np.uint32), (Output("o", last),)).validate()


def test_slots_are_reused_and_unneeded_nodes_left_out() -> None:
    program = compile_program(chain(1000))
    assert program.operations == 501  # two nodes each, but for the first two, which read only two inputs
    assert program.slots <= 6
    assert compile_literals(chain(1000), [2 * 12]).operations == 6
    assert compile_literals(chain(1000), [0, 3]).operations == 0


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


@given(
    st.one_of(raw_aigs(), arithmetic()),
    st.sampled_from([1, 3, 8, 17, 70]),
    st.sampled_from([1, 5, GROUPED]),
    st.integers(0, 2**32),
)
def test_the_order_for_the_interpreter_computes_the_same(aig: Aig, words: int, steps: int, seed: int) -> None:
    inputs, program = random_words(seed, steps, len(aig.inputs), words), compile_program(aig)
    start, grouped = program.reset_state(words), program.grouped
    mine = run(program, inputs, start, "portable")
    for other in (run(grouped, inputs, start, "portable"), run(grouped, inputs, start)):
        for found, expected in zip(other, mine, strict=True):
            np.testing.assert_array_equal(found, expected)
    assert (grouped.operations, len(grouped.code)) == (program.operations, len(program.code))


def test_the_order_for_the_interpreter_has_like_operations_in_a_row() -> None:
    builder = AigBuilder()
    values = [builder.input(f"i{index}") for index in range(64)]
    while len(values) > 1:
        pairs = list(zip(values[::2], values[1::2], strict=True))
        values = [(builder.and_, builder.xor)[index % 2](a, b) for index, (a, b) in enumerate(pairs)]
    builder.output("o", values[0])
    program = compile_program(builder.build())
    assert kinds(program.grouped) == kinds(program)
    assert 2 * runs(program.grouped) < runs(program)


def sequence_of(program: Program) -> list[int]:
    found, at = [], 0
    while (number := int(program.code[at])) != END:
        found.append(number)
        at += int(LENGTHS[number])
    return found


def kinds(program: Program) -> Counter[int]:
    return Counter(sequence_of(program))


def runs(program: Program) -> int:
    return len(list(groupby(sequence_of(program))))
