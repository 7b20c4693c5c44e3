"""Certificates of proofs: checked by our own naive checker, by MiniSat, and spoiled ones are not accepted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bridge import AigBuilder, Cell, InputError, prove
from bridge.aig import Aig
from bridge.analysis.proving import prove as asking
from bridge.equivalence.solving import Solver
from support.drat import refuted
from support.tools import skip_or_fail


def ring(size: int) -> Aig:
    """A one that goes round; `stop` holds it."""
    builder = AigBuilder("ring")
    stop = builder.input("stop")
    latches = [builder.latch(f"r[{place}]", int(place == 0)) for place in range(size)]
    for place, latch in enumerate(latches):
        builder.set_next(latch, builder.mux(stop, latch, latches[place - 1]))
    builder.outputs((f"o[{place}]" for place in range(size)), latches)
    return builder.build()


def certified(folder: Path) -> list[str]:
    """The obligations, each checked by unit propagation."""
    names = sorted(path.stem for path in folder.glob("*.cnf"))
    for name in names:
        assert refuted((folder / f"{name}.cnf").read_text(), (folder / f"{name}.drat").read_text()), name
    return names


@pytest.mark.heavy
def test_steps_and_one_hot_states(tmp_path: Path) -> None:
    found = prove(ring(5), "not (o[1] == 1 and o[3] == 1)", folder=tmp_path / "c")
    assert found.answer == "proven"
    assert {"step", "reset-1"} & {*certified(tmp_path / "c")}
    assert "README.txt" in found.files


def test_a_closed_loop(tmp_path: Path) -> None:
    cell = Cell.load("tiny")
    found = prove(cell, "argmax not in digit", loop=True, prompt=b"a", folder=tmp_path / "c")
    assert found.answer == "proven"
    assert [path.name for path in sorted((tmp_path / "c").glob("*.cnf"))] == ["begin.cnf", "loop.cnf"]
    assert by_minisat(tmp_path / "c")


def test_the_answer_stays_when_its_certificate_comes_to_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_CERTIFIED", 0.0)
    found = prove(ring(5), "o[1] == o[1]", seconds=0, folder=tmp_path / "c")
    assert (found.answer, found.files) == ("proven", ())
    assert "no certificate was written: " in str(found).splitlines()[-1]
    assert "no end after 0 s" in found.to_json()["why"]
    assert not (tmp_path / "c").exists()


def test_what_is_false_has_none(tmp_path: Path) -> None:
    assert prove(ring(5), "o[1] == 0", folder=tmp_path / "c").answer == "broken"
    assert not (tmp_path / "c").exists()
    with Solver([[1, 2]]) as solver, pytest.raises(InputError, match="do not contradict"):
        solver.refutation()


def test_a_folder_that_is_used_is_kept(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(InputError, match="new or empty"):
        prove(ring(4), "o[0] == 0 or o[1] == 0", folder=tmp_path)
    with pytest.raises(InputError, match="new or empty"):
        prove(ring(4), "o[0] == 0", folder=tmp_path)  # it is broken, but that is said before any work


def by_minisat(folder: Path) -> bool:
    """Does a solver that is not ours find every obligation unsatisfiable?"""
    if shutil.which("minisat") is None:
        skip_or_fail("minisat is not installed")
    runs = [subprocess.run(["minisat", "-verb=0", path], capture_output=True) for path in sorted(folder.glob("*.cnf"))]
    return bool(np.all([run.returncode == 20 for run in runs]))
