"""The benches run, name what they skip, and their sources compute what the netlist computes."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from bridge.bench import append_ledger, bench_execution, bench_gates
from bridge.bench.contender import compare
from bridge.bench.gates.da4ml import lower_with_da4ml
from bridge.bench.speed.copies import side_by_side
from bridge.bench.speed.dense import dense_step
from bridge.bench.speed.ours import lane_factories
from bridge.bench.speed.sources import c_source, verilog_source
from bridge.cell import Cell
from bridge.corpus import load_corpus
from bridge.errors import InputError
from bridge.execution import compile_program, simulate, support
from bridge.execution.rows import run
from bridge.flow.figures import measured
from bridge.formats.mapped.figures import Wanted
from bridge.lowering import lower
from bridge.printable import unheard
from bridge.resources import netlist_path
from support.cells import random_cell, random_tree_cell
from support.integer_cells import random_integer_cell
from support.naive import byte_inputs, evaluate, logits_of, reset_state
from support.tools import skip_or_fail


@pytest.mark.heavy
def test_the_bench_measures_and_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = bench_execution(lower(random_cell(3)), rounds=1, peers=["abc", "gcc", "verilator", "torch"])
    names = {row.name for row in result.streams.rows}
    assert {"aigbridge portable", "ABC &sim"} <= names
    assert ("aigbridge native" in names) == (not support().fault)
    assert result.streams.skipped == {
        "gcc": "gcc is not installed",
        "verilator": "verilator is not installed",
        "torch": "a netlist has no weights: give the cell to have torch compared",
    }
    assert result.single.skipped == {"verilator": "verilator is not installed"}
    assert {row.name for row in result.files.rows} == {"aigbridge reads", "aigbridge writes", "ABC &r", "ABC &w"}
    for row in (*result.streams.rows, *result.single.rows, *result.files.rows):
        assert 0 < row.best <= row.seconds
    assert result.operations <= result.ands
    assert all(threads > 1 and ratio > 0 for threads, ratio in result.threads.items())


@pytest.mark.heavy
def test_a_cell_runs_in_lanes_and_as_a_dense_network() -> None:
    result = bench_execution(random_cell(3), rounds=1, peers=["torch"])
    assert "aigbridge lanes" in {row.name for row in result.single.rows}
    assert "torch float32, dense" in {row.name for row in result.streams.rows}
    assert [row.name for row in compare(lane_factories(random_tree_cell(3)), 1, unheard).rows] == ["aigbridge lanes"]


@pytest.mark.heavy
def test_a_dense_network_of_torch_computes_the_cell() -> None:
    for seed in range(4):
        cell = random_cell(seed, recurrence=bool(seed % 2))
        step = dense_step(cell)
        state, dense = cell.reset(5), torch.zeros(5, cell.state_bits)
        for text in np.random.default_rng(seed).integers(0, 256, (20, 5), np.uint8):
            state, logits = cell.step(state, text)
            dense, sums = step(dense, torch.from_numpy(text.astype(np.int64)))
            assert np.array_equal(sums.numpy(), logits)
            assert np.array_equal(dense.numpy(), state)


def test_copies_side_by_side_all_compute_the_netlist() -> None:
    aig = lower(random_cell(2, recurrence=True))
    large = side_by_side(aig, 3)
    large.validate()
    patterns = np.random.default_rng(0).integers(0, 2**63, (len(aig.inputs) + len(aig.latches), 2), np.uint64)
    inputs, state = patterns[: len(aig.inputs)], patterns[len(aig.inputs) :]
    small = simulate(aig, patterns)
    outputs, nexts = small[: len(aig.outputs)], small[len(aig.outputs) :]
    found = simulate(large, np.concatenate([inputs, *(3 * [state])]))
    assert np.array_equal(found, np.concatenate([*(3 * [outputs]), *(3 * [nexts])]))


def test_wrong_arguments() -> None:
    with pytest.raises(InputError, match="no peer 'spice'"):
        bench_execution(lower(random_cell(3)), peers=["spice"])


def test_sources_hold_every_operation_and_node() -> None:
    aig = lower(random_cell(3))
    program = compile_program(aig)
    assert c_source(program).count("{ v t0") == program.operations
    assert verilog_source(aig, 64).count(" & ") == len(aig.ands)


@pytest.mark.heavy
def test_gcc_takes_the_source(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        skip_or_fail("gcc is not installed")
    result = bench_execution(lower(random_cell(8, recurrence=True)), rounds=1, peers=["gcc"])
    assert not result.streams.skipped


@pytest.mark.heavy
def test_gates_of_a_cell(tmp_path: Path) -> None:
    cell = Cell.load(str(netlist_path("tiny.safetensors")))
    rows, skipped = bench_gates([cell], ["plain", "plain, resyn2 x3", "ours", "ours, shrink"])
    assert not skipped
    assert [row.verdict for row in rows] == ["equivalent"] * 4
    plain, classics, ours, shrunk = (row.ands for row in rows)
    assert shrunk <= ours < plain
    assert classics <= plain
    assert rows[2].proof == "certificate"
    assert rows[3].proof.startswith("certificate, then ")
    ledger = tmp_path / "gates.jsonl"
    append_ledger(ledger, rows[:2], revision="one")
    append_ledger(ledger, rows[2:], revision="two")
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [line["revision"] for line in lines] == ["one", "one", "two", "two"]
    (tables,), _ = bench_gates([cell], ["ours"], lut_size=4)
    assert (tables.lut_size, rows[2].lut_size, tables.library) == (4, 6, "simple")
    assert tables.luts == measured(lower(cell), Wanted(4)).numbers["luts"] > rows[2].luts
    with pytest.raises(InputError, match="no route"):
        bench_gates([cell], ["magic"])


@pytest.mark.heavy
def test_the_lossy_route_says_what_it_loses_on_text_it_has_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.lossy.rounds.TURNS", 2)
    monkeypatch.setattr("bridge.lossy.rounds.STEPS", 1)
    monkeypatch.setattr("bridge.lossy.screen.TESTS", 20)
    cell, text = Cell.load(str(netlist_path("tiny.safetensors"))), load_corpus("pydoc")
    rows, _ = bench_gates([cell], ["ours, lossy"], text, budget=0.5)
    assert rows[0].verdict == "different"
    assert f"{rows[0].loss:+.4f} bits per byte on validation, {rows[0].heldout_loss:+.4f} on held-out" in rows[0].proof
    assert rows[0].loss != rows[0].heldout_loss


def test_a_peer_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "da4ml.cmvm", None)
    rows, skipped = bench_gates([random_cell(3)], ["da4ml"])
    assert not rows
    assert skipped == {"da4ml": "da4ml is not installed (pip install da4ml==0.6.0)"}


def naive_solver(matrix: Any, **_: Any) -> SimpleNamespace:
    """What da4ml would answer, without any sharing: fractions, shifts and signs in every place where it has them."""
    ops = [SimpleNamespace(id0=i, id1=-1, opcode=-1) for i in range(len(matrix))]
    outputs = []
    for column in matrix.T.astype(int):
        last, shift, negative = -1, 0, False
        for i, weight in enumerate(column.tolist()):
            for place in range(abs(weight).bit_length()):
                if abs(weight) >> place & 1 and last < 0:
                    last, shift, negative = i, place, weight < 0
                elif abs(weight) >> place & 1:
                    minus = int((weight < 0) != negative)
                    ops.append(SimpleNamespace(id0=last, id1=i, opcode=minus, data=place - shift))
                    last = len(ops) - 1
        outputs.append((last, shift, negative))
    stage = SimpleNamespace(ops=ops, inp_shifts=[0] * len(matrix))
    stage.out_idxs, stage.out_shifts, stage.out_negs = zip(*outputs, strict=True)
    return SimpleNamespace(kernel=matrix, solutions=[stage])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("real", [False, True])
def test_da4ml_computes_what_the_oracle_computes(seed: int, real: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if real:
        if find_spec("da4ml") is None:
            skip_or_fail("da4ml is not installed")
    else:
        monkeypatch.setitem(sys.modules, "da4ml", ModuleType("da4ml"))
        monkeypatch.setitem(sys.modules, "da4ml.cmvm", SimpleNamespace(solve=naive_solver))
    cell = random_cell(seed)
    aig = lower_with_da4ml(cell)
    text = np.random.default_rng(seed).integers(0, 256, (4, 16)).astype(np.uint8)
    state, bits = cell.reset(16), reset_state(aig, 16)
    for symbols in text:
        state, logits = cell.step(state, symbols)
        outputs, bits = evaluate(aig, byte_inputs(symbols), bits)
        np.testing.assert_array_equal(logits_of(aig, outputs), logits)
        np.testing.assert_array_equal(bits, state)


@pytest.mark.parametrize("seed", range(5))
def test_da4ml_computes_the_numbers_of_a_network(seed: int) -> None:
    """Integers of any width and sign, windows and all other kinds of blocks."""
    if find_spec("da4ml") is None:
        skip_or_fail("da4ml is not installed")
    cell = random_integer_cell(seed, 8, state=False, text=False)
    rng = np.random.default_rng(seed)
    rows = {block.name: rng.integers(block.low, block.high + 1, (60, len(block.low))) for block in cell.inputs}
    if cell.reads_byte:
        rows["byte"] = rng.integers(0, 256, 60).astype(np.uint8)
    np.testing.assert_array_equal(run(lower_with_da4ml(cell), rows), run(cell, rows))


def test_a_network_has_no_alphabet() -> None:
    rows, skipped = bench_gates([random_integer_cell(2, 4, state=False, text=False)], ["ours", "ours, alphabet"])
    assert [row.verdict for row in rows] == ["equivalent"]
    assert skipped == {"ours, alphabet": "only cells that read text have an alphabet"}


def test_a_network_is_not_simplified_on_text() -> None:
    cell = random_integer_cell(2, 4, state=False, text=False)
    rows, skipped = bench_gates([cell], ["ours, lossy"], load_corpus("pydoc"))
    assert not rows
    assert skipped == {"ours, lossy": "only cells that read text are simplified on it"}
