"""Claims: what can be written and what is said of the rest; as logic, against the definition on random cells."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Aig, AigBuilder, Cell, edit, lower
from bridge.analysis.claims.formula import FALSE, TRUE, UNKNOWN, All, Comparison, Membership, Not, Some, Term
from bridge.analysis.claims.monitor import monitor
from bridge.analysis.claims.on_text import truth as truth_on
from bridge.analysis.claims.parsing import DEEPEST, LONGEST, parse_claim
from bridge.cell import Input, Linear, Scores
from bridge.errors import InputError
from support import naive
from support.cells import cells, random_cell, tree_cells
from support.claims import input_bits, labels_of, random_claim, run_values, truth
from support.integer_cells import integer_cells, random_inputs

VALUES = {FALSE: False, TRUE: True, UNKNOWN: None}
Q, SPACE = Comparison(Term("byte"), "==", 113), Comparison(Term("byte", 1), "==", 32)
READ = {
    "argmax == 'u'": Comparison(Term("argmax"), "==", b"u"),
    "margin.'e'.'z' >= -3": Comparison(Term("margin.'e'.'z'"), ">=", -3),
    "margin.'\\n'.'\\'' > 0x10": Comparison(Term("margin.10.39"), ">", 16),
    "logit.'a'@-2 < logit.98": Comparison(Term("logit.97", 2), "<", Term("logit.98")),
    'after " q"': All((Q, SPACE)),
    "after 'q' implies after ' '": Some((Not(Q), Comparison(Term("byte"), "==", 32))),
    "state.m[3] and not x[2].1@-1": All(
        (Comparison(Term("state.m[3]"), "!=", 0), Not(Comparison(Term("x[2].1", 1), "!=", 0)))
    ),
    "a or b and c": Some(
        (Comparison(Term("a"), "!=", 0), All((Comparison(Term("b"), "!=", 0), Comparison(Term("c"), "!=", 0))))
    ),
    'byte@-1 in "ab"': Membership(Term("byte", 1), (97, 98)),
    "byte not in digit": Not(Membership(Term("byte"), tuple(range(48, 58)))),
    "argmax in ('cat', 'dog', 2,)": Membership(Term("argmax"), (b"cat", b"dog", 2)),
    "class.'a b' == class.dog": Comparison(Term("class.'a b'"), "==", Term("class.dog")),
    "`$paramod\\x` == 1": Comparison(Term("$paramod\\x"), "==", 1),
    "h[3]@node.5@-1": Comparison(Term("h[3]@node.5", 1), "!=", 0),
    "byte@17 == '\\x00'": Comparison(Term("byte", at=17), "==", b"\0"),
    "after 'é'": All((Comparison(Term("byte"), "==", 0xA9), Comparison(Term("byte", 1), "==", 0xC3))),
}


@pytest.mark.parametrize("text", READ)
def test_what_can_be_written(text: str) -> None:
    claim = parse_claim(text)
    assert claim.formula == READ[text]
    assert str(claim) == text
    assert claim.history == max(term.ago for term in claim.terms)


WRONG = {
    "": "a claim is empty",
    "argmax == '\udcff'": "is not valid UTF-8",
    "argmax = 'u'": "position 8; write == for equal",
    "a == b == c": "position 8; comparisons are not chained",
    "a and": "ends where more is needed",
    "(a": "ends where more is needed",
    "a && b": "position 3; write and",
    "a AND b": "position 3; write and",
    "'a' == 3": "compares two constants",
    "after ''": "says nothing",
    "byte in ''": "empty set",
    "h > 0.5": "numbers are whole",
    "byte in foo": "foo is no set of bytes",
    "x == 'a": "position 6; a quote is missing",
    "x == 'a\\q'": "no escape",
    "x == '\\x4'": "two digits",
    "x@-5000 == 1": "too far",
    "x == 99999999999999999999": "too large",
    "not " * (DEEPEST + 1) + "a": f"more than {DEEPEST} parts",
    "(" * 9 * DEEPEST + "a": "ends where more is needed",
    "a " * LONGEST: "too long",
    "a . b": "position 3",
    "byte - 1 == 3": "position 6; steps ago are written NAME@-1",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_cannot(text: str) -> None:
    with pytest.raises(InputError, match=re.escape(WRONG[text])) as caught:
        parse_claim(text)
    assert "\n" not in str(caught.value)


@given(st.text(st.sampled_from("a1 @-.'\"\\<>=!()[],`notindrmpls\n"), max_size=30))
@settings(max_examples=300)
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    said = ""
    try:
        assert parse_claim(text).history >= 0
    except InputError as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.heavy
@given(st.one_of(cells, tree_cells, integer_cells), st.integers(0, 2**32))
@settings(max_examples=12)
def test_a_monitor_says_what_the_definition_does(cell: Cell, seed: int) -> None:
    rng, inputs = np.random.default_rng(seed), random_inputs(cell, seed, 8)
    run = run_values(cell, inputs)
    claim, condition = (parse_claim(random_claim(rng, run)) for _ in range(2))
    machine = monitor(cell, claim, condition)
    state = naive.reset_state(machine, 1)
    for step, row in enumerate(inputs):
        shown, state = naive.evaluate(machine, input_bits(cell, machine, row), state)
        found = dict(zip((output.name for output in machine.outputs), shown[0].tolist(), strict=True))
        holds = truth(claim.formula, run, step, labels_of(cell))
        assert (found["claim.holds"], found["claim.fails"]) == (holds is True, holds is False), claim
        assert found["given.holds"] == (truth(condition.formula, run, step, labels_of(cell)) is True), condition


def test_it_stays_the_same_machine() -> None:
    cell = random_cell(5)
    aig = lower(cell)
    machine = monitor(aig, "byte@-2 == byte", "argmax == 'a'")
    outputs, latches = len(aig.outputs), len(aig.latches)
    assert [output.name for output in machine.outputs[outputs:]] == ["claim.holds", "claim.fails", "given.holds"]
    assert [latch.name for latch in machine.latches[:latches]] == [latch.name for latch in aig.latches]
    assert all(latch.reset == 0 for latch in machine.latches[latches:])
    assert machine.comment == aig.comment
    rng = np.random.default_rng(1)
    inputs, state = rng.random((50, 8)) < 0.5, rng.random((50, len(machine.latches))) < 0.5
    ours, theirs = naive.evaluate(machine, inputs, state), naive.evaluate(aig, inputs, state[:, :latches])
    assert (ours[0][:, :outputs] == theirs[0]).all()
    assert (ours[1][:, :latches] == theirs[1]).all()


def test_bits_that_spell_no_value_are_excluded() -> None:
    cell = Cell(
        (Input("x", np.array([-1]), np.array([1])), Linear("y", ("x",), [[2]], [1]), Scores("s", ("y",), ("v",)))
    )
    machine = monitor(cell, "y[0] <= 3", "x[0] < 0")
    state = naive.reset_state(machine, 1)
    place = [output.name for output in machine.outputs].index("given.holds")
    for value, holds in ((-1, True), (0, False), (-2, False), (-1, False)):  # -2 is none, and nothing holds after it
        shown, state = naive.evaluate(machine, np.array([[value & 1, value >> 1 & 1]], bool), state)
        assert shown[0, place] == holds


REFUSED = {
    "byte@17 == 'a'": "byte@17 is at a position of a text, and a proof knows no text; write byte@-1",
    "argmax == 'ab'": "is not one byte",
    "emb.nothing == 1": "has no signal",
    "probability.'a' == 1": "is no whole number",
    "emb.* == 1": "position 4",
    "logit == 1": "stands for several numbers",
    "margin.'a' > 1": "a margin is between two symbols",
    "margin.'\\xff'.'\\xfe' > 1": "there is no symbol 255",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number_here(text: str) -> None:
    with pytest.raises(InputError, match=re.escape(REFUSED[text])):
        monitor(random_cell(5), text)


def test_a_netlist_that_has_such_names() -> None:
    builder = AigBuilder("taken")
    builder.output("claim.holds", builder.input("a"))
    with pytest.raises(InputError, match=r"has a signal 'claim\.holds' already"):
        monitor(builder.build(), "a == 1")


def test_foreign_words_are_numbers() -> None:
    builder = AigBuilder("foreign")
    word = builder.inputs([f"w[{bit}]" for bit in range(4)])
    builder.output("top", word[3])
    machine: Aig = monitor(builder.build(), "w >= 12 implies top")
    shown, _ = naive.evaluate(
        machine, np.array([[n >> bit & 1 for bit in range(4)] for n in range(16)]), np.zeros((16, 0))
    )
    assert shown[:, 1].all()
    assert not shown[:, 2].any()


@pytest.mark.heavy
@given(st.one_of(cells, tree_cells), st.binary(min_size=1, max_size=9), st.integers(0, 2**32))
@settings(max_examples=12)
def test_where_on_a_text_it_is_true(cell: Cell, text: bytes, seed: int) -> None:
    run = run_values(cell, [{"byte": np.array([byte], np.uint8)} for byte in text])
    written = random_claim(np.random.default_rng(seed), run)
    for some in (written, f"{written} or byte@3 == {text[-1]}"):
        expected = [truth(parse_claim(some).formula, run, step) for step in range(len(text))]
        assert [VALUES[value] for value in truth_on(some, cell, text).tolist()] == expected


def test_a_long_text_is_read_as_one() -> None:
    """Over the segments that are run side by side."""
    text = bytes(np.random.default_rng(3).integers(97, 100, 5000).tolist())
    found = truth_on("byte@-1020 == 'a' and byte@4000 == byte@4000", random_cell(2), text)
    assert found[:1020].tolist() == [UNKNOWN] * 1020
    assert found[1020:].tolist() == [text[place - 1020] == 97 for place in range(1020, 5000)]


def test_edited_places_are_what_is_read() -> None:
    """Not what the latch holds."""
    cell, text = random_cell(5), bytes(range(200))
    name = lower(cell).latches[0].name
    plain, held, turned = (
        truth_on(name, model, text) for model in (cell, *(edit(cell, {name: v}) for v in (1, "flip")))
    )
    assert set(plain.tolist()) == {FALSE, TRUE}
    assert held.tolist() == [TRUE] * 200
    assert turned[0] == 1 - plain[0]
    machine = monitor(edit(cell, {name: 1}), name)
    state, place = naive.reset_state(machine, 1), [o.name for o in machine.outputs].index("claim.holds")
    assert naive.evaluate(machine, naive.byte_inputs(np.array([65], np.uint8)), state)[0][0, place]
