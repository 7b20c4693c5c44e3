"""Lists of gates and weightless networks as cells: beside plain evaluators, and files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

import bridge
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.melting import importer_of
from bridge.melting.check import MOST_ROWS, check
from bridge.melting.source import input_range, opened
from support.gate_networks import (
    listing_scores,
    network_scores,
    random_listing,
    random_network,
)
from support.naive import evaluate, numbers_of

seeds = st.integers(0, 2**32 - 1)
SMALL: dict[str, Any] = {"format": "gates", "inputs": 2, "gates": [["and", 0, 1]], "outputs": [[0, 1, 2], 2]}


def scores_of(cell: Cell, given: np.ndarray) -> np.ndarray:
    return cell.step(cell.reset(len(given)), given)[1]


def compared(source: Any, cell: Cell, count: int = 50) -> Any:
    """The importer's own reference beside the cell."""
    original = opened(source)
    reference = importer_of(original).reference(original, {}, cell)
    raw = reference.rows(count, 1)
    encoder = cell.inputs[0].encoder
    values = cell.read(cell.reset(count), raw.astype(np.int64) if encoder is None else encoder.encode(raw))
    values[cell.last.name] = cell.ask(values)
    return reference.compare(cell, raw, values)


@given(seeds)
def test_a_list_of_gates_means_what_it_says(seed: int) -> None:
    facts = random_listing(seed)
    cell = bridge.melt(facts)
    bits = np.random.default_rng(seed).integers(0, 2, (10, facts["inputs"]))
    assert scores_of(cell, bits).tolist() == [listing_scores(facts, row) for row in bits.tolist()]
    assert compared(facts, cell).equal.all()


@given(seeds, st.sampled_from([1, 2, 4, 7]))
def test_a_weightless_network_means_what_torch_dwn_does(seed: int, k: int) -> None:
    facts = random_network(seed, k)
    cell = bridge.melt(facts)
    raw = importer_of(facts).reference(facts, {}, cell).rows(10, seed)
    encoder = cell.inputs[0].encoder
    assert encoder is not None
    assert scores_of(cell, encoder.encode(raw)).tolist() == [network_scores(facts, row) for row in raw]
    assert compared(facts, cell).equal.all()


def test_a_reference_finds_what_differs() -> None:
    """The rows where the cell of other gates differs, and the first of them, wherever it stands."""
    other = bridge.melt(SMALL | {"gates": [["or", 0, 1]]})
    comparison = compared(SMALL, other, 200)
    assert 0 < comparison.equal.sum() < 200
    assert not comparison.close.any()
    assert comparison.first == "output 0 is 1 by the list, 2 by the cell"
    rows = np.zeros((MOST_ROWS + 9, 2))
    rows[-2] = 1, 0
    checked = check(SMALL, other, rows)
    assert checked.first == f"row {MOST_ROWS + 7}: {comparison.first}"
    assert checked.equal == MOST_ROWS + 8


@pytest.mark.parametrize("seed", range(4))
def test_the_netlist_computes_it_too(seed: int) -> None:
    facts = random_listing(seed)
    cell = bridge.melt(facts)
    bits = np.random.default_rng(seed).integers(0, 2, (64, facts["inputs"])).astype(np.uint8)
    aig = lower(cell)
    outputs, _ = evaluate(aig, bits.astype(bool), np.zeros((64, 0), np.bool_))
    np.testing.assert_array_equal(numbers_of(aig, outputs), scores_of(cell, bits))


def test_files_of_all_three_forms(tmp_path: Path) -> None:
    facts = random_network(5)
    tensors = {key: value for key, value in facts.items() if isinstance(value, np.ndarray)}
    save_file(tensors, tmp_path / "net.safetensors", {"classes": "3", "tau": "3.5"})
    learnt = facts["0.mapping.weights"].argmax(axis=0).reshape(len(facts["0.luts"]), -1)
    first = {"mapping": learnt.tolist(), "luts": facts["0.luts"].tolist()}
    second = {"mapping": facts["1.mapping"].tolist(), "luts": (facts["1.luts"] > 0).tolist()}
    rest = {"thresholds": facts["thresholds"].tolist(), "classes": 3, "tau": 3.5}
    (tmp_path / "net.json").write_text(json.dumps({"format": "dwn", "layers": [first, second], **rest}))
    (tmp_path / "list.json").write_text(json.dumps(SMALL | {"labels": ["sum", "and"], "scale": 0.5}))
    one, other = (bridge.melt(tmp_path / name) for name in ("net.safetensors", "net.json"))
    assert one.digest == other.digest
    assert one.name == "net"
    assert one.last.scale == pytest.approx(1 / 3.5)
    assert one.record["melt"]["kind"] == "a weightless network (DWN)"
    listed = bridge.melt(tmp_path / "list.json")
    assert listed.last.labels == ("sum", "and")
    assert listed.last.scale == 0.5
    assert scores_of(listed, np.array([[1, 1], [1, 0]])).tolist() == [[3, 1], [1, 0]]


def test_a_feature_is_above_its_threshold_in_single_precision() -> None:
    """Equal is not above; what single precision does not tell apart is equal; what is missing is above none."""
    facts = SMALL | {"thresholds": [[0.1], [-0.0]], "outputs": [0, 1]}
    cell = bridge.melt(facts)
    encoder = cell.inputs[0].encoder
    assert encoder is not None
    tenth = np.float32(0.1)
    rows = [[tenth, 0.0], [0.1, 1e-30], [np.nextafter(tenth, 1, dtype=np.float32), np.nan], [np.inf, -1e-30]]
    assert encoder.encode(np.array(rows, np.float64)).tolist() == [[0, 0], [0, 1], [1, 0], [1, 0]]


