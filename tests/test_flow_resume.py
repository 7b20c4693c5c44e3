"""Runs that were killed are taken up again, and give the bytes that they would have given."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.aig.cut import cut
from bridge.equivalence import Verdict
from bridge.errors import InputError
from bridge.flow import Counts, Flow, FlowProgress, StepRecord, course, run_flow
from bridge.flow import run as flow_run
from bridge.flow.folder import locked, read_record
from bridge.flow.own import run_own
from bridge.flow.result import BlockRecord
from bridge.flow.rewrite import run_here
from bridge.flow.run import resume_flow
from bridge.flow.schema import Repeat, Step
from bridge.formats import read_netlist, write_netlist
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolRun
from bridge.toolchain.allowance import Allowance
from bridge.toolchain.process import OutOfTime
from support.fakes import sabotage
from support.flows import begins, folder_of
from support.netlists import redundant
from support.processes import ended, until
from support.tools import real

pytestmark = pytest.mark.heavy

ROUNDS = Step(repeat=Repeat(at_most=2, steps=(Step(abc=("rewrite -z",)), Step(abc=("resub -K 6",)))))
WAYS = Step(best_of=((Step(abc=("balance",)),), (Step(abc=("compress2rs",)), Step(abc=("dc2",), scope="block"))))
FLOW = Flow(name="long", steps=(Step(abc=("dc2",)), WAYS, ROUNDS, Step(abc=("refactor",))))


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIGBRIDGE_CACHE", str(tmp_path / "file"))


def killed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, at: int = 1) -> tuple[Path, int]:
    """Start a run whose tool hangs the `at`-th time at a script with that word, and kill -9 it there.

    Afterwards the tool (the same program, by its bytes) hangs no more. Returns the run's folder and the tool's process.
    """
    hang = tmp_path / "hang"
    hang.write_text("")
    body = f"""hang = {str(hang)!r}
if os.path.exists(hang):
    with open(hang, "a") as count: count.write("x")
    if os.path.getsize(hang) >= {at}:
        open("pid", "w").write(str(os.getpid()))
        time.sleep(300)
os.execv(program, [program, *sys.argv[1:]])"""
    sabotage(monkeypatch, tmp_path, f"program = {str(real('abc').path)!r}\n{body}", word)
    write_netlist(redundant(), tmp_path / "net.aig")
    (tmp_path / "long.yaml").write_text(json.dumps(FLOW.model_dump(mode="json", exclude_none=True)))
    command = [sys.executable, "-m", "bridge.cli", "run", "net.aig", "long.yaml", "--no-cache"]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    found = until(child, lambda: [path for path in tmp_path.glob("runs/**/pid") if path.read_text()])
    time.sleep(0.3)
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    (run,) = (tmp_path / "runs").iterdir()
    tool = int(found[0].read_text())
    hang.unlink()
    return run, tool


@pytest.mark.parametrize(("word", "at", "kept"), [("dc2", 1, 0), ("resub -K 12", 1, 1), ("resub", 2, 5)])
def test_a_killed_run_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, at: int, kept: int
) -> None:
    run, tool = killed_run(tmp_path, monkeypatch, word, at)
    assert ended(tool)
    assert read_record(run)["state"] == "interrupted"
    heard: list[FlowProgress] = []
    result = resume_flow(run, progress=heard.append)
    assert len([now for now in heard if now.record is None]) <= len(result.steps) - kept
    whole = run_flow(redundant(), FLOW, tmp_path / "whole", cached=False)
    for name in ("result.aig", "input.aig", *(f"{step.folder}/netlist.aig" for step in whole.steps)):
        assert (run / name).read_bytes() == (folder_of(whole) / name).read_bytes()
    assert [step.sha256 for step in result.steps] == [step.sha256 for step in whole.steps]
    assert result.verdict.answer == "equivalent"
    facts = read_record(run)
    assert facts["state"] == "done"
    assert [step["sha256"] for step in facts["steps"]] == [step.sha256 for step in whole.steps]
    assert sorted((now.record for now in heard if now.record), key=lambda step: step.number) == list(result.steps)


def test_a_run_ends_when_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is proven until then; a step that hangs is not to blame, and the rest can be done later."""
    with monkeypatch.context() as hanging:
        sabotage(hanging, tmp_path, "time.sleep(300)", "resub -K 6")
        result = run_flow(redundant(), FLOW, tmp_path, cached=False, seconds=3)
    assert not result.ended
    assert not result.reproducible
    assert not result.failed
    assert result.verdict.answer == "equivalent"
    run = folder_of(result)
    assert read_record(run)["state"] == "interrupted"
    later, whole = resume_flow(run), run_flow(redundant(), FLOW, tmp_path / "whole", cached=False)
    assert later.ended
    assert [step.sha256 for step in later.steps] == [step.sha256 for step in whole.steps]
    assert (run / "result.aig").read_bytes() == (folder_of(whole) / "result.aig").read_bytes()


def test_all_steps_share_the_seconds_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those side by side, too: none has seconds of its own beside the others'."""
    real("abc")
    heard: list[Limits] = []

    def run(tool: Tool, step: Step, data: bytes, folder: Path, limits: Limits) -> ToolRun:
        heard.append(limits)
        return run_here(tool, step, data, folder, limits)

    monkeypatch.setattr(flow_run, "runner_at", lambda scheduler: contextlib.nullcontext((run, 2)))
    own, ways = (
        Step(own=("windows -W 1",)),
        Step(best_of=((Step(abc=("dc2",), scope="block"),), (Step(abc=("balance",)),))),
    )
    assert run_flow(redundant(), Flow(name="both", steps=(ways, own)), cached=False, seconds=1000.0).ended
    (whole,) = {limits.whole for limits in heard}
    assert whole is not None
    assert whole.seconds == 1000.0
    assert {limits.seconds for limits in heard} == {Limits().seconds}


