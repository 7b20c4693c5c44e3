"""Flows that remove latches: what comes back, what is said about the rest, and tools that lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import lower
from bridge.aig import Aig, AigBuilder
from bridge.aig.renumber import renumbered
from bridge.errors import InputError
from bridge.execution import bits_per_byte, generate
from bridge.flow import Flow, StepError, compare, run_flow
from bridge.flow.rerun import rerun
from bridge.flow.schema import Step, parse_flow
from bridge.flow.sequential import handed, own_removal, taken_back
from bridge.formats import read_netlist
from bridge.formats.aiger_write import format_aiger
from bridge.metadata import Metadata, read_metadata, with_metadata
from support import flows
from support.cells import random_cell
from support.fakes import use_fake
from support.flows import folder_of
from support.machines import claims_hold, equal_runs, points_hold, with_spare_latches
from support.tools import real

pytestmark = pytest.mark.heavy

SEEDS = st.integers(0, 10**6)
COMMANDS = ["scleanup", "lcorr", "scorr", "&scl", "&lcorr", "&scorr", "scorr -F 2", "scorr -l"]


def flow_of(*steps: Sequence[str]) -> Flow:
    return Flow(name="small", preserves="sequential", steps=tuple(Step(abc=tuple(step)) for step in steps))


def comes_back(aig: Aig, result: Aig) -> None:
    """Surviving latches keep order, name and reset; what is said about the others, and every output, is true."""
    kept = [(latch.name, latch.reset) for latch in result.latches]
    assert kept == [(x.name, x.reset) for x in aig.latches if x.name in {name for name, _ in kept}]
    assert result.inputs == aig.inputs
    assert [output.name for output in result.outputs] == [output.name for output in aig.outputs]
    removed = read_metadata(result).latches
    assert removed.keys() == {x.name for x in aig.latches} - {name for name, _ in kept}
    assert claims_hold(aig, result, removed)
    assert points_hold(aig, result)


@settings(max_examples=40)
@given(SEEDS, st.sampled_from(COMMANDS))
def test_every_command_on_random_machines(seed: int, command: str) -> None:
    real("abc")
    aig = with_spare_latches(seed)
    result = run_flow(aig, flow_of([command]), cached=False)
    assert result.verdict.answer == "equivalent"
    comes_back(aig, result.aig.validate())
    assert {"stuck", "dead"} & result.removed.keys()


@pytest.mark.parametrize("name", flows.UNCLOCKED)
@pytest.mark.parametrize("seed", range(6))
def test_every_shipped_flow_on_random_machines(name: str, seed: int) -> None:
    real("abc")
    real("yosys")
    aig = with_spare_latches(seed)
    result = run_flow(aig, flows.brief(name))
    assert result.verdict.answer == "equivalent"
    comes_back(aig, result.aig)
    if name != "sequential":
        assert len(result.aig.latches) == len(aig.latches)


def forgetful(aig: Aig) -> Aig:
    """The same machine, with no reset known."""
    return replace(aig, latches=tuple(replace(latch, reset=None) for latch in aig.latches))


@pytest.mark.parametrize("seed", range(3))
def test_machines_whose_resets_are_all_unknown(seed: int) -> None:
    real("abc")
    aig = forgetful(with_spare_latches(seed))
    result = run_flow(aig, flow_of(["scleanup"], ["&scorr"], ["scorr", "dc2"]))
    assert result.failed == ()
    assert "dead" in result.removed
    comes_back(aig, result.aig.validate())


@pytest.mark.parametrize("forget", [False, True])
@given(seed=SEEDS)
def test_handing_over_and_taking_back_changes_nothing(seed: int, forget: bool) -> None:
    aig = with_spare_latches(seed)
    aig = forgetful(aig) if forget else aig
    form = handed(aig)
    assert {latch.reset for latch in form.latches} <= {0}
    again = taken_back(aig, form)
    assert [(x.name, x.reset) for x in again.latches] == [(x.name, x.reset) for x in aig.latches]
    assert equal_runs(aig, again)
    assert {point.name for point in again.points} == {point.name for point in aig.points}


@given(SEEDS)
def test_latches_are_recognized_without_names(seed: int) -> None:
    """In any order; two that behave alike may change places."""
    aig = with_spare_latches(seed)
    form = handed(aig)
    order = np.random.default_rng(seed).permutation(len(form.latches))
    first = form.first_latch
    image = 2 * np.arange(form.variables)
    image[first + order] = 2 * (first + np.arange(len(order)))
    moved = renumbered(form, image)
    latches = tuple(replace(moved.latches[k], name=f"lo{i}") for i, k in enumerate(order))
    shuffled = replace(moved, latches=latches).validate()
    assert claims_hold(aig, taken_back(aig, shuffled), {})


def test_maps_compose_across_steps_and_flows(tmp_path: Path) -> None:
    real("abc")
    for seed in range(12):
        aig = with_spare_latches(seed)
        one = run_flow(aig, flow_of(["&scl"], ["scorr"]), tmp_path)
        two = run_flow(read_netlist(folder_of(one) / "result.aig"), "sequential", tmp_path)
        comes_back(aig, two.aig)
        assert own_removal(one.aig, two.aig).keys() == {x.name for x in one.aig.latches} - {
            x.name for x in two.aig.latches
        }


def test_what_is_recorded_and_shown(tmp_path: Path) -> None:
    real("abc")
    aig = with_spare_latches(1)
    result = run_flow(aig, "sequential", tmp_path)
    facts = json.loads((folder_of(result) / "run.json").read_text())
    assert facts["removed"] == result.removal
    assert result.removal.startswith(f"removed {len(result.removed)} of {len(aig.latches)} latches: ")
    assert facts["latches"].keys() == result.removed.keys()
    for source in (folder_of(result), result, folder_of(result) / "result.aig"):
        table = compare(source)
        assert table.rows[-1].removed == result.removal
        assert table.to_json()[-1]["removed"] == result.removal
        assert table.removals == (f"{table.rows[-1].label}: {result.removal}",)


@pytest.mark.parametrize("name", ["sequential", "resyn2"])
def test_a_map_written_by_hand_is_not_believed(name: str) -> None:
    real("abc")
    aig = with_spare_latches(1)
    spare = next(iter(run_flow(aig, "sequential").removed))
    with pytest.raises(InputError, match=f"says that latch '{spare}' was removed, but there it is"):
        run_flow(with_metadata(aig, Metadata(latches={spare: 0})), name)
    other = run_flow(with_metadata(aig, Metadata(latches={"gone long ago": (spare, True)})), name)
    assert "gone long ago" not in other.removed


@pytest.mark.parametrize("seed", range(3))
def test_a_cell_runs_as_before(seed: int) -> None:
    real("abc")
    cell = random_cell(seed)
    result = run_flow(lower(cell), "sequential")
    assert result.verdict.answer == "equivalent"
    text = bytes(np.random.default_rng(seed).choice(list(cell.head.symbols), 3000).tolist())
    assert bits_per_byte(result.aig, text) == bits_per_byte(cell, text)
    prompt = text[:20]
    assert list(generate(result.aig, prompt, 100, seed=1)) == list(generate(cell, prompt, 100, seed=1))


def test_an_independent_engine_agrees() -> None:
    real("abc")
    result = run_flow(with_spare_latches(2), "sequential", second=True)
    assert result.verdict.answer == "equivalent"
    assert "confirmed by" in result.verdict.method


def test_other_flows_refuse_what_removes_latches() -> None:
    for command in COMMANDS:
        with pytest.raises(InputError, match=r"flow\.yaml:1: .* may remove latches; .* `preserves: sequential`"):
            parse_flow(f'name: x\nsteps: [{{abc: ["{command}"]}}]\n'.encode(), "flow.yaml")
    with pytest.raises(InputError, match="may remove latches"):
        parse_flow(b"name: x\nsteps: [{abc: [dc2], instead: [scorr]}]\n", "flow.yaml")
    with pytest.raises(InputError, match="may remove latches"):
        parse_flow(b"name: x\nsteps: [{best_of: [resyn2, sequential]}]\n", "flow.yaml")
    with pytest.raises(InputError, match="'scorr' needs the whole machine"):
        parse_flow(b"name: x\npreserves: sequential\nsteps: [{abc: [scorr], scope: block}]\n", "flow.yaml")
    assert parse_flow(b"name: x\npreserves: sequential\nsteps: [{best_of: [resyn2, sequential]}]\n", "flow.yaml")


@pytest.mark.parametrize("command", ["retime", "scorr -c", "scorr -N 1", "&scorr -e", "lcorr -P 2", "cycle", "dsec"])
def test_what_is_not_allowed(command: str) -> None:
    with pytest.raises(InputError, match=r"flow\.yaml:"):
        parse_flow(f'name: x\npreserves: sequential\nsteps: [{{abc: ["{command}"]}}]\n'.encode(), "flow.yaml")


def served(tmp_path: Path, form: Aig) -> str:
    """A fake ABC whose every sequential step yields that machine, and whose every proof says yes."""
    (tmp_path / "served.aig").write_bytes(format_aiger(form))
    return f"""
