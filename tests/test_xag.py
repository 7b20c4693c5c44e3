"""XOR-AND graphs compute what their netlists do, and have few ANDs where few are known to be enough."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.aig.cut import core
from bridge.aig.xag import Xag, with_few_ands, xag
from bridge.aig.xag.forms import all_forms
from bridge.cell import Cell
from bridge.lowering import lower
from bridge.lowering.monomials import lower_by_monomials, lower_freely
from support import naive
from support.netlists import multiplier, random_netlist, same_function
from support.small_netlists import parity, small_netlist

ROWS = np.arange(16)


def values(xag: Xag, aig: Aig, inputs: np.ndarray, state: np.ndarray) -> np.ndarray:
    """bool[batch, roots] for bool[batch, inputs] and bool[batch, latches], 64 patterns a word."""
    leaves = np.hstack([inputs, state]).T
    packed = np.packbits(leaves, axis=1, bitorder="little")
    words = np.zeros((xag.leaves, -(-packed.shape[1] // 8) * 8), np.uint8)
    words[:, : packed.shape[1]] = packed
    out = xag.evaluate(words.view(np.uint64)).view(np.uint8)
    return np.unpackbits(out, axis=1, count=len(inputs), bitorder="little").astype(bool).T


def assert_same(xag: Xag, aig: Aig, seed: int = 0) -> None:
    random = np.random.default_rng(seed)
    inputs, state = (random.random((100, count)) < 0.5 for count in (len(aig.inputs), len(aig.latches)))
    outputs, following = naive.evaluate(aig, inputs, state)
    roots = len(aig.outputs) + len(aig.latches)  # properties follow
    assert (values(xag, aig, inputs, state)[:, :roots] == np.hstack([outputs, following])).all()
    again = xag.to_aig(aig).validate()
    outputs_again, following_again = naive.evaluate(again, inputs, state)
    assert (outputs_again == outputs).all()
    assert (following_again == following).all()


@given(st.integers(0, 2**32 - 1))
def test_same_function(seed: int) -> None:
    aig = small_netlist(seed)
    made = xag(aig)
    assert_same(made, aig)
    assert made.ands <= len(aig.ands)


def test_larger_netlists() -> None:
    for seed in range(20):
        aig = random_netlist(seed)
        assert_same(xag(aig), aig, seed)


def test_parity_is_free() -> None:
    made = xag(parity(AigBuilder(), 9))
    assert (made.ands, made.xors, made.and_depth) == (0, 8, 0)


def test_a_multiplexer_is_one_and() -> None:
    builder = AigBuilder()
    builder.output("o", builder.mux(*builder.inputs("sab")))
    assert xag(builder.build()).ands == 1


@pytest.mark.parametrize("bits", [3, 5, 8, 31])
def test_counting_takes_one_and_an_adder(bits: int) -> None:
    """As few as Boyar and Peralta proved to be enough and needed: bits less the ones in that number."""
    builder = AigBuilder()
    columns = [builder.inputs(f"i{index}" for index in range(bits))]
    for place, column in enumerate(columns):
        while len(column) > 1:
            total, carry = builder.full_adder(*(*column, 0, 0)[:3])
            column[:3] = [total]
            columns += [[]] * (len(columns) == place + 1)
            columns[place + 1] = [*columns[place + 1], carry]
        builder.output(f"o{place}", column[0])
    assert xag(builder.build()).ands == bits - bits.bit_count()


def test_every_function_of_four_bits_has_a_circuit_with_as_few_ands_as_known() -> None:
    """1, 35, 988 and 1024 functions, and 32 affine ones that may be added to each (Turan and Peralta, 2014)."""
    forms = all_forms()
    assert (np.bincount(forms.ands) // 32).tolist() == [1, 35, 988, 1024]
    for table in range(0, 1 << 16, 41):
        terms = [ROWS >> place & 1 for place in range(4)]
        for gate in range(forms.ands[table]):
            sides = int(forms.sides[table]) >> 16 * gate
            terms.append(total(terms, sides & 255) & total(terms, sides >> 8 & 255))
        value = total(terms, int(forms.outs[table])) ^ (table & 1)
        assert (value == table >> ROWS & 1).all()


def total(terms: list[np.ndarray], mask: int) -> np.ndarray:
    """The XOR of some."""
    found = 0 * ROWS
    for place, term in enumerate(terms):
        found ^= term * (mask >> place & 1)
    return found


def test_more_rounds_are_never_larger() -> None:
    aig = multiplier(6, swapped=False)
    sizes = [xag(aig, rounds).ands for rounds in range(5)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0]
    assert_same(xag(aig, 4), aig)


def test_reading_back_changes_no_figure() -> None:
    aig = multiplier(6, swapped=False)
    made = xag(aig, 0)
    again = xag(made.to_aig(aig), 0)
    assert (again.ands, again.xors) == (made.ands, made.xors)
    assert made.ands < len(aig.ands) / 2


@given(st.integers(0, 2**32 - 1))
def test_pieces_that_are_rewritten_keep_their_names_and_functions(seed: int) -> None:
    aig = small_netlist(seed)
    small = with_few_ands(aig)
    assert {point.name for point in small.points} <= {point.name for point in aig.points}  # what nothing reads goes
    assert same_function(core(aig), core(small))


@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_table_where_xors_are_free_has_one_and_for_every_set_of_inputs(k: int, columns: int, seed: int) -> None:
    table = np.random.default_rng(seed).integers(0, 2, (1 << k, columns), np.uint8)
    rows = np.arange(1 << k)[:, None] >> np.arange(k) & 1
    for way in (lower_freely, lower_by_monomials):
        builder = AigBuilder()
        literals = way(builder, builder.inputs(f"i{place}" for place in range(k)), table)
        builder.outputs((f"o{column}" for column in range(columns)), literals)
        aig = builder.build()
        assert (naive.evaluate(aig, rows, rows[:, :0])[0] == table).all()
        assert xag(aig).ands <= 2**k - k - 1


@pytest.mark.heavy
def test_a_network_lowered_for_it_has_a_fifth_of_its_ands() -> None:
    cell = Cell.load("kjv")
    given = lower(cell)
    found = xag(lower(cell, objective="xag"))
    assert found.ands < xag(given).ands
    assert 5 * found.ands <= len(given.ands)
