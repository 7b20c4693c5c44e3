"""Whole matrices: every entry as brute force has it, whoever decided it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from bridge import AigBuilder, Cell, lower
from bridge.analysis.dependences.answer import NO, UNDECIDED, YES
from bridge.analysis.dependences.boundary import approach, repeated
from bridge.analysis.dependences.matrix import SAT, dependence
from bridge.analysis.dependences.switches import switched
from bridge.analysis.runs import random_runs
from bridge.analysis.signals import resolve
from bridge.errors import InputError
from bridge.resources import netlist_path
from support.small_netlists import brute_affects, planted, signals, small_netlist


@pytest.mark.parametrize("seed", range(30))
def test_like_brute_force(seed: int) -> None:
    aig = small_netlist(1000 + seed)
    sources, targets = signals(aig)
    steps = 1 + seed % 2
    found = dependence(aig, sources, targets, steps)
    for row, source in zip(found.answers, sources, strict=True):
        assert row.tolist() == [YES if hit else NO for hit in brute_affects(aig, source, targets, steps)]
    counts = found.counts()
    assert counts["undecided"] == 0
    assert counts["structure_no"] + counts["simulation_yes"] + counts["sat_yes"] + counts["sat_no"] == counts["entries"]


@pytest.mark.parametrize("seed", range(12))
def test_groups_are_joint(seed: int) -> None:
    aig = small_netlist(4000 + seed)
    sources, targets = signals(aig)
    groups = dependence(aig, ["x", "s", "h"], targets)
    for source, row in zip(groups.sources, groups.answers, strict=True):
        bits = [name for name in sources if name.startswith(f"{source}[")]
        assert row.tolist() == [YES if hit else NO for hit in brute_affects(aig, bits, targets, 1)]
    assert dependence(aig, ["s"], ["o"], bits=True).targets == ("o[0]", "o[1]")


def test_sat_closes_what_cones_leave_open_with_and_without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.analysis.dependences.matrix._WORTH_A_PROCESS", 1)
    found = [dependence(planted(), jobs=jobs) for jobs in (1, 2)]
    assert (found[0].answers == found[1].answers).all()
    row, column = found[0].sources.index("a"), found[0].targets.index("cancelled")
    assert (found[0].answers[row, column], found[0].methods[row, column]) == (NO, SAT)


def test_runs_meet_at_the_boundary_of_a_rare_target() -> None:
    builder = AigBuilder()
    whole = 1
    for index in range(60):
        whole = builder.and_(whole, builder.input(f"x[{index}]"))
    builder.output("o", whole)
    aig = builder.build()
    view = switched(aig, resolve(aig, "x").bits, resolve(aig, "o").bits)
    ones, zeros = repeated((np.zeros(0, np.uint8), np.ones((1, 60), np.uint8)), 4), random_runs(aig, 1, 4)
    near = approach(lambda runs: view.base(runs)[0, 0], ones, zeros, np.random.default_rng(0))
    values = [view.base(runs)[0, 0] for runs in near]
    assert (values[0] == ~np.uint64(0)).all()
    assert (values[1][:2] == 0).all()
    apart = np.bitwise_count(near[0].inputs ^ near[1].inputs)[0, :, :2].sum() / 128
    assert 1 <= apart < 2


def test_without_time_entries_are_undecided() -> None:
    found = dependence(planted(), seconds=0.0)
    assert found.counts()["undecided"] > 0
    assert UNDECIDED in found.answers


def test_all_of_the_shipped_test_cell(tmp_path: Path) -> None:
    aig = lower(Cell.load(str(netlist_path("tiny.safetensors"))))
    found = dependence(aig)
    assert found.counts()["undecided"] == 0
    symbols = {output.name.split("[")[0] for output in aig.outputs}
    assert found.answers.shape == (len(aig.latches) + 8, len(aig.latches) + len(symbols))
    found.save(tmp_path / "m.csv")
    found.save(tmp_path / "m.npz")
    rows = list(csv.reader((tmp_path / "m.csv").open()))
    assert rows[0][1:] == list(found.targets)
    assert [row[0] for row in rows[1:]] == list(found.sources)
    with np.load(tmp_path / "m.npz") as arrays:
        assert (arrays["answers"] == found.answers).all()
    with pytest.raises(InputError, match="written as"):
        found.save(tmp_path / "m.txt")
    assert "structure no" in found._repr_html_()