text = open(sys.argv[3]).read()
if "cec" in text: print("Networks are equivalent.")
elif "pdr" in text: print("Property proved.")
elif os.path.exists("in.aig"): os.link({str(tmp_path / "served.aig")!r}, "out.aig")
"""


def lies(form: Aig) -> list[Aig]:
    """A latch wrongly merged with another, stuck, complemented, with another next state; an output complemented."""
    last, first = form.latches[-1], form.latches[0]
    own = 2 * form.first_latch

    def with_last(following: int) -> Aig:
        return replace(form, latches=(*form.latches[:-1], replace(last, next=following)))

    outputs = replace(form.outputs[0], literal=form.outputs[0].literal ^ 1), *form.outputs[1:]
    return [
        with_last(first.next),
        with_last(0),
        with_last(last.next ^ 1),
        with_last(own),
        replace(form, outputs=outputs),
    ]


@pytest.mark.parametrize("lie", range(5))
@pytest.mark.parametrize("seed", range(3))
def test_a_lying_tool_is_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: int, seed: int) -> None:
    aig = two_registers(seed)
    wrong = lies(handed(aig))[lie]
    use_fake(monkeypatch, tmp_path, served(tmp_path, wrong))
    with pytest.raises(StepError, match=r"changed the function \(.* differs in step \d+ from reset") as caught:
        run_flow(aig, flow_of(["scorr"]), tmp_path / "runs", cached=False)
    result = caught.value.result
    assert result.steps[0].proof.answer == "different"
    assert result.aig == read_netlist(folder_of(result) / "result.aig")
    assert len(result.aig.latches) == len(aig.latches)
    again = rerun(folder_of(result) / result.steps[0].folder)
    assert again.verdict is not None
    assert again.verdict.answer == "different"


def two_registers(seed: int) -> Aig:
    """Two latches that never agree for long, both seen from outside; no lie about them goes unnoticed."""
    builder = AigBuilder("two")
    x, y = builder.input("x"), builder.input("y")
    p, q = builder.latch("p", seed % 2), builder.latch("q", int(seed > 1))  # type: ignore[arg-type]
    builder.set_next(p, builder.xor(p, x))
    builder.set_next(q, builder.mux(x, y, builder.xor(p, q)))
    builder.output("a", builder.xor(p, y))
    builder.output("b", q)
    return builder.build()


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("aag 3 2 3 2 0", "at most 2 latches"),
        ("aag 3 1 2 2 0", "expected 2 inputs"),
        ("aag 4 2 2 2 0", "does not reset to 0"),
    ],
)
def test_results_of_another_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str, fault: str) -> None:
    counts = [int(word) for word in header.split()[2:]]
    reset = " 1" if "reset" in fault else ""
    lines = [header.replace("aag 3 2 3", "aag 5 2 3"), *(str(2 * (i + 1)) for i in range(counts[0]))]
    lines += [f"{2 * (counts[0] + i + 1)} 0{reset}" for i in range(counts[1])] + ["0"] * counts[2]
    (tmp_path / "served.aig").write_text("\n".join(lines) + "\n")
    body = f'if os.path.exists("in.aig"): os.link({str(tmp_path / "served.aig")!r}, "out.aig")'
    use_fake(monkeypatch, tmp_path, body)
    with pytest.raises(StepError, match=fault):
        run_flow(two_registers(0), flow_of(["scorr"]), cached=False)
