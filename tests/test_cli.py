"""The commands as people call them: results, JSON keys, exit codes, and one clear line for every mistake."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from bridge.aig import Aig, Output
from bridge.execution import support
from bridge.formats import read_netlist, write_netlist
from bridge.lowering import lower
from bridge.metadata import Objective
from support.cells import random_tree_cell
from support.command_line import Call, assert_one_line
from support.machines import counter, one_hot, with_spare_latches
from support.netlists import multiplier
from support.texts import VERSE


def other_output(path: Path, target: Path) -> Path:
    """The same netlist with one output inverted."""
    aig = read_netlist(path)
    first = Output(aig.outputs[0].name, aig.outputs[0].literal ^ 1)
    write_netlist(replace(aig, outputs=(first, *aig.outputs[1:])), target)
    return target


def test_lower_and_stats_to_every_format(call: Call, cell: Path) -> None:
    sizes = set()
    for suffix in ("aig", "aag", "v", "blif"):
        assert call("lower", cell, "-o", f"out.{suffix}").code == 0
        counted = call("stats", f"out.{suffix}", "--json")
        assert counted.code == 0
        assert {"inputs", "latches", "outputs", "ands", "levels"} <= set(counted.json)
        assert counted.json["inputs"] == 8
        sizes.add((counted.json["ands"], counted.json["levels"]))
    assert len(sizes) <= 2  # BLIF may be built a little differently


@pytest.mark.heavy
def test_both_verilog_readers_and_convert(call: Call, netlist: Path) -> None:
    assert call("convert", netlist, "a.v", "--cells").code == 0
    for reader in ("pyslang", "pyverilog"):
        assert call("convert", "a.v", f"{reader}.aig", "--reader", reader).code == 0
        checked = call("check", netlist, f"{reader}.aig", "--json")
        assert (checked.code, checked.json["verdict"]) == (0, "equivalent")


def test_check_says_different_with_a_counterexample(call: Call, netlist: Path, tmp_path: Path) -> None:
    other = other_output(netlist, tmp_path / "other.aig")
    found = call("check", netlist, other, "--json")
    assert (found.code, found.json["verdict"]) == (1, "different")
    assert found.json["counterexample"]
    shown = call("check", netlist, other).out
    assert re.search(
        r"^different .*: after reading '.*' from reset, output logit\S* is -?\d+ in A and -?\d+ in B", shown
    )
    assert len(shown) < 200


@pytest.mark.parametrize("objective", get_args(Objective))
def test_every_objective_is_certified(call: Call, cell: Path, tmp_path: Path, objective: str) -> None:
    out = tmp_path / "out.aig"
    assert call("lower", cell, "-o", out, "--objective", objective).code == 0
    found = call("check", cell, out, "--certificate", "--json")
    assert (found.code, found.json["method"]) == (0, "certificate")


@pytest.mark.heavy
def test_a_netlist_for_the_alphabet_says_so_everywhere(call: Call, tmp_path: Path) -> None:
    out, text = tmp_path / "out.aig", tmp_path / "text"
    assert "on the 63 bytes of its alphabet" in call("lower", "tiny", "-o", out, "--care", "alphabet").out
    for options in ([], ["--certificate"]):
        found = call("check", "tiny", out, *options, "--json")
        assert (found.code, found.json["verdict"]) == (0, "equivalent")
        assert "for 63 of 256 bytes" in found.json["method"]
    assert call("stats", out, "--json").json["care"] == "alphabet"
    text.write_bytes(b"In the beginning \xff was")
    assert "1 of them are not in the alphabet" in call("eval", out, "--text", text).out
    assert "alphabet" not in call("eval", "tiny", "--text", text).out


def test_check_with_a_certificate(call: Call, cell: Path, netlist: Path) -> None:
    found = call("check", cell, netlist, "--certificate", "--json")
    assert (found.code, found.json["verdict"], found.json["method"]) == (0, "equivalent", "certificate")
    assert_one_line(call("check", netlist, netlist, "--certificate"))
    turned = call("check", netlist, cell, "--certificate")
    assert_one_line(turned)
    assert f"the cell comes first: aigbridge check {cell} {netlist} --certificate" in turned.err


@pytest.mark.heavy
def test_run_diff_and_eval_agree(call: Call, cell: Path, text: Path) -> None:
    ran = call("run", cell, "resyn2", "fraig", "--out", "runs", "--json")
    assert ran.code == 0, ran.err
    for facts in ran.json["runs"]:
        assert facts["verdict"] == "equivalent"
        assert facts["ands_after"] <= facts["ands_before"]
        assert facts["steps"]
        assert (Path(facts["run"]) / "run.json").is_file()
    compared = call("diff", *(facts["run"] for facts in ran.json["runs"]), "--json")
    assert len(compared.json["rows"]) == 6
    measured = {
        call("eval", model, "--text", text, "--json").json["bits_per_byte"] for model in (cell, ran.json["netlist"])
    }
    assert len(measured) == 1


def test_every_kernel_measures_the_same(call: Call, netlist: Path, text: Path) -> None:
    kernels = ["auto", "portable"] if support().fault else ["auto", "portable", "native"]
    runs = [call("eval", netlist, "--text", text, "--kernel", kernel, "--json").json for kernel in kernels]
    assert len({run["bits_per_byte"] for run in runs}) == 1


def test_a_cell_has_no_kernel(call: Call, cell: Path, text: Path) -> None:
    found = call("eval", cell, "--text", text, "--kernel", "native")
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert "without a kernel" in found.err


def test_what_is_neither_a_file_nor_shipped(call: Call) -> None:
    found = call("stats", "nosuch")
    assert_one_line(found)
    assert "no shipped cell (kjv, kjv88, serial, tiny, trees); a cell ends in" in found.err


@pytest.mark.heavy
def test_bench_execution(call: Call, netlist: Path) -> None:
    measured = call("bench", "execution", netlist, "--rounds", "1", "--peers", "abc", "--json").json
    assert {"aigbridge portable", "ABC &sim"} <= {row["name"] for row in measured["streams"]["rows"]}
    assert call("bench", "execution", netlist, "--peers", "spice").code == 2
    assert "G AND/s" in call("bench", "execution", netlist, "--rounds", "1", "--peers", "").out


def test_eval_of_a_part(call: Call, cell: Path, text: Path) -> None:
    sizes = [call("eval", cell, "--text", text, "--part", part, "--json").json["bytes"] for part in ("all", "heldout")]
    assert sizes == [len(VERSE) - 1, len(VERSE) // 10 - 1]


def test_generate_is_reproducible(call: Call, cell: Path, netlist: Path) -> None:
    options = ("--prompt", "ab", "--bytes", "40", "--seed", "7", "--json")
    assert len({call("generate", model, *options).json["text"] for model in (cell, netlist)}) == 1
    assert call("generate", cell, "--bytes", "5", "--json").json["seed"] == 0


def test_flows_are_listed_and_shown(call: Call) -> None:
    names = [flow["name"] for flow in call("flows", "--json").json["flows"]]
    assert {"resyn2", "compress2rs", "fraig", "shrink", "yosys"} <= set(names)
    for name in names:
        assert call("flows", "show", name, "--json").json["steps"]
    assert "rewrite -z" in call("flows", "show", "resyn2").out


def test_second_opinions(call: Call, cell: Path, netlist: Path, tmp_path: Path) -> None:
    ran = call("run", netlist, "fraig", "--second-opinion", "--json").json
    assert "confirmed by SAT sweeping" in ran["method"]
    checked = call("check", cell, ran["netlist"], "--second-opinion", "--json")
    assert (checked.code, checked.json["verdict"]) == (0, "equivalent")
    other = other_output(netlist, tmp_path / "other.aig")
    assert call("check", netlist, other, "--second-opinion").code == 1
    assert_one_line(call("check", cell, netlist, "--second-opinion", "--certificate"))


def test_diff_for_other_programs(call: Call, netlist: Path) -> None:
    run = call("run", netlist, "resyn2", "--json").json
    smaller = call("diff", netlist, run["netlist"], "--luts", "--fail-if-larger", "--json")
    assert (smaller.code, smaller.json["larger"]) == (0, [])
    assert {"xors", "majorities", "luts", "blocks"} <= set(smaller.json["rows"][1])
    larger = call("diff", run["netlist"], netlist, run["run"], "--fail-if-larger", "--json")
    assert (larger.code, larger.json["larger"]) == (1, [str(netlist)])
    assert call("diff", netlist, "--format", "csv").out.startswith("label,inputs,")
    assert "| block |" in call("diff", netlist, "--structure", "--format", "markdown").out
    assert "block" in call("diff", netlist, "--structure").out


def test_numbered_scores_are_one_block(call: Call) -> None:
    """A code head has a number for every node of its tree: they are the block `score`, not dozens of blocks."""
    aig = lower(random_tree_cell(3, serial=False))
    assert sum(output.name.startswith("score.") for output in aig.outputs) > 2
    write_netlist(aig, "code.aig")
    fed = call("stats", "code.aig", "--json").json["blocks"]
    counted = call("diff", "code.aig", "--structure", "--json").json["rows"][0]["blocks"]
    for blocks in (fed, counted, {reader: None for readers in fed.values() for reader in readers}):
        assert "score" in blocks
        assert not [block for block in blocks if block.startswith("score.")]
    for shown in (call("stats", "code.aig").out, call("diff", "code.aig", "--structure").out):
        assert "score" in shown
        assert "score." not in shown


def test_flows_are_checked(call: Call, tmp_path: Path) -> None:
    flow = tmp_path / "my.yaml"
    flow.write_text("name: my\nsteps: [{best_of: [resyn2, [{abc: [dc2]}]]}]\n")
    assert call("flows", "check", flow, "--json").json == {
        **{"name": "my", "tools": ["abc"], "most_runs": 2, "substituted": False, "remarks": []},
    }
    assert "rewrite -z" in call("flows", "show", flow).out
    flow.write_text("name: my\nsteps: [{abc: [dc3]}]\n")
    assert_one_line(call("flows", "check", flow))


@pytest.mark.heavy
def test_a_step_can_be_run_again(call: Call, netlist: Path) -> None:
    run = Path(call("run", netlist, "fraig", "--no-cache", "--json").json["run"])
    again = call("flows", "rerun", run / "01-abc", "--json")
    assert (again.code, again.json["verdict"], again.json["same_tool"]) == (0, "equivalent", True)
    assert_one_line(call("flows", "rerun", run))


@pytest.mark.heavy
def test_the_cache_and_repro(call: Call, netlist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGBRIDGE_CACHE", "cache")
    runs = [call("run", netlist, "fraig", "--json", *more).json for more in ((), (), ("--no-cache",))]
    assert [run["steps"][0]["cached"] for run in runs] == [False, True, False]
    assert call("cache", "--json").json["entries"] == 3
    assert call("cache", "--clear", "--json").json["entries"] == 0
    assert (call("repro", runs[0]["run"], "--json").json["same"], call("cache", "--json").json["bytes"]) == (True, 0)
    assert_one_line(call("repro", "."))


@pytest.mark.heavy
def test_doctor(call: Call) -> None:
    found = call("doctor", "--json")
    assert found.code == 0
    assert {"abc", "yosys"} <= {tool["name"] for tool in found.json["tools"]}
    used, *others = found.json["self_tests"]
    assert used["used"]
    assert used["passed"]
    assert not any(other["used"] for other in others)
    assert min(used["pairs"].values()) >= 10


@pytest.mark.heavy
def test_tables_for_people(call: Call, netlist: Path) -> None:
    for arguments in (("doctor",), ("flows",), ("stats", netlist), ("diff", netlist, netlist)):
        shown = call(*arguments)
        assert shown.code == 0
        assert shown.out.strip()
        assert not shown.err


@pytest.mark.heavy
def test_chat_answers_every_line_of_a_pipe(netlist: Path) -> None:
    command = [sys.executable, "-m", "bridge.cli", "chat", str(netlist), "--bytes", "20"]
    done = subprocess.run(command, input=b"one\ntwo", capture_output=True, timeout=120, check=True)
    lines = done.stdout.split(b"\n")
    assert len(lines) == 3
    assert all(0 < len(line) <= 20 for line in lines[:2])
    assert lines[2] == b""
    assert subprocess.run(command, input=b"", capture_output=True, timeout=120, check=True).stdout == b""


def test_chat_as_json_is_one_object(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answers as in text, with the lines that they answer."""
    outs = []
    for more in ((), ("--json",)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntw\xc3\xb6\n\xff")))
        outs.append(call("chat", "tiny", "--bytes", 20, *more))
    assert [turn["read"] for turn in outs[1].json["turns"]] == ["one", "tw\u00f6", "\ufffd"]
    assert [turn["written"] for turn in outs[1].json["turns"]] == outs[0].out.split("\n")[:3]
    assert outs[1].err == ""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert call("chat", "tiny", "--json").json == {"turns": [], "seed": 0}


@pytest.mark.heavy
def test_truth_tables_come_back(call: Call, tmp_path: Path) -> None:
    (tmp_path / "f.truth").write_text("10010110\n11101000\n")  # a sum and a carry
    assert call("convert", "f.truth", "f.aig").code == 0
    for named in (("g.truth",), ("-o", "h.TRUTH"), ("--out", "i.truth")):
        assert call("convert", "f.aig", *named).code == 0
        assert Path(named[-1]).read_text() == "10010110\n11101000\n"
    for wrong in ((), ("a.v", "-o", "b.v"), ("a.xyz",), ("no/folder.aig",)):
        assert_one_line(call("convert", "f.aig", *wrong))
    assert "not one of 8 inputs and 80 latches" in call("convert", "tiny", "t.truth").err
    write_netlist(Aig(tuple(f"i{k}" for k in range(21)), (), [], (Output("y", 2),)), "wide.aig")
    assert "up to 20 inputs has a truth table, not one of 21 inputs" in call("convert", "wide.aig", "w.truth").err
    write_netlist(Aig(tuple(f"i{k}" for k in range(20)), (), [], (Output("y", 2),) * 1), "fits.aig")
    assert call("convert", "fits.aig", "w.truth").code == 0
    write_netlist(Aig(("a",), (), [], ()), "none.aig")
    assert_one_line(call("convert", "none.aig", "n.truth"))


def test_check_of_machines_with_other_latches(call: Call, tmp_path: Path) -> None:
    names = ("one.aig", "two.aig", "deep.aig", "flat.aig")
    machines = (one_hot(5, True), one_hot(6, False), counter(5, 0b01101), counter(5, None))
    for name, aig in zip(names, machines, strict=True):
        write_netlist(aig, tmp_path / name)
    one, two, deep, flat = (tmp_path / name for name in names)
    found = call("check", one, one, "--second-opinion", "--json")
    assert (found.code, found.json["verdict"]) == (0, "equivalent")
    found = call("check", one, two, "--json")
    assert (found.code, found.json["verdict"]) == (1, "different")
    assert {"go"} == found.json["trace"][-1].keys()
    assert "step" in call("check", one, two).out
    found = call("check", deep, flat)
    assert found.code == 1
    assert f"in step {0b01101 + 1} from reset, with x = 1 in steps 1 to {0b01101} and all else 0, output y" in found.out


def test_check_of_netlists_from_elsewhere(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.aag").write_text("aag 3 2 0 1 1\n2\n4\n6\n6 4 2\ni0 a\ni1 b\no0 y\n")
    (tmp_path / "b.aag").write_text("aag 4 3 0 1 1\n2\n4\n6\n9\n8 7 5\ni0 clk\ni1 p\ni2 q\no0 z\n")
    refused = call("check", "a.aag", "b.aag")
    assert refused.code == 2
    found = call("check", "a.aag", "b.aag", "--by-order", "--json")
    assert found.code == 1
    assert found.json["counterexample"] == {"a": 1, "b": 0, "clk": 0}
    assert found.json["notes"][1] == "input 'clk' of B is left out: no output sees it"
    found = call("check", "a.aag", "a.aag", "--by-order", "--seconds", "5")
    assert (found.code, found.out.splitlines()[1]) == (0, "inputs, outputs and latches are matched by their order")
    assert call("check", "a.aag", "a.aag", "--seconds", "-1").code == 2
    assert call("check", "a.aag", "a.aag", "--seconds", "nan").code == 2


@pytest.mark.usefixtures("without_algebra")
def test_seconds_bound_a_check(call: Call, tmp_path: Path) -> None:
    for name, order in (("a.aig", False), ("b.aig", True)):
        write_netlist(multiplier(14, order), tmp_path / name)
    found = call("check", "a.aig", "b.aig", "--seconds", "0.5", "--json")
    assert (found.code, found.json["verdict"]) == (3, "undecided")
    assert found.json["seconds"] < 20
    assert found.json["reason"]


def test_a_sequential_flow(call: Call, tmp_path: Path) -> None:
    write_netlist(with_spare_latches(1), tmp_path / "net.aig")
    found = call("run", tmp_path / "net.aig", "sequential", "--out", tmp_path, "--json")
    assert found.json["removed"].startswith("removed ")
    assert found.json["latches"]
    result = found.json["netlist"]
    shown = [call("run", tmp_path / "net.aig", "sequential", "--out", tmp_path).out]
    shown += [call("diff", tmp_path / "net.aig", result).out, call("stats", result).out]
    assert all(found.json["removed"] in out for out in shown)
    assert call("check", tmp_path / "net.aig", result, "--second-opinion").code == 0
    assert call("convert", result, tmp_path / "net.v").code == 0
    assert call("stats", tmp_path / "net.v", "--json").json["removed"] == found.json["removed"]


@pytest.mark.heavy
def test_simplify_writes_a_lossy_cell_or_netlist(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.lossy.rounds.TURNS", 2)
    monkeypatch.setattr("bridge.lossy.screen.TESTS", 20)
    text = tmp_path / "long.txt"
    text.write_bytes(VERSE * 10)
    done = call("simplify", "tiny", "--text", text, "--budget", 0.5, "--steps", 0, "-o", "s.aig", "--json")
    assert done.code == 0
    assert done.json["lossy"] is True
    assert done.json["ands_after"] < done.json["ands_before"]
    assert Path("s.aig.lossy.json").exists()
    refused = call("simplify", "serial", "--text", text, "-o", "s.safetensors")
    assert refused.code == 2
    assert "netlist" in refused.err
