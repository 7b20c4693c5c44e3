"""The second opinion, and that every method can say "different"."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.aig.cut import core
from bridge.bench.circuits import all_of
from bridge.equivalence import Verdict, both_opinions, check_equivalence, second_opinion
from bridge.equivalence.clock import Clock
from bridge.equivalence.contest import seen_apart
from bridge.equivalence.engines import ask, replay, simulate_apart
from bridge.equivalence.sweep import Sweeping, sweep
from bridge.errors import ToolError
from bridge.flow import run_flow
from bridge.formats import read_netlist
from support.fakes import served, use_fake
from support.flows import DC2
from support.netlists import multiplier, one_in_a_million, random_netlist, redundant, shows, truth, with_fault
from support.strategies import aigs
from support.tools import real


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_answer_is_the_truth(seed: int, node: int) -> None:
    aig = random_netlist(seed)
    bad = with_fault(aig, node % len(aig.ands)).validate() if len(aig.ands) else aig
    verdict = second_opinion(aig, bad)
    if verdict.answer == "different":
        assert shows(aig, bad, verdict)
    else:
        assert verdict.answer == "equivalent"
        assert np.array_equal(truth(aig), truth(bad))


@given(aigs(properties=True))
def test_any_netlist_equals_itself(aig: Aig) -> None:
    assert second_opinion(aig, aig).answer == "equivalent"


def test_what_an_optimizer_made() -> None:
    real("abc")
    for points in (0, 20):
        aig = random_netlist(11, nodes=400, inputs=9, points=points)
        made = run_flow(aig, "compress2rs").aig
        verdict = second_opinion(aig, made)
        assert verdict.answer == "equivalent"
        assert ("cut at points" in verdict.method) == bool(points)
    assert second_opinion(multiplier(4, False), multiplier(4, True)).answer == "equivalent"


class Stopping(Clock):
    """One that ends the work at a look, as a race does with those that lose."""

    def __init__(self, looks: int) -> None:
        super().__init__(1e9)
        self.looks = looks

    @property
    def over(self) -> bool:
        self.looks -= 1
        if self.looks < 0:
            raise KeyboardInterrupt
        return False


@pytest.mark.parametrize("equal", [True, False])
def test_it_goes_on_where_it_was_stopped(equal: bool) -> None:
    a, b = multiplier(4, False), multiplier(4, True)
    b = b if equal else with_fault(b, len(b.ands) - 1).validate()
    whole = Stopping(10**9)
    wanted = Sweeping(a, b).claim(whole)
    looks = 10**9 - whole.looks
    assert wanted.answer == ("equivalent" if equal else "different")
    assert looks > 20
    stopped = Sweeping(a, b)
    with pytest.raises(KeyboardInterrupt):
        stopped.claim(Stopping(looks - 5))
    assert stopped.claim(Stopping(10)).answer == wanted.answer
    assert stopped.seconds > 0


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_look_says_what_is_true_or_nothing(seed: int, node: int) -> None:
    aig = core(random_netlist(seed))
    bad = with_fault(aig, node % len(aig.ands)).validate() if len(aig.ands) else aig
    found, same = Sweeping(aig, bad).look(Clock(1e6)), np.array_equal(truth(aig), truth(bad))
    assert found.answer != ("different" if same else "equivalent")
    assert (found.vector is not None) == (found.answer == "different")
    assert found.vector is None or replay(aig, bad, found.vector) is not None


def test_a_look_ends_where_outputs_are_hard() -> None:
    sweeping = Sweeping(multiplier(10, False), multiplier(10, True))
    assert sweeping.look(Clock(1e6)).answer == "undecided"
    assert Sweeping(multiplier(4, False), multiplier(4, True)).look(Clock(1e6)).answer == "equivalent"


def test_rare_differences_are_seen_by_more_patterns() -> None:
    """One input in a hundred thousand."""
    aig = AigBuilder()
    bits = aig.inputs(f"x[{i}]" for i in range(17))
    aig.output("y", all_of(aig, [bit ^ (place % 2) for place, bit in enumerate(bits)]))
    rare, never = aig.build(), AigBuilder()
    never.inputs(rare.inputs)
    never.output("y", 0)
    other = never.build()
    assert simulate_apart(rare, other) is None
    assert seen_apart(rare, other, Clock(0)) is None
    vector = seen_apart(rare, other, Clock(1e6))
    assert vector is not None
    assert replay(rare, other, vector) == 0


def test_time_runs_out() -> None:
    verdict = second_opinion(multiplier(12, False), multiplier(12, True), seconds=0.1)
    assert verdict.answer == "undecided"
    assert "no end in 0.1 s" in verdict.reason


def test_points_that_differ_where_nobody_goes() -> None:
    """Cut at h, the outputs differ where h = 1 and x = 0, which cannot happen."""

    def build(careful: bool) -> Aig:
        builder = AigBuilder()
        x, y = builder.input("x"), builder.input("y")
        h = builder.and_(x, y)
        builder.output("o", builder.and_(h, x) if careful else h)
        builder.point("h", h)
        return builder.build()

    verdict = second_opinion(build(True), build(False))
    assert (verdict.answer, verdict.method) == ("equivalent", "SAT sweeping")


@pytest.mark.parametrize("points", [False, True])
def test_a_fault_on_one_input_in_a_million(points: bool) -> None:
    a, b = one_in_a_million(False, points), one_in_a_million(True, points)
    verdict = second_opinion(a, b)
    assert verdict.answer == "different"
    assert verdict.counterexample == {f"x[{i}]": 1 - i % 2 for i in range(20)}


@pytest.mark.heavy
def test_every_searching_method_says_different() -> None:
    """100 single faults, each shown by simulation, by ABC's search and by the sweep, unless it changes nothing."""
    abc = real("abc")
    found = {"simulation": 0, "search": 0, "sweep": 0}
    rng = np.random.default_rng(5)
    different = 0
    for seed in range(100):
        aig = core(random_netlist(seed, nodes=80, points=0))
        bad = with_fault(aig, int(rng.integers(len(aig.ands)))).validate()
        same = np.array_equal(truth(aig), truth(bad))
        different += not same
        vectors = {"simulation": simulate_apart(aig, bad), "sweep": sweep(aig, bad, Clock(60)).vector}
        if seed % 10 == 0:
            vectors["search"] = ask("iprove", aig, bad, abc, 20.0).vector
        for method, vector in vectors.items():
            assert vector is None or not same
            found[method] += vector is not None and replay(aig, bad, vector) is not None
    assert different > 60
    assert found["simulation"] == found["sweep"] == different
    assert found["search"] >= 5


