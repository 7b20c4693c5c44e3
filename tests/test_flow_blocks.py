"""Steps of `scope: block`: every layer alone, joined again, with a record of each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bridge.aig.cut import cut, cut_names
from bridge.aig.names import block_of
from bridge.errors import InputError
from bridge.flow import Flow, StepError, run_flow
from bridge.flow.rerun import rerun
from bridge.flow.schema import Repeat, Step
from bridge.formats import read_netlist
from bridge.lowering import lower
from support.cells import random_cell
from support.fakes import WRONG, sabotage
from support.flows import folder_of
from support.netlists import redundant, same_function
from support.tools import real

BY_BLOCK = Step(abc=("resub -K 6", "dc2"), scope="block")
FLOW = Flow(name="blocks", steps=(BY_BLOCK,))


@pytest.mark.heavy
def test_every_block_is_optimized_and_proven_alone(tmp_path: Path) -> None:
    real("abc")
    aig = lower(random_cell(2, layers=2, neurons=6))
    result = run_flow(aig, FLOW, tmp_path, cached=False)
    assert result.verdict.answer == "equivalent"
    assert same_function(aig, result.aig)
    (step,) = result.steps
    assert step.label == "abc by block: resub -K 6; dc2"
    assert {block.name for block in step.blocks} == {block_of(name) for name in cut_names(aig)}
    assert all(block.proof.answer == "equivalent" for block in step.blocks)
    assert any(block.after < block.before for block in step.blocks)
    assert step.seconds == pytest.approx(sum(block.seconds for block in step.blocks))
    folder = folder_of(result) / step.folder
    shown = json.loads((folder / "metrics.json").read_text())["blocks"]
    assert [block["block"] for block in shown] == [block.name for block in step.blocks]
    assert len([*folder.glob("*/script.abc")]) == sum(block.before > 0 for block in step.blocks)
    assert rerun(next(folder.glob("*/in.aig")).parent).verdict is not None
    assert [output.name for output in result.aig.outputs] == [output.name for output in aig.outputs]


def test_names_of_the_cut_form() -> None:
    aig = redundant()
    names = cut_names(aig)
    assert len(names) == len(cut(aig).outputs)
    assert names[: len(aig.outputs)] == [output.name for output in aig.outputs]


@pytest.mark.heavy
def test_a_block_that_goes_wrong_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aig = lower(random_cell(2, layers=2, neurons=6))
    # Wrong for the pieces with a single output or more than a handful, which are some of them.
    few = f'if int(open("in.aig", "rb").readline().split()[4]) > 8:{WRONG}'.replace("\n", "\n    ")
    other = "os.execv(program, [program, *sys.argv[1:]])"
    sabotage(monkeypatch, tmp_path, f"program = {str(real('abc').path)!r}\n{few}\nelse:\n    {other}")
    result = run_flow(aig, FLOW, tmp_path / "runs", cached=False)
    (step,) = result.steps
    bad = [block for block in step.blocks if block.failure]
    assert 0 < len(bad) < len(step.blocks)
    assert all("is different (" in block.failure and block.after == block.before for block in bad)
    assert (step.outcome, result.verdict.answer) == ("equivalent", "equivalent")
    assert not result.reproducible
    assert same_function(aig, result.aig)
    strict = FLOW.model_copy(update={"on_error": "stop"})
    with pytest.raises(StepError, match=r"failed in block .* is different"):
        run_flow(aig, strict, cached=False)
    sabotage(monkeypatch, tmp_path, "os.abort()")
    with pytest.raises(StepError, match=r"in every block, first in block \w+: abc crashed"):
        run_flow(aig, FLOW, cached=False)


@pytest.mark.heavy
def test_blocks_in_repetitions_and_alternatives(tmp_path: Path) -> None:
    real("abc")
    aig = lower(random_cell(2, layers=2, neurons=6))
    rounds = Step(repeat=Repeat(at_most=3, until="no_gain", steps=(BY_BLOCK,)))
    flow = Flow(name="both", steps=(Step(best_of=((rounds,), (Step(abc=("balance",)),))),))
    first, second = (run_flow(aig, flow, tmp_path / str(jobs), jobs=jobs, cached=False) for jobs in (1, 4))
    assert first.verdict.answer == "equivalent"
    assert same_function(aig, first.aig)
    assert np.array_equal(first.aig.ands, second.aig.ands)
    assert [step.folder for step in first.steps] == [step.folder for step in second.steps]


def test_blocks_come_from_the_cache_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    monkeypatch.setenv("AIGBRIDGE_CACHE", str(tmp_path / "cache"))
    aig = redundant()
    first = run_flow(aig, FLOW, tmp_path / "runs")
    monkeypatch.setattr("bridge.flow.memo.rewrite", None)
    second = run_flow(aig, FLOW, tmp_path / "runs")
    assert second.steps[0].cached
    assert all(block.cached for block in second.steps[0].blocks)
    assert first.aig == second.aig
    assert read_netlist(folder_of(second) / "01-abc" / "netlist.aig").ands.tolist() == second.aig.ands.tolist()


def test_a_netlist_without_points_is_one_block_for_each_name() -> None:
    real("abc")
    result = run_flow(redundant(), FLOW, cached=False)
    assert result.verdict.answer == "equivalent"


def test_scope_belongs_to_tool_runs(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\nsteps:\n - abc: [dc2]\n   scope: layer\n")
    with pytest.raises(InputError, match=r"x\.yaml:4: .*scope"):
        run_flow(redundant(), str(path))
