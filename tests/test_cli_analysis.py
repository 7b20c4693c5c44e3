"""The commands of the analysis as people call them: answers, exit codes, files, and one line for every mistake."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.aig import Aig, Output
from bridge.cli.dependence import WIDEST
from bridge.formats import write_netlist
from support.command_line import Call
from support.small_netlists import planted

QUESTIONS = Path(__file__).parents[1] / "tools" / "questions.py"


@pytest.fixture
def netlist(tmp_path: Path) -> Path:
    path = tmp_path / "planted.aig"
    write_netlist(planted(), path)
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(b"In the beginning God created the heaven and the earth.\n" * 40)
    return path


def test_affects(call: Call, netlist: Path, tmp_path: Path) -> None:
    yes = call("affects", netlist, "--from", "one", "--to", "both", "--steps", 2, "--json")
    assert (yes.code, yes.json["verdict"]) == (0, "yes")
    assert {"verdict", "method", "seconds", "witness"} <= set(yes.json)
    no = call("affects", netlist, "--from", "a", "--to", "cancelled", "--proof", tmp_path / "no.drat", "--json")
    assert (no.code, no.json["verdict"]) == (1, "no")
    assert (tmp_path / "no.drat").read_text().endswith("0\n")
    assert "p cnf" in (tmp_path / "no.drat.cnf").read_text()
    shown = call("affects", netlist, "--from", "one", "--to", "both")
    assert shown.out.startswith("yes (simulation")
    assert "invert one in step 1" in shown.out


def test_affects_on_a_text(call: Call, text: Path) -> None:
    found = call("affects", "tiny", "--from", "state", "--to", "argmax", "--seen-on", text, "--json")
    assert (found.code, found.json["verdict"]) == (0, "yes")
    assert found.json["witness"]["position"] >= 0


def test_affects_asks_groups_jointly_and_cells_by_place(call: Call, netlist: Path) -> None:
    group = call("affects", netlist, "--from", "x", "--to", "both", "--json").json
    assert (group["verdict"], group["each"], group["same_node"]) == ("yes", False, {})
    assert call("affects", netlist, "--from", "x", "--to", "both", "--each", "--json").json["each"] is True
    shared = call("lower", "tiny", "-o", "tiny.aig")
    assert shared.code == 0
    asked = ("--from", "layer0.neurons[2]", "--to", "layer0.neurons[11]")
    inverted = call("affects", "tiny.aig", *asked)
    assert inverted.code == 0
    assert "layer0.neurons[2] is the same node as not layer0.neurons[11]" in inverted.out
    assert call("affects", "tiny", *asked, "--json").json["method"] == "structure"
    assert "layer0.neurons[11]" not in call("cone", "tiny", "layer0.neurons[2]", "--fanout", "--json").json["points"]
    assert "is the same node as" in call("cone", "tiny.aig", "layer0.neurons[2]", "--fanout").out


def test_affects_says_how_a_reachable_state_is_reached(call: Call, netlist: Path) -> None:
    found = call("affects", netlist, "--from", "one", "--to", "both", "--reachable", "--steps", 2, "--json").json
    assert set(found["witness"]["reset"]) == set(found["witness"]["state"])
    assert isinstance(found["witness"]["reached_by"], list)


def test_dependence_without_a_file_shows_who(call: Call, netlist: Path) -> None:
    blocks = call("dependence", "tiny")
    assert "pairs, from" in blocks.out
    assert "state.layer0.memory" in blocks.out
    assert max(len(line) for line in blocks.out.splitlines() if not line.startswith("affects nothing")) <= WIDEST
    few = call("dependence", netlist, "--from", "one", "--from", "dead", "--to", "both", "--to", "gated").out
    assert [line.split() for line in few.splitlines()[-2:]] == [["one", "yes", "yes"], ["dead", "no", "no"]]
    known = call("dependence", "tiny", "--json").json
    assert {"affected", "targets", "same_node"} <= set(known)


def test_stats_show_the_blocks_of_the_cell(call: Call) -> None:
    blocks = call("stats", "tiny", "--json").json["blocks"]
    assert "state.layer0.memory" not in blocks["layer0.neurons"]
    assert set(blocks["layer0.select"]) == {"layer0.memory"}


def test_dependence(call: Call, netlist: Path) -> None:
    found = call("dependence", netlist, "-o", "m.csv", "--json")
    assert found.code == 0
    assert found.json["undecided"] == 0
    assert found.json["sat_no"] >= 3
    with Path("m.csv").open() as stream:
        assert next(csv.reader(stream))[1:] == found.json["targets"]
    some = call("dependence", netlist, "--from", "x", "--to", "both", "--bits", "--json").json
    assert some["affected"]["x[7]"] == 1


def test_cone(call: Call, netlist: Path) -> None:
    found = call("cone", netlist, "chosen", "-o", "c.dot", "--json").json
    assert found["inputs"] == ["x[4]", "x[5]"]
    assert Path("c.dot").read_text().startswith("digraph")
    assert call("cone", netlist, "one", "--fanout", "--steps", 2, "--json").json["outputs"] == ["both", "gated"]
    assert "fanin of chosen" in call("cone", netlist, "chosen").out


@pytest.mark.heavy
def test_states_neurons_and_compare(call: Call, netlist: Path, text: Path) -> None:
    proven = call("states", netlist, "--json").json["proven"]
    assert proven["constant"] == {"zero": 0}
    assert proven["equal"] == [["twin", "one"]]
    both = call("states", "tiny", "--text", text, "--json").json
    assert both["on_this_text"]["positions"] == 2200
    assert set(both) == {"proven", "on_this_text"}
    found = call("neurons", "tiny", "--json").json
    assert "layer0.memory[11]" in found["trivial"]
    sides = call("compare", "tiny", "tiny", "--json").json
    assert sides["before"] == sides["after"]
    assert sides["changes"] == []
    for command in (["states", "tiny", "--text", text], ["neurons", "tiny"], ["compare", "tiny", "tiny"]):
        assert call(*command).code == 0


def test_influence(call: Call, text: Path) -> None:
    found = call("influence", "tiny", "--text", text, "--steps", 3, "--positions", 64, "-o", "i.npz", "--json").json
    assert found["positions"] == 64
    assert len(found["memory"][0]) == 3
    assert Path("i.npz").stat().st_size > 0
    assert "mean step" in call("influence", "tiny", "--text", text, "--steps", 1, "--positions", 64).out


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["affects", "NETLIST", "--from", "onne", "--to", "both"], "no signal 'onne'; did you mean one"),
        (["affects", "NETLIST", "--from", "one", "--to", "both", "--steps", 65], "must lie in 1 .. 64, not 65"),
        (["affects", "NETLIST", "--from", "one", "--to", "argmax"], "has no symbols"),
        (["affects", "NETLIST", "--from", "one", "--to", "both", "--seen-on", "gone.txt"], "gone.txt: no such file"),
        (["affects", "NETLIST", "--from", "one", "--to", "both", "--seen-on", "TEXT"], "exactly byte[0] .. byte[7]"),
        (["affects", "gone.aig", "--from", "one", "--to", "both"], "gone.aig"),
        (["dependence", "NETLIST", "-o", "m.txt"], "must end in .npz or .csv"),
        (["cone", "NETLIST", "both", "-o", "c.png"], "must end in .svg or .dot"),
        (["cone", "tiny", "logit", "-o", "c.svg"], "can be drawn"),
        (["influence", "tiny", "--text", "gone.txt"], "no such file"),
        (["influence", "NETLIST", "--text", "TEXT"], "not a text model"),
        (["influence", "tiny", "--text", "TEXT", "--steps", 0], "must lie in 1 .. 64"),
        (["states", "NETLIST", "--text", "TEXT"], "exactly byte[0] .. byte[7]"),
    ],
)
def test_mistakes(call: Call, netlist: Path, text: Path, arguments: list[object], sentence: str) -> None:
    places = {"NETLIST": netlist, "TEXT": text}
    found = call(*(places.get(str(word), word) for word in arguments))
    assert found.code == 2
    assert sentence in found.err
    assert found.err.count("\n") == 1
    assert found.out == ""


@pytest.mark.heavy
def test_questions(text: Path) -> None:
    command = [sys.executable, str(QUESTIONS), "tiny", "--text", str(text), "--steps", "3", "--positions", "64"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert "layer0.memory[11] = state.layer0.memory[11]" in run.stdout
    assert "yes (simulation" in run.stdout


LISTS = [
    ("cone", "tiny", "logit"),
    ("cone", "tiny", "byte", "--fanout"),
    ("states", "tiny", "--text", "text.txt"),
    ("influence", "tiny", "--text", "text.txt", "--positions", 64),
    ("neurons", "after.aig"),
    ("compare", "before.aig", "after.aig"),
]


@pytest.mark.parametrize("command", LISTS, ids=lambda command: " ".join(map(str, command[:2])))
def test_lists_say_what_they_leave_out(call: Call, text: Path, command: tuple[str, ...]) -> None:
    for name, literal in (("before.aig", 10), ("after.aig", 8)):  # 25 neurons that become functions of two signals
        points = tuple(Output(f"h[{index}]", literal) for index in range(25))
        write_netlist(Aig(("a", "b", "c"), (), [[4, 2], [8, 6]], (Output("y", 10),), points), name)
    short, whole = call(*command), call(*command, "--all")
    assert (short.code, whole.code) == (0, 0), short.err
    left = re.findall(r"\.\.\. and ([0-9,]+) more; --all shows them", short.out)
    assert left
    assert "more" not in whole.out
    if "\n... and" in short.out:  # a row each
        assert whole.out.count("\n") == short.out.count("\n") - len(left) + sum(int(n.replace(",", "")) for n in left)
