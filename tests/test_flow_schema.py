"""Flow files: what is accepted, and one clear sentence for everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.flow.allowed import _ABC, _SCRIPTS, _YOSYS, check_abc, check_yosys, expand
from bridge.flow.rewrite import abc_script
from bridge.flow.schema import _EXAMPLES, MAXIMAL_BYTES, Flow, load_flow, parse_flow, tool_runs
from bridge.resources import shipped_flows
from bridge.toolchain import run_tool
from support.tools import real

GOOD = """\
name: example
summary: all kinds of steps
preserves: combinational
steps:
  - abc: [strash, dc2, resub -K 8, rewrite -z]
  - repeat: {at_most: 6, until: no_gain, steps: [{abc: ["&dc2", "&compress3rs"]}]}
  - yosys: [opt -full, "abc -g AND"]
    limits: {seconds: 60, memory: 2048}
  - best_of: [resyn2, [{abc: ["&rrr -N 1"], instead: [dc2, resub]}], [{abc: [dc2]}, {yosys: [opt]}]]
"""


def fault(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_flow(text.encode(), "flow.yaml")
    return str(caught.value)


def with_steps(steps: str) -> str:
    return f"name: x\nsteps:\n{steps}\n"


def test_the_example_of_the_manual() -> None:
    flow = parse_flow(GOOD.encode(), "flow.yaml")
    assert flow.tools() == {"abc", "yosys"}
    assert [step.label for step in tool_runs(flow.steps)][2:4] == ["yosys: opt -full; abc -g AND", "abc: resyn2"]
    assert flow.most_runs() == 1 + 6 + 1 + 4 + 1  # one has an `instead`
    assert flow.steps[1].repeat is not None
    assert flow.steps[1].repeat.at_most == 6
    assert Flow.model_validate_json(flow.model_dump_json(exclude_none=True)) == flow


@pytest.mark.parametrize("name", shipped_flows())
def test_shipped_flows_are_valid(name: str) -> None:
    flow = load_flow(name)
    assert flow.name == name
    assert flow.summary


def test_names_and_paths(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(GOOD)
    assert load_flow(tmp_path / "my.yaml").name == "example"
    with pytest.raises(InputError, match=r"no shipped flow .* did you mean 'resyn2'"):
        load_flow("resyn")
    with pytest.raises(InputError, match="cannot read a flow"):
        load_flow("missing.yaml")
    (tmp_path / "huge.yaml").write_text("#" * (MAXIMAL_BYTES + 1))
    with pytest.raises(InputError, match="larger than"):
        load_flow(tmp_path / "huge.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("at_most: 6", "at_mots: 6"), "flow.yaml:6: unknown key 'at_mots'; did you mean 'at_most'?"),
        (GOOD.replace("name: example", "nam: example"), "flow.yaml:1: unknown key 'nam'; did you mean 'name'?"),
        (GOOD.replace("name: example\n", ""), "flow.yaml:1: the key 'name' is missing"),
        (GOOD.replace("example", "../x"), "flow.yaml:1: name must be letters, digits"),
        (GOOD.replace("combinational", "everything"), "flow.yaml:3: preserves must be 'combinational'"),
        (GOOD.replace("6,", "'6',"), "flow.yaml:6: steps.repeat.at_most must be a whole number"),
        (GOOD.replace("6,", "0,"), "flow.yaml:6: steps.repeat.at_most must be at least 1"),
        (GOOD.replace("6,", "9" * 5000 + ","), "flow.yaml:6: '99999"),
        (GOOD.replace("6,", "0b" + "1" * 30000 + ","), "flow.yaml:6: '0b1111"),
        (GOOD + "? [a]\n: b", "flow.yaml:10: a key must be text"),
        (GOOD.replace("all kinds of steps", r'"\e[31mred"'), "flow.yaml:2: summary must be plain text"),
        (GOOD.replace("resub -K", "resubs -K"), "'resubs' is not among the ABC commands that a flow may use; did you"),
        (GOOD.replace("resub -K 8", "resub -F 8"), "'resub' may not have '-F' in a flow; it may have -K <number>"),
        (GOOD.replace("opt -full", "opt -ful"), "flow.yaml:7: 'opt' may not have '-ful'"),
        (with_steps(" - own: [window -K 8]"), "flow.yaml:3: 'window' is not among the commands of our own that a flow"),
        (with_steps(" - own: [window -K 8]"), "may use; did you mean 'windows'?"),
        (with_steps(" - abc: [windows]"), "that a flow may use; it is one of our own: a step of the key own"),
        (GOOD + "steps: []", "flow.yaml:10: the key 'steps' occurs twice"),
        (with_steps(" - abc: [dc2]\n   yosys: [opt]"), "flow.yaml:3: a step has exactly one of the keys"),
        (with_steps(" - {}"), "flow.yaml:3: a step has exactly one of the keys"),
        (with_steps(" - best_of: [resyn2]"), "flow.yaml:3: steps.best_of must have at least 2, but there are 1"),
        (with_steps(" - best_of: [resyn2, resin2]"), "flow.yaml:3: there is no shipped flow"),
        (with_steps(" - best_of: [resyn2, ../x.yaml]"), "flow.yaml:3: there is no shipped flow"),
        (with_steps(" - best_of: [resyn2, []]"), "flow.yaml:3: steps.best_of must have at least 1, but there are 0"),
        (
            with_steps(" - abc: [dc2]\n   limits: {second: 1}"),
            "flow.yaml:4: unknown key 'second'; did you mean",
        ),
        (
            "name: x\nlimits: {seconds: 9}\nsteps: []",
            "flow.yaml:2: the key 'limits' has no place here; it belongs to a step",
        ),
        (with_steps(" - abc: [dc2]\n   limits: {seconds: 0}"), "flow.yaml:4: steps.limits.seconds must be more than 0"),
        (with_steps(" - abc: [dc2]\n   instead: ['!ls']"), "'!ls' is not a command of a flow"),
        (with_steps(" - best_of: [resyn2, yosys]\n   instead: [dc2]"), "the keys limits, scope and instead belong to"),
        (with_steps(" - abc: ['&deepsyn -T 5']"), "option -T of '&deepsyn' counts seconds; a flow with it must say"),
        (with_steps(" - abc: [dc2]\n   instead: ['&rrr -T 5']"), "option -T of '&rrr' counts seconds"),
        (with_steps(" - abc: []"), "flow.yaml:3: steps.abc must have at least 1, but there are 0"),
        (with_steps(" - abc: dc2"), "flow.yaml:3: steps.abc must be a list, such as [strash, dc2]"),
        (with_steps(" - own: windows"), "flow.yaml:3: steps.own must be a list, such as [windows -K 8]"),
        (
            with_steps(" - best_of: resyn2"),
            "flow.yaml:3: steps.best_of must be a list, such as [resyn2, [{abc: [dc2]}]]",
        ),
        ("name: x\nsteps: dc2", "flow.yaml:2: steps must be a list, such as [{abc: [strash, dc2]}]"),
        (with_steps(" - abc: &a [dc2]\n - abc: *a"), "flow.yaml:3: anchors and aliases are not allowed"),
        (with_steps(" - abc: !!python/object:os.system [dc2]"), "flow.yaml:3: tags such as"),
        ("[" * 5000, "flow.yaml:1: a flow may be nested 24 deep at most"),
        ("name: [x\n", "flow.yaml:2: not valid YAML"),
        ("- x", "flow.yaml: a flow is a mapping with the keys name, summary, preserves, on_error"),
        ("", "flow.yaml: a flow is a mapping"),
    ],
)
def test_mistakes_are_explained_with_their_line(text: str, message: str) -> None:
    assert fault(text).startswith("flow.yaml")
    assert message in fault(text)


def faulty_values() -> list[str]:
    """A wrong value of every kind for every key."""
    values = ["1", "-1", "1.5", "x", "true", "null", "[]", "[1]", "{}", "{a: 1}", ".inf", "1" * 400]
    texts = [f"{key}: {value}\n" for key in ("name", "summary", "preserves", "on_error", "steps") for value in values]
    whole = [f"name: x\nsteps: [{{abc: [dc2]}}]\n{text}" for text in texts]
    inner = ("abc", "yosys", "own", "repeat", "best_of", "limits", "scope", "instead")
    return whole + [with_steps(f" - {{abc: [dc2], {key}: {value}}}") for key in inner for value in values]


def test_no_sentence_is_the_validators_own() -> None:
    for text in faulty_values():
        try:
            parse_flow(text.encode(), "flow.yaml")
        except InputError as error:
            said = str(error).lower()
            assert not any(word in said for word in ("input should", "tuple", "valid ", "pydantic", "string should"))


@pytest.mark.parametrize("key", ["abc", "yosys", "own", "instead", "best_of", "steps"])
def test_the_list_of_an_example_may_be_there(key: str) -> None:
    """Every key that holds a list has an example, and it is allowed."""
    if key == "steps":
        text = f"name: x\nsteps: {_EXAMPLES[key]}\n"
    else:
        text = with_steps(f" - {{{'abc: [dc2], ' if key == 'instead' else ''}{key}: {_EXAMPLES[key]}}}")
    assert parse_flow(text.encode(), "flow.yaml").steps


def test_a_flow_may_count_seconds_if_it_says_so() -> None:
    text = "name: x\nreproducible: false\nsteps: [{abc: ['&deepsyn -T 5']}]"
    assert not parse_flow(text.encode(), "flow.yaml").reproducible


def test_expansion_is_bounded() -> None:
    steps = "[{abc: [dc2]}]"
    for _ in range(3):
        steps = f"[{{repeat: {{at_most: 100, steps: {steps}}}}}]"
    assert "may start 1,000,000 tool runs" in fault(f"name: x\nsteps: {steps}\n")


def test_not_text() -> None:
    with pytest.raises(InputError, match="must be UTF-8"):
        parse_flow(b"name: \xff", "flow.yaml")


@pytest.mark.parametrize(
    "command",
    [
        "!ls",
        "source x",
        "read x.aig",
        "read_aiger x.aig",
        "write_aiger x.aig",
        "&read x",
        "&write x",
        "dc2; !ls",
        "dc2\n!ls",
        "dc2 > file",
        "dc2 -o /etc/passwd",
        "&fraig -F /etc/passwd",
        "&ttopt file",
        "resub -K",
        "resub -K 8.8.8",
        "resub -K -l",
        "load_plugin x",
        "alias x y",
        "set x y",
        "cec a b",
        "empty",
        "quit",
        " ",
        "dc2" + " -b" * 100,
        "dc2 $(ls)",
        "exec ls",
        "tcl x",
        "abc -script x",
    ],
)
def test_nothing_dangerous_is_a_command(command: str) -> None:
    with pytest.raises(ValueError, match=r"option|may|allowed|command"):
        check_abc(command)
    with pytest.raises(ValueError, match=r"option|may|allowed|command"):
        check_yosys(command)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("&stochsyn -I 3", "must end with the command to run"),
        ("&stochsyn", "must end with the command to run"),
        ("&stochsyn dc2", "must end with the command to run"),
        ("&stochsyn &stochsyn", "must end with the command to run"),
        ("&stochsyn &eslim", "must end with the command to run"),
        ("&stochsyn &write", "must end with the command to run"),
        ("&stochsyn -P 2 &dc2", "may not have '-P'"),
        ("&eslim -Z 1", "needs -I and -Z, iterations and a seed"),
        ("&eslim -I 1", "needs -I and -Z, iterations and a seed"),
        ("&eslim -I 3 -Z 1 -W 1 100", "may not have '-W'"),
        ("&satsyn", "has no code behind it yet"),
        ("&odc -N 3", "the don't cares of one node"),
        ("lutexact -N 3", "reads a truth table"),
    ],
)
def test_what_new_commands_may_not(command: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_abc(command)
    assert check_abc("&stochsyn -I 3 -M 200 &dc2")
    assert check_abc("&eslim -I 3 -Z 1")


@pytest.mark.parametrize("command", ["abc -exe /bin/sh", "abc -g AND;ls", "abc -g", "write_verilog x", "opt -full x"])
def test_nothing_dangerous_is_a_yosys_command(command: str) -> None:
    with pytest.raises(ValueError, match=r"option|may|allowed|command"):
        check_yosys(command)


def test_aliases_are_expanded() -> None:
    assert expand("rwz") == ("rewrite -z",)
    assert expand("rs -K 6 -l") == ("resub -K 6 -l",)
    expected = "balance; rewrite; refactor; balance; rewrite; rewrite -z; balance; refactor -z; rewrite -z; balance"
    assert expand("resyn2") == tuple(expected.split("; "))
    assert len(expand("compress2rs")) == 18
    for name in _SCRIPTS:
        for command in expand(name):
            check_abc(command)


def test_both_netlists_of_abc_are_carried() -> None:
    script = abc_script(["dc2", "&dc2", "&syn3", "resub", "&get -n", "&st", "&put", "balance"])
    middle = script[2:-2]
    assert middle == ["dc2", "&get -n", "&dc2", "&syn3", "&put", "resub", "&get -n", "&st", "&put", "balance"]
    assert abc_script(["&dc2"])[2:-2] == ["&get -n", "&dc2", "&put"]


def test_real_abc_knows_every_allowed_command() -> None:
    log = run_tool(real("abc"), ["help"], {}, step="help").log
    assert set(_ABC) <= set(log.split())


def test_real_yosys_knows_every_allowed_command() -> None:
    commands = [f"help {name}" for name in _YOSYS]
    assert "No such command" not in run_tool(real("yosys"), commands, {}, step="help").log
