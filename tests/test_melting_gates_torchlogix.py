"""Circuits of torchlogix as cells: beside its own C, an evaluator that is plainly right, and files that are wrong."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bridge
from bridge.cell import Cell
from bridge.errors import BridgeError, InputError, MissingExtra
from bridge.melting import importer_of
from bridge.melting.source import opened
from bridge.melting.torchlogix import IMPORTER, _facts
from bridge.melting.torchlogix.circuit import cell_of_circuit
from support.gate_networks import circuit_scores, random_circuit
from support.tools import skip_or_fail

AND = {"gate_id": 2, "op": "AND", "in0": 0, "in1": 1, "node_idx": -1}
SMALL: dict[str, Any] = {"n_inputs": 2, "input_shape": [2], "outputs": [2], "output_shape": [1], "gates": [AND]}
SUM = {"node_id": 3, "input_ids": [0, 1, 2], "tau": 1.0, "beta": 0.0}


def scores_of(cell: Cell, given: np.ndarray) -> np.ndarray:
    return cell.step(cell.reset(len(given)), given)[1]


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_a_circuit_means_what_torchlogix_says(seed: int, sums: bool) -> None:
    facts = random_circuit(seed, sums)
    cell = cell_of_circuit(facts)
    bits = np.random.default_rng(seed).integers(0, 2, (10, facts["n_inputs"]))
    offset = cell.record["melt"].get("offset", 0.0) * cell.last.scale
    found = scores_of(cell, bits) * cell.last.scale + offset
    np.testing.assert_allclose(found, [circuit_scores(facts, row) for row in bits.tolist()], rtol=1e-12)


@pytest.mark.heavy
@pytest.mark.parametrize(("seed", "sums"), [(1, True), (2, True), (3, False), (4, True)])
def test_its_own_c_agrees(seed: int, sums: bool, tmp_path: Path) -> None:
    if importlib.util.find_spec("torchlogix") is None or shutil.which("gcc") is None:
        skip_or_fail("torchlogix or gcc is not installed")
    path = tmp_path / "circuit.json"
    facts = random_circuit(seed, sums)
    path.write_text(json.dumps(facts | {"input_shape": "*/ not C"}))
    cell = bridge.melt(path)
    reference = IMPORTER.reference(opened(path), {}, cell)
    assert reference.name.startswith("torchlogix 0.")
    raw = reference.rows(300, 0)
    values = cell.read(cell.reset(300), raw.astype(np.int64))
    values[cell.last.name] = cell.ask(values)
    assert reference.compare(cell, raw, values).equal.all()
    values[cell.last.name][7, 0] += 1
    wrong = reference.compare(cell, raw, values)
    assert np.flatnonzero(~wrong.equal).tolist() == [7]
    assert str(wrong.first).startswith("output 0 is ")


def test_a_circuit_from_python_is_its_json() -> None:
    class Circuit:
        def to_dict(self) -> dict[str, Any]:
            return SMALL

    Circuit.__module__ = "torchlogix.circuit"
    cell = bridge.melt(Circuit(), thresholds=[[0.5], [1.5]])
    encoder = cell.inputs[0].encoder
    assert encoder is not None
    assert scores_of(cell, encoder.encode(np.array([[1.0, 2.0], [1.0, 1.5]]))).tolist() == [[1], [0]]

    class Dense:
        __module__ = "torchlogix.layers"

    with pytest.raises(InputError, match=r"a Dense of torchlogix is no circuit: make one by Circuit.from_model"):
        bridge.melt(Dense())


def test_who_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "circuit.json"
    path.write_text(json.dumps(SMALL))
    assert importer_of(opened(path)) is IMPORTER
    cell = bridge.melt(path)
    assert cell.record["melt"]["kind"] == "a torchlogix circuit"
    assert scores_of(cell, np.array([[1, 1], [0, 1]])).tolist() == [[1], [0]]


def test_without_torchlogix_there_is_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torchlogix", None)
    path = tmp_path / "circuit.json"
    path.write_text(json.dumps(SMALL))
    with pytest.raises(MissingExtra, match="pip install torchlogix"):
        IMPORTER.reference(opened(path), {}, bridge.melt(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_inputs": 0}, "n_inputs must be an integer from 1 to 65,536, not 0"),
        ({"n_inputs": 10**12}, "n_inputs must be an integer"),
        ({"gates": [AND | {"in1": 3}]}, "gate 0: in1 is 3, which is no input and no earlier gate"),
        ({"gates": [AND | {"in1": 2}]}, "gate 0: in1 is 2, which is no input and no earlier gate"),
        ({"gates": [AND | {"in0": "0"}]}, "gate 0: in0 must be an integer"),
        ({"gates": [AND | {"op": "MAJ"}]}, "gate 0: op 'MAJ' is none of CONST_FALSE"),
        ({"gates": [AND | {"op": ["AND"]}]}, "gate 0: op ['AND'] is none of"),
        ({"gates": [AND, AND]}, "gate 1: id 2 is that of an input or of an earlier gate"),
        ({"gates": [3]}, "gate 0 must be an object"),
        ({"gates": "AND"}, "gates must be a list"),
        ({"outputs": []}, "has no outputs"),
        ({"outputs": [7]}, "output 0 is 7, which is no input, gate or sum"),
        ({"sum_nodes": [SUM | {"input_ids": [9]}]}, "sum 0: reads 9, which is no input and no gate"),
        ({"sum_nodes": [SUM | {"node_id": 2}]}, "2 is the id of a sum and of a gate or an input"),
        ({"sum_nodes": [SUM | {"tau": 0.0}]}, "sum 0: tau must be positive"),
        ({"sum_nodes": [SUM | {"tau": "1"}]}, "sum 0: tau must be a number"),
        ({"sum_nodes": [SUM | {"tau": 3.0}], "outputs": [2, 3]}, "divided by different taus (1, 3)"),
        (
            {"sum_nodes": [SUM | {"beta": 0.5}], "outputs": [2, 3]},
            "output 1: beta differs from that of output 0 by 0.5",
        ),
        ({"sum_nodes": [SUM | {"beta": float("nan")}]}, "sum 0: beta must be a number"),
    ],
)
def test_a_wrong_circuit_is_refused_in_one_sentence(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        cell_of_circuit(SMALL | change)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", range(4))
def test_mutants_are_refused_or_are_circuits(seed: int, tmp_path: Path) -> None:
    """Bytes changed, cut out and doubled: one sentence, or a cell."""
    rng = np.random.default_rng(seed)
    data = json.dumps(random_circuit(seed)).encode()
    path, sentences = tmp_path / "mutant.json", []
    for _ in range(40):
        mutant = bytearray(data)
        for _ in range(int(rng.integers(1, 4))):
            start, size = int(rng.integers(0, len(mutant))), int(rng.integers(1, 12))
            part = mutant[start : start + size]
            mixed = bytes(rng.permutation(list(part)).astype(np.uint8))
            mutant[start : start + size] = [b"", mixed, 2 * part][int(rng.integers(0, 3))]
        path.write_bytes(bytes(mutant))
        try:
            cell_of_circuit(_facts(opened(path)))
        except BridgeError as error:
            sentences.append(str(error))
    assert sentences
    assert not any("\n" in sentence for sentence in sentences)