@given(seeds, st.sampled_from(["-8..20", "0..255/255", "-3..3/7"]))
def test_features_may_be_integers(seed: int, span: str) -> None:
    """The encoder as logic is the encoder of the quotients."""
    facts = random_network(seed)
    low, high, divisor = input_range(span)
    whole, encoded = bridge.melt(facts, input_range=span), bridge.melt(facts)
    numbers = np.random.default_rng(seed).integers(low, high + 1, (20, len(facts["thresholds"])))
    encoder = encoded.inputs[0].encoder
    assert encoder is not None
    expected = scores_of(encoded, encoder.encode(numbers / float(divisor)))
    np.testing.assert_array_equal(scores_of(whole, numbers), expected)
    reference = importer_of(facts).reference(facts, {"input_range": span}, whole)
    raw = reference.rows(30, seed)
    values = whole.read(whole.reset(30), raw.astype(np.int64))
    values[whole.last.name] = whole.ask(values)
    assert reference.compare(whole, raw, values).equal.all()
    with pytest.raises(InputError, match="input_range needs thresholds"):
        bridge.melt(SMALL, input_range=span)


def test_gates_that_nothing_depends_on_are_left_out() -> None:
    chain = [["not", index] for index in range(1000)]
    cell = bridge.melt({"inputs": 1, "gates": chain, "outputs": [3]})
    assert cell.record["melt"] == cell.record["melt"] | {"gates": 3, "levels": 3, "given_gates": 1000}
    with pytest.raises(InputError, match="gates are 1,000 deep; a cell has room for 480 levels"):
        bridge.melt({"inputs": 1, "gates": chain, "outputs": [1000]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": 0}, "inputs must be an integer from 1 to 65,536, not 0"),
        ({"inputs": True}, "inputs must be an integer"),
        ({"inputs": 10**30}, "inputs must be an integer"),
        ({"gates": [["and", 0, 2]]}, "gate 0: reads 2, but only signals 0 to 1 stand before it"),
        ({"gates": [["and", 0, -1]]}, "gate 0: reads -1"),
        ({"gates": [["and", 0, 1.0]]}, "gate 0: reads 1.0"),
        ({"gates": [["nope", 0, 1]]}, "gate 0: 'nope' is no table such as 0x8 and none of 0, 1, buf"),
        ({"gates": [["not", 0, 1]]}, "gate 0: 'not' has 1 operands, not 2"),
        ({"gates": [["0x10", 0, 1]]}, "gate 0: table 0x10 has more than the 4 bits of 2 operands"),
        ({"gates": [["0x" + "f" * 5000, 0, 1]]}, "has more than the 4 bits"),
        ({"gates": [["xor", *[0] * 13]]}, "gate 0: has 13 operands; at most 12 are allowed"),
        ({"gates": [[]]}, "gate 0 must be a list such as"),
        ({"gates": {}}, "gates must be a list of at most"),
        ({"outputs": []}, "needs an output or more"),
        ({"outputs": [3]}, "output 0: reads 3"),
        ({"bias": [1]}, "as many entries of bias: 2 and 1 given"),
        ({"bias": [1, 2**40]}, "bias 1 must be an integer"),
        ({"thresholds": [[1.0]]}, "1 thresholds for 2 inputs"),
        ({"thresholds": [[1.0, float("nan")]]}, "thresholds must be finite numbers"),
        ({"thresholds": [[1.0, 1e300]]}, "thresholds must be finite numbers"),
        ({"thresholds": [[1.0], [1, 2]]}, "thresholds must be numbers"),
        ({"scale": 0}, "scale must be a positive number, not 0"),
        ({"labels": ["a"]}, "reads 2 elements, but has 1 distinct labels"),
        ({"spare": 1}, "has no key 'spare'"),
        ({"format": "verilog"}, "format must be gates or dwn, not 'verilog'"),
    ],
)
def test_a_wrong_list_is_refused_in_one_sentence(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        bridge.melt(SMALL | change)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": None}, "give classes"),
        ({"classes": 10**6}, "classes must be an integer from 1 to"),
        ({"tau": -1.0}, "tau must be a positive number"),
        ({"1.luts": np.zeros((4, 3))}, "1.luts: must be [LUTs, 2 to the number of inputs"),
        ({"1.luts": np.full((4, 4), np.nan)}, "1.luts: must be a table of finite numbers"),
        ({"1.mapping": np.full((40, 2), 3)}, "1.mapping: must be integers ["),
        ({"1.mapping": None}, "1.mapping: must be a table of finite numbers"),
        ({"0.mapping.weights": np.zeros((2, 2))}, "0.mapping.weights: must be ["),
        ({"2.luts": np.zeros((4, 4))}, "has no 2.mapping"),
        ({"net.1.luts": np.zeros((4, 4))}, "has two layers 1: 1 and net.1"),
        ({"layers": [{}]}, "layer 0 must be an object with mapping and luts"),
        ({"thresholds": "high"}, "thresholds must be"),
    ],
)
def test_a_wrong_network_is_refused_in_one_sentence(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        bridge.melt(random_network(1) | change)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mapping_outside_its_layer_is_refused() -> None:
    facts = random_network(1)
    facts["1.mapping"] = facts["1.mapping"].copy()
    facts["1.mapping"][0, 0] = len(facts["0.luts"])
    with pytest.raises(InputError, match=f"1.mapping: reads outside the {len(facts['0.luts'])} bits before it"):
        bridge.melt(facts)
