"""Every command has two examples that run, names what comes next, and is completed by shells."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_group

import bridge
from bridge.bench.toys.data import Toy
from bridge.bench.toys.table import Row
from bridge.cli import demo_run, guide
from bridge.cli.app import COMMANDS, app
from bridge.cli.guide import GUIDES
from bridge.resources import netlist_path
from support.command_line import Call
from support.json_keys import assert_told, keys_inside
from support.texts import VERSE

ROOT = Path(bridge.__file__).parents[1]
VOTE = {
    "format": "gates",
    "inputs": 3,
    "thresholds": [[0.5], [0.5], [0.5]],
    "labels": ["no", "yes"],
    "gates": [["0xe8", 0, 1, 2], ["not", 3]],
    "outputs": [4, 3],
}
FAMILY = "flow: fraig\nmembers:\n  - {name: trees 1k, kind: trees, options: {ands: 1000}}\n"
FLOW = "name: my\nsteps:\n  - abc: [dc2]\n"
# What a reader waits for goes the same way with less of it.
LESS = {"--minutes 1 ": "--minutes 0.1 ", "deep --seconds 10": "deep --seconds 2", "--corpus kjv": "--corpus book.txt"}


def every_command() -> Iterator[tuple[str, Any]]:
    group = get_group(app)
    for names in COMMANDS.values():
        for name in names:
            yield name, group.commands[name]
            for inner, command in getattr(group.commands[name], "commands", {}).items():
                yield f"{name} {inner}", command


@pytest.mark.heavy
def test_every_command_has_two_examples_and_says_what_is_next() -> None:
    commands = dict(every_command())
    assert commands.keys() == GUIDES.keys()
    for name, command in commands.items():
        told = GUIDES[name]
        for example in (told.first, told.second):
            assert example.startswith(name)
            assert f"  aigbridge {example}\n" in f"{command.epilog}\n"
        fields = {field for _, field, _, _ in string.Formatter().parse(told.following) if field}
        assert fields <= {parameter.name for parameter in command.params}, name
        following = told.following.split()
        assert not following or following[0] in commands


def test_people_are_told_what_is_next(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("cache").err == ""
    monkeypatch.setattr(guide, "at_terminal", lambda: True)
    assert call("cache").err == "next: aigbridge run tiny shrink\n"
    assert call("flows", "check", "shrink").err == "next: aigbridge run MODEL shrink\n"
    assert call("cache", "--json").err == ""


def test_what_was_given_stands_in_the_next_command(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(guide, "at_terminal", lambda: True)
    guide._tell("eval {out} --text {text} {items}", {"out": Path("a b.aig"), "text": None, "items": ["x", "y\x1b"]})
    assert capsys.readouterr().err == "next: aigbridge eval 'a b.aig' --text TEXT x 'y\\x1b'\n"


NEXT = {  # where the usual next command would refuse what was given
    "describe tiny.aig": "run tiny.aig shrink",
    "describe vote.safetensors": "lower vote.safetensors -o net.aig",
    "eval vote.safetensors --data rows.npz": "lower vote.safetensors -o net.aig",
    "eval vote.aig --data rows.npz": "run vote.aig shrink",
    "check vote.safetensors vote.aig": "diff vote.safetensors vote.aig",
    "check tiny tiny.aig": "eval tiny.aig --text TEXT",
    "pack book.txt -o book.aigpack --model tiny.safetensors": (
        "unpack book.aigpack -o again.txt --model tiny.safetensors"
    ),
    "pack book.txt -o book.aigpack --model tiny --inside": "unpack book.aigpack -o again.txt",
}


@pytest.mark.parametrize("given", NEXT)
def test_what_comes_next_takes_what_was_given(
    given: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = {"tiny": bridge.Cell.load("tiny"), "vote": bridge.melt(VOTE)}
    for name, cell in cells.items():
        cell.save(f"{name}.safetensors")
        bridge.write_netlist(bridge.lower(cell), f"{name}.aig")
    Path("book.txt").write_bytes(VERSE * 4)
    np.savez("rows.npz", x=np.eye(3), y=np.zeros(3, int))
    monkeypatch.setattr(guide, "at_terminal", lambda: True)
    shown = call(*given.split())
    assert (shown.code, shown.err.splitlines()[-1]) == (0, f"next: aigbridge {NEXT[given]}")


def test_shells_complete_commands_without_importing_them() -> None:
    code = "import sys; sys.argv = ['aigbridge']\nfrom bridge.cli import main\n"
    code += "try: main()\nfinally: print('numba' in sys.modules)"
    asked = {"_AIGBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": "aigbridge d", "COMP_CWORD": "1"}
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | asked | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = found.stdout.split()
    assert {"demo", "doctor", "describe", "data"} <= set(said)
    assert "train" not in said
    assert said[-1] == "False"


@pytest.fixture(scope="module")
def folder(aigbridge: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples name."""
    place = tmp_path_factory.mktemp("examples")
    (place / "book.txt").write_bytes(VERSE * 40)
    (place / "lines.txt").write_text("In the beginning\nAnd God said\n")
    (place / "theirs.json").write_text(json.dumps(VOTE))
    (place / "family.yaml").write_text(FAMILY)
    (place / "my.yaml").write_text(FLOW)
    shutil.copy(netlist_path("tiny.safetensors"), place / "cell.safetensors")
    run(aigbridge, place, "lower tiny -o cell.aig", "melt theirs.json -o theirs.safetensors", "run cell.aig fraig")
    run(aigbridge, place, "pack book.txt -o book.aigpack --model tiny")
    return place


