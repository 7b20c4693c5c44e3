"""Explanations, beside plain reruns of the definition of the cell."""

from __future__ import annotations

import math
from ast import literal_eval

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Cell, Input, InputError, Linear, Scores, load_corpus, lower
from bridge.aig.names import parse
from bridge.analysis.explaining.explainer import Explainer, explain
from bridge.analysis.explaining.explanation import Explanation
from support.cells import cells, tree_cells
from support.explained import KINDS, SYMBOLS, asked, flipped, small_cell
from support.integer_cells import random_inputs, random_integer_cell
from support.reasons import Checker

TEXT = bytes(np.random.default_rng(3).choice(list(SYMBOLS), 300).tolist())


def states_on(cell: Cell, text: bytes) -> list[np.ndarray]:
    """Before every byte."""
    states = [cell.reset(1)]
    for byte in text:
        states.append(cell.step(states[-1], np.array([byte], np.uint8))[0])
    return states


def bits(cell: Cell, numbers: np.ndarray, truth: int) -> float:
    return float(cell.readout.code_lengths(numbers[None], np.array([truth], np.uint8))[0])


def check_row(cell: Cell, found: Explanation, row: int, numbers: np.ndarray, base: np.ndarray, truth: int) -> None:
    first, rival = (found.symbols.index(name) for name in (found.margin.likeliest, found.margin.rival))
    worths = cell.readout.logits(numbers[None])[0]
    assert found.effects.margins[row] == worths[first] - worths[rival], found.effects.names[row]
    assert found.effects.likeliest[row] == worths.argmax()
    assert math.isclose(
        found.effects.added[row], bits(cell, numbers, truth) - bits(cell, base, truth), rel_tol=1e-9, abs_tol=1e-9
    )


def check_text(cell: Cell, text: bytes, at: int, horizon: int, sampled: int = 40) -> Explanation:
    """All figures of a place."""
    states = states_on(cell, text[:at])
    found = Explainer(cell, text).at(at, horizon=horizon)
    before, byte = states[at - 1], {"byte": np.array([text[at - 1]], np.uint8)}
    base = cell.step(before, byte["byte"])[1][0]
    worths = cell.readout.logits(base[None])[0]
    assert found.cost is not None
    assert math.isclose(found.cost, bits(cell, base, text[at]), rel_tol=1e-9)
    assert [one.worth for one in found.likely] == sorted(worths.tolist(), reverse=True)[: len(found.likely)]
    assert found.symbols[int(worths.argmax())] == found.likely[0].symbol
    rows = np.random.default_rng(0).permutation(len(found.effects))[:sampled].tolist()
    for row in rows:
        check_row(cell, found, row, flipped(cell, before, byte, found.effects.names[row]), base, text[at])
    assert len(found.swaps) == min(at, horizon)
    for swap in found.swaps:
        other = {literal_eval(value) for value in swap.values}
        assert {ord(v) if isinstance(v, str) else v[0] for v in other} == set(cell.head.symbols) - {text[swap.step]}
        row = swap.worst
        if row >= 0:
            instead = literal_eval(swap.values[row])
            changed = bytearray(text[:at])
            changed[swap.step] = ord(instead) if isinstance(instead, str) else instead[0]
            state = states[swap.step]
            for value in changed[swap.step :]:
                state, numbers = cell.step(state, np.array([value], np.uint8))
            added = bits(cell, numbers[0], text[at]) - bits(cell, base, text[at])
            assert math.isclose(swap.effects.added[row], added, rel_tol=1e-9, abs_tol=1e-9)
            assert swap.effects.added.max() == swap.effects.added[row]
    check_terms(cell, found)
    return found


def check_terms(cell: Cell, found: Explanation) -> None:
    margin = found.margin
    if cell.head.code is None:
        assert sum(term.worth for term in margin.terms) == margin.worth
    else:
        assert sum(node.worth for node in margin.nodes) == margin.worth
        for node in margin.nodes:
            assert node.terms is not None
            assert sum(term.worth for term in node.terms) == node.score
    for term in margin.terms:
        if term.weight is not None and term.value is not None:
            assert term.worth == term.weight * term.value


def usable(cell: Cell) -> bool:
    return len(cell.head.symbols) > 1


@pytest.mark.heavy
@settings(deadline=None, max_examples=12)
@given(cells.filter(usable) | tree_cells, st.integers(1, 40), st.integers(1, 9))
def test_all_figures_are_those_of_a_rerun(cell: Cell, at: int, horizon: int) -> None:
    random = np.random.default_rng(at)
    check_text(cell, bytes(random.choice([*cell.head.symbols, 0, 255], 41).tolist()), at, horizon)


@pytest.mark.heavy
@settings(deadline=None, max_examples=6)
@given(st.integers(0, 2**31), st.integers(1, 20))
def test_integers_in_text(seed: int, at: int) -> None:
    cell = random_integer_cell(seed, state=True, text=True)
    check_text(cell, bytes(np.random.default_rng(at).choice(list(b"abcz"), 21).tolist()), at, 4)


