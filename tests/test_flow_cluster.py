"""Tools on the workers of a cluster: the bytes as here, nothing that a flow may not do, failures as they are here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.errors import InputError, ToolError
from bridge.flow import Flow, cluster, resume_flow, run_flow
from bridge.flow.cluster import Cluster
from bridge.flow.rewrite import run_here
from bridge.flow.schema import Step
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolRun, ToolRunError, locate
from bridge.toolchain.allowance import Allowance
from bridge.toolchain.process import OutOfTime
from support.fakes import sabotage
from support.flows import FLOW, folder_of
from support.netlists import multiplier, redundant, same_function
from support.tools import real

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # dask's own warnings

WAYS = Flow(name="ways", steps=(Step(best_of=((Step(abc=("dc2",)),), (Step(abc=("resub -K 6",)),))), *FLOW.steps))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of one with two workers, in threads of this process."""
    from distributed import LocalCluster

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made.scheduler_address


def test_the_same_bytes_as_here(scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    seen: list[str] = []

    def ran(tool: Tool, step: Step, *rest: Any) -> ToolRun:
        seen.append(step.label)
        return run_here(tool, step, *rest)

    monkeypatch.setattr(cluster, "run_here", ran)  # what workers call, and nobody else here
    there = run_flow(redundant(), WAYS, tmp_path / "there", cached=False, scheduler=scheduler)
    assert len(seen) == len(there.steps) == 5
    monkeypatch.undo()
    here = run_flow(redundant(), WAYS, tmp_path / "here", cached=False)
    assert there.verdict.answer == "equivalent"
    assert [step.sha256 for step in there.steps] == [step.sha256 for step in here.steps]
    assert same_function(redundant(), there.aig)
    for name in ("script.abc", "in.aig", "out.aig", "log.txt"):
        first, second = (folder_of(result) / there.steps[0].folder / name for result in (there, here))
        assert first.is_file() == second.is_file()
    assert resume_flow(folder_of(there), scheduler=scheduler).ands_after == there.ands_after


def given(step: str, sha256: str) -> tuple[Any, ...]:
    return step, sha256, Limits().to_json(), format_aiger(redundant())


@pytest.mark.parametrize(("took", "kind"), [(5.0, OutOfTime), (1.0, ToolRunError)])
def test_a_worker_is_given_the_seconds_that_are_left_of_the_run(
    tmp_path: Path, took: float, kind: type[ToolRunError]
) -> None:
    """Who had them all did not fail."""
    asked: list[Any] = []
    answer = {"fault": "passed a limit", "log": "", "data": b"", "seconds": took, "memory": 0}
    future = SimpleNamespace(result=lambda timeout: answer, cancel=lambda: None)

    def submit(*given: Any, **options: Any) -> SimpleNamespace:
        asked.append(given)
        return future

    limits = Limits(seconds=60.0, whole=Allowance(5.0))
    with pytest.raises(ToolRunError) as raised:
        Cluster(SimpleNamespace(submit=submit), 1).run(locate("abc"), Step(abc=("dc2",)), b"", tmp_path, limits)
    assert type(raised.value) is kind
    ((*_, told, _),) = asked
    assert told["seconds"] <= 5.0


def test_steps_of_our_own_leave_there_what_they_leave_here(scheduler: str, tmp_path: Path) -> None:
    real("abc")
    aig, flow = multiplier(3, False), Flow(name="walk", steps=(Step(own=("walk -I 2000",)), *FLOW.steps))
    there = run_flow(aig, flow, tmp_path / "there", cached=False, scheduler=scheduler)
    here = run_flow(aig, flow, tmp_path / "here", cached=False)
    assert there.verdict.answer == "equivalent"
    assert [step.sha256 for step in there.steps] == [step.sha256 for step in here.steps]
    left = [sorted(path.name for path in (folder_of(run) / run.steps[0].folder).iterdir()) for run in (there, here)]
    assert left[0] == left[1]


def test_a_worker_runs_nothing_but_steps_of_flows_with_the_same_program() -> None:
    sha256 = locate("abc").sha256
    for told in ('{"abc": ["!ls"]}', '{"abc": ["write_aiger /tmp/x"]}', '{"exec": ["ls"]}', "{}"):
        with pytest.raises(ValueError, match=r"command of a flow|may use|Extra inputs|exactly one"):
            cluster.work(*given(told, sha256))
    made = cluster.work(*given('{"abc": ["dc2"]}', sha256))
    assert len(parse_aiger(made["data"], "out.aig").ands) < len(redundant().ands)
    assert "is another program than here" in cluster.work(*given('{"abc": ["dc2"]}', "0" * 64))["fault"]


def test_a_worker_without_the_tool_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> Tool:
        raise ToolError(f"no {name} here")

    monkeypatch.setattr(cluster, "tool_of", nowhere)
    assert cluster.work(*given('{"abc": ["dc2"]}', "0" * 64))["fault"] == "cannot run on a worker: no abc here"


def test_workers_without_the_package_are_refused(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PACKAGE", "no_such_package")
    with pytest.raises(InputError, match=r"tcp://127.0.0.1:\d+ of tcp://127.0.0.1:\d+ lacks aigbridge"):
        cluster.connect(scheduler)


def test_a_run_ends_when_no_workers_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(cluster, "ALONE_SECONDS", 0.1)
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None) as made,  # type: ignore[no-untyped-call]
        cluster.connect(made.scheduler_address) as client,
        pytest.raises(ToolRunError, match="waits for workers, of which the scheduler has none"),
    ):
        cluster.Cluster(client, 1).run(real("abc"), Step(abc=("dc2",)), b"", tmp_path, Limits())


def test_a_failure_there_is_that_of_the_step(scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch, tmp_path, "os.abort()")
    result = run_flow(redundant(), WAYS, cached=False, scheduler=scheduler)
    failures = [step.failure for step in result.steps if step.failure]
    assert failures == ["failed: abc crashed (signal 6, SIGABRT)"] * 2
    assert result.verdict.answer == "equivalent"


def test_a_scheduler_without_workers(tmp_path: Path) -> None:
    from distributed import LocalCluster

    real("abc")
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None) as made:  # type: ignore[no-untyped-call]
        with pytest.raises(InputError, match=r"has no workers; start some with `dask worker tcp"):
            run_flow(redundant(), FLOW, tmp_path / "runs", scheduler=made.scheduler_address)
        assert not (tmp_path / "runs").exists()
