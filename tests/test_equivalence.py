"""Verdicts: both answers on small netlists, faults injected everywhere, interfaces compared by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder, Latch
from bridge.aig.cut import core, cut_pair
from bridge.aig.literals import through
from bridge.equivalence import Verdict, check_equivalence
from bridge.equivalence.check import second_opinion
from bridge.equivalence.engines import ask, replay, simulate_apart
from bridge.equivalence.pieces import cut_too_many
from bridge.errors import InputError
from bridge.toolchain import Tool
from support.fakes import fake
from support.netlists import multiplier, one_in_a_million, random_netlist, shows, truth, with_fault
from support.tools import real


def test_a_verdict_is_no_bool() -> None:
    with pytest.raises(TypeError, match="three values"):
        bool(Verdict("equivalent", "nothing", 0.0))
    facts = Verdict("different", "simulation", 0.5, {"x": 1}, "output 'y' differs").to_json()
    assert facts["verdict"] == "different"
    assert facts["counterexample"] == {"x": 1}


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_injected_faults(seed: int, node: int) -> None:
    real("abc")
    aig = random_netlist(seed)
    if not len(aig.ands):
        return
    bad = with_fault(aig, node % len(aig.ands)).validate()
    verdict = check_equivalence(aig, bad)
    if verdict.answer == "different":
        assert shows(aig, bad, verdict)
    else:
        assert verdict.answer == "equivalent"
        assert np.array_equal(truth(aig), truth(bad))


@pytest.mark.parametrize("points", [False, True])
def test_a_fault_on_one_input_in_a_million(points: bool) -> None:
    real("abc")
    a, b = one_in_a_million(False, points), one_in_a_million(True, points)
    verdict = check_equivalence(a, b)
    assert verdict.answer == "different"
    assert verdict.counterexample == {f"x[{i}]": 1 - i % 2 for i in range(20)}
    assert "output 'y'" in verdict.reason


def test_a_difference_that_cec_finds_comes_with_its_vector() -> None:
    """It used to be left to slower engines, which found none in large dividers."""
    a, b = core(one_in_a_million(False)), core(one_in_a_million(True))
    found = ask("&cec", a, b, real("abc"), 20.0)
    assert found.answer == "different"
    assert found.vector is not None
    assert replay(a, b, found.vector) == 0


@pytest.mark.usefixtures("without_algebra")
def test_a_proof_that_needs_abc() -> None:
    real("abc")
    verdict = check_equivalence(multiplier(4, False), multiplier(4, True))
    assert verdict.answer == "equivalent"
    assert verdict.method.startswith("&cec")


def test_too_little_time_is_undecided() -> None:
    real("abc")
    verdict = check_equivalence(multiplier(14, False), multiplier(14, True), seconds=0.0)
    assert verdict.answer == "undecided"
    assert "limit" in verdict.reason


def test_a_difference_between_pieces_that_never_shows_is_no_difference() -> None:
    """Cut at h, the outputs differ where h = 1 and x = 0, which cannot happen."""
    real("abc")

    def build(careful: bool) -> Aig:
        builder = AigBuilder()
        x, y = builder.input("x"), builder.input("y")
        h = builder.and_(x, y)
        builder.output("o", builder.and_(h, x) if careful else h)
        builder.point("h", h)
        return builder.build()

    assert check_equivalence(build(True), build(False)).answer == "equivalent"


@pytest.mark.parametrize("opinion", [check_equivalence, second_opinion])
def test_a_piece_that_came_to_read_a_point_is_still_proven_in_pieces(opinion: Callable[[Aig, Aig], Verdict]) -> None:
    def build(shared: bool) -> Aig:
        builder = AigBuilder("shared")
        x, y, z, w = (builder.input(name) for name in "xyzw")
        small = builder.and_(x, y)
        builder.point("small", small)
        large = builder.and_(small, w) if shared else builder.and_(x, builder.and_(y, w))
        builder.point("large", large)
        builder.output("out", builder.xor(builder.or_(large, z), small))
        return builder.build()

    plain, shared = build(False), build(True)
    vector = simulate_apart(*cut_pair(plain, shared))
    assert vector is not None
    assert cut_too_many(plain, shared, set(), vector) == {"small"}
    verdict = opinion(plain, shared)
    assert verdict.answer == "equivalent"
    assert "cut at points" in verdict.method


def test_names_not_positions_are_matched() -> None:
    real("abc")
    aig = random_netlist(5)

    def shuffled() -> Aig:
        builder = AigBuilder()
        literals = {name: builder.input(name) for name in aig.inputs[::-1]}
        literals |= {latch.name: builder.latch(latch.name, latch.reset) for latch in aig.latches[::-1]}
        names = aig.leaves
        image = builder.copy(aig, [literals[name] for name in names])

        def new(literal: int) -> int:
            return through(image, literal)

        for latch in aig.latches:
            builder.set_next(literals[latch.name], new(latch.next))
        for output in aig.outputs[::-1]:
            builder.output(output.name, new(output.literal))
        return builder.build(properties=aig.properties.mapped(new))

    assert check_equivalence(aig, shuffled()).answer == "equivalent"
    bad = with_fault(shuffled(), 0)
    verdict = check_equivalence(aig, bad)
    assert verdict.answer == "different"
    assert shows(aig, bad, verdict)


def test_other_interfaces_are_not_compared() -> None:
    aig = random_netlist(3)
    for other, message in (
        (replace(aig, inputs=("z", *aig.inputs[1:])), r"input 'x\[0\]' only exists in the first"),
        (replace(aig, outputs=aig.outputs[:-2]), r"output 'y\[2\]' and 1 more only exist in the first"),
        (replace(aig, latches=tuple(Latch(s.name, s.next, 0) for s in aig.latches)), "resets to 1 in the first"),
        (replace(aig, properties=type(aig.properties)()), "bad states: 1 in the first, 0 in the second"),
    ):
        with pytest.raises(InputError, match=message):
            check_equivalence(aig, other)


@pytest.mark.parametrize(
    "body",
    [
        "print('Networks are UNDECIDED.  Time = 0.1 sec')",
        "print('Maybe Networks are equivalent')",
        "print('Networks are equivalent'); print('Networks are NOT EQUIVALENT')",
        "print('Networks are equivalent'); os.abort()",
        "print('Error: Networks'); print('Networks are equivalent')",
    ],
)
@pytest.mark.usefixtures("without_algebra")
def test_only_the_positive_sentence_of_a_sound_run_is_a_proof(tmp_path: Path, body: str) -> None:
    abc = Tool("abc", fake(tmp_path, body), "option", "fake", "0")
    a, b = core(multiplier(3, False)), core(multiplier(3, True))
    assert ask("&cec -y", a, b, abc, 10.0).answer != "equivalent"
    assert check_equivalence(multiplier(3, False), multiplier(3, True), abc=abc).answer == "undecided"


@pytest.mark.parametrize("content", ["", "01", "0" * 20 + "# DONE", "junk"])
@pytest.mark.usefixtures("without_algebra")
def test_a_counterexample_is_replayed_before_it_is_believed(tmp_path: Path, content: str) -> None:
    abc = Tool("abc", fake(tmp_path, f"open('found.cex', 'w').write({content!r})"), "option", "fake", "0")
    a, b = one_in_a_million(False), one_in_a_million(True)
    vector = ask("iprove", core(a), core(b), abc, 10.0).vector
    assert vector is None or len(vector) == 20
    assert check_equivalence(a, b, abc=abc).answer == "undecided"
