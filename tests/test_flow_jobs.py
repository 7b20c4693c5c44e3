"""Alternatives side by side: at once, within their limits, always with the same result, and all ended by Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.flow import Flow, StepError, run_flow
from bridge.flow.jobs import Jobs
from bridge.flow.schema import Step, StepLimits
from bridge.formats import read_netlist, write_netlist
from support.fakes import WRONG, sabotage
from support.flows import folder_of
from support.netlists import redundant, same_function
from support.processes import ended, until
from support.tools import real

pytestmark = pytest.mark.heavy

SLOW = "rewrite -z"
WAYS = Step(best_of=((Step(abc=("balance", SLOW)),), (Step(abc=("dc2",)), Step(abc=(SLOW,))), (Step(abc=(SLOW,)),)))
FLOW = Flow(name="ways", steps=(Step(abc=("dc2",)), WAYS, Step(abc=("balance",))))


@pytest.mark.parametrize("jobs", [1, 3])
def test_ways_overlap_as_far_as_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    program = str(real("abc").path)
    body = f"""start = time.time(); time.sleep(0.5)
open('times', 'w').write(f'{{start}} {{time.time()}}')
os.execv({program!r}, [{program!r}, *sys.argv[1:]])"""
    sabotage(monkeypatch, tmp_path, body, SLOW)
    result = run_flow(redundant(), FLOW, tmp_path / "runs", jobs=jobs, cached=False)
    assert result.verdict.answer == "equivalent"
    times = [tuple(map(float, path.read_text().split())) for path in folder_of(result).glob("*/times")]
    assert len(times) == 3
    together = max(sum(start <= moment <= end for start, end in times) for moment, _ in times)
    assert together == 1 if jobs == 1 else together > 1
    assert [step.folder for step in result.steps] == [f"{number:02d}-abc" for number in range(1, 7)]
    assert [step.number for step in result.steps] == [1, 2, 3, 4, 5, 6]


def test_the_result_does_not_depend_on_who_is_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGBRIDGE_ABC", raising=False)
    program, seen = str(real("abc").path), []
    for delays in ("balance", "dc2", SLOW):
        body = f"time.sleep(0.4); os.execv({program!r}, [{program!r}, *sys.argv[1:]])"
        sabotage(monkeypatch, tmp_path, body, delays)
        result = run_flow(redundant(), FLOW, tmp_path / "runs", jobs=4, cached=False)
        assert same_function(redundant(), result.aig)
        steps = [(step.number, step.label, step.folder, step.sha256) for step in result.steps]
        seen.append((steps, (folder_of(result) / "result.aig").read_bytes()))
    assert seen[0] == seen[1] == seen[2]


def test_each_way_has_its_own_limits_and_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = Step(abc=("resub -K 6",), limits=StepLimits(memory=256))
    ways = Step(best_of=((greedy,), (Step(abc=("dc2",)),), (Step(abc=("refactor",)),)))
    sabotage(monkeypatch, tmp_path, "time.sleep(0.2); x = bytearray(1 << 30)")
    result = run_flow(redundant(), Flow(name="greedy", steps=(ways,)), cached=False)
    assert [bool(step.failure) for step in result.steps] == [True, False, False]
    assert "MemoryError" in result.steps[0].failure
    sabotage(monkeypatch, tmp_path, WRONG)
    result = run_flow(redundant(), Flow(name="wrong", steps=(ways,)), cached=False)
    assert "changed the function" in result.steps[0].failure
    assert result.ands_after == min(step.counts.ands for step in result.steps[1:])
    with pytest.raises(StepError, match=r"step 1 \(1 of 3, abc: resub -K 6\) changed the function") as caught:
        run_flow(redundant(), Flow(name="strict", on_error="stop", steps=(ways,)), cached=False)
    assert caught.value.result.ands_after == result.ands_after


def test_ctrl_c_ends_every_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch, tmp_path, "open('pid', 'w').write(str(os.getpid())); time.sleep(60)", SLOW)
    write_netlist(redundant(), tmp_path / "net.aig")
    (tmp_path / "ways.yaml").write_text(json.dumps(FLOW.model_dump(mode="json", exclude_none=True)))
    command = [sys.executable, "-m", "bridge.cli", "run", "net.aig", "ways.yaml", "--jobs", "3", "--no-cache"]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    until(child, lambda: len([path for path in tmp_path.glob("runs/*/*/pid") if path.read_text()]) == 3)
    found = [*tmp_path.glob("runs/*/*/pid")]
    child.send_signal(signal.SIGINT)
    run = found[0].parents[1]
    said = child.communicate(timeout=30)[1]
    assert said.startswith("aigbridge: interrupted; ")
    assert said.endswith(f"aigbridge run --resume {run.relative_to(tmp_path)}\n")
    assert child.returncode == 130
    assert all(ended(int(path.read_text())) for path in found)
    facts = json.loads((run / "run.json").read_text())
    assert facts["state"] == "interrupted"
    assert [step["step"] for step in facts["steps"]] == [1, 3]
    assert len(read_netlist(run / "result.aig").ands) == facts["ands_after"] < facts["ands_before"]


def test_nested_work_keeps_its_order_and_its_errors() -> None:
    jobs = Jobs(2)

    def one(number: int) -> int:
        with jobs.slots:
            time.sleep(0.01 * (5 - number))
        if number == 3:
            raise ValueError(str(number))
        return number

    def several(count: int) -> list[int]:
        return jobs.each([lambda number=number: one(number) for number in range(count)])  # type: ignore[misc]

    assert jobs.each([lambda: several(2), lambda: several(3), lambda: []]) == [[0, 1], [0, 1, 2], []]
    assert jobs.each([]) == []
    with pytest.raises(ValueError, match="3"):
        several(5)
    assert jobs._threads == set()
