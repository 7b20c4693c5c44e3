"""Cells of integers: the oracle against an evaluator that is plainly right, ranges, rules and files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from bridge.cell import (
    Block,
    Cell,
    Delay,
    Embedding,
    Input,
    Latch,
    Levels,
    Linear,
    Logits,
    Luts,
    Maximum,
    Scores,
    Table,
    Threshold,
    Trees,
    unrolled,
)
from bridge.cell.blocks import KINDS
from bridge.cell.bring import first_difference
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from support.integer_cells import integer_cells, naive_run, random_inputs, random_integer_cell


@given(integer_cells, st.integers(0, 2**32 - 1))
def test_the_oracle_is_right_and_values_keep_their_ranges(cell: Cell, seed: int) -> None:
    given = random_inputs(cell, seed, 5)
    state = cell.reset(1)
    for inputs, expected in zip(given, naive_run(cell, given), strict=True):
        values = cell.read(state, inputs)
        for name, read in cell.ranges.items():
            assert values[name][0].tolist() == expected[name]
            assert ((read.low <= values[name][0]) & (values[name][0] <= read.high)).all()
        state, numbers = cell.step(state, inputs)
        assert numbers.dtype == np.int64
        assert numbers[0].tolist() == expected[cell.last.name]
        assert state.shape == (1, len(cell.state_ranges))
        bits = cell.state_ranges.encode(state)
        assert bits.shape == (1, cell.state_bits)
        np.testing.assert_array_equal(cell.state_ranges.decode(bits), state)


@given(integer_cells, st.integers(0, 2**32 - 1))
def test_a_batch_is_many_single_rows(cell: Cell, seed: int) -> None:
    given = random_inputs(cell, seed, 4)
    state, numbers = cell.step(cell.reset(4), _batch(cell, seed, 4))
    for row, inputs in enumerate(given):
        own, own_numbers = cell.step(cell.reset(1), inputs)
        np.testing.assert_array_equal(state[row], own[0])
        np.testing.assert_array_equal(numbers[row], own_numbers[0])


def test_all_kinds_come_up() -> None:
    cells = [random_integer_cell(seed, 8, state=seed % 2 == 1, text=seed % 4 == 3) for seed in range(60)]
    found = {block.kind for cell in cells for block in cell.blocks}
    assert found == {kind.__name__ for kind in KINDS} - {"Node"}


@given(integer_cells)
def test_files(cell: Cell) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cell.safetensors"
        cell.save(path)
        again, line = Cell.load(path), _metadata(path)
    assert again.digest == cell.digest
    assert line["format"] == (2 if cell.integers else 1)


def _metadata(path: Path) -> dict[str, object]:
    with safe_open(path, framework="numpy") as file:
        facts: dict[str, object] = json.loads(file.metadata()["aigbridge"])
    return facts


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31), st.integers(0, 40)), max_size=5), st.integers(0, 2**32 - 1))
def test_elements_are_held_in_the_fewest_bits(bounds: list[tuple[int, int]], seed: int) -> None:
    low, size = np.array(bounds, np.int64).reshape(-1, 2).T
    ranges = Ranges(low, low + size)
    values = np.random.default_rng(seed).integers(ranges.low, ranges.high + 1, (6, len(bounds)))
    bits = ranges.encode(values)
    np.testing.assert_array_equal(ranges.decode(bits), values)
    for bound, own in zip(zip(ranges.low.tolist(), ranges.high.tolist(), strict=True), ranges.widths, strict=True):
        signed = bound[0] < 0
        holds = [
            -(1 << width - 1) <= bound[0] and bound[1] < 1 << width - 1 if signed else bound[1] < 1 << width
            for width in range(int(signed), 40)
        ]
        assert own == int(signed) + holds.index(True)
    assert ranges.bits == bits.shape[1]


X = Input("x", np.array([-1, 0]), np.array([2, 3]))
BITS = Input("b", np.zeros(2, int), np.ones(2, int))
ONE, NONE = np.ones(1, int), np.zeros(1, int)
TWO = np.ones((1, 2), int)


def scores(*sources: str, width: int = 2) -> Scores:
    return Scores("s", sources, tuple(f"c{index}" for index in range(width)))


BAD: dict[str, tuple[tuple[Block, ...], str]] = {
    "empty input": ((Input("x", np.zeros(0, int), np.zeros(0, int)), scores("x")), "needs a low and a high"),
    "low above high": ((Input("x", np.array([1]), np.array([0])), scores("x", width=1)), "low not above high"),
    "input too large": ((Input("x", np.array([0]), np.array([2**40])), scores("x", width=1)), "must lie in"),
    "input of a text model": (
        (X, Logits("l", ("x",), TWO, np.zeros(1, int), 1.0, b"a")),
        "'x': a cell that ends in Logits reads bytes, and no Input",
    ),
    "columns": ((X, Linear("l", ("x",), np.ones((1, 3), int), np.zeros(1, int)), scores("l")), "a sum reads 2"),
    "biases": ((X, Linear("l", ("x",), TWO, np.zeros(2, int)), scores("l")), "1 rows of weights, but 2 biases"),
    "taps": ((X, Linear("l", ("x",), TWO, np.zeros(1, int), np.array([[0, 2]])), scores("l")), "taps need"),
    "sums": (
        (X, *(Linear(f"l{i}", (f"l{i - 1}" if i else "x",), np.full((2, 2), 2**30), np.zeros(2, int)) for i in (0, 1))),
        r"last block",
    ),
    "too large": (
        (
            X,
            Linear("l", ("x",), np.full((2, 2), 2**30), np.zeros(2, int)),
            Linear("m", ("l",), np.full((2, 2), 2**30), np.zeros(2, int)),
            scores("m"),
        ),
        r"'m': row 0 may reach .* within 2\*\*52",
    ),
    "levels": ((X, Levels("v", "x", np.zeros((3, 1), int)), scores("v")), "rows divide 2"),
    "no levels": ((X, Levels("v", "x", np.zeros((2, 0), int)), scores("v")), "needs numbers of shape"),
    "table": ((X, Table("t", "x", np.zeros((1, 4), int)), scores("t")), r"values for 0..3, but reads -1..3"),
    "table low": ((X, Table("t", "x", np.zeros((1, 5), int), 0.5), scores("t")), "must be a whole number"),  # type: ignore[arg-type]
    "luts of integers": (
        (X, Luts("u", ("x",), np.array([[0]]), np.array([1])), scores("u", width=1)),
        "more than bits",
    ),
    "luts": ((BITS, Luts("u", ("b",), np.array([[2]]), np.array([1])), scores("u", width=1)), "element 2 of 2"),
    "lut table": ((BITS, Luts("u", ("b",), np.array([[0]]), np.array([4])), scores("u", width=1)), "has 2 bits"),
    "seven inputs": ((BITS, Luts("u", ("b",), np.zeros((1, 7), int), np.array([4])), scores("u", width=1)), "1..6"),
    "groups": ((X, Maximum("m", ("x",), np.array([[0, 5]])), scores("m", width=1)), "element 5 of 2"),
    "no group": ((X, Maximum("m", ("x",), np.zeros((0, 2), int)), scores("m")), "a group or more|array of integers"),
    "labels": ((X, scores("x", width=3)), "reads 2 elements, but has 3 distinct labels"),
    "same labels": ((X, Scores("s", ("x",), ("a", "a"))), "1 distinct labels"),
    "label": ((X, Scores("s", ("x",), ("a", "b]"))), "label 'b]' must be printable"),
    "scale": ((X, Scores("s", ("x",), ("a", "b"), float("nan"))), "positive finite"),
    "select": ((X, Latch("m", "x", "x"), scores("m")), "select 'x' must be of bits"),
    "no end": (
        (X, Delay("d", "sum", 1), Linear("sum", ("x", "d"), np.ones((2, 4), int), np.zeros(2, int)), scores("sum")),
        "has no bounds, being defined only by itself: clamp and round what it holds",
    ),
    "ill-formed later": (
        (
            X,
            Delay("d", "sum", 1),
            Linear("l", ("d",), TWO, np.zeros(1, int)),
            Levels("sum", "l", np.zeros((7, 1), int)),
        ),
        "last block",
    ),
    "malformed before it is checked": (
        (
            X,
            Delay("d", "sum", 1),
            Linear("l", ("d",), np.ones((1, 1), int), np.zeros(1, int)),
            Linear("sum", ("x",), np.ones((1, 5), int), np.zeros(1, int)),
            scores("l", width=1),
        ),
        "weights have 5 columns",
    ),
    "thresholds of trees": (
        (
            X,
            Trees("t", ("x",), np.array([[0, -1, -2]]), np.array([0]), np.eye(2, dtype=int), np.zeros(2, int)),
            scores("t"),
        ),
        "1 splits, but 2 thresholds",
    ),
    "no name": (
        (X, Delay("d", "m", 1), Latch("m", "x", 5), scores("d")),  # type: ignore[arg-type]
        "block 'm' reads 5, which is not a name",
    ),
    "two heads": ((X, scores("x"), scores("x")), "two blocks"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_named(case: str) -> None:
    blocks, sentence = BAD[case]
    with pytest.raises(InputError, match=sentence):
        Cell(blocks)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (np.zeros((1, 3), int), r"'x' must be integers of shape \[batch, 2\], not int64\[1, 3\]"),
        (np.zeros((1, 2)), "must be integers"),
        (np.array([[0, 0], [0, 4]]), r"element 1 of row 1 is 4, outside 0\.\.3"),
        ({"y": np.zeros((1, 2), int)}, "is given x, not y"),
    ],
)
def test_inputs_that_do_not_fit(wrong: np.ndarray, sentence: str) -> None:
    cell = Cell((X, scores("x")))
    with pytest.raises(InputError, match=sentence):
        cell.step(cell.reset(2), wrong)


def test_a_network_predicts_no_bytes() -> None:
    cell = Cell((X, scores("x")), "net")
    assert cell.pure
    assert "2 labels" in repr(cell)
    with pytest.raises(InputError, match="cell 'net' gives Scores, not Logits: it predicts no bytes"):
        _ = cell.readout
    numbers = cell.step(cell.reset(3), np.array([[-1, 0], [2, 3], [0, 1]]))[1]
    assert numbers.tolist() == [[-1, 0], [2, 3], [0, 1]]


def test_machines_may_read_bytes_too() -> None:
    cell = Cell((X, Embedding("emb", np.arange(256)[:, None] & 1), Delay("d", "emb", 1), scores("x", "d", width=3)))
    assert cell.reads_byte
    assert not cell.pure
    with pytest.raises(InputError, match="is given byte, x, by name"):
        cell.step(cell.reset(1), np.zeros(1, np.uint8))
    state, _ = cell.step(cell.reset(1), {"byte": np.ones(1, np.uint8), "x": np.zeros((1, 2), int)})
    assert cell.step(state, {"byte": np.zeros(1, np.uint8), "x": np.ones((1, 2), int)})[1].tolist() == [[1, 1, 1]]


def test_a_convolution_is_stored_once() -> None:
    """One kernel of 2x2 over a 3x3 picture with a border below and to the right."""
    pixels = np.arange(9).reshape(3, 3)
    padded = np.pad(pixels, ((0, 1), (0, 1)), constant_values=-1)
    taps = [padded[row : row + 2, column : column + 2].ravel() for row in range(3) for column in range(3)]
    kernels = np.array([[1, 2, 3, 4], [0, 0, 0, -1]])
    cell = Cell(
        (
            Input("x", np.zeros(9, int), np.full(9, 15)),
            Linear("conv", ("x",), kernels, np.array([0, 10]), np.array(taps)),
            Levels("act", "conv", np.array([[10, 60], [0, 7]])),
            Scores("s", ("act",), tuple(map(str, range(18)))),
        )
    )
    picture = np.random.default_rng(1).integers(0, 16, (4, 9))
    sums = cell.read(cell.reset(4), picture)["conv"].reshape(4, 2, 3, 3)
    wide = np.pad(picture.reshape(4, 3, 3), ((0, 0), (0, 1), (0, 1)))
    for row in range(3):
        for column in range(3):
            window = wide[:, row : row + 2, column : column + 2].reshape(4, 4)
            np.testing.assert_array_equal(sums[:, :, row, column], window @ kernels.T + [0, 10])
    assert cell.ranges["conv"].high.max() == 150
    assert cell.widths["act"] == 18


def test_numbers_have_the_narrowest_type_and_levels_are_sorted() -> None:
    for largest, kind in ((127, np.int8), (128, np.int16), (40_000, np.int32)):
        cell = Cell(
            (X, Linear("l", ("x",), [[largest, 1]], [2**40]), Levels("v", "l", [[9, -1]]), scores("v", width=1))
        )  # type: ignore[arg-type]
        assert cell.by_name["l"].tensors()["weights"].dtype == kind
        assert cell.by_name["l"].tensors()["bias"].dtype == np.int64
        assert cell.by_name["v"].tensors()["thresholds"].tolist() == [[-1, 9]]


def test_only_what_needs_it_is_of_the_new_format(tmp_path: Path) -> None:
    bits = Embedding("emb", np.arange(256)[:, None] >> np.arange(2) & 1)
    tree = Trees("t", ("emb",), np.array([[0, -1, -2]]), np.array([0]), np.array([[0], [1]]))
    head = Logits("l", ("t",), np.ones((1, 1), int), np.zeros(1, int), 1.0, b"a")
    for trees, number in (
        (tree, 1),
        (replace(tree, thresholds=np.array([1])), 2),
        (replace(tree, leaves=-tree.leaves), 2),
    ):
        cell = Cell((bits, trees, head))
        cell.save(tmp_path / "c.safetensors")
        assert _metadata(tmp_path / "c.safetensors")["format"] == number
        assert Cell.load(tmp_path / "c.safetensors").digest == cell.digest


def test_a_program_of_old_would_refuse_it(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    random_integer_cell(1).save(path)
    facts = _metadata(path) | {"format": 4}
    save_file(load_file(path), path, {"aigbridge": json.dumps(facts)})
    with pytest.raises(InputError, match="cell format 4 is unknown; this version reads formats 1 to 3"):
        Cell.load(path)


@pytest.mark.parametrize("serial", [True, False])
def test_trees_that_ask_integers_are_unrolled_alike(serial: bool) -> None:
    from bridge.cell import Node

    code = np.array([[1, ~0], [~1, ~2]])
    bits = Embedding("bits", np.arange(256)[:, None] >> np.arange(4) & 1)
    number = Linear("number", ("bits",), np.array([[1, 2, 4, 8]]), np.array([-5]))
    splits = np.array([[1, 1, 2], [0, 3, ~1], [0, ~2, 3], [0, ~0, ~3]])
    trees = Trees(
        "trees", ("number", "place"), splits, np.array([0, 3]), np.array([[3], [-2], [7], [1]]), np.array([1, -2, 4, 0])
    )
    head = Logits("score", ("trees",), np.array([[1, 2]]), np.array([5]), 0.1, b"abc", code)
    cell = Cell((bits, number, Node("place", np.array([[0], [1]])), trees, head))
    parallel = unrolled(cell)
    text = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(parallel.step(parallel.reset(256), text)[1], cell.step(cell.reset(256), text)[1])


@given(integer_cells, st.integers(0, 2**32 - 1))
def test_the_first_difference_is_found(cell: Cell, seed: int) -> None:
    given = random_inputs(cell, seed, 4)
    runs = naive_run(cell, given)
    inputs = {name: np.concatenate([step[name] for step in given]) for name in given[0]}
    expected = {block.name: np.array([run[block.name] for run in runs]) for block in cell.blocks}
    assert first_difference(cell, inputs, expected) is None
    rng = np.random.default_rng(seed)
    row, name = int(rng.integers(4)), str(rng.choice(list(expected)))
    index = int(rng.integers(expected[name].shape[1]))
    for later in range(row, 4):
        expected[name][later, index] += 1
    found = first_difference(cell, inputs, expected)
    assert found is not None
    assert (found.position, found.block, found.index) == (row, name, index)
    assert found.expected == found.found + 1
    assert str(found).startswith(f"{'byte' if cell.reads_byte else 'row'} {row}: ")


def test_long_chains_of_delays_are_cells() -> None:
    count = 490
    for order in (1, -1):
        delays = [Delay(f"d{i}", f"d{i + 1}" if i < count - 1 else "b", 1) for i in range(count)][::order]
        assert Cell((BITS, *delays, scores("b"))).state_bits == 2 * count


def test_neurons_of_integers() -> None:
    cell = Cell((X, Threshold("t", ("x",), np.array([[2, -1]]), np.array([0])), scores("t", width=1)))
    given = np.array([[a, b] for a in range(-1, 3) for b in range(4)])
    assert cell.step(cell.reset(16), given)[1][:, 0].tolist() == (2 * given[:, 0] >= given[:, 1]).astype(int).tolist()


@given(integer_cells, st.integers(0, 2**32 - 1))
def test_sums_over_bits_are_the_sums(cell: Cell, seed: int) -> None:
    values = cell.read(cell.reset(3), _batch(cell, seed, 3))
    for block in cell.summed:
        read = Ranges.joined([cell.ranges[source.removeprefix("old.")] for source in block.sources])
        bits = read.encode(np.concatenate([values[source] for source in block.sources], axis=1)).astype(np.int64)
        row, bit, weight = block.entries(read)
        assert (np.diff(row * max(read.bits, 1) + bit) > 0).all()
        assert weight.all()
        matrix = np.zeros((len(block.constants), read.bits), np.int64)
        matrix[row, bit] = weight
        sums = bits @ matrix.T
        expected = block.bits(values)
        found = (sums >= block.constants).astype(np.int64) if block.COMPARES else sums + block.constants
        np.testing.assert_array_equal(found, expected)


def _batch(cell: Cell, seed: int, size: int) -> dict[str, np.ndarray]:
    given = random_inputs(cell, seed, size)
    return {name: np.concatenate([inputs[name] for inputs in given]) for name in given[0]}


def test_thresholds_may_be_as_far_apart_as_they_can() -> None:
    cell = Cell((X, Levels("v", "x", np.array([[2**31 - 1, -(2**31)]])), scores("v")))
    assert cell.step(cell.reset(1), np.array([[0, 0]]))[1].tolist() == [[1, 1]]
