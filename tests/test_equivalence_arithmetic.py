"""Adders taken out of netlists: what is equal by algebra is equal, however it is added up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.arrays import Bits, Words
from bridge.bench import circuits
from bridge.equivalence import check_equivalence
from bridge.equivalence.arithmetic import adds_up, by_adders
from bridge.equivalence.arithmetic.adders import Adders
from bridge.equivalence.arithmetic.inner import with_words_of
from bridge.equivalence.arithmetic.sums import Sum
from bridge.equivalence.arithmetic.words import readings
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import Claim, beside, hash_together, replay, simulate_apart
from bridge.execution import simulate
from bridge.execution.words import random_words, unpacked
from support.fakes import fake_abc
from support.netlists import multiplier, random_netlist, truth, with_fault
from support.strategies import aigs
from support.tools import real

FOREVER = Clock(1e6)


def equal(a: Aig, b: Aig, *, clock: Clock = FOREVER) -> bool:
    return adds_up(Adders(beside(a, b)), a, clock).answer == "equivalent"


def with_words(a: Aig, b: Aig) -> Aig | None:
    return with_words_of(Adders(beside(a, b)), a, b, FOREVER)


def values(form: Aig) -> Bits:
    """uint8[variables, patterns]."""
    return unpacked(simulate(form, random_words(1, len(form.inputs), 1), 2 * np.arange(form.variables)))


def number(bits: Bits, literal: int) -> Any:
    return bits[literal >> 1].astype(object) ^ (literal & 1)


@given(aigs(latches=0))
def test_adders_add(aig: Aig) -> None:
    bits, adders = values(aig), Adders(aig)
    for variable in adders.sums:
        for adder in adders.of(variable):
            assert adder.total >> 1 == variable
            rest = sum(number(bits, literal) for literal in adder.addends) - number(bits, adder.total)
            if adder.carry is None:
                assert not (rest % 2).any()
            else:
                assert np.array_equal(rest, 2 * number(bits, adder.carry))
        for adder in filter(adders.proves, adders.likely(variable)):
            total = sum(number(bits, literal) for literal in adder.addends)
            assert np.array_equal(total, number(bits, adder.total) + 2 * number(bits, adder.carry or 0))


def test_a_carry_that_only_seems_one_is_not_believed() -> None:
    """It differs from that of the addends for a few values of 30 inputs, which no random pattern shows."""
    builder = AigBuilder()
    bits = builder.inputs(f"x[{i}]" for i in range(30))
    rare = circuits.all_of(builder, [bits[0], bits[1], *(bit ^ (bit >> 1 & 1) for bit in bits[2:])])
    builder.outputs(["total", "carry"], [builder.xor(bits[0], bits[1]), builder.and_(bits[0], bits[1])])
    builder.output("false", builder.and_(builder.and_(bits[0], bits[1]), rare ^ 1))
    adders = Adders(builder.build())
    form = adders.form
    false = form.outputs[2].literal
    found = list(adders.likely(form.outputs[0].variable))
    assert any(adder.carry is not None and adder.carry >> 1 == false >> 1 for adder in found)
    for adder in found:
        assert adders.proves(adder) == (adder.carry is not None and adder.carry >> 1 != false >> 1)


@given(st.integers(0, 10**6), st.booleans())
def test_a_sum_stays_what_it_is(seed: int, arithmetic: bool) -> None:
    aig = with_fault(multiplier(4, True), seed % 80) if arithmetic else random_netlist(seed, latches=0)
    both = beside(aig, replace(aig, outputs=aig.outputs[::-1]))
    literals, half, bits = both.output_literals().tolist(), len(aig.outputs), values(both)
    wanted = sum(
        (number(bits, mine) - number(bits, other)) << place
        for place, (mine, other) in enumerate(zip(literals[:half], literals[half:], strict=True))
    )
    found = Sum.difference(Adders(both), literals[:half], literals[half:], FOREVER)
    got = found.constant + sum(count * number(bits, 2 * variable) for variable, count in found.terms.items())
    assert not ((got - wanted) % found.modulus).any()


@given(st.integers(0, 10**6), st.integers(2, 4), st.sampled_from(["tree", "booth", "rows"]))
def test_a_fault_is_never_equal(seed: int, width: int, form: str) -> None:
    right = multiplier(width, False)
    other = {"tree": circuits.multiplier(width, True), "booth": circuits.multiplier(width, True, booth=True)}
    made = other.get(form, circuits.array_multiplier(width))
    bad = with_fault(made, seed % len(made.ands)).validate()
    same = np.array_equal(truth(right), truth(bad))
    if equal(right, bad):
        assert same
    assert equal(right, made)


@pytest.mark.parametrize("width", [5, 16, 33])
def test_products_however_they_are_added_up(width: int) -> None:
    plain = circuits.array_multiplier(width)
    assert equal(plain, circuits.multiplier(width, True))
    assert equal(plain, circuits.multiplier(width, False, booth=True))
    assert equal(circuits.multiplier(width, True, True), circuits.folded_square(width))
    assert equal(plain, circuits.prefix_multiplier(width, booth=width % 2 == 1))


def test_the_outputs_may_stand_the_other_way_round_or_be_several_words() -> None:
    pair = [circuits.array_multiplier(4), circuits.multiplier(4, True)]
    assert equal(*(replace(aig, outputs=aig.outputs[::-1]) for aig in pair))
    assert equal(*(two_words(aig) for aig in pair))


def two_words(aig: Aig) -> Aig:
    """The product, and its bits again under other names, upside down."""
    more = [replace(output, name=f"z{7 - place}") for place, output in enumerate(aig.outputs)]
    return replace(aig, outputs=(*aig.outputs, *more[::-1]))


def test_what_is_no_sum_is_left_to_others() -> None:
    shifter = [circuits.shifter(16, way) for way in (False, True)]
    assert simulate_apart(*shifter) is None
    assert not equal(*shifter)
    empty = AigBuilder().build()
    assert not equal(empty, empty)
    pair = circuits.array_multiplier(8), circuits.multiplier(8, True)
    assert not equal(*pair, clock=Clock(0.0))


@pytest.mark.parametrize(("inputs", "order"), [(21, "shuffled"), (101, "shuffled"), (101, "chain")])
def test_words_inside_are_shared(inputs: int, order: str) -> None:
    a, b = circuits.voter(inputs, "tree"), circuits.voter(inputs, order)
    shared = with_words(a, b)
    assert shared is not None
    assert hash_together(a, shared.validate())
    assert by_adders(a, b, FOREVER).answer == "equivalent"


def compared(booth: bool) -> Aig:
    """Whether one product is larger than another, which comes after it."""
    builder = AigBuilder()
    a, b, c, d = circuits.words(builder, a=6, b=6, c=6, d=6)
    columns = circuits.booth_columns if booth else circuits.columns_of
    first = circuits.reduced(builder, columns(builder, a, b), not booth)
    second = circuits.reduced(builder, circuits.columns_of(builder, c, d), booth)
    return circuits.done(builder, [circuits.rippled(builder, first, [bit ^ 1 for bit in second], 1)[-1]])


def less(of: Aig, width: int) -> Aig:
    """Whether one product is smaller than another, bit after bit."""
    builder = AigBuilder()
    a, b, c, d = circuits.words(builder, a=width, b=width, c=width, d=width)
    result = 0
    for one, other in zip(builder.instance(of, [*a, *b]), builder.instance(of, [*c, *d]), strict=True):
        same = builder.xor(one, other) ^ 1
        result = builder.or_(builder.and_(one ^ 1, other), builder.and_(same, result))
    return circuits.done(builder, [result])


def test_products_are_compared_bit_after_bit() -> None:
    """The highest bit of each is the carry of the one below, which a comparison adds, too."""
    pair = [less(of, 10) for of in (circuits.array_multiplier(10), circuits.multiplier(10, True))]
    shared = with_words(*pair)
    assert shared is not None
    assert hash_together(pair[0], shared)


def test_words_may_be_followed_by_adders() -> None:
    assert with_words(compared(False), compared(True)) is not None


@given(st.integers(0, 10**6))
def test_words_inside_with_a_fault(seed: int) -> None:
    a, b = circuits.voter(11, "tree"), circuits.voter(11, "shuffled")
    bad = with_fault(b, seed % len(b.ands)).validate()
    shared = with_words(a, bad)
    assert shared is None or np.array_equal(truth(shared), truth(bad))
    found = by_adders(a, bad, FOREVER)
    if found.answer == "equivalent":
        assert np.array_equal(truth(a), truth(bad))
    elif found.vector is not None:
        assert replay(a, bad, found.vector) is not None


@pytest.mark.heavy
def test_large_netlists_without_words_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither ABC nor algebra knows anything."""
    monkeypatch.setattr("bridge.equivalence.arithmetic.prove.adds_up", lambda *_: Claim("undecided"))
    a = circuits.controller(32, 16, 8)
    builder = AigBuilder(a.name, 2 * a.variables)
    outputs = builder.instance(a, builder.inputs(a.inputs))
    pairs = zip(outputs, [*outputs[1:], 1], strict=True)
    twice = [builder.or_(literal, builder.and_(literal, other)) for literal, other in pairs]
    builder.outputs([output.name for output in a.outputs], twice)
    verdict = check_equivalence(a, builder.build(), abc=fake_abc(tmp_path, "pass"), seconds=60)
    assert (verdict.answer, verdict.method) == ("equivalent", "SAT sweeping")