def test_a_step_of_our_own_ends_with_the_whole(tmp_path: Path) -> None:
    data, limits = format_aiger(cut(redundant())), Limits(whole=Allowance(0.0))
    with pytest.raises(OutOfTime):
        run_own(("windows",), data, tmp_path, limits, "out.aig")


def test_a_proof_that_had_no_time_does_not_end_a_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its step is not over, as if the tool had been at work; also the last one."""
    real("abc")

    def hopeless(*given: Any) -> Verdict:
        until = time.process_time() + given[3]
        while time.process_time() < until:
            pass
        return Verdict("undecided", "none", given[3], reason="no engine was fast enough")

    monkeypatch.setattr(course, "prove", hopeless)
    result = run_flow(redundant(), Flow(name="one", steps=(Step(abc=("dc2",)),)), cached=False, seconds=1.0)
    assert not result.ended
    assert result.after == result.before


def test_no_time_at_all_leaves_the_input(tmp_path: Path) -> None:
    real("abc")
    result = run_flow(redundant(), FLOW, tmp_path, cached=False, seconds=1e-6)
    assert result.steps == ()
    assert result.after == result.before


def test_what_was_finished_is_checked(tmp_path: Path) -> None:
    real("abc")
    result = run_flow(redundant(), FLOW, tmp_path, cached=False)
    run = folder_of(result)
    first, second = result.steps[0], result.steps[1]
    wanted = (run / "result.aig").read_bytes()
    begun: list[str] = []
    again = resume_flow(run, progress=begins(begun))
    assert [step.sha256 for step in again.steps] == [step.sha256 for step in result.steps]
    assert [step.blocks == () for step in again.steps] == [step.blocks == () for step in result.steps]
    assert begun == []
    (run / second.folder / "netlist.aig").write_bytes((run / "input.aig").read_bytes())
    (run / first.folder / "metrics.json").write_text("{")
    assert resume_flow(run, progress=begins(begun)).steps[2].sha256 == result.steps[2].sha256
    assert begun == [first.label, second.label]
    assert (run / "result.aig").read_bytes() == wanted
    (run / "input.aig").write_bytes(wanted)
    with pytest.raises(InputError, match="was changed after the run"):
        resume_flow(run)


def test_what_was_finished_is_proven_again(tmp_path: Path) -> None:
    """A folder with a wrong netlist, and all that says that it is right."""
    real("abc")
    result = run_flow(redundant(), FLOW, tmp_path, cached=False)
    step = folder_of(result) / result.steps[0].folder
    aig = read_netlist(step / "netlist.aig")
    first, *rest = aig.outputs
    wrong = replace(aig, outputs=(replace(first, literal=first.literal ^ 1), *rest))
    write_netlist(wrong, step / "netlist.aig")
    facts = json.loads((step / "metrics.json").read_text())
    facts |= {"sha256": hashlib.sha256((step / "netlist.aig").read_bytes()).hexdigest(), "ands": 1}
    (step / "metrics.json").write_text(json.dumps(facts))
    begun: list[str] = []
    again = resume_flow(folder_of(result), progress=begins(begun))
    assert begun == [result.steps[0].label]
    assert [(one.sha256, one.counts) for one in again.steps] == [(one.sha256, one.counts) for one in result.steps]


@pytest.mark.parametrize("value", [None, -1, 10**30, 1e400, float("nan"), "x", [], {}, [[]]])
def test_damaged_records(value: object) -> None:
    """Refused as such, or of the right types."""
    block = BlockRecord("h", 2, 1, Verdict("equivalent", "none", 0.0))
    step = StepRecord(1, "abc: dc2", Counts(1, 2, 3, 4, 5), 0.5, 6, block.proof, "01-abc", blocks=(block,))
    for read, facts in ((StepRecord.from_json, step.to_json()), (BlockRecord.from_json, block.to_json())):
        for key in facts:
            with contextlib.suppress(KeyError, TypeError, ValueError):
                record = read(facts | {key: value})
                assert json.dumps(record.to_json())
    limits = Limits().to_json()
    assert Limits.from_json(limits) == Limits()
    for key in limits:
        with pytest.raises((KeyError, TypeError, ValueError)):
            Limits.from_json(limits | {key: value})


def test_a_run_has_one_owner(tmp_path: Path) -> None:
    real("abc")
    run = folder_of(run_flow(redundant(), FLOW, tmp_path))
    with locked(run), pytest.raises(InputError, match="this run is still going on"):
        resume_flow(run)
    with pytest.raises(InputError, match="cannot open the folder of a run"):
        resume_flow(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"run\.json"):
        resume_flow(tmp_path)


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    """Two processes, started in the same second, in the same folder, with the same cache."""
    real("abc")
    write_netlist(redundant(), tmp_path / "net.aig")
    command = [sys.executable, "-m", "bridge.cli", "run", "net.aig", "compress2rs", "--json"]
    environment = {**os.environ, "AIGBRIDGE_CACHE": str(tmp_path / "cache")}
    children = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    facts = [json.loads(child.communicate(timeout=120)[0]) for child in children]
    assert [child.returncode for child in children] == [0] * 3
    assert len({fact["run"] for fact in facts}) == 3
    assert len({(tmp_path / fact["netlist"]).read_bytes() for fact in facts}) == 1


def test_a_running_run_says_so(tmp_path: Path) -> None:
    real("abc")
    states = []
    run_flow(
        redundant(),
        FLOW,
        tmp_path / "runs",
        progress=lambda now: now.record and states.append(read_record(next((tmp_path / "runs").iterdir()))["state"]),
        cached=False,
    )
    assert set(states) == {"running"}
