"""The lowered netlist computes what the oracle computes, bit for bit, and stays as small as measured."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.typed import List

import bridge.lowering
from bridge.aig import AigBuilder
from bridge.aig.names import element
from bridge.aig.stats import depth
from bridge.cell import Automaton, Cell, Delay, Embedding, Logits, Threshold
from bridge.cell.blocks import one_hot
from bridge.corpus import load_corpus
from bridge.execution import bits_per_byte, simulate
from bridge.execution.words import packed, random_words
from bridge.lowering import lower
from bridge.lowering.blocks import lower_blocks
from bridge.lowering.decoded import lower_decoded, lower_shallow, lower_smallest
from bridge.lowering.embedding import lower_table, padded
from bridge.lowering.endings import ending, ending_cost
from bridge.lowering.plan import PLAIN, SMALL
from bridge.lowering.rows import rows_of
from bridge.lowering.sharing import plan_of
from bridge.lowering.timing import deadlines_of
from bridge.metadata import Care, Objective, read_metadata
from support.cells import cells, random_cell, tree_cells
from support.naive import byte_inputs, evaluate, logits_of, numbers_of, reset_state
from support.prototype_cells import load_prototype

OBJECTIVES = get_args(Objective)


def assert_same_steps(cell: Cell, steps: int, batch: int, seed: int = 0, objective: Objective = "area") -> None:
    aig = lower(cell, objective=objective)
    text = np.random.default_rng(seed).integers(0, 256, (steps, batch)).astype(np.uint8)
    state, bits = cell.reset(batch), reset_state(aig, batch)
    for symbols in text:
        state, logits = cell.step(state, symbols)
        outputs, bits = evaluate(aig, byte_inputs(symbols), bits)
        np.testing.assert_array_equal(logits_of(aig, outputs), logits)
        np.testing.assert_array_equal(bits, state)


@given(tree_cells)
def test_apart_reads_any_state_as_the_oracle(cell: Cell) -> None:
    """Also codes that an automaton never holds."""
    aig = lower(cell, apart=True)
    random = np.random.default_rng(0)
    state = random.integers(0, 2, (16, cell.state_bits)).astype(np.uint8)
    text = random.integers(0, 256, 16).astype(np.uint8)
    inputs = np.zeros((16, len(aig.inputs)), bool)
    inputs[:, :8] = byte_inputs(text)
    outputs, following = evaluate(aig, inputs, state)
    expected, numbers = cell.step(state, text)
    np.testing.assert_array_equal(following, expected)
    np.testing.assert_array_equal(numbers_of(aig, outputs)[:, 0], numbers[:, 0])  # of a serial head that of node 0


@pytest.mark.heavy
@given(cells, st.sampled_from(OBJECTIVES))
def test_random_cells_step_like_the_oracle(cell: Cell, objective: Objective) -> None:
    assert_same_steps(cell, steps=5, batch=16, objective=objective)


@pytest.mark.heavy
@given(st.one_of(cells, tree_cells))
def test_apart_is_the_same_with_a_node_for_every_place(cell: Cell) -> None:
    plain, apart = lower(cell), lower(cell, apart=True)
    patterns = random_words(0, plain.first_and - 1, 2)
    for name, part in cell.state_slices.items():
        block = cell.by_name[name]
        if isinstance(block, Automaton):  # a code of several states is read as the first, apart alone
            codes = one_hot(np.random.default_rng(0).integers(len(block.following), size=128), len(block.following))
            patterns[len(plain.inputs) + part.start : len(plain.inputs) + part.stop] = packed(codes.T)
    np.testing.assert_array_equal(simulate(plain, patterns), simulate(apart, patterns))
    places = [*apart.points, *apart.outputs]
    assert len({place.literal >> 1 for place in places}) == len(places)
    assert all(place.literal % 2 == 0 and place.literal >> 1 >= apart.first_and for place in places)
    assert [point.name for point in apart.points] == [
        element(block.name, bit)
        for block in cell.blocks[:-1]
        if not isinstance(block, Delay)
        for bit in range(cell.widths[block.name])
    ]


def one_neuron(weights: list[int], threshold: int) -> Cell:
    table = (np.arange(256)[:, None] * 2654435761 >> np.arange(len(weights)) % 24 & 1).astype(np.uint8)
    emb = Embedding("emb", table)
    neuron = Threshold("n", ("emb",), np.array([weights]), np.array([threshold]))
    return Cell((emb, neuron, Logits("logit", ("n",), np.array([[1], [-1]]), np.array([0, 3]), 1.0, b"ab")))


@pytest.mark.heavy
@pytest.mark.parametrize("fan_in", [1, 2, 3, 7, 24, 200])
@pytest.mark.parametrize("weight", [-4, -1, 1, 3])
def test_every_threshold_of_a_neuron(fan_in: int, weight: int) -> None:
    reach = abs(weight) * fan_in
    for threshold in {-reach - 1, -reach, -1, 0, 1, reach // 3, reach, reach + 1, 2**31 - 1, -(2**31)}:
        assert_same_steps(one_neuron([weight] * fan_in, threshold), steps=1, batch=64)


@pytest.mark.parametrize(("fan_in", "threshold", "most"), [(5, 3, 10), (5, 4, 10), (6, 3, 15), (6, 4, 15), (7, 4, 20)])
@pytest.mark.parametrize("pair", [False, True])
def test_endings_against_truth_tables(fan_in: int, threshold: int, most: int, pair: bool) -> None:
    """With a pair, its two bits are one a OR b, a AND b, of two inputs."""
    builder = AigBuilder()
    bits = [builder.input(f"x{index}") for index in range(fan_in)]
    high, low = (builder.or_(*bits[:2]), builder.and_(*bits[:2])) if pair else (0, 0)
    builder.reserve(100)
    out = ending(builder.graph, List(bits[2 * pair :]), np.int64(high), np.int64(low), threshold)
    builder.output("out", int(out))
    aig = builder.build()
    table = np.arange(1 << fan_in)[:, None] >> np.arange(fan_in) & 1
    outputs, _ = evaluate(aig, table, np.zeros((len(table), 0)))
    np.testing.assert_array_equal(outputs[:, 0], table.sum(axis=1) >= threshold)
    assert len(aig.ands) == most == ending_cost(fan_in, threshold)


@given(st.lists(st.sampled_from([1, 2, -1, -2, 4]), min_size=1, max_size=9), st.sampled_from(OBJECTIVES))
def test_every_threshold_of_small_neurons(weights: list[int], objective: Objective) -> None:
    total = sum(map(abs, weights))
    rows = np.tile(weights, (total + 2, 1))
    thresholds = np.arange(total + 2) + np.minimum(weights, 0).sum()
    table = (np.arange(256)[:, None] * 40503 >> np.arange(len(weights)) & 1).astype(np.uint8)
    parts = (Embedding("emb", table), Threshold("n", ("emb",), rows, thresholds))
    cell = Cell((*parts, Logits("l", ("n",), np.ones((1, len(rows)), int), np.zeros(1, int), 1.0, b"a")))
    assert_same_steps(cell, steps=1, batch=256, objective=objective)


def test_a_stage_leaves_what_it_is_given_as_it_is() -> None:
    cell = Cell.load("tiny")
    rows, again = rows_of(cell), rows_of(cell)
    plan = plan_of(rows, SMALL, deadlines_of(lower(cell, objective="plain"), rows.signals(cell), 1.2))
    assert len(plan.shared.inputs)
    for mine, fresh in zip((*rows.columns, *rows.ends), (*again.columns, *again.ends), strict=True):
        np.testing.assert_array_equal(mine, fresh)


def test_no_block_is_read_before_it_is_made() -> None:
    cell = random_cell(3)
    rows = rows_of(cell)
    making = lower_blocks(cell, rows, plan_of(rows, PLAIN), np.ones(256, np.bool_), apart=False)
    making.known[rows.variables["emb"]] = -1
    with pytest.raises(ValueError, match="emb is read before it is lowered"):
        making.literals("emb")


def test_the_page_of_the_lowering_names_every_file() -> None:
    page, folder = bridge.lowering.__doc__ or "", Path(bridge.lowering.__file__).parent
    missing = {path.name for path in folder.glob("*.py") if f"`{path.name}`" not in page}
    assert missing == {"__init__.py"}


@pytest.mark.parametrize("threshold", [-1, 0, 1])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_neuron_whose_literals_cancel(threshold: int, objective: Objective) -> None:
    table = (np.arange(256)[:, None] & 1).astype(np.uint8)
    neuron = Threshold("n", ("emb", "emb"), np.array([[1, -1]]), np.array([threshold]))
    head = Logits("l", ("n", "emb"), np.array([[1, 1]]), np.zeros(1, int), 1.0, b"a")
    assert_same_steps(Cell((Embedding("emb", table), neuron, head)), steps=1, batch=64, objective=objective)


def test_a_neuron_of_one_literal_is_a_wire() -> None:
    assert len(lower(one_neuron([5], 5)).ands) == len(lower(one_neuron([1], 1)).ands)


def test_names_points_and_metadata() -> None:
    cell = random_cell(3)
    aig = lower(cell)
    assert aig.inputs == tuple(f"byte[{bit}]" for bit in range(8))
    assert [latch.name for latch in aig.latches][:2] == ["state.past[0]", "state.past[1]"]
    assert len(aig.latches) == cell.state_bits
    assert {output.name.split("[")[0] for output in aig.outputs} == {f"logit.{s}" for s in cell.head.symbols}
    assert {point.name.split("[")[0] for point in aig.points} <= {"emb", "z0", "h0", "m0", "n0", "z1", "h1", "m1", "n1"}
    assert read_metadata(aig).readout == cell.readout
    assert read_metadata(aig).cell == cell.digest


def test_lowering_is_deterministic() -> None:
    assert lower(random_cell(5)) == lower(random_cell(5))


# Made before the lowering was told as a pipeline: by cell, objective and care, ANDs and the digest of the netlist. Of
# `tiny`, a few rows have become gates since, and tables are decoded: 4592, 4509 and 5020 ANDs before. Of `kjv88`, rows
# read tables of what the byte gives them: 87258 before.
MADE_BEFORE = [
    ("tiny", "area", "all", 4279, "fe7d9629b41759b7"),
    ("tiny", "area", "alphabet", 4240, "cabc20abedc01516"),
    ("tiny", "balanced", "all", 4495, "15dbfc84cc76cf65"),
    ("tiny", "depth", "all", 4970, "0de082c8124141ac"),
    ("tiny", "plain", "all", 5779, "87a393743595661b"),
    ("serial", "area", "all", 22755, "a68c47a420239a20"),
    ("serial", "area", "alphabet", 22648, "71db6b667331cf2b"),
]
MADE_BEFORE_OF_KJV = [
    ("kjv88", "area", "all", 86878, "21c82858b4135ec3"),
    ("kjv88", "balanced", "alphabet", 88155, "d9726ae4defdd913"),
    ("kjv88", "depth", "all", 93564, "3ce0657e87813a33"),
    ("kjv88", "plain", "all", 109754, "ce9c4c8bfff44f78"),
]


@pytest.mark.parametrize(
    ("name", "objective", "care", "ands", "digest"),
    [*MADE_BEFORE, *(pytest.param(*made, marks=pytest.mark.heavy) for made in MADE_BEFORE_OF_KJV)],
)
def test_shipped_cells_become_the_netlists_made_before(
    name: str, objective: Objective, care: Care, ands: int, digest: str
) -> None:
    aig = lower(Cell.load(name), objective=objective, care=care)
    named = [(root.name, root.literal) for root in (*aig.outputs, *aig.points)]
    named += [(latch.name, latch.next) for latch in aig.latches]
    found = hashlib.sha256(aig.ands.astype("<u4").tobytes() + repr(named).encode()).hexdigest()
    assert (len(aig.ands), found[:16]) == (ands, digest)


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "plain"), [("h3", 24_006), ("w1", 90_891), ("z1", 271_115)])
def test_prototype_cells_are_no_larger_than_plain_compressors(shared: Path, name: str, plain: int) -> None:
    cell = load_prototype(shared / "data" / "cells" / f"cell_{name}.npz")
    assert len(lower(cell, objective="plain").ands) <= plain
    assert len(lower(cell).ands) <= 0.79 * plain
    assert_same_steps(cell, steps=3, batch=8)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["h3", "w1"])
def test_sharing_for_depth_costs_few_levels_and_few_of_its_gains(shared: Path, name: str) -> None:
    cell = load_prototype(shared / "data" / "cells" / f"cell_{name}.npz")
    found = {objective: lower(cell, objective=objective) for objective in OBJECTIVES}
    ands = {objective: len(aig.ands) for objective, aig in found.items()}
    levels = {objective: depth(aig) for objective, aig in found.items()}
    assert ands["area"] < ands["balanced"] < ands["depth"] < 0.88 * ands["plain"]
    assert levels["depth"] <= 1.05 * levels["plain"] < levels["balanced"] < levels["area"]


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "plain", "bpb"), [("i25", 24_931, 2.183), ("g90", 95_321, 1.934)])
def test_prototype_trees_cost_and_predict_as_stated(shared: Path, name: str, plain: int, bpb: float) -> None:
    cell = load_prototype(shared / "data" / "cells" / f"cell_{name}.npz")
    aig = lower(cell)
    assert len(aig.ands) <= 0.86 * plain
    heldout = load_corpus("kjv").heldout
    assert round(bits_per_byte(aig, heldout), 3) == bpb
    assert bits_per_byte(aig, heldout[:20_000]) == bits_per_byte(cell, heldout[:20_000])


@pytest.mark.heavy
@given(st.one_of(cells, tree_cells), st.binary(min_size=1, max_size=60))
def test_bytes_outside_the_alphabet_are_free_and_only_they(cell: Cell, wanted: bytes) -> None:
    """In all runs over the alphabet the outputs and states are the same."""
    symbols = bytes(sorted(set(cell.head.symbols)))
    careful, free = lower(cell), lower(cell, care="alphabet")
    assert read_metadata(free).alphabet == cell.head.symbols
    text = np.frombuffer(bytes(symbols[number % len(symbols)] for number in wanted), np.uint8)[:, None]
    rest = np.zeros((1, len(careful.inputs) - 8))
    states = [reset_state(aig, 1) for aig in (careful, free)]
    for byte in text:
        inputs = np.concatenate([byte_inputs(byte), rest], axis=1)
        found = [evaluate(aig, inputs, state) for aig, state in zip((careful, free), states, strict=True)]
        np.testing.assert_array_equal(found[0][0], found[1][0])
        np.testing.assert_array_equal(found[0][1], found[1][1])
        states = [state for _, state in found]


@pytest.mark.heavy
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_tables_with_rows_that_do_not_matter(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 2, (256, 5)).astype(np.uint8)
    care = np.isin(np.arange(256), rng.permutation(256)[:rows])
    builder = AigBuilder()
    byte = [builder.input(f"byte[{bit}]") for bit in range(8)]
    for way in (lower_table, lower_decoded, lower_smallest, lower_shallow):
        for literal in (*way(builder, byte, table, None), *way(builder, byte, table, care)):
            builder.output(f"{len(builder._outputs)}", literal)
    outputs, _ = evaluate(builder.build(), byte_inputs(np.arange(256).astype(np.uint8)), np.zeros((256, 0)))
    for found in np.split(outputs, 4, axis=1):
        np.testing.assert_array_equal(found[:, :5], table)
        np.testing.assert_array_equal(found[care, 5:], table[care])


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 12), st.integers(1, 40))
def test_tables_of_any_width_are_decoded(seed: int, inputs: int, bits: int, kinds: int) -> None:
    """Of one class, of many, of classes of one row and of several."""
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 2, (kinds, bits))[rng.integers(0, kinds, 1 << inputs)].astype(np.uint8)
    builder = AigBuilder()
    given = builder.inputs(f"x[{bit}]" for bit in range(inputs))
    builder.outputs(map(str, range(bits)), lower_decoded(builder, given, table))
    builder.outputs((f"free {bit}" for bit in range(bits)), lower_decoded(builder, given, table, free=True))
    rows = np.arange(1 << inputs)[:, None] >> np.arange(inputs) & 1
    found, _ = evaluate(builder.build(), rows, np.zeros((len(rows), 0)))
    np.testing.assert_array_equal(found, np.concatenate([table, table], axis=1))


def test_a_table_of_many_columns_is_much_smaller_decoded() -> None:
    """60 bytes that are told apart, 48 columns at random: multiplexers take half as many nodes more."""
    rng = np.random.default_rng(0)
    table = np.zeros((256, 48), np.uint8)
    table[32:92] = rng.integers(0, 2, (60, 48))
    sizes = []
    for way in (lower_table, lower_decoded, lower_smallest):
        builder = AigBuilder()
        byte = builder.inputs(f"byte[{bit}]" for bit in range(8))
        builder.outputs(map(str, range(48)), way(builder, byte, table))
        sizes.append(len(builder.build().ands))
    assert sizes[2] == sizes[1] < sizes[0] / 1.5


@pytest.mark.heavy
@given(tree_cells)
def test_random_tree_cells_step_like_the_oracle(cell: Cell) -> None:
    """Whatever the code node at the inputs, the state is the same and the score is that node's."""
    aig = lower(cell)
    code = cell.readout.code
    assert code is not None
    text = np.random.default_rng(0).integers(0, 256, (4, 16)).astype(np.uint8)
    state, bits = cell.reset(16), reset_state(aig, 16)
    for symbols in text:
        state, scores = cell.step(state, symbols)
        for node in range(code.nodes if cell.serial else 1):
            ports = np.repeat(node >> np.arange(code.bits)[None] & 1, 16, axis=0)[:, : code.bits * cell.serial]
            outputs, following = evaluate(aig, np.concatenate([byte_inputs(symbols), ports], axis=1), bits)
            found = numbers_of(aig, outputs)
            np.testing.assert_array_equal(found, scores[:, [node]] if cell.serial else scores)
            np.testing.assert_array_equal(following, state)
        bits = following