def test_two_opinions() -> None:
    yes, no = Verdict("equivalent", "a", 1.0), Verdict("different", "b", 2.0, {"x": 1}, "output 'y' differs")
    unsure = Verdict("undecided", "c", 4.0, reason="why")
    assert both_opinions(yes, yes).method == "a; confirmed by a"
    assert both_opinions(yes, no) == replace(no, seconds=3.0, reason="output 'y' differs; a says equivalent")
    assert both_opinions(unsure, no).answer == both_opinions(no, unsure).answer == "different"
    assert both_opinions(yes, unsure).answer == both_opinions(unsure, yes).answer == "undecided"
    assert both_opinions(yes, unsure).reason == "why; a says equivalent"


def test_a_flow_asks_for_a_second_opinion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    result = run_flow(redundant(), DC2, second=True)
    assert result.verdict.answer == "equivalent"
    assert "confirmed by SAT sweeping" in result.verdict.method
    # An ABC that makes a netlist smaller by a change which simulation misses, and swears that all is well.
    large, small = one_in_a_million(True), one_in_a_million(False)
    use_fake(monkeypatch, tmp_path, served(tmp_path, small, "Networks are equivalent."))
    for second in (False, True):
        with pytest.raises(ToolError, match=r"output 'y' differs; &cec -y says equivalent, found by SAT sweeping"):
            run_flow(large, DC2, tmp_path / "runs", cached=False, second=second)
    kept = next(tmp_path.glob("runs/*/result.aig"))
    assert np.array_equal(read_netlist(kept).ands, large.ands)


def test_without_python_sat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysat.solvers", None)
    with pytest.raises(ToolError, match="pip install python-sat"):
        second_opinion(multiplier(3, False), multiplier(3, True))
    assert check_equivalence(multiplier(3, False), multiplier(3, False)).answer == "equivalent"
