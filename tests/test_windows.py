"""Walks in windows of a netlist keep its function, whatever becomes of the windows, and flows may take them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.bench.circuits import controller, multiplier
from bridge.errors import InputError
from bridge.flow import load_flow, own, run_flow
from bridge.flow.own import check_own
from bridge.flow.schema import Flow, Step
from bridge.truth import table_of, windows
from bridge.truth.windows import Windows, windowed
from support.strategies import aigs

HERE = Windows(share=2.0, least=0, leaves=5, ands=1000, steps=20, heat=0.4, seed=1)


@settings(max_examples=50)
@given(st.data(), st.integers(0, 99), st.integers(2, 7), st.sampled_from([0.0, 0.5, 1.0]))
def test_windows_keep_the_function_and_never_grow(data: st.DataObject, seed: int, leaves: int, heat: float) -> None:
    aig = data.draw(aigs(latches=0, least_outputs=1).filter(lambda aig: not aig.points))
    found = windowed(aig, replace(HERE, seed=seed, leaves=leaves, heat=heat))
    assert len(found.ands) <= len(aig.ands)
    assert (found.inputs, [o.name for o in found.outputs]) == (aig.inputs, [o.name for o in aig.outputs])
    np.testing.assert_array_equal(table_of(found), table_of(aig))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 8))
def test_windows_with_sides_that_others_read(seed: int, leaves: int) -> None:
    aig = tangle(seed)
    found = windowed(aig, replace(HERE, seed=seed, leaves=leaves))
    assert len(found.ands) <= len(aig.ands)
    np.testing.assert_array_equal(table_of(found), table_of(aig))


def tangle(seed: int, inputs: int = 9, ands: int = 150) -> Aig:
    """Random ANDs of what came shortly before, so that windows have many ways in and out."""
    random, builder = np.random.default_rng(seed), AigBuilder()
    literals = builder.inputs([f"i{k}" for k in range(inputs)])
    for _ in range(ands):
        a, b = (literals[-1 - int(random.integers(min(len(literals), 25)))] ^ int(random.integers(2)) for _ in "ab")
        literals.append(builder.and_(a, b))
    for index, literal in enumerate(literals[-12:]):
        builder.output(f"o{index}", literal ^ (index & 1))
    return builder.build()


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 400))
def test_however_seldom_equal_ands_become_one(seed: int, together: int) -> None:
    aig = tangle(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.truth.windows._TOGETHER", together)
        found = windowed(aig, replace(HERE, heat=1.0, seed=seed))
    assert len(found.ands) <= len(aig.ands)
    np.testing.assert_array_equal(table_of(found), table_of(aig))


def test_windows_of_few_ands() -> None:
    aig = tangle(5)
    assert not np.array_equal(windowed(aig, HERE).ands, aig.ands)
    np.testing.assert_array_equal(windowed(aig, replace(HERE, ands=5)).ands, aig.ands)  # none is large enough


def test_the_same_seed_does_the_same() -> None:
    aig = tangle(3)
    first, again = (windowed(aig, HERE) for _ in range(2))
    np.testing.assert_array_equal(first.ands, again.ands)
    assert first.outputs == again.outputs
    assert not np.array_equal(windowed(aig, replace(HERE, seed=2)).ands, first.ands)


def test_windows_of_many_inputs_in_a_flow() -> None:
    aig = controller(4, 3, 2)
    assert len(aig.inputs) > 16
    result = run_flow(aig, Flow(name="windows", steps=(Step(own=("windows -W 300 -K 8 -N 100 -I 10",)),)))
    assert result.verdict.answer == "equivalent"
    assert result.ands_after < result.ands_before


def test_nothing_to_do() -> None:
    builder = AigBuilder()
    builder.output("o", builder.input("i"))
    assert len(windowed(builder.build(), HERE).ands) == 0


def test_what_windows_do_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.truth.windows.MOST_ANDS", 10)
    with pytest.raises(InputError, match="at most 10 ANDs"):
        windowed(multiplier(4, False), HERE)


def test_larger_netlists_have_fewer_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[None] = []
    monkeypatch.setattr("bridge.truth.windows._MOST_LOOKS", 1 << 10)
    aig = tangle(1)
    windowed(aig, replace(HERE, steps=0), lambda: pauses.append(None))
    assert len(pauses) == (1 << 10) // aig.variables


TOO_SMALL = ("windows -K 1", "windows -W 0", "windows -I 0", "windows -N 5", "walk -I 0")


@pytest.mark.parametrize("command", [*TOO_SMALL, "windows -K 15", "windows -N 10001", "walk -W 1", "windows -W"])
def test_windows_that_may_not_be(command: str) -> None:
    with pytest.raises(ValueError, match=r"needs a number|may not have"):
        check_own(command)


@pytest.mark.parametrize("command", TOO_SMALL)
def test_what_would_do_nothing_is_refused(command: str) -> None:
    most = int(command.split()[-1]) + 1
    with pytest.raises(ValueError, match=f"needs a number of at least {most}, not"):
        check_own(command)
    check_own(f"{command[:-2]} {most}")
    assert own.LEAST["-N"] == windows.LEAST


def test_deep_walks_in_windows() -> None:
    """In every round in others, and in small netlists in as many as in larger ones."""
    repeat = load_flow("deep").steps[-1].repeat
    assert repeat is not None
    assert repeat.steps[0].own == ("windows -A 2000 -S {round}",)
    assert repeat.steps[2].own == ("windows -W 5 -A 100 -K 14 -N 100 -I 500 -S {round}",)


def test_deep_takes_walks_through_whole_netlists_of_few_inputs() -> None:
    """From several starts side by side, then from the best of them; larger ones are left out of each in one step."""
    begin, whole, blocks, _ = load_flow("deep").steps
    starts = [way[0].own for way in begin.best_of or () if way[0].own]
    assert len(starts) == len({*starts}) == 4
    assert all(len(own) == 1 and own[0].startswith("walk ") for own in starts)
    assert whole.repeat is not None
    assert whole.repeat.patience == 2
    (step,) = whole.repeat.steps
    assert step.own is not None
    assert {command.split()[0] for command in step.own} == {"walk"}
    assert "-S 1{round}" in step.own[0]
    assert blocks.repeat is not None
    assert [each.scope for each in blocks.repeat.steps] == ["block"]


def test_small_netlists_have_as_many_windows_as_are_asked_for() -> None:
    pauses: list[None] = []
    windowed(tangle(1), replace(HERE, steps=0, least=777), lambda: pauses.append(None))
    assert len(pauses) == 777
