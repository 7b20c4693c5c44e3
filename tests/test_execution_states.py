"""A text run through a model: what is held at each place is what reading byte after byte gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import AigBuilder
from bridge.cell import Cell
from bridge.execution import compile_program, run, states
from bridge.execution.states import Reading, drive, excerpts, random_excerpts, rows_of, values_on
from bridge.execution.words import packed, random_words, unpacked
from bridge.lowering import lower
from support.cells import cells


@given(st.integers(0, 3), st.integers(0, 200), st.integers(0, 99))
def test_streams_go_into_words_and_come_back(rows: int, streams: int, seed: int) -> None:
    flags = np.random.default_rng(seed).integers(0, 2, (rows, streams)).astype(np.uint8)
    words = packed(flags)
    assert words.shape == (rows, -(-streams // 64))
    np.testing.assert_array_equal(unpacked(words, streams), flags)
    for row, stream in np.argwhere(flags):
        assert int(words[row, stream // 64]) >> int(stream % 64) & 1


@given(st.integers(2, 60), st.integers(0, 99))
def test_excerpts_end_before_the_last_byte(steps: int, seed: int) -> None:
    places = random_excerpts(steps + 2, steps, 9, np.random.default_rng(seed))
    assert places.shape == (steps, 9)
    assert set(places[0]) == {0}
    np.testing.assert_array_equal(places, excerpts(places[0], steps))


@given(cells, st.binary(min_size=1, max_size=30), st.integers(0, 20))
def test_a_cell_stays_at_reset_before_the_text(cell: Cell, text: bytes, before: int) -> None:
    data = np.frombuffer(text, np.uint8)
    state = cell.reset(1)
    for step, values in enumerate(values_on(cell, data, np.arange(-before, len(data))[:, None])):
        if step >= before:
            expected = cell.read(state, data[step - before : step - before + 1])
            state = cell.following(expected)
            for name, bits in expected.items():
                np.testing.assert_array_equal(values[name], bits)


def test_inputs_are_driven_by_the_bits_of_numbers_and_others_left() -> None:
    builder = AigBuilder("mixed")
    for name in ("node[1]", "free", "byte[7]", "byte[0]"):
        builder.output(name, builder.input(name))
    aig = builder.build()
    numbers = {"byte": np.array([[0x80, 1, 0]]), "node": np.array([[2, 0, 3]])}
    inputs = np.full((1, 4, 1), 99, np.uint64)
    assert drive(aig, inputs, numbers) == ["free"]
    assert inputs[0, :, 0].tolist() == [0b101, 99, 0b001, 0b010]


@pytest.mark.parametrize("held", [1, 40, 1 << 22])
def test_rows_come_in_pieces_that_change_nothing(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "HELD", held)
    builder = AigBuilder("toggle")
    latch = builder.latch("t", 0)
    builder.set_next(latch, builder.xor(latch, builder.input("a")))
    builder.output("t", latch)
    program = compile_program(builder.build())
    inputs = random_words(0, 13, 1, 2)
    outputs, last = run(program, inputs, program.reset_state(2))
    pieces = list(rows_of(program, inputs, program.reset_state(2)))
    np.testing.assert_array_equal(np.concatenate([rows for _, rows, _ in pieces]), outputs)
    np.testing.assert_array_equal(pieces[-1][2], last)
    lengths = [len(rows) for _, rows, _ in pieces]
    assert [start for start, _, _ in pieces] == [0, *np.cumsum(lengths)[:-1]]


@given(cells, st.integers(1, 300), st.integers(0, 99))
def test_states_before_a_byte_are_those_of_one_stream(cell: Cell, length: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    data, positions = random.integers(0, 256, length).astype(np.uint8), np.sort(random.integers(0, length, 5))
    aig = lower(cell)
    state, expected = cell.reset(1), []
    for byte in data:
        expected.append(state[0])
        state = cell.step(state, np.array([byte]))[0]
    found = Reading(aig, data, np.array([latch.reset == 1 for latch in aig.latches], np.bool_)).before(positions)
    np.testing.assert_array_equal(found.T, np.array(expected, np.bool_)[positions])
