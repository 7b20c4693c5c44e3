"""One noun: whatever names a model is understood by every command that wants one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from bridge.aig import Aig, Output
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.flow import run_flow
from bridge.formats import read_netlist, write_netlist
from bridge.lowering import lower
from bridge.resources import cell_path, netlist_path
from support.command_line import Call, Called

pytestmark = pytest.mark.heavy

TEXT = b"In the beginning was the Word, and the Word was with God, and the Word was God.\n" * 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the shipped cell `tiny`."""
    aig = lower(Cell.load("tiny"))
    folder = run_flow(aig, "fraig", tmp_path_factory.mktemp("made") / "runs").folder
    assert folder is not None
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """The same as the newest of two runs in ./runs."""
    newest, older = tmp_path / "runs" / made.name, tmp_path / "runs" / "99999999-older"
    shutil.copytree(made, newest)
    shutil.copytree(made, older)
    os.utime(older / "input.aig", (1, 1))
    return newest


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    return path


def refused(called: Called) -> str:
    assert (called.code, called.out, called.err.count("\n")) == (2, "", 1), called.err
    return called.err


COMMANDS = [
    ("stats", "MODEL"),
    ("eval", "MODEL", "--text", "text.txt"),
    ("generate", "MODEL", "--bytes", 5),
    ("convert", "MODEL", "out.v"),
    ("check", "MODEL", "tiny"),
    ("cone", "MODEL", "logit.97[0]"),
    ("affects", "MODEL", "--from", "byte", "--to", "logit"),
    ("neurons", "MODEL"),
    ("compare", "tiny", "MODEL"),
    ("influence", "MODEL", "--text", "text.txt", "--positions", 64, "--from", "state.layer0.memory[0]"),
    ("diff", "tiny", "MODEL"),
    ("lower", "MODEL", "-o", "out.aig"),
    ("check", "MODEL", "tiny", "--certificate"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_run_is_a_model(call: Call, run: Path, text: Path, command: tuple[str, ...]) -> None:
    """A run means its result; where a cell is needed, the cell that it began with."""
    for name in (run, f"{run}/run.json", "latest", f"runs/{run.name}"):
        called = call(*(name if part == "MODEL" else part for part in command))
        assert called.code == 0, called.err
        if command[0] not in ("stats", "eval", "check"):
            break  # the noun is resolved in one place; these three are quick


def test_the_newest_run(call: Call, run: Path, netlist: Path) -> None:
    assert call("stats", "latest/result.aig", "--json").json == call("stats", run, "--json").json
    assert call("diff", "latest").out == call("diff", run).out
    assert call("repro", "latest", "--json").json["same"] is True
    again = call("run", netlist, "fraig", "--json")
    assert call("stats", "latest", "--json").json["ands"] == again.json["ands_after"] == 1
    Path("latest").mkdir()
    assert "latest: is a folder, but not that of a run" in refused(call("stats", "latest"))


@pytest.fixture
def netlist(tmp_path: Path) -> Path:
    path = tmp_path / "and.aig"
    write_netlist(Aig(("a", "b"), (), [[4, 2]], (Output("y", 6),)), path)
    return path


def test_a_sweep_takes_any_model(call: Call, run: Path, netlist: Path) -> None:
    found = call("sweep", "fraig", "--on", "tiny", "--on", "latest", "--on", netlist, "--workers", 1, "--json")
    assert found.code == 0, found.err
    assert [Path(job["netlist"]).name for job in found.json["jobs"]] == ["tiny", "latest", "and.aig"]
    assert "nosuch" in refused(call("sweep", "fraig", "--on", "nosuch"))


def test_what_fits_nothing(call: Call, netlist: Path) -> None:
    assert "there is no run in the folder runs yet" in refused(call("stats", "latest"))
    kinds = "a cell ends in .safetensors, a netlist in one of .aig, .aag, .v, .blif, .bristol or .truth"
    Path("folder").mkdir()
    Path("x.txt").write_text("hello")
    for name in ("nosuch", "folder", "x.txt"):
        assert kinds in refused(call("stats", name))
    assert "is already a netlist (see `convert`)" in refused(call("lower", netlist, "-o", "b.aig"))
    run_flow(read_netlist(netlist), "fraig", "runs")
    assert "is not one of the shipped" in refused(call("lower", "latest", "-o", "b.aig"))


def test_a_run_that_failed_before_it_made_a_netlist_is_no_model(call: Call, run: Path) -> None:
    """Its result is its input: to check that against the cell would prove nothing about the flow."""
    facts = json.loads((run / "run.json").read_text())
    failed = facts | {"state": "failed", "failure": "abc crashed", "result": facts["input"]}
    (run / "run.json").write_text(json.dumps(failed))
    shutil.copy(run / "input.aig", run / "result.aig")
    for name in ("latest", run):
        assert "failed before it made any netlist: abc crashed" in refused(call("check", "tiny", name))
    assert call("diff", "latest").code == 0
    (run / "run.json").write_text(json.dumps(failed | {"state": "done"}))
    assert call("check", "tiny", "latest").code == 0


def test_a_result_that_was_changed_is_refused(call: Call, run: Path, netlist: Path) -> None:
    shutil.copy(netlist, run / "result.aig")
    assert "was changed after the run" in refused(call("stats", run))


def test_a_file_wins_over_a_shipped_name(call: Call, netlist: Path) -> None:
    ands = call("stats", "tiny", "--json").json["ands"]
    Path("tiny").mkdir()
    assert call("stats", "tiny", "--json").json["ands"] == ands  # a folder without a run is no model
    Path("tiny").rmdir()
    shutil.copy(netlist, "tiny")
    found = call("stats", "tiny", "--json")
    assert (found.json["ands"], found.err) == (1, "aigbridge: tiny: the file of that name here, not the shipped cell\n")
    shutil.copy(netlist_path("kjv.safetensors"), "tiny")
    assert call("stats", "tiny", "--json").json["ands"] > ands
    assert Cell.load("tiny").digest == Cell.load("kjv").digest


def test_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.safetensors"
    Cell.load("tiny").save(path)
    assert Cell.load(path).digest == Cell.load(cell_path("tiny")).digest
    with pytest.raises(InputError, match=r"kvj: is neither a file nor a shipped cell \(kjv, kjv88, "):
        Cell.load("kvj")
    with pytest.raises(InputError, match=r"is a shipped cell, not a netlist; lower\(Cell.load\('kjv'\)\)"):
        read_netlist("kjv")