def test_a_trie_costs_an_and_per_prefix() -> None:
    """Latches of a chain a -> aa -> aaa ...: one AND each, beside the byte class."""
    states = 40
    following = np.full((states, 256), states - 1)
    following[:, ord(" ")] = 0
    following[np.arange(states - 2), ord("a")] = np.arange(1, states - 1)
    chain = Automaton("chain", following, np.eye(states, dtype=int)[:, 1:-1])
    cell = Cell((chain, Logits("l", ("chain",), np.zeros((1, states - 2), int), np.zeros(1, int), 1.0, b"a")))
    assert len(lower(cell).ands) <= states + 14


def test_a_code_tables_unused_rows_are_free() -> None:
    table = np.array([[0], [1], [0], [1], [0]])
    assert padded(table).ravel().tolist() == [0, 1, 0, 1, 0, 1, 0, 1]


def test_builder_gates_against_truth_tables() -> None:
    builder = AigBuilder()
    leaves = [builder.input(name) for name in "abc"]
    table = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8).T
    choices = [0, 1, *leaves, leaves[0] ^ 1]
    triples = [(a, b, c) for a in choices for b in choices for c in choices]
    for index, (a, b, c) in enumerate(triples):
        total, carry = builder.full_adder(a, b, c)
        for kind, literal in (("s", total), ("c", carry), ("x", builder.xor(a, b)), ("m", builder.mux(a, b, c))):
            builder.output(f"{kind}{index}", literal)
    outputs, _ = evaluate(builder.build(), table, np.zeros((8, 0)))
    known = {0: np.zeros(8, int), 1: np.ones(8, int), leaves[0] ^ 1: 1 - table[:, 0]}
    known |= dict(zip(leaves, table.T, strict=True))
    for index, (a, b, c) in enumerate(triples):
        x, y, z = known[a], known[b], known[c]
        expected = [(x + y + z) % 2, (x + y + z) // 2, x ^ y, np.where(x, y, z)]
        np.testing.assert_array_equal(outputs[:, 4 * index : 4 * index + 4].T, expected)
