"""Who affects whom: against brute force, on planted non-influences, and the witnesses replayed."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from bridge import Cell, lower
from bridge.aig import Aig, AigBuilder
from bridge.analysis.dependences.affects import Dependence, affects
from bridge.analysis.dependences.replay import replay
from bridge.analysis.signals import resolve
from bridge.cell import Input, Scores
from bridge.errors import InputError, ToolError
from bridge.formats.aiger import parse_aiger
from bridge.resources import netlist_path
from support import naive
from support.small_netlists import TRAP, brute_affects, planted, reachable, signals, small_netlist


@pytest.fixture(scope="module")
def tiny() -> Aig:
    return lower(Cell.load(str(netlist_path("tiny.safetensors"))))


@pytest.mark.parametrize("start", range(0, 300, 30))
def test_like_brute_force(start: int) -> None:
    for seed in range(start, start + 30):
        aig = small_netlist(seed)
        random = np.random.default_rng(seed)
        sources, targets = signals(aig)
        for steps in (1, 2, 3):
            source = str(random.choice(sources))
            some = [str(name) for name in random.choice(targets, 2, replace=False)]
            for target, expected in zip(some, brute_affects(aig, source, some, steps), strict=True):
                found = affects(aig, source, target, steps)
                assert found.answer == ("yes" if expected else "no"), f"seed {seed}: {found}"
                if expected:
                    check_witness(aig, found)


def check_witness(aig: Aig, found: Dependence) -> None:
    """Replayed by the yardstick of all executors, which knows no interventions: for leaves only."""
    witness = found.witness
    assert witness is not None
    bits = [resolve(aig, name).bits[0] for name in witness.inverted]
    assert set(bits) <= set(resolve(aig, found.source).bits)
    assert replay(aig, bits, resolve(aig, found.target).bits, witness.state, witness.inputs)
    leaves = aig.leaves
    if witness.origin is not None:
        check_origin(aig, *witness.origin, witness.state)
    if not set(witness.inverted) <= set(leaves):
        return
    shown = []
    for inverted in (False, True):
        values = np.concatenate([witness.inputs[0], witness.state])
        values[[leaves.index(name) for name in witness.inverted]] ^= inverted
        row, state = np.split(values, [len(aig.inputs)])
        for step in range(witness.step):
            row = row if step == 0 else witness.inputs[step]
            named = replace(aig, outputs=(*aig.outputs, *aig.points))
            outputs, following = naive.evaluate(named, row[None], state[None])
            state = following[0].astype(np.uint8)
        results = dict(zip([o.name for o in named.outputs], outputs[0], strict=True))
        results |= dict(zip([latch.name for latch in aig.latches], state, strict=True))
        shown.append(int(results[witness.changed]))
    assert tuple(shown) == witness.values
    assert shown[0] != shown[1]


def check_origin(aig: Aig, reset: np.ndarray, inputs: np.ndarray, reached: np.ndarray) -> None:
    """Do these inputs lead from a reset state to the one where the runs begin?"""
    assert all(latch.reset in (None, bit) for latch, bit in zip(aig.latches, reset.tolist(), strict=True))
    state = reset[None]
    for row in inputs:
        state = naive.evaluate(aig, row[None], state)[1].astype(np.uint8)
    assert state[0].tolist() == reached.tolist()


@pytest.mark.parametrize(
    ("source", "target"), [("a", "cancelled"), ("b", "chosen"), ("spare", "absorbed"), ("dead", "both")]
)
def test_planted_non_influences_are_proven(source: str, target: str) -> None:
    found = affects(planted(), source, target, 3)
    assert found.answer == "no"
    assert (found.method == "structure") == (source == "dead")


def test_deep_cancelling_logic_is_proven() -> None:
    """x xor x, each computed from the other's complement over many levels, hidden from structural hashing."""
    builder = AigBuilder()
    x, y = ([builder.input(f"{name}[{index}]") for index in range(12)] for name in "xy")
    left, right = 0, 0
    for one, other in zip(x, y, strict=True):  # two ripple-carry chains, one by majorities, one by multiplexers
        left = builder.full_adder(one, other, left)[1]
        right = builder.mux(builder.xor(one, other), right, one)
    builder.output("o", builder.xor(left, right))
    aig = builder.build()
    assert len(aig.ands) > 0
    assert affects(aig, "x[3]", "o").method == "SAT on unequal cofactors"
    assert affects(aig, "x", "o").answer == "no"


def test_without_time_it_is_undecided_unless_a_run_shows_it() -> None:
    for reached in (False, True):
        found = affects(planted(), "x", "cancelled", each=True, reachable=reached, seconds=0.0)
        assert found.answer == "yes"
        found = affects(hard(), "s", "o", each=True, reachable=reached, seconds=0.0)
        assert (found.answer, "allow more seconds" in found.reason) == ("undecided", True)
        assert found.seconds < 60