def run(aigbridge: str, place: Path, *commands: str) -> None:
    for command in commands:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["bash", "-c", f"{aigbridge}aigbridge {command}"],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        allowed = (0, 1, 3) if shlex.split(command)[0] in ("prove", "diverge", "check", "explain", "circuit") else (0,)
        assert done.returncode in allowed, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(GUIDES.keys() - {"demo"}))
def test_the_examples_of_a_command_run(name: str, aigbridge: str, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "here"
    shutil.copytree(folder, place)
    for example in (GUIDES[name].first, GUIDES[name].second):
        for long, short in LESS.items():
            example = example.replace(long, short)
        run(aigbridge, place, example)


def test_what_is_done_with_less_is_in_an_example() -> None:
    examples = [example for guide in GUIDES.values() for example in (guide.first, guide.second)]
    assert [long for long in LESS if not any(long in example for example in examples)] == []


@pytest.mark.heavy
@pytest.mark.parametrize("example", [GUIDES["demo"].first, GUIDES["demo"].second])
def test_the_demo_of_a_small_cell(example: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make demo` shows the large one."""
    monkeypatch.setattr(demo_run, "run_demo", partial(demo_run.run_demo, cell_name="tiny"))
    shown = call(*shlex.split(example))
    assert shown.code == 0, shown.err
    out = Path("shown" if "--out" in example else "demo")
    found = json.loads((out / "demo.json").read_text())
    assert {run["verdict"] for run in found["verdicts"].values()} == {"equivalent"}
    assert found["verdicts"].keys() == {*demo_run.FLOWS}
    assert len({*found["bits_per_byte"].values()}) == 1
    made = {"demo.json", "gates.svg", "plain.aig", "plain.v", "report.html", "runs", "smallest.aig", "smallest.v"}
    assert {path.name for path in out.iterdir()} == made


QUICK = ("cache", "check", "convert", "describe", "encoder", "flows", "flows check", "flows commands", "flows show")


@pytest.mark.heavy
@pytest.mark.parametrize("name", [*QUICK, "generate", "lower", "melt", "stats"])
def test_the_keys_of_json_are_told(name: str, call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert_told(name, call(*shlex.split(GUIDES[name].first.replace("latest", "cell.aig")), "--json").json)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["bench execution", "bench gates", "bench training"])
def test_the_keys_of_benches_are_told(name: str, call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    few = {"bench execution": ["--rounds", 1], "bench gates": [], "bench training": ["--steps", 2]}
    found = call(*shlex.split(GUIDES[name].first), *few[name], "--json").json
    assert_told(name, found)
    inside = {
        "bench execution": [
            ("`bench execution`: `streams`, `single`, `files`", [found.get("streams", {}), found.get("files", {})]),
            ("`bench execution`: a row of these", found.get("streams", {}).get("rows", [])),
        ],
        "bench gates": [("`bench gates`: a row", found.get("rows", []))],
        "bench training": [
            ("`bench training`: a method", found.get("methods", [])),
            ("`bench training`: a run", found.get("runs", [])),
        ],
    }
    for what, records in inside[name]:
        assert records
        assert all(record.keys() == keys_inside(what) for record in records), what


def test_the_keys_of_toys_are_told() -> None:
    row = Row("float", "trained", Toy(), True, {"error": [0.5]})
    assert row.to_json().keys() == keys_inside("`tools/superposition.py`: a row of its file")
