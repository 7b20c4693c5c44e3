"""A sweep runs every flow on every netlist, and survives the loss of a worker."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.flow import cluster as module
from bridge.flow.sweep import SweepProgress, sweep
from bridge.formats import write_netlist
from bridge.lowering import lower
from support.cells import random_cell

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore")]  # dask's own warnings


@pytest.fixture
def netlists(tmp_path: Path) -> list[str]:
    for seed in (3, 4):
        write_netlist(lower(random_cell(seed, layers=1)), tmp_path / f"{seed}.aig")
    return [str(tmp_path / f"{seed}.aig") for seed in (3, 4)]


def test_every_flow_on_every_netlist_though_a_worker_dies(netlists: list[str], tmp_path: Path) -> None:
    seen: list[float | None] = []

    def kill_one(now: SweepProgress) -> None:
        seen.append(now.done)
        if len(seen) == 1:
            from distributed import get_client

            pid = next(iter(get_client().run(os.getpid).values()))
            os.kill(pid, signal.SIGKILL)

    jobs = sweep(["resyn2", "fraig"], netlists, tmp_path / "runs", jobs=2, progress=kill_one)
    assert [(Path(job.netlist).stem, job.flow) for job in jobs] == [
        ("3", "resyn2"),
        ("3", "fraig"),
        ("4", "resyn2"),
        ("4", "fraig"),
    ]
    assert seen == [0.25, 0.5, 0.75, 1.0]
    for job in jobs:
        assert (job.verdict, job.error) == ("equivalent", "")
        assert (Path(job.folder) / "result.aig").is_file()


def test_a_bad_netlist_is_one_bad_row(netlists: list[str], tmp_path: Path) -> None:
    (tmp_path / "bad.aig").write_bytes(b"nonsense")
    jobs = sweep(["fraig"], [netlists[0], tmp_path / "bad.aig"], tmp_path / "runs", jobs=1)
    assert jobs[0].verdict == "equivalent"
    assert "bad.aig" in jobs[1].error


def test_mistakes_are_said_before_anything_starts(
    netlists: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="at least one flow"):
        sweep([], netlists, tmp_path)
    with pytest.raises(InputError, match="no shipped flow"):
        sweep(["resin2"], netlists, tmp_path)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    with pytest.raises(InputError, match="does not answer"):
        module.connect("tcp://127.0.0.1:1")