def hard() -> Aig:
    """Whether `s` matters is whether two products, multiplied in different orders, differ: they do not."""
    builder = AigBuilder()
    x, y = ([builder.input(f"{name}[{index}]") for index in range(11)] for name in "xy")
    bits = [builder.latch(f"s[{index}]") for index in range(40)]
    for bit in bits:
        builder.set_next(bit, bit)
    products = []
    for one, other in ((x, y), (y, x)):
        total = [0] * 22
        for place, a in enumerate(one):
            carry = 0
            for index, b in enumerate(other):
                total[place + index], carry = builder.full_adder(total[place + index], builder.and_(a, b), carry)
            total[place + len(other)] = carry
        products.append(total)
    differs = 0
    for one, other in zip(*products, strict=True):
        differs = builder.or_(differs, builder.xor(one, other))
    odd = 0
    for bit in bits:
        odd = builder.xor(odd, bit)
    builder.output("o", builder.and_(differs, odd))
    return builder.build()


def test_a_witness_without_state_speaks_of_none() -> None:
    aig = lower(Cell((Input("x", np.zeros(2, int), np.ones(2, int)), Scores("y", ("x",), ("a", "b")))))
    told = str(affects(aig, "x[0]", "argmax").witness)
    assert told.startswith("invert x[0]: argmax")
    assert "state" not in told
    assert "step" not in told


def test_redundant_latch_is_independent_once_reset_makes_it_equal() -> None:
    """From any state `one` matters, since `twin` may differ from it; the witness says from which."""
    assert affects(planted(), "one", "both").answer == "yes"


GROUPS = {"x": "x[", "s": "s[", "h": "h["}


@pytest.mark.parametrize("seed", range(90))
def test_groups_are_joint(seed: int) -> None:
    aig = small_netlist(3000 + seed)
    sources, targets = signals(aig)
    steps = 1 + seed % 2
    names = list(GROUPS)
    for group, other in ((names[seed % 3], str(targets[seed % len(targets)])), ("h", "o[0]")):
        bits = [name for name in sources if name.startswith(GROUPS[group])]
        found, each = (affects(aig, group, other, steps, each=each) for each in (False, True))
        assert found.answer == ("yes" if brute_affects(aig, bits, [other], steps)[0] else "no"), str(found)
        alone = any(brute_affects(aig, bit, [other], steps)[0] for bit in bits)
        assert each.answer == ("yes" if alone else "no"), str(each)
        for answer in (found, each):
            if answer.answer == "yes":
                check_witness(aig, answer)


@pytest.mark.parametrize("seed", range(40))
def test_among_reachable_states(seed: int) -> None:
    """Against runs from every state that brute force can reach, unknown resets among them."""
    aig = small_netlist(seed, resets=(0, 1, None))
    sources, targets = signals(aig)
    random = np.random.default_rng(seed)
    states = reachable(aig).astype(int).tolist()
    source, target = str(random.choice([*sources, *GROUPS])), str(random.choice(targets))
    bits = [name for name in sources if name.startswith(GROUPS.get(source, source))]
    found = affects(aig, source, target, 2, reachable=True)
    expected = brute_affects(aig, bits, [target], 2, states)[0]
    assert found.answer == ("yes" if expected else "no"), str(found)
    if expected:
        check_witness(aig, found)


def test_invariants_decide_what_any_state_cannot() -> None:
    aig = planted()
    assert affects(aig, "one", "gated").answer == "yes"
    found = affects(aig, "one", "gated", reachable=True)
    assert (found.answer, found.scope) == ("no", "reachable states")
    assert affects(aig, "one", "both", reachable=True).answer == "yes"


def test_what_only_all_bits_together_change() -> None:
    aig = parse_aiger(TRAP.encode(), "trap.aag")
    for reached in (False, True):
        found = affects(aig, "h", "o", reachable=reached)
        assert found.answer == "yes"
        assert len(found.witness.inverted) == 2
        assert "invert h[0] h[1] in step 1" in str(found.witness)
        alone = affects(aig, "h", "o", reachable=reached, each=True)
        assert (alone.answer, alone.each, alone.to_json()["each"]) == ("no", True, True)
    assert "h, bit by bit, -> o" in str(affects(aig, "h", "o", each=True))


def test_sat_finds_what_only_one_change_in_millions_shows() -> None:
    """All 24 bits must change, to one value among 2^24."""
    builder = AigBuilder()
    go = builder.input("go")
    bits = [builder.latch(f"s[{index}]") for index in range(24)]
    whole = go
    for place, bit in enumerate(bits):
        point = builder.and_(bit, go)
        builder.point(f"h[{place}]", point)
        whole = builder.and_(whole, point ^ (place & 1))
        builder.set_next(bit, bit)
    builder.output("o", whole)
    aig = builder.build()
    found = affects(aig, "h", "o", reachable=True)
    assert (found.answer, found.method) == ("yes", "ABC's pdr")
    check_witness(aig, found)
    assert affects(aig, "h", "o").answer == "yes"
    assert affects(aig, "h", "o", reachable=True, each=True).answer == "no"