@pytest.mark.heavy
@settings(deadline=None, max_examples=12)
@given(st.integers(0, 2**31), st.booleans())
def test_classes_and_estimates(seed: int, state: bool) -> None:
    cell = random_integer_cell(seed, state=state)
    steps = random_inputs(cell, seed, 4)
    if cell.reads_byte:
        return
    rows = {name: np.concatenate([step[name] for step in steps])[None] for name in steps[0]}
    held = cell.reset(1)
    for step in steps:
        before, (held, numbers) = held, cell.step(held, step)
    found = Explainer(cell, rows).at(0, horizon=3)
    first, base = int(numbers[0].argmax()), numbers[0]
    assert found.symbols[first] == found.margin.likeliest
    assert sum(term.worth for term in found.margin.terms) == found.margin.worth
    for row, name in enumerate(found.effects.names[:60]):
        other = flipped(cell, before, steps[-1], name)
        rival = found.symbols.index(found.margin.rival) if len(base) > 1 else None
        margin = other[first] - (0 if rival is None else other[rival])
        assert found.effects.margins[row] == margin, name
        assert found.effects.likeliest[row] == other.argmax()
    for swap in found.swaps:
        name = parse(swap.part)
        for value, margin in zip(swap.values, swap.effects.margins.tolist(), strict=True):
            state_then, numbers_then = cell.reset(1), base
            for index, step in enumerate(steps):
                read = {key: array.copy() for key, array in step.items()}
                if index == swap.step:
                    read[name.of][0, name.index] = int(value)
                state_then, made = cell.step(state_then, read)
                numbers_then = made[0]
            rival = found.symbols.index(found.margin.rival) if len(base) > 1 else None
            assert margin == numbers_then[first] - (0 if rival is None else numbers_then[rival])


@pytest.mark.heavy
@pytest.mark.parametrize("kind", KINDS)
def test_reasons_of_small_machines(kind: str) -> None:
    """Beside all cases: they force the claim, nothing can be left out, none is smaller. See `support.explained` for
    hundreds."""
    place = KINDS.index(kind)
    for seed in (place, place + 5):
        asked(seed, kind, steps=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_netlist_tells_the_same_but_for_terms(kind: str) -> None:
    cell = small_cell(1, kind)
    read = TEXT if cell.text_model else np.random.default_rng(0).integers(0, 2, (3, 4, 2))
    at = 200 if cell.text_model else 1
    one, other = Explainer(cell, read).at(at), Explainer(lower(cell), read).at(at)
    assert (one.cost, one.likely, one.margin.worth) == (other.cost, other.likely, other.margin.worth)
    assert not other.margin.terms
    assert any("need the cell" in note for note in other.notes)
    swaps = [[(swap.part, swap.step, swap.mean, swap.worst) for swap in found.swaps] for found in (one, other)]
    assert swaps[0] == swaps[1]


def test_against_another_symbol() -> None:
    cell = small_cell(3, "logits")
    explainer = Explainer(cell, TEXT)
    found = explainer.at(100)
    last = found.likely[-1]
    other = explainer.at(100, against=literal_eval(last.symbol))
    assert other.margin.rival == last.symbol
    assert other.margin.worth == found.likely[0].worth - last.worth
    reason = explainer.reason(100, against=literal_eval(last.symbol))
    assert reason.claim == f"{found.likely[0].symbol} is likelier than {last.symbol}"


def test_what_it_shows() -> None:
    found = explain(small_cell(3, "logits"), TEXT, 100, reason=True)
    facts = found.to_json()
    assert facts["at"] == 100
    assert len(facts["effects"]["name"]) == len(facts["effects"]["added"]) == len(found.effects)
    assert facts["reason"]["minimal"]
    assert str(found).startswith("100 after ")
    page = found._repr_html_()
    assert page.count("<table>") >= 4
    assert "background" in page


def test_what_cannot_be_asked_is_one_sentence() -> None:
    cell = small_cell(3, "logits")
    explainer = Explainer(cell, TEXT)
    likeliest = literal_eval(explainer.at(5).likely[0].symbol)
    wrong = {
        "byte 0 of a text of 300 bytes is not predicted; ask about 1 .. 299": {"at": 0},
        "byte 300 of a text": {"at": 300},
        "the horizon must lie in 1 .. 64 steps, not 0": {"at": 5, "horizon": 0},
        "'z' is no symbol of this model": {"at": 5, "against": "z"},
        "is the likeliest itself": {"at": 5, "against": likeliest},
    }
    for sentence, question in wrong.items():
        with pytest.raises(InputError, match=sentence):
            explainer.at(**question)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least 2 are needed"):
        Explainer(cell, b"a")
    machine = small_cell(4, "integers")
    with pytest.raises(InputError):
        Explainer(machine, TEXT)
    rows = Explainer(machine, np.zeros((2, 2), np.int64))
    with pytest.raises(InputError, match="there is no row 2; ask about 0"):
        rows.at(2)
    with pytest.raises(InputError, match="there is no class 'z'; the classes are p, q, r"):
        rows.at(0, against="z")


def test_what_was_found_when_the_time_is_over() -> None:
    found = Explainer(small_cell(5, "logits"), TEXT).reason(100, seconds=0)
    assert found.why
    assert not found.smallest


@pytest.mark.heavy
def test_reasons_of_a_shipped_cell_by_another_way() -> None:
    cell, text = Cell.load("tiny"), load_corpus("kjv").heldout[:2000]
    explainer, checker = Explainer(cell, text), Checker(cell, 4)
    for at in (40, 777, 1500):
        found = explainer.reason(at, horizon=4)
        assert found.minimal
        assert checker.check(found, text, at) == len(found.kept)


def test_a_row_without_a_bit_is_explained() -> None:
    blocks = (
        Input("x", np.array([2]), np.array([2])),
        Linear("out", ("x",), np.array([[1], [3]]), np.zeros(2, np.int64)),
        Scores("score", ("out",), ("a", "b"), 1.0),
    )
    found = explain(Cell(blocks, "constant"), np.array([[2]]), 0)
    assert [one.worth for one in found.likely] == [6, 2]
