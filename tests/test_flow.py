"""Running flows: real tools on small netlists, and a fake ABC for every way a step can go wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bridge.aig import Aig
from bridge.errors import InputError, ToolError
from bridge.flow import Flow, FlowProgress, StepError, compare, run_flow
from bridge.flow.schema import Repeat, Step, StepLimits
from bridge.formats import read_netlist
from bridge.formats.aiger_write import format_aiger
from bridge.metadata import Metadata, read_metadata
from bridge.toolchain import Limits
from support import flows
from support.cells import random_cell
from support.fakes import served, use_fake
from support.flows import DC2, folder_of
from support.netlists import multiplier, redundant, same_function, with_fault
from support.tools import real


@pytest.mark.parametrize("name", flows.EVERY)
def test_shipped_flows_on_a_small_netlist(name: str, tmp_path: Path) -> None:
    real("abc")
    real("yosys")
    aig = redundant()
    heard: list[FlowProgress] = []
    seconds = 10.0 if name == "deep" else None  # it goes on for minutes
    flow = flows.brief(name) if name == "search" else name  # its tools go on until the clock stops them
    result = run_flow(aig, flow, tmp_path, progress=heard.append, seconds=seconds)
    assert result.verdict.answer == "equivalent"
    assert result.ands_after < result.ands_before == len(aig.ands)
    assert same_function(aig, result.aig)
    assert tuple(sorted((now.record for now in heard if now.record), key=lambda step: step.number)) == result.steps
    assert [(x.name, x.reset) for x in result.aig.latches] == [(x.name, x.reset) for x in aig.latches]
    assert result.aig.inputs == aig.inputs
    assert {point.name for point in result.aig.points} <= {point.name for point in aig.points}
    assert result.aig.name == "net"
    assert read_metadata(result.aig) == Metadata(cell="c" * 64, history=(name,))
    assert read_netlist(folder_of(result) / "result.aig") == result.aig


def test_the_folder_of_a_run(tmp_path: Path) -> None:
    abc = real("abc")
    first, second = (run_flow(redundant(), DC2, tmp_path / "runs", cached=False) for _ in range(2))
    folder = folder_of(first)
    assert folder != second.folder
    facts = json.loads((folder / "run.json").read_text())
    assert facts["state"] == "done"
    assert facts["tools"]["abc"]["sha256"] == abc.sha256
    assert facts["flow"].items() >= {"name": "small", "steps": [{"abc": ["dc2"]}], "on_error": "continue"}.items()
    assert (facts["ands_before"], facts["ands_after"]) == (first.ands_before, first.ands_after)
    assert facts["verdict"]["verdict"] == facts["steps"][0]["proof"]["verdict"] == "equivalent"
    assert facts["netlist"] == "result.aig"
    assert {path.name for path in (folder / "01-abc").iterdir()} == {
        *("step.json", "script.abc", "log.txt", "in.aig", "out.aig", "netlist.aig", "metrics.json"),
    }
    assert read_netlist(folder / "input.aig") == redundant()


def test_without_a_folder_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_flow(redundant(), DC2).folder is None
    assert list(tmp_path.iterdir()) == []


def test_netlists_without_logic() -> None:
    real("abc")
    aig = Aig(("x",), (), np.empty((0, 2)), (), name="empty")
    assert run_flow(aig, "resyn2").aig.inputs == ("x",)


def test_repeat_stops_when_nothing_is_gained() -> None:
    real("abc")
    steps = (Step(repeat=Repeat(at_most=50, until="no_gain", steps=(Step(abc=("dc2",)), Step(abc=("resub",))))),)
    result = run_flow(redundant(), Flow(name="rounds", steps=steps))
    assert 4 <= len(result.steps) <= 20
    assert result.steps[-1].counts.size >= result.after.size
    fixed = Flow(name="rounds", steps=(Step(repeat=Repeat(at_most=3, steps=(Step(abc=("dc2",)),))),))
    assert len(run_flow(redundant(), fixed).steps) == 3


def test_the_best_of_several_ways_is_kept(tmp_path: Path) -> None:
    real("abc")
    ways = ((Step(abc=("balance",)),), (Step(abc=("compress2rs",)), Step(abc=("dc2",))), (Step(abc=("rewrite",)),))
    flow = Flow(name="ways", steps=(Step(best_of=ways), Step(abc=("strash",))))
    result = run_flow(redundant(), flow, tmp_path, cached=False)
    labels = ["1 of 3, abc: balance", "2 of 3, abc: compress2rs", "2 of 3, abc: dc2", "3 of 3, abc: rewrite"]
    assert [step.label for step in result.steps] == [*labels, "abc: strash"]
    sizes = [step.counts.ands for step in result.steps]
    assert sizes[4] == result.ands_after == min(sizes[0], sizes[2], sizes[3]) < max(sizes)
    starts = [read_netlist(folder_of(result) / folder / "in.aig") for folder in ("01-abc", "02-abc", "04-abc")]
    assert len({format_aiger(start) for start in starts}) == 1


@pytest.mark.heavy
def test_limits_of_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fake(monkeypatch, tmp_path, "time.sleep(60)")
    for own, given, fault in ((0.5, 60.0, "of 0.5 s"), (60.0, 0.5, "of 0.5 s")):
        flow = Flow(name="slow", steps=(Step(abc=("dc2",), limits=StepLimits(seconds=own, memory=4096)),))
        with pytest.raises(StepError, match=fault):
            run_flow(redundant(), flow, limits=Limits(seconds=given))


def test_the_result_is_never_worse_than_the_input() -> None:
    real("abc")
    best = run_flow(redundant(), "resyn2").aig
    worse = Flow(name="worse", steps=(Step(abc=("dc2", "if -K 6 -g", "strash", "collapse -r", "muxes", "strash")),))
    result = run_flow(best, worse)
    assert result.steps[0].counts.ands > result.ands_before == result.ands_after


def test_a_cell_is_lowered_first() -> None:
    real("abc")
    result = run_flow(random_cell(1), DC2)
    assert result.verdict.answer == "equivalent"
    assert result.aig.inputs == tuple(f"byte[{bit}]" for bit in range(8))


def broken_run(tmp_path: Path, limits: Limits | None = None) -> StepError:
    with pytest.raises(StepError) as caught:
        run_flow(redundant(), DC2, tmp_path / "runs", limits=limits)
    error = caught.value
    facts = json.loads((folder_of(error.result) / "run.json").read_text())
    assert facts["state"] == "failed"
    assert facts["failure"] in str(error)
    assert read_netlist(folder_of(error.result) / "result.aig").ands.tolist() == redundant().ands.tolist()
    assert isinstance(error, ToolError)
    assert "flow 'small': step 1 (abc: dc2)" in str(error)
    return error


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("print('Error: no'); os.link('in.aig', 'out.aig')", "failed: abc reported an error"),
        ("os.abort()", "failed: abc crashed (signal 6"),
        ("sys.exit(139)", "failed: abc crashed (signal 11"),
        ("pass", "failed: abc ended without writing out.aig"),
        ("open('out.aig', 'wb').write(open('in.aig', 'rb').read()[:100])", "wrote a netlist that cannot be used"),
        ("open('out.aig', 'w').write('junk')", "wrote a netlist that cannot be used"),
        ("open('out.aig', 'w').write('aig 1 1 0 1 0\\n2\\n')", "wrote a netlist that cannot be used (expected"),
        ("time.sleep(60)", "failed: abc passed the limit of 1 s"),
    ],
)
def test_a_failing_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, fault: str) -> None:
    use_fake(monkeypatch, tmp_path, body)
    assert fault in str(broken_run(tmp_path, Limits(seconds=1.0)))


def test_a_wrong_result_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = with_fault(redundant(), len(redundant().ands) - 1)
    use_fake(monkeypatch, tmp_path, served(tmp_path, bad, "Networks are equivalent."))
    error = broken_run(tmp_path)
    assert "changed the function (" in str(error)
    assert "was rejected" in str(error)
    assert error.result.steps[-1].proof.answer == "different"


@pytest.mark.usefixtures("without_algebra")
def test_an_unproven_result_is_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    aig = multiplier(4, False)
    smaller = run_flow(aig, "compress2rs").aig
    use_fake(monkeypatch, tmp_path, served(tmp_path, smaller))
    result = run_flow(aig, DC2)
    assert result.verdict.answer == "undecided"
    assert result.verdict.reason
    assert result.ands_after == len(smaller.ands)
    use_fake(monkeypatch, tmp_path, served(tmp_path, aig))
    result = run_flow(smaller, DC2)
    assert (result.verdict.answer, result.ands_after) == ("equivalent", len(smaller.ands))


def test_the_table_of_a_run(tmp_path: Path) -> None:
    real("abc")
    result = run_flow(redundant(), DC2, tmp_path)
    table = result.diff()
    assert [row.label for row in table.rows] == ["input", "1 abc: dc2", "result"]
    facts = table.to_json()
    assert facts[0]["ands"] == result.ands_before
    assert facts[2]["ands_change"] == result.ands_after - result.ands_before
    assert facts[2]["ands_percent"] == pytest.approx(100 * (result.ands_after / result.ands_before - 1), abs=0.001)
    assert "6 inputs, 3 latches, 4 outputs" in str(table)
    assert "1 abc: dc2" in str(table)
    console = Console(file=io.StringIO())
    console.print(table)
    # A run read back from its folder gives the same rows.
    again = compare(folder_of(result)).to_json()
    assert [row["ands"] for row in again] == [row["ands"] for row in facts]
    assert [row["verdict"] for row in again] == ["", "equivalent", "equivalent"]


def test_comparing_runs_and_netlists(tmp_path: Path) -> None:
    real("abc")
    result = run_flow(redundant(), DC2, tmp_path)
    folder = folder_of(result)
    other = multiplier(2, False)
    table = compare(folder, folder / "result.aig", result, other)
    assert len(table.rows) == 8
    assert table.rows[0].label == f"{folder.name}: input"
    assert table.rows[4].label == f"{result.flow.name}: input"
    assert table.rows[3].label == str(folder / "result.aig")
    assert (table.rows[-1].inputs, table.rows[-1].ands) == (4, len(other.ands))
    assert "inputs" in str(table)
    with pytest.raises(InputError, match="at least one"):
        compare()


@pytest.mark.parametrize("record", ["", "{}", "[", '{"aigbridge_run": 1}'])
def test_a_damaged_record(tmp_path: Path, record: str) -> None:
    (tmp_path / "run.json").write_text(record)
    with pytest.raises(InputError, match=r"run\.json"):
        compare(tmp_path)


def test_a_missing_tool_is_an_error_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGBRIDGE_ABC", str(tmp_path / "nothing"))
    with pytest.raises(ToolError, match="AIGBRIDGE_ABC"):
        run_flow(redundant(), DC2, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