def counter(last: int, at: int, width: int, reset: int | None = 0) -> Aig:
    """Counts to `last` while `go`, then starts over; `o` shows `x` where the count is `at`."""
    builder = AigBuilder("counter")
    go, x = builder.input("go"), builder.input("x")
    bits = [builder.latch(f"c[{i}]", reset if i == 0 else 0) for i in range(width)]

    def is_(value: int) -> int:
        found = 1
        for place, bit in enumerate(bits):
            found = builder.and_(found, bit ^ (value >> place & 1) ^ 1)
        return found

    wrap, carry = builder.and_(is_(last), go), go
    for bit in bits:
        builder.set_next(bit, builder.and_(builder.xor(bit, carry), wrap ^ 1))
        carry = builder.and_(bit, carry)
    builder.output("o", builder.and_(is_(at), x))
    return builder.build()


@pytest.mark.parametrize("steps", [1, 2])
def test_pdr_decides_what_invariants_of_latches_leave_open(steps: int) -> None:
    for reset in (0, None):
        found = affects(counter(9, 12, 4, reset), "x", "o", steps, reachable=True)
        assert (found.answer, found.method) == ("no", "ABC's pdr, its invariant checked by our own SAT")
    aig = counter(200, 180, 8)
    deep = affects(aig, "x", "o", steps, reachable=True)
    assert (deep.answer, deep.method) == ("yes", "ABC's pdr")
    check_witness(aig, deep)
    assert deep.witness.origin is not None
    assert len(deep.witness.to_json()["reached_by"]) >= 180 - steps


def test_what_abc_alone_says_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.equivalence.model_checking._cubes", lambda _data: ())
    found = affects(counter(9, 12, 4), "x", "o", reachable=True)
    assert (found.answer, found.method) == ("no", "ABC's pdr alone, its invariant could not be checked")
    monkeypatch.setattr("bridge.analysis.dependences.reachable.locate", missing)
    found = affects(counter(9, 12, 4), "x", "o", reachable=True)
    assert found.answer == "undecided"
    assert "no ABC here" in found.reason


def missing(_name: str) -> None:
    raise ToolError("no ABC here")


def test_an_unknown_reset_is_any_value() -> None:
    builder = AigBuilder()
    z, u = builder.latch("z"), builder.latch("u", None)
    builder.set_next(z, builder.input("x"))
    builder.set_next(u, u)
    builder.output("o", builder.and_(z, u))
    aig = builder.build()
    for source in ("x", "z", "u"):
        found = affects(aig, source, "o", 2, reachable=True)
        assert found.answer == "yes"
        check_witness(aig, found)


def test_text_model(tiny: Aig) -> None:
    for target in ("argmax", "probability.'e'", "logit.101"):
        found = affects(tiny, "state.emb.past", target)
        assert found.answer == "yes"
        assert found.witness is not None
    assert affects(tiny, "layer0.neurons", "state.emb.past").answer == "no"


def test_on_a_text(tiny: Aig) -> None:
    text = b"In the beginning God created the heaven and the earth.\n" * 40
    found = affects(tiny, "state.emb.past[0]", "argmax", 2, text=text)
    assert found.scope != "any state"
    if found.witness is not None:
        position = found.witness.position
        assert position is not None
        bits = [found.witness.inputs[0][tiny.inputs.index(f"byte[{bit}]")] for bit in range(8)]
        assert sum(int(bit) << place for place, bit in enumerate(bits)) == text[position]


def test_wrong_questions(tiny: Aig) -> None:
    for source, target, steps, message in [
        ("state.emb.pst", "argmax", 1, "did you mean state.emb.past"),
        ("emb.past[0]", "argmax", 1, "has no signal 'emb.past[0]'; it is only held: state.emb.past[0]"),
        ("state", "argmx", 1, "has no signal 'argmx'"),
        ("state", "probability.999", 1, "has no symbol for 'probability.999'"),
        ("state", "logit.a", 1, """signal 'logit.a'; a shell takes quotes away: write "logit.'a'" or logit.97"""),
        ("state", "probability.a", 1, """write "probability.'a'" or probability.97"""),
        ("argmax", "state", 1, "affects nothing"),
        ("state", "byte[0]", 1, "is an input"),
        ("state", "argmax", 0, "must lie in 1 .. 64"),
    ]:
        with pytest.raises(InputError, match=re.escape(message)):
            affects(tiny, source, target, steps)
    with pytest.raises(InputError, match="has no symbols"):
        affects(planted(), "one", "argmax")
    with pytest.raises(InputError, match=r"did you mean one\?$"):
        affects(planted(), "one", "onee")
    with pytest.raises(InputError, match="too short"):
        affects(tiny, "state", "argmax", 3, text=b"ab")


def test_a_dependence_is_no_boolean_and_speaks_json(tiny: Aig) -> None:
    found = affects(tiny, "byte", "argmax")
    with pytest.raises(TypeError, match="three values"):
        bool(found)
    facts = json.loads(json.dumps(found.to_json()))
    assert {"verdict", "method", "seconds", "witness"} <= set(facts)
    assert facts["witness"]["values"][0] != facts["witness"]["values"][1]
    assert "<p>" in found._repr_html_()