def test_it_takes_part_in_every_comparison() -> None:
    real("abc")
    verdict = check_equivalence(circuits.array_multiplier(24), circuits.multiplier(24, True, booth=True))
    assert (verdict.answer, verdict.method, verdict.alone) == ("equivalent", "algebra of adders", False)


def test_words_inside_are_not_looked_for_where_nodes_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    def unlikely(*_: object) -> None:
        raise AssertionError("it kept the sweeping waiting")

    monkeypatch.setattr("bridge.equivalence.arithmetic.prove.with_words_of", unlikely)
    found = by_adders(circuits.shifter(128, False), circuits.shifter(128, True), FOREVER)
    assert (found.answer, found.method) == ("equivalent", "SAT sweeping")


@pytest.mark.parametrize("name", ["y" + "1" * 5000, "1" * 20_000 + "a1", "1a" * 20_000, "\n1", "\N{SUPERSCRIPT TWO}"])
def test_any_name_can_be_one_of_an_output(name: str) -> None:
    first, *named = readings([name, "y[1]", "y[0]"])
    assert first == [[0, 1, 2]]
    assert [sorted(place for word in words for place in word) for words in named] == [[0, 1, 2]]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.booleans(), st.integers(0, 10**6))
def test_no_equality_is_proven_by_what_only_seems_alike(width: int, product: bool, fault: int) -> None:
    """Two patterns at random make many gates seem equal that are not."""
    a = circuits.multiplier(width, tree=False) if product else circuits.adder(width, fast=False)
    b = circuits.prefix_multiplier(width) if product else circuits.adder(width, fast=True)
    b = with_fault(b, fault % len(b.ands))

    def poor(*_: object, **__: object) -> Words:
        rows = random_words(fault, len(a.inputs), 1) & np.uint64(3)
        words: Words = np.repeat(rows, 16, axis=1)
        return words

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.equivalence.arithmetic.carriers.random_patterns", poor)
        answer, shared = by_adders(a, b, FOREVER).answer, with_words(a, b)
    assert answer != ("different" if np.array_equal(truth(a), truth(b)) else "equivalent")
    assert shared is None or np.array_equal(truth(shared), truth(b))
