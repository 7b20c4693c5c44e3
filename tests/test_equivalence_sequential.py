"""Machines compared in all runs from reset: against brute force, with faults, and beyond combinational proofs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder, Latch
from bridge.aig.cone import observable
from bridge.aig.latches import flipped, known_resets, normalized, opened, reset_to_one
from bridge.equivalence import Verdict, check_equivalence, check_machines, check_removal, confirm_machines
from bridge.equivalence.clock import Clock
from bridge.equivalence.correspondence import latch_classes
from bridge.equivalence.induction import always_equal
from bridge.equivalence.model_checking import merges, search
from bridge.equivalence.product import product
from bridge.equivalence.reduction import reduced
from bridge.errors import InputError
from support.machines import (
    claims_hold,
    counter,
    equal_runs,
    one_hot,
    points_hold,
    runs_apart,
    with_spare_latches,
)
from support.netlists import with_fault
from support.tools import real

SEEDS = st.integers(0, 10**6)


def is_right(a: Aig, b: Aig, verdict: Verdict) -> bool:
    """Whether an answer is true, and its trace shows it."""
    if verdict.answer == "different":
        assert verdict.counterexample is not None
        return runs_apart(a, b, verdict.trace, verdict.counterexample)
    return verdict.answer == "equivalent" and equal_runs(a, b)


@given(SEEDS)
def test_complementing_latches_changes_nothing(seed: int) -> None:
    aig = with_spare_latches(seed)
    form = normalized(aig)
    assert all(latch.reset in (0, None) for latch in form.latches)
    assert equal_runs(aig, form.validate())
    assert flipped(form, reset_to_one(aig)) == aig


@given(SEEDS)
def test_opened_machines(seed: int) -> None:
    aig = with_spare_latches(seed)
    form, known = opened(aig)
    form.validate()
    assert [latch.name for latch in form.latches] == [x.name for x in aig.latches if x.reset is not None]
    assert len(form.inputs) - len(aig.inputs) == len(known) - known.sum() == len(form.outputs) - len(aig.outputs)
    assert {latch.reset for latch in form.latches} <= {0}


@pytest.mark.heavy
@settings(max_examples=60)
@given(SEEDS)
def test_reduced_machines(seed: int) -> None:
    real("abc")
    aig = with_spare_latches(seed)
    small, removed = reduced(aig, Clock(20.0))
    assert claims_hold(aig, small.validate(), removed)
    assert {"stuck", "dead"} <= removed.keys()
    assert observable(small)[small.first_latch : small.first_and].all()
    assert points_hold(aig, small)
    for verdict in (check_removal(aig, small, removed), check_machines(aig, small), confirm_machines(small, aig)):
        assert verdict.answer == "equivalent", verdict


@pytest.mark.heavy
@settings(max_examples=60)
@given(SEEDS, SEEDS)
def test_injected_faults(seed: int, node: int) -> None:
    real("abc")
    aig = with_spare_latches(seed)
    small, _ = reduced(aig, Clock(20.0))
    assume(len(small.ands))
    bad = with_fault(small, node % len(small.ands)).validate()
    assert is_right(aig, bad, check_machines(aig, bad))
    assert confirm_machines(aig, bad).answer in ("undecided", "equivalent" if equal_runs(aig, bad) else "different")


@pytest.mark.heavy
@settings(max_examples=60)
@given(SEEDS, st.data())
def test_wrong_claims(seed: int, data: st.DataObject) -> None:
    """Another reset, another image, another next state: never called equivalent unless it is."""
    real("abc")
    aig = with_spare_latches(seed)
    small, removed = reduced(aig, Clock(20.0))
    kind = data.draw(st.sampled_from(["image", "reset", "next"]))
    if kind == "image":
        images = [None, 0, 1, *((latch.name, flip) for latch in small.latches for flip in (False, True))]
        removed[data.draw(st.sampled_from(sorted(removed)))] = data.draw(st.sampled_from(images))
    else:
        assume(small.latches)
        place = data.draw(st.integers(0, len(small.latches) - 1))
        latch = small.latches[place]
        change = {"next": latch.next ^ 1} if kind == "next" else {"reset": 1 if latch.reset == 0 else 0}
        latches = (*small.latches[:place], replace(latch, **change), *small.latches[place + 1 :])
        small = replace(small, latches=latches)
    same_resets = {(x.name, x.reset) for x in small.latches} <= {(x.name, x.reset) for x in aig.latches}
    for verdict in (check_removal(aig, small, removed), confirm_machines(aig, small, removed)):
        if verdict.answer == "equivalent":
            assert same_resets
            assert claims_hold(aig, small, removed)
        else:
            assert verdict.reason


@settings(max_examples=40)
@given(SEEDS, SEEDS)
def test_unrelated_machines(seed: int, other: int) -> None:
    """Nothing is known about the latches, and hardly any two agree; those that do must be proven or left open."""
    real("abc")
    a, b = with_spare_latches(seed), with_spare_latches(other)
    outputs = min(len(a.outputs), len(b.outputs))
    inputs = max(a.inputs, b.inputs, key=len)
    a, b = (replace(widened(x, inputs), outputs=x.outputs[:outputs], points=()) for x in (a, b))
    a, b = (replace(x, outputs=widened(y, inputs).outputs[:outputs]) for x, y in ((a, a), (b, b)))
    verdict = check_machines(a, b)
    assert verdict.answer == "undecided" or is_right(a, b, verdict)


def widened(aig: Aig, inputs: tuple[str, ...]) -> Aig:
    builder = AigBuilder(aig.name)
    own = builder.inputs(inputs)[: len(aig.inputs)]
    image = builder.copy(aig, [*own, *builder.latches(aig.latches)])
    return builder.build_like(aig, image)


def test_what_holds_in_reached_states_only() -> None:
    real("abc")
    a, b = one_hot(6, True), one_hot(6, False)
    assert check_equivalence(a, b).answer == "different"
    for verdict in (check_machines(a, b), confirm_machines(a, b)):
        assert (verdict.answer, verdict.method) == ("equivalent", "induction over all nodes")


def test_what_abc_merges_is_a_proof_only_if_nothing_is_left() -> None:
    abc = real("abc")
    for other, answer in ((one_hot(6, False), True), (one_hot(5, False), False)):
        a = one_hot(6, True)
        pair = product(a, other, dict.fromkeys(latch.name for latch in a.latches))
        assert merges(normalized(pair.machine), abc, 20.0) is answer


def test_a_difference_deep_in_time() -> None:
    """No random run counts that far."""
    real("abc")
    a, b = counter(9, None), counter(9, 0b110101101)
    verdict = check_machines(a, b, seconds=60.0)
    assert (verdict.answer, verdict.method) == ("different", "pdr")
    assert len(verdict.trace) == 0b110101101 + 1
    assert verdict.counterexample is not None
    assert runs_apart(a, b, verdict.trace, verdict.counterexample)
    assert verdict.to_json()["trace"] == [{"x": 1}] * 0b110101101 + [{"x": verdict.trace[-1]["x"]}]


def up_to_four(also_seven: bool) -> Aig:
    """Counts 0 .. 4 and starts again; the output says that it is 0, or also 7, which no induction knows it never is."""
    builder = AigBuilder()
    carry = builder.input("x")
    bits, sums = [builder.latch(f"n[{i}]") for i in range(3)], []
    for bit in bits:
        sums.append(builder.xor(bit, carry))
        carry = builder.and_(carry, bit)
    five = builder.and_(builder.and_(sums[0], sums[2]), sums[1] ^ 1)
    for bit, total in zip(bits, sums, strict=True):
        builder.set_next(bit, builder.and_(total, five ^ 1))
    zero, seven = (builder.and_(builder.and_(*(bit ^ flip for bit in bits[:2])), bits[2] ^ flip) for flip in (1, 0))
    builder.output("y", builder.or_(zero, seven) if also_seven else zero)
    return builder.build()


def test_what_pdr_proves_is_confirmed_by_its_invariant() -> None:
    real("abc")
    verdict = check_machines(up_to_four(True), up_to_four(False))
    assert (verdict.answer, verdict.method) == ("equivalent", "pdr; confirmed by SAT on its invariant")
    assert not verdict.alone


def test_another_encoding_of_the_state() -> None:
    """A two-bit counter in binary and as a ring."""
    real("abc")
    binary, ring = AigBuilder(), AigBuilder()
    x = binary.input("x")
    low, high = binary.latch("low"), binary.latch("high")
    binary.set_next(low, binary.xor(low, x))
    binary.set_next(high, binary.xor(high, binary.and_(low, x)))
    binary.output("y", binary.and_(low, high))
    x = ring.input("x")
    token = [ring.latch(f"t{i}", 1 if i == 0 else 0) for i in range(4)]
    for i in range(4):
        ring.set_next(token[i], ring.mux(x, token[i - 1], token[i]))
    ring.output("y", token[3])
    assert check_machines(binary.build(), ring.build()).answer == "equivalent"


def test_unknown_resets_are_the_same_by_name() -> None:
    real("abc")

    def holding(name: str, flip: int) -> Aig:
        builder = AigBuilder()
        builder.input("x")
        latch = builder.latch(name, None)
        builder.set_next(latch, latch)
        builder.output("y", latch ^ flip)
        return builder.build()

    assert check_machines(holding("u", 0), holding("u", 0)).answer == "equivalent"
    for other in (holding("u", 1), holding("v", 0)):
        verdict = check_machines(holding("u", 0), other)
        assert is_right(holding("u", 0), other, verdict)
        assert verdict.answer == "different"


def test_machines_without_inputs() -> None:
    real("abc")

    def ring(length: int, kick: bool) -> Aig:
        """1 after so many steps, and then for ever."""
        builder = AigBuilder()
        chain = [builder.latch(f"d{i}") for i in range(length)]
        for i, latch in enumerate(chain):
            builder.set_next(latch, chain[i - 1] if i else 1)
        builder.output("y", chain[-1] if kick else 0)
        return builder.build()

    assert check_machines(ring(3, True), ring(3, True)).answer == "equivalent"
    verdict = check_machines(ring(5, True), ring(5, False))
    assert (verdict.answer, len(verdict.trace)) == ("different", 6)
    machine = product(ring(5, True), ring(5, False), dict.fromkeys([f"d{i}" for i in range(5)])).machine
    found = search(machine, real("abc"), 10.0)
    assert found.trace is not None
    assert found.trace.shape == (6, 0)


def test_latches_that_never_toggled_in_simulation_are_told_apart() -> None:
    """Both are 0 for the first 500 steps."""
    aig = counter(9, None)
    last = aig.latches[-1]
    twin = replace(aig, latches=(*aig.latches, Latch("odd", 0, 0)), ands=aig.ands + 2 * (aig.ands >= 2 * aig.first_and))
    shift = 2 * (np.array([x.next for x in aig.latches]) >= 2 * aig.first_and)
    latches = [replace(x, next=int(x.next + s)) for x, s in zip(aig.latches, shift, strict=True)]
    twin = replace(twin, latches=(*latches, Latch("odd", latches[-1].next ^ 0, 0)))
    twin = replace(twin, outputs=tuple(replace(o, literal=o.literal + 2) for o in aig.outputs)).validate()
    classes, given_up = latch_classes(twin, Clock(20.0))
    assert classes.tolist() == [*range(9), 8]
    assert not len(given_up)
    assert last.name == "n[8]"


def test_the_time_is_kept() -> None:
    a, b = one_hot(6, True), one_hot(6, False)
    pair = product(a, b, dict.fromkeys(latch.name for latch in a.latches))
    assert not always_equal(normalized(pair.machine), Clock(0.0))


@given(SEEDS)
def test_known_resets(seed: int) -> None:
    aig = with_spare_latches(seed)
    unknown = [latch.name for latch in aig.latches if latch.reset is None]
    assert known_resets(aig, []) == aig
    form = known_resets(aig, unknown)
    assert len(form.inputs) == len(aig.inputs) + len(unknown)
    assert all(latch.reset is not None for latch in form.latches)


@pytest.mark.parametrize("check", [check_machines, confirm_machines])
def test_other_interfaces_are_not_compared(check: object) -> None:
    a, b = one_hot(3, True), counter(3, None)
    with pytest.raises(InputError, match="input 'go' only exists in the first"):
        check(a, b)  # type: ignore[operator]
