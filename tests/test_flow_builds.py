"""Builds that lack commands: a substitute, or a clear refusal before anything runs; and the real builds of Debian."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import ToolError
from bridge.flow import Flow, run_flow
from bridge.flow.builds import commands_of, fitted
from bridge.flow.schema import Repeat, Step
from bridge.toolchain import Tool, locate
from support import flows
from support.fakes import fake
from support.flows import folder_of
from support.netlists import redundant, same_function
from support.tools import real, skip_or_fail

DEBIAN = {"AIGBRIDGE_ABC": Path("/usr/bin/berkeley-abc"), "AIGBRIDGE_YOSYS": Path("/usr/bin/yosys")}
NEW = Step(abc=("&rrr -N 1", "dc2"))
HELPFUL = Step(abc=("&rrr -N 1", "dc2"), instead=("resub", "dc2"))


def build(folder: Path, answer: str) -> Tool:
    """An ABC that answers this to `help`."""
    return Tool("abc", fake(folder, f"print({answer!r})"), "option", "fake", f"{folder}{answer}")


def test_a_substitute_is_taken_everywhere(tmp_path: Path) -> None:
    old = build(tmp_path, "strash dc2 resub")
    steps = (HELPFUL, Step(repeat=Repeat(at_most=2, steps=(HELPFUL,))), Step(best_of=((HELPFUL,), (NEW,))))
    done = fitted(Flow(name="x", steps=steps[:2]), {"abc": old})
    assert done.steps[0] == Step(abc=("resub", "dc2"))
    assert done.steps[1].repeat == Repeat(at_most=2, steps=(Step(abc=("resub", "dc2")),))
    with pytest.raises(ToolError, match=r"the step \(abc: &rrr -N 1; dc2\) needs &rrr, which .*fake-tool does not"):
        fitted(Flow(name="x", steps=steps), {"abc": old})
    with pytest.raises(ToolError, match="needs &rrr"):  # the substitute is missing as well
        fitted(Flow(name="x", steps=(HELPFUL,)), {"abc": build(tmp_path, "strash dc2")})


def test_a_command_that_runs_another_needs_both(tmp_path: Path) -> None:
    flow = Flow(name="x", steps=(Step(abc=("&stochsyn &syn3",)),))
    with pytest.raises(ToolError, match="needs &syn3, which"):
        fitted(flow, {"abc": build(tmp_path, "strash &stochsyn")})


@pytest.mark.parametrize("answer", ["strash dc2 &rrr resub", "", "what?"])
def test_a_build_that_has_all_or_says_nothing_is_left_alone(tmp_path: Path, answer: str) -> None:
    flow = Flow(name="x", steps=(HELPFUL,))
    assert fitted(flow, {"abc": build(tmp_path, answer)}) is flow


def test_real_builds_list_their_commands() -> None:
    assert {"strash", "&cec", "dc2"} <= commands_of(real("abc"))
    assert {"opt_expr", "aigmap"} <= commands_of(real("yosys"))


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ABC and Yosys of Debian 12."""
    for variable, path in DEBIAN.items():
        if not path.is_file():
            skip_or_fail(f"{path} is not installed")
        monkeypatch.setenv(variable, str(path))


@pytest.mark.usefixtures("debian")
@pytest.mark.parametrize("name", flows.EVERY)
def test_shipped_flows_with_old_builds(name: str) -> None:
    aig = redundant()
    result = run_flow(aig, flows.brief(name))
    assert result.verdict.answer == "equivalent"
    # &ttopt takes at most 16 inputs; old &deepsyn crashes now and then.
    assert all("&ttopt" in step.failure or "&deepsyn" in step.failure for step in result.failed)
    assert result.ands_after < result.ands_before
    assert same_function(aig, result.aig)


@pytest.mark.usefixtures("debian")
def test_an_old_build_gets_the_substitute(tmp_path: Path) -> None:
    if "&rrr" in commands_of(locate("abc")):
        pytest.skip("this build is not old")
    result = run_flow(redundant(), Flow(name="x", steps=(HELPFUL,)), tmp_path)
    assert result.steps[0].label == "abc: resub; dc2"
    with pytest.raises(ToolError, match="needs &rrr, which /usr/bin/berkeley-abc does not have; use the abc of"):
        run_flow(redundant(), Flow(name="x", steps=(NEW,)), tmp_path / "other")
    assert not (tmp_path / "other").exists()
    assert "resub" in (folder_of(result) / "01-abc" / "script.abc").read_text()
