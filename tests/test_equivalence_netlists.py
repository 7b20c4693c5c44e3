"""Netlists from anywhere: matching, constraints and unknown resets by brute force, and counterexamples in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder, Latch, Output, Properties
from bridge.equivalence import Verdict, check_equivalence, check_machines, check_netlists, confirm_machines
from bridge.equivalence.matching import paired
from bridge.errors import InputError
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from support.machines import all_steps, counter, equal_runs, runs_apart, with_spare_latches
from support.netlists import with_fault
from support.strategies import aigs
from support.tools import convert, real

SEEDS = st.integers(0, 10**6)
AND = b"aag 3 2 0 1 1\n2\n4\n6\n6 4 2\ni0 a\ni1 b\no0 y\n"
OR = b"aag 3 2 0 1 1\n2\n4\n7\n6 5 3\ni0 a\ni1 b\no0 y\n"
# A register that takes d; the second also has the clock that Yosys leaves behind.
PLAIN = b"aag 2 1 1 1 0\n2\n4 2\n4\ni0 d\nl0 q\no0 y\n"
CLOCKED = b"aag 3 2 1 1 0\n2\n4\n6 4\n6\ni0 clk\ni1 d\nl0 q\no0 y\n"


def parse(text: bytes) -> Aig:
    return parse_aiger(text, "x.aag")


def renamed(text: bytes, *names: tuple[bytes, bytes]) -> Aig:
    for old, new in names:
        text = text.replace(b" " + old + b"\n", b" " + new + b"\n")
    return parse(text)


def test_an_input_that_nothing_reads_may_be_missing() -> None:
    for pair in ((parse(PLAIN), parse(CLOCKED)), (parse(CLOCKED), parse(PLAIN))):
        verdict = check_netlists(*pair)
        assert verdict.answer == "equivalent"
        side = "AB"[len(pair[0].inputs) < 2]
        assert verdict.notes == (f"input 'clk' of {side} is left out: no output sees it",)
        assert Verdict.from_json(verdict.to_json()).notes == verdict.notes


def test_an_input_that_is_read_may_not() -> None:
    for text in (CLOCKED.replace(b"6 4\n", b"6 2\n"), CLOCKED.replace(b"6\ni0", b"2\ni0")):
        with pytest.raises(InputError, match=r"input 'clk' only exists in the second one"):
            paired(parse(PLAIN), parse(text))
    with pytest.raises(InputError, match=r"'d' only exists"):  # as an input it would get the name of a latch
        paired(renamed(PLAIN, (b"q", b"clk"), (b"y", b"z")), renamed(CLOCKED, (b"d", b"e"), (b"y", b"z")))


def test_matching_by_order() -> None:
    a, b = parse(AND), renamed(AND, (b"a", b"b"), (b"y", b"out"), (b"b", b"p"))
    with pytest.raises(InputError, match=r"only exists? in the first one; --by-order matches by place"):
        check_netlists(a, b)
    verdict = check_netlists(a, b, by_order=True)
    assert verdict.answer == "equivalent"
    assert verdict.notes == ("inputs, outputs and latches are matched by their order",)
    assert verdict.method == "structural hashing; by order"
    verdict = check_netlists(a, renamed(OR, (b"a", b"p")), by_order=True)
    assert verdict.reason == "with a = 1 and all else 0, output y is 0 in A and 1 in B"


def test_matching_by_order_passes_over_what_nothing_reads() -> None:
    b = renamed(CLOCKED, (b"clk", b"d"), (b"d\ni1 d", b"d\ni1 x"), (b"q", b"r"), (b"y", b"z"))
    with pytest.raises(InputError, match=r"--by-order matches by place$"):
        check_netlists(parse(PLAIN), b)
    verdict = check_netlists(parse(PLAIN), b, by_order=True)
    assert verdict.answer == "equivalent"
    assert len(verdict.notes) == 2
    for other in (AND, PLAIN.replace(b"1 0\n2\n4 2\n4\n", b"2 0\n2\n4 2\n4\n4\n")):
        with pytest.raises(InputError, match=r"cannot be compared by order: (1 (in|out)put|\d (in|out)puts) in"):
            check_netlists(parse(PLAIN), parse(other), by_order=True)


def test_latches_of_other_number_are_matched_by_behaviour_whatever_their_names() -> None:
    """Both are called l0, but the place says nothing: the unknown reset of one is not that of the other."""
    real("abc")
    a = parse(b"aag 2 0 2 1 0\n2 2 2\n4 4 4\n2\n")
    b = parse(b"aag 1 0 1 1 0\n2 2 2\n2\n")
    assert check_netlists(a, b, by_order=True).answer == "different"
    assert check_netlists(a, b).answer == "equivalent"


def test_outputs_that_abc_moved() -> None:
    real("abc")
    two = parse(AND.replace(b"0 1 1", b"0 2 1").replace(b"6\n6 4", b"6\n3\n6 4").replace(b"y\n", b"y\no1 z\n"))
    bad = replace(two, outputs=(), properties=Properties(bad=two.outputs))
    for a, b in ((two, bad), (bad, two)):
        verdict = check_netlists(a, b)
        assert verdict.answer == "equivalent"
        assert verdict.notes == (f"bad state 'y', bad state 'z' of {'AB'[a is two]} counts as an output",)
    unnamed = parse_aiger(
        convert("abc", format_aiger(bad), ".aig", "read_aiger in.aig; write_aiger out.aig", "out.aig"), "x"
    )
    assert [output.name for output in unnamed.outputs] == ["o0", "o1"]
    verdict = check_netlists(bad, replace(unnamed, inputs=two.inputs))
    assert verdict.answer == "equivalent"
    assert verdict.notes[-1] == "outputs are matched by their order"
    with pytest.raises(InputError, match=r"output 'z' only exists"):
        check_netlists(two, replace(bad, properties=Properties(bad=(two.outputs[0], Output("zz", 3)))))


def test_liveness_is_named() -> None:
    live = replace(parse(AND), properties=Properties(justice=(("j", (6,)),), fairness=(Output("f", 2),)))
    verdict = check_netlists(live, live)
    assert verdict.answer == "equivalent"
    assert verdict.notes[0].startswith("justice 'j', fairness 'f' must agree in every step")
    other = replace(live, properties=Properties(justice=(("j", (7,)),), fairness=(Output("f", 2),)))
    assert check_netlists(live, other).reason.endswith("justice j, literal 0 is 0 in A and 1 in B")
    with pytest.raises(InputError, match="fairness: 1 in the first, 0 in the second"):
        check_netlists(live, replace(live, properties=Properties(justice=(("j", (6,)),))))


def constrained_runs(a: Aig, b: Aig) -> bool:
    """By brute force: whether the same runs are allowed, and outputs and bad states agree on them. A netlist without
    constraints allows what the other one does."""
    left, right = all_steps(a), all_steps(b)
    counts = [(len(x.outputs) + len(x.properties.bad), len(x.properties.constraints)) for x in (a, b)]
    starts = [product(*((False, True) if s.reset is None else (bool(s.reset),) for s in x.latches)) for x in (a, b)]
    waiting = [pair for pair in product(*starts) if same_unknowns(a, b, *pair)]
    seen = set(waiting)
    while waiting:
        s, t = waiting.pop()
        for (ours, s_next), (theirs, t_next) in zip(left[s], right[t], strict=True):
            allowed = [all(row[n : n + k]) for row, (n, k) in zip((ours, theirs), counts, strict=True) if k]
            if len(set(allowed)) == 2:
                return False
            if all(allowed):
                if ours[: counts[0][0]] != theirs[: counts[1][0]]:
                    return False
                waiting += [] if (s_next, t_next) in seen else [(s_next, t_next)]
                seen.add((s_next, t_next))
    return True


def same_unknowns(a: Aig, b: Aig, s: tuple[bool, ...], t: tuple[bool, ...]) -> bool:
    mine = {latch.name: bit for latch, bit in zip(a.latches, s, strict=True) if latch.reset is None}
    return all(mine.get(x.name, bit) == bit for x, bit in zip(b.latches, t, strict=True) if x.reset is None)


@given(aigs(latches=3, resets=(0, 1), least_outputs=1), st.data())
@settings(max_examples=60)
def test_constraints_are_assumed(aig: Aig, data: st.DataObject) -> None:
    real("abc")
    literals = st.lists(st.integers(0, 2 * aig.variables - 1), max_size=2)
    first, second = (tuple(Output(f"c{i}", x) for i, x in enumerate(data.draw(literals))) for _ in range(2))
    a = replace(aig, properties=Properties(constraints=first), points=())
    other = with_fault(aig, data.draw(st.integers(0, len(aig.ands) - 1))) if len(aig.ands) else aig
    b = replace(other, properties=Properties(constraints=data.draw(st.sampled_from([first, second]))), points=())
    if data.draw(st.booleans()):
        b = replace(b, latches=tuple(replace(s, name=f"\t{s.name}") for s in b.latches))
    verdict = check_netlists(a, b, lambda x, y: check_machines(x, y, seconds=20.0))
    assert verdict.answer == ("equivalent" if constrained_runs(a, b) else "different")
    named = {*a.properties.constraints, *b.properties.constraints}
    assert bool(named) == any(note.startswith("assumed: constraint") for note in verdict.notes)
    assert bool(named) == verdict.method.endswith("; under constraints")


def test_a_constraint_of_unknown_state_cannot_be_carried_over() -> None:
    a = parse(b"aag 2 1 1 1 0 0 1\n2\n4 4 4\n2\n4\nl0 q\n")
    assert check_netlists(a, a).answer == "equivalent"
    with pytest.raises(InputError, match="constraints of one of them read latch 'q' of unknown reset"):
        check_netlists(a, replace(a, properties=Properties()))


@pytest.mark.parametrize("check", [check_machines, confirm_machines])
@given(seed=SEEDS, data=st.data())
@settings(max_examples=40)
def test_unknown_resets_are_any_value(check: Callable[..., Verdict], seed: int, data: st.DataObject) -> None:
    """All unknown, mixed, under other names, on one side only, without latches on one side: against brute force."""
    real("abc")
    aig = with_spare_latches(seed)

    def forgotten(source: Aig) -> Aig:
        kinds = data.draw(st.sampled_from([(None,), (None, 0), (None, 0, 1)]))
        latches = tuple(replace(s, reset=data.draw(st.sampled_from(kinds))) for s in source.latches)
        return replace(source, latches=latches)

    a = forgotten(aig)
    kind = data.draw(st.sampled_from(["same", "other resets", "fault", "other names", "no latches"]))
    b = forgotten(aig) if kind == "other resets" else a
    if kind == "fault" and len(a.ands):
        b = with_fault(a, data.draw(st.integers(0, len(a.ands) - 1)))
    if kind == "other names":
        b = replace(a, latches=tuple(replace(s, name=f"b.{s.name}") for s in a.latches))
    if kind == "no latches":
        b = replace(a, latches=(), inputs=a.inputs, ands=np.empty((0, 2)), points=())
        b = replace(b, outputs=tuple(replace(o, literal=data.draw(st.integers(0, 1))) for o in a.outputs))
    verdict = check_netlists(a, b, lambda x, y: check(x, y, seconds=20.0))
    if verdict.answer == "different":
        assert verdict.counterexample is not None
        assert runs_apart(a, b, verdict.trace or [verdict.counterexample], verdict.counterexample)
        assert " in A and " in verdict.reason
    else:
        assert verdict.answer == ("equivalent" if equal_runs(a, b) else "undecided")
        assert check is confirm_machines or verdict.answer == "equivalent"


def sentence(a: Aig, b: Aig, check: Callable[[Aig, Aig], Verdict] = check_machines) -> str:
    verdict = check_netlists(a, b, check)
    assert verdict.answer == "different"
    return verdict.reason


def adder(width: int, wrong: bool) -> Aig:
    """x + y, or one too few where both have their highest bit."""
    builder = AigBuilder()
    x, y = ([builder.input(f"{name}[{i}]") for i in range(width)] for name in "xy")
    carry = 0
    for i in range(width):
        total, carry = builder.full_adder(x[i], y[i], carry)
        builder.output(f"sum[{i}]", builder.and_(total, builder.and_(x[-1], y[-1]) ^ 1) if wrong and i == 0 else total)
    return builder.build()


def test_numbers_and_bytes_are_shown_as_such() -> None:
    real("abc")
    found = sentence(adder(8, False), adder(8, True))
    numbers = re.fullmatch(r"with x = (\d+) and y = (\d+), output sum is (\d+) in A and (\d+) in B", found)
    assert numbers is not None
    x, y, ours, theirs = numbers.groups()
    assert (int(x) + int(y)) % 256 == int(ours) == int(theirs) + 1
    assert int(x) >= 128 <= int(y)
    builder = AigBuilder()
    bits = [builder.input(f"byte[{i}]") for i in range(8)]
    found_q, state = 1, builder.latch("state.h[3]", 0)
    for i, bit in enumerate(bits):
        found_q = builder.and_(found_q, bit ^ 1 ^ (ord("q") >> i & 1))
    builder.set_next(state, builder.or_(state, found_q))
    builder.output("y", state)
    a = builder.build()
    b = replace(a, outputs=(Output("y", 0),))
    assert sentence(a, b, check_equivalence) == "with state.h[3] = 1 and all else 0, output y is 1 in A and 0 in B"
    assert sentence(a, b) == r"after reading 'q\x00' from reset, output y is 1 in A and 0 in B"
    dead = replace(a, latches=(Latch("state.h[3]", 0, 0),))
    assert sentence(a, dead, check_equivalence).endswith("the next value of state.h[3] is 1 in A and 0 in B")


def test_runs_are_short_sentences() -> None:
    real("abc")
    a, b = counter(6, None), counter(6, 0b101101)
    found = "in step 46 from reset, with x = 1 in steps 1 to 45 and all else 0, output y is 1 in A and 0 in B"
    assert sentence(a, b) == found
    holding = parse(b"aag 2 1 1 1 0\n2\n4 4 4\n4\ni0 x\nl0 u\no0 y\n")
    inverse = replace(holding, outputs=(Output("y", 5),))
    assert sentence(holding, inverse) in (
        "in step 1 from reset (unknown resets: all 0), with all inputs 0, output y is 0 in A and 1 in B",
    )
    odd = "in step 1 from reset (unknown resets: u = 1), with all inputs 0, output y is 1 in A and 0 in B"
    assert sentence(holding, replace(holding, outputs=(Output("y", 0),))) == odd
    wide = AigBuilder()
    everything = 1
    for i in range(40):
        everything = wide.and_(everything, wide.input(f"in{i}"))
    wide.output("y", everything)
    found = sentence(wide.build(), replace(wide.build(), outputs=(Output("y", 0),)))
    some = "with in0 = 1, in1 = 1, in2 = 1, in3 = 1, 33 more, in37 = 1, in38 = 1 and in39 = 1"
    assert found == f"{some}, output y is 1 in A and 0 in B"


def test_names_with_control_characters_are_shown_without() -> None:
    a = Aig(("\x1b[31mx",), (), np.empty((0, 2)), (Output("y", 2),))
    found = sentence(a, replace(a, outputs=(Output("y", 0),)))
    assert "\x1b" not in found
    assert r"'\x1b[31mx' = 1" in found


def test_by_order_an_input_that_is_left_out_has_the_name_in_its_file() -> None:
    """Where that is one of the other netlist as well."""
    wider = parse(b"aag 4 3 0 1 1\n2\n4\n6\n8\n8 6 2\ni0 a\ni1 b\ni2 c\no0 y\n")
    verdict = check_netlists(parse(AND), wider, by_order=True)
    assert verdict.answer == "equivalent"
    assert verdict.notes[-1] == "input 'b' of B is left out: no output sees it"
    verdict = check_netlists(wider, parse(AND), by_order=True)
    assert verdict.notes[-1] == "input 'b' of A is left out: no output sees it"


@pytest.mark.parametrize("constraint", [b"0", b"1"])
def test_constraints_that_never_hold_compare_nothing(constraint: bytes) -> None:
    never = parse(b"aag 3 2 0 1 1 0 1\n2\n4\n7\n" + constraint + b"\n6 5 3\ni0 a\ni1 b\no0 y\n")
    verdict = check_netlists(parse(AND), never)
    empty = "the constraints are 0 in every step, so nothing is compared" in verdict.notes
    assert (verdict.answer, empty) == (("equivalent", True) if constraint == b"0" else ("different", False))
