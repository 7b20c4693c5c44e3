"""The benches run, name what they skip, and their sources compute what the netlist computes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cells import random_cell
from conftest import skip_or_fail

from bridge.bench import append_ledger, bench_execution, bench_gates
from bridge.bench.sources import c_source, verilog_source
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import compile_program, support
from bridge.lowering import lower
from bridge.resources import netlist_path


def test_the_bench_measures_and_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = bench_execution(lower(random_cell(3)), rounds=1, peers=["abc", "gcc", "verilator"])
    names = {row.name for row in result.rows}
    assert {"aigbridge portable", "ABC &sim"} <= names
    assert ("aigbridge native" in names) == (not support().fault)
    assert result.skipped == {"gcc": "gcc is not installed", "verilator": "verilator is not installed"}
    assert all(0 < row.rate <= row.best for row in result.rows)
    assert result.operations <= result.ands


def test_wrong_arguments() -> None:
    with pytest.raises(InputError, match="no peer 'spice'"):
        bench_execution(lower(random_cell(3)), peers=["spice"])


def test_sources_hold_every_operation_and_node() -> None:
    aig = lower(random_cell(3))
    program = compile_program(aig)
    assert c_source(program).count("{ v t0") == program.operations
    assert verilog_source(aig).count(" & ") == len(aig.ands)


def test_gcc_takes_the_source(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        skip_or_fail("gcc is not installed")
    result = bench_execution(lower(random_cell(8, recurrence=True)), rounds=1, peers=["gcc"])
    assert not result.skipped


def test_gates_of_a_cell(tmp_path: Path) -> None:
    cell = Cell.load(str(netlist_path("tiny.safetensors")))
    rows = bench_gates([cell], ["plain", "plain, resyn2 x3", "ours", "ours, shrink"])
    assert [row.verdict for row in rows] == ["equivalent"] * 4
    plain, classics, ours, shrunk = (row.ands for row in rows)
    assert shrunk <= ours < plain
    assert classics <= plain
    assert rows[2].proof == "certificate"
    assert rows[3].proof.startswith("certificate, then ")
    ledger = tmp_path / "gates.jsonl"
    append_ledger(ledger, rows[:2], "one")
    append_ledger(ledger, rows[2:], "two")
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [line["revision"] for line in lines] == ["one", "one", "two", "two"]
    with pytest.raises(InputError, match="no route"):
        bench_gates([cell], ["magic"])
