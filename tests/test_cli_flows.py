"""The commands around flows: taking up runs, progress on terminals, arguments that all commands share."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.flow import load_flow
from bridge.flow.folder import locked
from bridge.flow.schema import tool_runs
from bridge.resources import shipped_flows
from support.command_line import Call, assert_one_line
from support.processes import shown_on

pytestmark = pytest.mark.heavy


def test_a_run_is_taken_up_again(call: Call, netlist: Path) -> None:
    run = Path(call("run", netlist, "resyn2", "--json", "--jobs", "1").json["run"])
    wanted = (run / "result.aig").read_bytes()
    (run / "result.aig").unlink()
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"state": "running", "steps": []}))
    again = call("run", "--resume", run, "--json")
    assert (again.code, again.json["run"]) == (0, str(run))
    assert (run / "result.aig").read_bytes() == wanted
    assert_one_line(call("run", netlist, "--resume", run))
    assert_one_line(call("run", "--resume", "nothing"))
    assert_one_line(call("run", netlist))
    assert_one_line(call("run"))


def test_diff_takes_what_other_commands_take(call: Call, cell: Path, netlist: Path) -> None:
    found = call("diff", "tiny", cell, netlist, "--json")
    assert [row["label"] for row in found.json["rows"]] == ["tiny", str(cell), str(netlist)]
    assert found.json["rows"][1]["ands"] == found.json["rows"][2]["ands"]
    assert_one_line(call("diff", "nothing"))


def test_the_version(call: Call) -> None:
    assert call("--version").out == f"aigbridge {importlib.metadata.version('aigbridge')}\n"


def test_json_before_and_after_the_command(call: Call) -> None:
    assert call("flows", "--json", "show", "resyn2").json == call("flows", "show", "resyn2", "--json").json
    assert call("flows", "--json", "check", "resyn2").json["name"] == "resyn2"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals")
def test_progress_on_a_terminal_only(netlist: Path, tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "bridge.cli", "run", str(netlist), "yosys", "--json", "--no-cache"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    child = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    seen = shown_on(ours)
    os.close(ours)
    assert json.loads(child.communicate(timeout=60)[0])["verdict"] == "equivalent"
    assert re.search(rb"0:00:\d\d.*yosys: yosys: opt_expr; .*, from [\d,]+ ANDs", seen)
    quiet = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert quiet.stderr == ""


def test_a_run_that_was_changed_or_has_no_end(call: Call, netlist: Path) -> None:
    run = Path(call("run", netlist, "resyn2", "--json").json["run"])
    record = (run / "run.json").read_text()
    (run / "run.json").write_text(record.replace('"state": "done"', '"state": "running"'))
    with locked(run):
        assert f"{run}: still running: 1 step so far" in call("diff", run).out
        assert "still running" in call("diff", run, "--json").json["notes"][0]
        assert "result (running)" in call("diff", run, "--format", "csv").out
        assert f"the end of resyn2: {run}: still running" in call("report", run, "-o", "page.html", "--quick").out
        assert "as far as it came (it is running)" in Path("page.html").read_text()
    assert f"was interrupted: 1 step so far left 0 ANDs; go on with: aigbridge run --resume {run}" in re.sub(
        r"left [\d,]+ ANDs", "left 0 ANDs", call("diff", run).out
    )
    (run / "run.json").write_text(record)
    (run / "result.aig").write_bytes((run / "input.aig").read_bytes())
    for command in (("diff", run), ("report", run, "-o", "other.html"), ("repro", run)):
        said = call(*command)
        assert_one_line(said)
        assert (said.code, said.out) == (2, "")
        assert f"{run}/result.aig: was changed after the run" in said.err
    assert not Path("other.html").exists()


@pytest.mark.parametrize("name", shipped_flows())
def test_what_flows_show_prints_is_a_flow(call: Call, name: str) -> None:
    shown = Path("my flow.yaml")
    shown.write_text(call("flows", "show", name).out)
    assert load_flow(str(shown)) == load_flow(name)
    assert call("flows", "check", shown).out == call("flows", "check", name).out
    assert call("flows", "show", shown).out == shown.read_text()
    Path("other.yaml").write_text(call("flows", "show", name, "--json").out)
    expanded, flow = load_flow("other.yaml"), load_flow(name)
    assert [step.commands for step in tool_runs(expanded.steps)] == [step.commands for step in tool_runs(flow.steps)]


def test_the_commands_of_flows(call: Call) -> None:
    found = call("flows", "commands", "--json").json["commands"]
    known = {(entry["tool"], entry["command"]): entry for entry in found}
    assert "'logic' is put before it" in known["abc", "mfs2"]["remarks"]
    assert "-K <number>" in known["abc", "resub"]["options"]
    assert known["yosys", "opt"]["options"][0] == "-full"
    assert "remove latches" in call("flows", "commands").out
