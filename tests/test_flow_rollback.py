"""A flow survives its tools: one bad step among good ones, reproducers, and interruption at any time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import pytest

from bridge.errors import InputError
from bridge.flow import Flow, FlowResult, StepError, resume_flow, run_flow
from bridge.flow.rerun import rerun
from bridge.flow.schema import Repeat, Step
from bridge.formats import read_netlist, write_netlist
from bridge.toolchain import Limits
from support.fakes import WRONG, sabotage
from support.flows import FLOW, STEPS, begins, folder_of
from support.netlists import redundant, same_function
from support.processes import ended, until

pytestmark = pytest.mark.heavy

FAULTS = {
    "os.abort()": "crashed (signal 6, SIGABRT)",
    "time.sleep(60)": "passed the limit of 2 s",
    "sys.exit(3)": "exited with code 3",
    "pass": "ended without writing out.aig",
    "open('out.aig', 'wb').write(open('in.aig', 'rb').read()[:60])": "wrote a netlist that cannot be used",
    "open('out.aig', 'w').write('aig 1 1 0 1 0\\n2\\n')": "wrote a netlist that cannot be used (expected",
    WRONG: "changed the function (",
}


def facts_of(result: FlowResult) -> dict[str, object]:
    facts: dict[str, object] = json.loads((folder_of(result) / "run.json").read_text())
    return facts


@pytest.mark.parametrize("body", FAULTS)
def test_a_bad_step_costs_nothing_but_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    aig = redundant()
    sabotage(monkeypatch, tmp_path, body)
    result = run_flow(aig, FLOW, tmp_path / "runs", limits=Limits(seconds=2.0))
    first, bad, last = result.steps
    assert FAULTS[body] in bad.failure
    assert result.failed == (bad,)
    assert bad.counts == first.counts
    assert first.proof.answer == last.proof.answer == result.verdict.answer == "equivalent"
    assert result.ands_after <= first.counts.ands < result.ands_before
    assert same_function(aig, result.aig)
    assert facts_of(result)["state"] == "done"
    assert [row.verdict for row in result.diff().rows] == ["", "equivalent", "failed", "equivalent", "equivalent"]
    again = rerun(folder_of(result) / bad.folder)
    assert again.same_tool
    if again.verdict is None:
        assert again.failure in bad.failure
    else:
        assert again.verdict.answer == "different"


def test_a_flow_may_stop_at_the_first_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch, tmp_path, "os.abort()")
    flow = Flow(name="strict", on_error="stop", steps=STEPS)
    with pytest.raises(
        StepError, match=r"flow 'strict': step 2 \(abc: balance; resub -K 6; balance\) failed"
    ) as caught:
        run_flow(redundant(), flow, tmp_path / "runs")
    result = caught.value.result
    assert facts_of(result)["state"] == "failed"
    assert len(result.steps) == 2
    assert read_netlist(folder_of(result) / "result.aig") == result.aig
    assert len(result.aig.ands) == result.steps[0].counts.ands


def test_a_wrong_result_leaves_a_small_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch, tmp_path, WRONG)
    result = run_flow(redundant(), FLOW, tmp_path / "runs")
    small = folder_of(result) / result.failed[0].folder / "reduced"
    assert f"{small.parent.name}/reduced" in result.failed[0].failure
    step = json.loads((small / "step.json").read_text())["step"]
    assert step == {"abc": ["resub -K 6"]}
    form = read_netlist(small / "in.aig")
    assert len(form.outputs) == 1
    assert len(form.ands) < 50
    assert rerun(small).verdict.answer == "different"  # type: ignore[union-attr]


def test_a_bad_step_in_a_repetition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch, tmp_path, "os.abort()")
    flow = Flow(name="rounds", steps=(Step(repeat=Repeat(at_most=9, until="no_gain", steps=STEPS)),))
    result = run_flow(redundant(), flow)
    assert len(result.failed) == len(result.steps) / 3 < 9
    assert result.ands_after < result.ands_before


@pytest.mark.parametrize("body", ["os.abort()", "time.sleep(60)", WRONG])
@pytest.mark.parametrize("scope", [None, "block"])
def test_what_a_flow_has_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, scope: Literal["block"] | None
) -> None:
    """After a failure of any kind, even where the flow stops at errors; in its own folder, and taken up again."""
    sabotage(monkeypatch, tmp_path, body)
    steps = (Step(abc=("resub -K 6",), instead=("dc2",), scope=scope), Step(abc=("rewrite -z",)))
    way = (Step(best_of=(steps, (Step(abc=("balance",)),))),)
    flow = Flow(name="careful", on_error="stop", steps=way)
    result = run_flow(redundant(), flow, tmp_path / "runs", limits=Limits(seconds=1.0), cached=False)
    by_block = " by block" if scope else ""
    labels = [f"1 of 2, abc{by_block}: resub -K 6", f"1 of 2, instead, abc{by_block}: dc2", "1 of 2, abc: rewrite -z"]
    assert [step.label for step in result.steps] == [*labels, "2 of 2, abc: balance"]
    assert [step.folder for step in result.steps] == ["01-abc", "02-abc", "03-abc", "04-abc"]
    assert FAULTS[body].replace("2 s", "1 s") in result.steps[0].failure or scope
    assert [step.outcome for step in result.steps[1:]] == ["equivalent"] * 3
    assert not result.reproducible
    begun: list[str] = []
    again = resume_flow(folder_of(result), progress=begins(begun))
    assert begun in ([labels[0]], [])
    assert [step.sha256 for step in again.steps] == [step.sha256 for step in result.steps]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"aigbridge_step": 1, "step": {"abc": ["!ls"]}}'])
def test_what_is_no_step_cannot_be_rerun(tmp_path: Path, text: str) -> None:
    (tmp_path / "step.json").write_text(text)
    with pytest.raises(InputError, match=r"step\.json"):
        rerun(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interruption_keeps_what_was_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    sabotage(monkeypatch, tmp_path, "open('pid', 'w').write(str(os.getpid())); time.sleep(60)")
    write_netlist(redundant(), tmp_path / "net.aig")
    (tmp_path / "three.yaml").write_text('name: three\nsteps: [{abc: [dc2]}, {abc: ["resub -K 6"]}]\n')
    command = [sys.executable, "-m", "bridge.cli", "run", "net.aig", "three.yaml"]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    found = until(child, lambda: [path for path in tmp_path.glob("runs/*/02-abc/pid") if path.read_text()])
    time.sleep(0.2)
    child.send_signal(number)
    _, err = child.communicate(timeout=30)
    run = found[0].parents[1]
    facts = json.loads((run / "run.json").read_text())
    best = read_netlist(run / "result.aig")
    assert len(best.ands) == facts["ands_after"] < facts["ands_before"]
    assert facts["verdict"]["verdict"] == "equivalent"
    assert same_function(redundant(), best)
    if number == signal.SIGKILL:
        assert facts["state"] == "running"
        return
    go_on = f"aigbridge run --resume {run.relative_to(tmp_path)}"
    assert (child.returncode, err) == (130, f"aigbridge: interrupted; what is done is kept; go on with: {go_on}\n")
    assert facts["state"] == "interrupted"
    assert ended(int(found[0].read_text()))
