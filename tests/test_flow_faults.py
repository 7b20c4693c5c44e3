"""The rest of the fault table, on whole runs: each fault costs a clear sentence, and nothing that was proven.

Crashes, hangs, truncated files, other shapes and wrong functions of single steps are in `test_flow_rollback`; kills and
two runs at once in `test_flow_resume`; memory and Ctrl-C among alternatives in `test_flow_jobs`.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.aig import AigBuilder
from bridge.errors import InputError, ToolError
from bridge.flow import Flow, StepError, resume_flow, run_flow
from bridge.flow.folder import read_record
from bridge.formats import read_netlist, write_netlist
from bridge.formats.aiger_write import format_aiger
from support.fakes import sabotage
from support.flows import FLOW, begins, folder_of
from support.netlists import redundant, same_function
from support.tools import real

pytestmark = pytest.mark.heavy


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIGBRIDGE_CACHE", str(tmp_path / "file"))


def test_a_tool_that_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "tool"
    monkeypatch.setenv("AIGBRIDGE_ABC", str(tool))
    for content, mode, fault in (
        (None, 0o755, "which is not an executable file"),
        (b"#!/bin/sh\n", 0o644, "which is not an executable file"),
        (b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xf3\x00" + bytes(100), 0o755, "could not be started"),
        (b"", 0o755, "could not be started"),
    ):
        if content is not None:
            tool.unlink(missing_ok=True)
            tool.write_bytes(content)
            tool.chmod(mode)
        with pytest.raises(ToolError, match=fault) as caught:
            run_flow(redundant(), FLOW, tmp_path / "runs")
        if isinstance(caught.value, StepError):
            assert caught.value.result.aig.ands.tolist() == redundant().ands.tolist()


def test_a_subtly_wrong_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong for one input in 2^28; the proof, not the simulation, must find it."""

    def parity(flaw: bool) -> AigBuilder:
        builder = AigBuilder("parity")
        inputs = [builder.input(f"x[{index}]") for index in range(28)]
        total, every = 0, 1
        for literal in inputs:
            total, every = builder.xor(total, literal), builder.and_(every, literal)
        builder.output("y", builder.xor(total, every) if flaw else total)
        return builder

    (tmp_path / "wrong.aig").write_bytes(format_aiger(parity(True).build()))
    sabotage(monkeypatch, tmp_path, f"os.link({str(tmp_path / 'wrong.aig')!r}, 'out.aig')")
    aig = parity(False).build()
    result = run_flow(aig, FLOW, tmp_path / "runs")
    (bad,) = result.failed
    assert bad.label.startswith("abc: balance; resub")
    assert bad.proof.answer == "different"
    assert set((bad.proof.counterexample or {}).values()) == {1}
    assert result.verdict.answer == "equivalent"
    assert same_function(aig, result.aig)


def test_a_full_disk_and_then_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    aig, flow = redundant(), Flow(name="two", steps=FLOW.steps[:2])
    whole = run_flow(aig, flow, tmp_path / "whole")
    os_replace = os.replace
    for room in range(1, 40):
        left = [room]

        def replace_if_room(source: str, target: str, left: list[int] = left, **folders: int) -> None:
            left[0] -= bool(folders)  # numba's cache may have what it wants
            if folders and left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os_replace(source, target, **folders)

        monkeypatch.setattr("bridge.files.folder.os.replace", replace_if_room)
        out = tmp_path / str(room)
        try:
            run_flow(aig, flow, out)
            break
        except InputError as error:
            said = str(error)
        monkeypatch.setattr("bridge.files.folder.os.replace", os_replace)
        assert "cannot write: No space left on device" in said
        (run,) = out.iterdir()
        assert not list(run.rglob(".*"))
        if (run / "run.json").exists():
            assert read_record(run)["state"] == "interrupted"
            assert same_function(aig, read_netlist(run / "result.aig"))
            assert resume_flow(run).verdict.answer == "equivalent"
            assert (run / "result.aig").read_bytes() == (folder_of(whole) / "result.aig").read_bytes()
    else:
        pytest.fail("the run never had enough room")
    assert room > 10


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    write_netlist(redundant(), tmp_path / "net.aig")
    done = subprocess.run(
        [sys.executable, "-m", "bridge.cli", "run", "net.aig", "resyn2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY)),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("aigbridge: ")
    assert "cannot write: File too large" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    real("abc")
    (tmp_path / "sealed").mkdir(mode=0o555)
    places = [Path("/proc/runs"), *([] if os.geteuid() == 0 else [tmp_path / "sealed" / "runs"])]
    for place in places:
        with pytest.raises(InputError, match="cannot create the folder"):
            run_flow(redundant(), FLOW, place)


def test_a_run_that_stopped_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = Flow(name="strict", on_error="stop", steps=FLOW.steps)
    (tmp_path / "broken").write_text("")
    program = str(real("abc").path)
    body = f"""if os.path.exists({str(tmp_path / "broken")!r}): os.abort()
os.execv({program!r}, [{program!r}, *sys.argv[1:]])"""
    sabotage(monkeypatch, tmp_path, body)
    with pytest.raises(StepError) as caught:
        run_flow(redundant(), flow, tmp_path / "runs")
    (tmp_path / "broken").unlink()
    run = folder_of(caught.value.result)
    begun: list[str] = []
    result = resume_flow(run, progress=begins(begun))
    assert begun == [step.label for step in flow.steps[1:]]
    assert json.loads((run / "run.json").read_text())["state"] == "done"
    assert not result.failed
