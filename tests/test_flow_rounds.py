"""Repetitions: what a round is told, when they end, and with which netlist."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.flow import Flow, FlowProgress, FlowResult, run_flow
from bridge.flow.schema import Repeat, Step, parse_flow
from support.fakes import served, use_fake
from support.netlists import redundant


def labels(result: FlowResult) -> list[str]:
    return [step.label for step in result.steps]


def test_rounds_have_numbers() -> None:
    """Those of the innermost repetition; what is in none is in the first round."""
    inner = Step(repeat=Repeat(at_most=2, steps=(Step(own=("walk -I 1 -S {round}",)),)))
    other = Step(best_of=((Step(own=("walk -I 3 -S {round}",)),), (Step(own=("walk -I 4",)),)))
    outer = Step(repeat=Repeat(at_most=2, steps=(Step(own=("walk -I 2 -S {round}",)), inner, other)))
    flow = Flow(name="rounds", steps=(Step(own=("walk -S {round}{round} -I 9",)), outer))
    once = ["walk -I 1 -S 1", "walk -I 1 -S 2"]
    ways = ["1 of 2, own: walk -I 3 -S {}", "2 of 2, own: walk -I 4"]
    rounds = [[f"walk -I 2 -S {number}", *once, *(way.format(number) for way in ways)] for number in (1, 2)]
    said = [label.replace("own: walk -I 1", "walk -I 1") for label in labels(run_flow(redundant(), flow, cached=False))]
    assert [label.removeprefix("own: ") for label in said] == ["walk -S 11 -I 9", *rounds[0], *rounds[1]]


@pytest.mark.parametrize("patience", [1, 3])
def test_patience(patience: int) -> None:
    """So many rounds in a row gain nothing before a repetition ends; and it ends with the smallest netlist."""
    round_of = (Step(own=("walk -I 40 -H 90 -S {round}",)), Step(abc=("dc2",)))
    rounds = Step(repeat=Repeat(at_most=60, until="no_gain", patience=patience, steps=round_of))
    flow = Flow(name="patience", steps=(rounds, Step(abc=("strash",))))
    result = run_flow(redundant(), flow, cached=False)
    ends = [(result.before.size), *(step.counts.size for step in result.steps[1:-1:2])]
    gains = [end < min(ends[: index + 1]) for index, end in enumerate(ends[1:])]
    assert not any(gains[-patience:])
    assert all(any(gains[max(0, index - patience) : index]) for index in range(patience, len(gains)))
    assert result.steps[-1].counts.size == min(ends) == result.after.size
    assert all(after[0] <= before[0] for before, after in pairwise(ends))


def test_a_round_that_ends_larger_is_not_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = run_flow(redundant(), Flow(name="small", steps=(Step(abc=("dc2", "dc2")),)), cached=False).aig
    assert len(small.ands) < len(redundant().ands)
    use_fake(monkeypatch, tmp_path, served(tmp_path, redundant()))
    rounds = Repeat(at_most=9, until="no_gain", patience=3, steps=(Step(abc=("dc2",)),))
    heard: list[FlowProgress] = []
    flow = Flow(name="larger", steps=(Step(repeat=rounds),))
    result = run_flow(small, flow, cached=False, progress=heard.append)
    assert [now.counts.ands for now in heard if now.record is None] == [len(small.ands)] * 3
    assert [step.counts.ands for step in result.steps] == [len(redundant().ands)] * 3
    assert result.after == result.before


def test_commands_are_checked_with_a_round() -> None:
    head = "name: x\nsteps:\n  - repeat:\n      at_most: 3\n      steps:\n"
    right = "- abc: ['&deepsyn -I 1 -S {round}']\n          instead: ['&rrr -R {round} -X 3']"
    parse_flow(f"{head}        {right}".encode(), "x")
    for wrong in ("- own: ['walk -I {round}.5']", "- abc: ['&deepsyn -T {round}']", "- abc: ['{round}']"):
        with pytest.raises(InputError):
            parse_flow(f"{head}        {wrong}".encode(), "x")


def test_a_number_that_is_too_large_in_a_later_round_fails_its_step() -> None:
    rounds = Repeat(at_most=3, steps=(Step(own=("windows -W 1 -I 1 -K {round}3",)),))
    first, *later = run_flow(
        redundant(), Flow(name="later", steps=(Step(own=("walk -I 1",)), Step(repeat=rounds)))
    ).steps
    assert [step.failure for step in (first, later[0])] == ["", ""]
    assert all("-K of 'windows' needs a number of at most 14, not" in str(step.failure) for step in later[1:])
    assert [step.outcome for step in later[1:]] == ["failed", "failed"]


def test_patience_without_an_end_to_wait_for_is_refused() -> None:
    text = b"name: x\nsteps:\n  - repeat: {at_most: 3, patience: 2, steps: [{abc: [dc2]}]}"
    with pytest.raises(InputError, match="patience"):
        parse_flow(text, "x")
