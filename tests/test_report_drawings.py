"""Readable equations and true drawings: what the page says of a signal is what it does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import lower
from bridge.aig import Aig, AigBuilder
from bridge.analysis.neurons import neurons
from bridge.execution import simulate
from bridge.execution.words import random_words
from bridge.report import Findings
from bridge.report.drawings import draw
from bridge.report.equations import Equation, describe, threshold_equation
from bridge.report.part import Page
from bridge.report.parts import all_parts
from bridge.report.signals import signal_records
from bridge.report.subject import subject_of
from support.cells import random_cell
from support.small_netlists import parity, small_netlist

pytestmark = pytest.mark.heavy


# Equations


def holds(equation: Equation, bits: dict[str, int]) -> bool:
    """Read the sentence as a person would."""
    sentence = "".join(str(word) for word in equation.words)
    if sentence.startswith(("always fires", "never fires")):
        return sentence.startswith("always")
    groups = equation.groups or ((1, (equation.words[1],)),)
    held = [(weight, bits[ref.name] ^ ref.inverted) for weight, refs in groups for ref in refs]
    if "reach" in sentence:
        return sum(weight * bit for weight, bit in held) >= int(re.findall(r"reach (\d+) of", sentence)[0])
    count = sum(bit for _, bit in held)
    if "at least" in sentence:
        return count >= int(re.findall(r"at least (\d+) of", sentence)[0])
    return count == len(held) if "all of" in sentence else count >= 1


@given(
    st.lists(st.sampled_from([-4, -2, -1, 0, 0, 1, 2, 4]), min_size=1, max_size=7),
    st.integers(-12, 12),
    st.sampled_from([1, 2, 3]),
)
def test_an_equation_says_what_the_neuron_does(weights: list[int], threshold: int, factor: int) -> None:
    row = factor * np.array(weights)
    names = [f"s[{place}]" for place in range(len(row))]
    equation = threshold_equation(row, threshold, names)
    for number in range(1 << len(row)):
        bits = number >> np.arange(len(row)) & 1
        named = dict(zip(names, bits.tolist(), strict=True))
        assert holds(equation, named) == (row @ bits >= threshold), str(equation)


def test_equations_read_well() -> None:
    names = ["a", "b", "c"]
    assert (
        str(threshold_equation(np.array([1, -1, 1]), 1, names))
        == "fires when at least 2 of these 3 hold: {a, not b, c}"
    )
    assert str(threshold_equation(np.array([0, 2, 0]), 1, names)) == "fires when b"
    assert str(threshold_equation(np.array([4, 1, 0]), 4, names)).endswith("reach 4 of 5: 4 * {a} + 1 * {b}")
    assert str(threshold_equation(np.array([1, 1, 1]), 4, names)).startswith("never fires")


@pytest.mark.parametrize("seed", range(6))
def test_every_signal_of_a_cell_is_described(seed: int) -> None:
    cell = random_cell(seed, recurrence=bool(seed % 2))
    aig = lower(cell)
    described = {name for name, _ in describe(cell)}
    named = {latch.name for latch in aig.latches} | {point.name for point in aig.points}
    assert named | {output.name.split("[")[0] for output in aig.outputs} <= described


# Drawings


@pytest.mark.parametrize("seed", range(40))
def test_a_drawing_computes_the_signal(seed: int) -> None:
    """Also where the names at its leaves are those of complements."""
    aig = small_netlist(seed)
    names = aig.leaves
    turned = np.random.default_rng(seed).integers(0, 2, len(names)).astype(bool).tolist()
    leaves = {1 + place: (name, flip) for place, (name, flip) in enumerate(zip(names, turned, strict=True))}
    literals = [output.literal for output in aig.outputs]
    patterns = random_words(seed, len(leaves), 1)
    expected = simulate(aig, patterns, literals)[:, 0]
    rows = {name: ~row if flip else row for name, flip, row in zip(names, turned, patterns[:, 0], strict=True)}
    for literal, wanted in zip(literals, expected, strict=True):
        drawing = draw(aig, literal, leaves)
        if drawing is not None:
            assert evaluated(drawing.places, drawing.leaves, drawing.edges, rows) == wanted
            assert len(set(drawing.places)) == len(drawing.places)


def evaluated(places: Sequence[Any], leaves: Sequence[str], edges: Sequence[Any], rows: dict[str, Any]) -> Any:
    values = [rows.get(name, np.uint64(0)) for name in leaves]
    values += [~np.uint64(0)] * (len(places) - len(values))
    for start, end, inverted in edges:
        values[end] &= ~values[start] if inverted else values[start]
    return values[-1]


def named_complements() -> Aig:
    """`h[1]`, `h[3]` and the next state read complements of nodes that have names."""
    builder = AigBuilder("named")
    a, b, c = (builder.input(name) for name in "abc")
    s = builder.latch("s")
    first = builder.and_(a, b) ^ 1
    second = builder.xor(first, c)
    for place, literal in enumerate((first, second, builder.and_(second ^ 1, s), builder.and_(a, second))):
        builder.point(f"h[{place}]", literal)
        builder.output(f"o[{place}]", literal)
    builder.set_next(s, first)
    return builder.build()


@pytest.mark.parametrize("aig", [named_complements(), *map(small_netlist, range(30))], ids=lambda aig: aig.name)
def test_drawings_agree_with_the_truth_tables_beside_them(aig: Aig) -> None:
    book, records = signal_records(
        Page(subject_of([aig]), parts=all_parts(), found=Findings(neurons=tuple(neurons(aig))))
    )
    compared = 0
    for record in records:
        if "table" not in record or "drawing" not in record:
            continue
        places, table = record["table"]
        facts = record["drawing"]
        leaves = [leaf if isinstance(leaf, str) else book.names[leaf] for leaf in facts["leaves"]]
        if {leaf for leaf in leaves if leaf != "0"} != {book.names[place] for place in places}:
            continue  # the table leaves out what does not matter
        compared += 1
        for row, value in enumerate(table):
            rows = {book.names[p]: ~np.uint64(0) * np.uint64(row >> bit & 1) for bit, p in enumerate(places)}
            found = evaluated(facts["places"], leaves, facts["edges"], rows)
            assert found == (~np.uint64(0) if value == "1" else 0), record["name"]
    assert compared or aig.name != "named"


def test_what_a_state_bit_becomes_has_the_right_sign() -> None:
    _, records = signal_records(Page(subject_of([named_complements()])))
    words = next(record["words"] for record in records if record["name"] == "s")
    assert words[:2] == ["becomes the present value of ", [4, 0]]
    assert records[4]["name"] == "h[0]"


def test_large_cones_are_not_drawn() -> None:
    aig = parity(AigBuilder("large"), 64)
    assert draw(aig, aig.outputs[0].literal, {v: (name, False) for v, name in enumerate(aig.inputs, 1)}) is None
