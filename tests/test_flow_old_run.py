"""A run folder that an earlier version left is read, compared, taken up and rerun. It holds what flows can say: a block
scope, alternatives, Yosys."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from bridge.flow import compare, resume_flow
from bridge.flow.old_run import finished_steps, read_whole_run
from bridge.flow.repeat import repro
from bridge.flow.rerun import rerun
from bridge.formats import read_netlist
from support.netlists import same_function
from support.tools import real

LEFT = Path(__file__).parent / "support" / "old_run.zip"
ANDS = [52, 38, 42, 37, 42, 37, 36, 36]

pytestmark = pytest.mark.heavy


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with zipfile.ZipFile(LEFT) as file:
        file.extractall(tmp_path / "run")
    return tmp_path / "run"


def test_it_is_read(run: Path) -> None:
    old = read_whole_run(run)
    assert (old.state, old.flow.name, old.verdict.answer, old.removed) == ("done", "old", "equivalent", "")
    assert [step.folder for step in old.steps] == ["01-abc", "02-abc", "03-abc", "04-abc", "05-yosys", "06-abc"]
    assert len(old.steps[1].blocks) == 3
    assert len(finished_steps(old.folder)) == 6
    assert same_function(old.input, old.result)
    assert [row.ands for row in compare(run).rows] == ANDS


def test_its_steps_and_blocks_run_again(run: Path) -> None:
    real("abc")
    real("yosys")
    for folder in ("01-abc", "05-yosys", "06-abc", *(f"02-abc/{n}" for n in ("00-y", "01-state_s", "02-"))):
        verdict = rerun(run / folder).verdict
        assert verdict is not None
        assert verdict.answer == "equivalent", folder


def test_it_is_repeated(run: Path) -> None:
    real("abc")
    real("yosys")
    found = repro(run)
    assert found.result.verdict.answer == "equivalent"
    assert found.same or "another program than then" in found.reason


def test_one_that_was_killed_is_taken_up(run: Path) -> None:
    real("abc")
    real("yosys")
    facts = json.loads((run / "run.json").read_text())
    facts |= {"state": "running", "steps": facts["steps"][:3]}
    (run / "run.json").write_text(json.dumps(facts))
    (run / "05-yosys" / "netlist.aig").unlink()
    before = read_netlist(run / "input.aig")
    result = resume_flow(run)
    assert (result.verdict.answer, result.folder, len(result.steps)) == ("equivalent", run, 6)
    assert same_function(before, read_netlist(run / "result.aig"))
    assert read_whole_run(run).state == "done"
