"""Runs on a text: the states are those of one run from reset, whatever is remembered and for how long."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Aig, AigBuilder
from bridge.aig import Reset
from bridge.aig.names import BYTE
from bridge.analysis.dependences.affects import affects
from bridge.analysis.dependences.replay import replay
from bridge.analysis.signals import resolve
from bridge.analysis.text.influence import influence
from bridge.analysis.text.runs import text_runs, visited_runs
from bridge.analysis.text.statistics import text_statistics
from bridge.metadata import Metadata, with_metadata
from bridge.readout import Readout
from support import naive

GROUPS = ("state", "h", "byte")


def machine(seed: int, resets: tuple[Reset, ...] = (0, 1)) -> Aig:
    """Reads bytes; latches that hold, toggle, count and forget, and logic between them."""
    random = np.random.default_rng(seed)
    builder = AigBuilder("machine")
    pool = [builder.input(name) for name in BYTE]
    latches = [
        builder.latch(f"state.s[{i}]", resets[int(random.integers(len(resets)))])
        for i in range(int(random.integers(1, 5)))
    ]
    pool += latches

    def pick() -> int:
        return int(random.choice(pool)) ^ int(random.integers(2))

    for _ in range(8):
        pool.append((builder.and_, builder.xor, builder.or_)[int(random.integers(3))](pick(), pick()))
    for latch in latches:
        kind = int(random.integers(4))
        rare = builder.and_(builder.and_(pick(), pick()), builder.and_(pick(), pick()))
        nexts = (pick(), builder.or_(latch, rare), builder.xor(latch, rare), builder.mux(rare, pick(), latch))
        builder.set_next(latch, nexts[kind])
    for index in range(3):
        builder.output(f"o[{index}]", pick())
        builder.point(f"h[{index}]", pick())
    return builder.build(every_point=True).validate()


def states_of(aig: Aig, text: bytes, start: np.ndarray | None = None) -> np.ndarray:
    """bool[bytes, latches]: the state before each byte."""
    rows = [naive.reset_state(aig, 1)[0] if start is None else start]
    for byte in text[:-1]:
        rows.append(naive.evaluate(aig, naive.byte_inputs(np.array([byte], np.uint8)), rows[-1][None])[1][0])
    return np.stack(rows)


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.execution.states.SEGMENT", 32)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), text=st.binary(min_size=2, max_size=300), steps=st.integers(1, 2))
def test_states_are_those_of_the_run_from_reset(seed: int, text: bytes, steps: int) -> None:
    aig = machine(seed)
    expected, seen = states_of(aig, text), []
    for runs in [*visited_runs(aig, text, steps), text_runs(aig, text, steps, 64, seed)]:
        assert runs.positions is not None
        for stream in np.flatnonzero(runs.positions >= 0).tolist():
            state, inputs, position = runs.single(stream)
            assert position is not None
            assert state.tolist() == expected[position].tolist()
            assert [int(row @ (1 << np.arange(8))) for row in inputs] == list(text[position : position + steps])
            seen.append(position)
    assert sorted(seen[:-64]) == list(range(len(text) - steps + 1))


def test_every_start_of_an_unknown_reset_is_tried() -> None:
    aig = machine(3, resets=(None,))
    text = b"in the beginning" * 5
    expected = set()
    for number in range(1 << len(aig.latches)):
        start = np.array([number >> i & 1 for i in range(len(aig.latches))], bool)
        expected |= {(place, *row) for place, row in enumerate(states_of(aig, text, start).tolist())}
    seen = set()
    for runs in visited_runs(aig, text, 1, every_reset=True):
        for stream in np.flatnonzero(runs.positions >= 0).tolist():
            state, _, position = runs.single(stream)
            seen.add((position, *state.astype(bool).tolist()))
    assert seen == expected


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), text=st.binary(min_size=2, max_size=24), group=st.sampled_from(GROUPS))
def test_affects_on_a_text_is_brute_force(seed: int, text: bytes, group: str) -> None:
    """Every change of the group at every position, gate by gate; the eight bits of `byte` go to SAT."""
    aig = machine(seed)
    found = affects(aig, group, "o", text=text)
    ends, states = resolve(aig, "o").bits, states_of(aig, text).astype(np.uint8)
    bits = [*{bit.variable: bit for bit in resolve(aig, group).bits if bit.variable}.values()]
    changes = [some for count in range(1, len(bits) + 1) for some in combinations(bits, count)]
    inputs = naive.byte_inputs(np.frombuffer(text, np.uint8)).astype(np.uint8)
    places = zip(states, inputs[:, None], strict=True)
    expected = any(replay(aig, some, ends, *place) for place in places for some in changes)
    assert found.answer == ("yes" if expected else "no"), str(found)
    if found.witness is not None:
        assert found.witness.position is not None
        assert found.witness.state.tolist() == states[found.witness.position].tolist()


def sticky() -> Aig:
    """`seen` is set by `#` and stays; `last` is the lowest bit of the byte before; the logit is both, at `@`."""
    builder = AigBuilder("sticky")
    byte = [builder.input(name) for name in BYTE]
    seen, last = builder.latch("state.seen[0]"), builder.latch("state.last[0]")

    def is_(value: int) -> int:
        found = 1
        for bit, literal in enumerate(byte):
            found = builder.and_(found, literal if value >> bit & 1 else literal ^ 1)
        return found

    builder.set_next(seen, builder.or_(seen, is_(ord("#"))))
    builder.set_next(last, byte[0])
    both = builder.and_(builder.and_(seen, last), is_(ord("@")))
    for name, literal in (("logit.97[0]", both), ("logit.97[1]", 0), ("logit.98[0]", 0), ("logit.98[1]", 0)):
        builder.output(name, literal)
    return with_metadata(builder.build(), Metadata(Readout(b"ab", 0.7)))


def test_what_happened_long_ago_counts() -> None:
    aig = sticky()
    far, never = b"#" + b"b" * 5000 + b"a@" + b"b" * 50, b"b" * 5001 + b"a@" + b"b" * 50
    found = affects(aig, "state.last[0]", "logit", text=far)
    assert found.answer == "yes"
    assert found.witness is not None
    assert found.witness.position == 5002
    assert affects(aig, "state.last[0]", "logit", text=never).answer == "no"
    row = text_statistics(aig, far, ["state.seen"])
    assert row.ones.tolist() == [len(far)]
    measured = influence(aig, b"#" + b"b" * 3000 + b"a@" * 100, 1, sources=["state.last[0]"], positions=2048)
    assert measured.logit_changes.sum() > 0


def test_what_no_byte_of_a_text_does_is_proven_for_all_values_at_once() -> None:
    """`byte` has eight bits: too many changes to run, so SAT looks at every position."""
    aig = sticky()
    found = affects(aig, "byte", "logit", text=b"b" * 100)
    assert (found.answer, found.method) == ("no", "SAT on unequal cofactors, at every position of the text")
    assert affects(aig, "byte", "logit", text=b"b#ab" * 10).answer == "yes"
    late = affects(aig, "byte", "logit", text=b"b#ab" * 10, seconds=0.0)
    assert late.answer in ("yes", "undecided")


def test_what_holds_nothing_follows_a_text_too() -> None:
    builder = AigBuilder("stateless")
    byte = [builder.input(name) for name in BYTE]
    builder.output("o", builder.and_(byte[0], byte[1]))
    aig = builder.build()
    assert affects(aig, "byte[0]", "o", 2, text=b"abc").answer == "yes"
    assert affects(aig, "byte[0]", "o", text=b"aaa" * 2000).answer == "no"
    assert text_statistics(aig, b"abc").distinct_states == 1
