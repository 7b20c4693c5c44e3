"""States reached on text: they are the netlist's own, and they show what random patterns do not."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.aig import Aig, AigBuilder
from bridge.aig.cut import core
from bridge.equivalence import check_equivalence
from bridge.equivalence.engines import simulate_apart
from bridge.equivalence.reached import text_patterns
from bridge.execution import simulate
from bridge.lowering import lower
from support.cells import random_cell


def test_states_follow_from_one_another() -> None:
    aig = lower(random_cell(5))
    patterns = text_patterns(aig)
    assert patterns is not None
    following = simulate(aig, patterns)[len(aig.outputs) :]
    assert np.array_equal(following[:, :-1], patterns[len(aig.inputs) :, 1:])
    bits = (patterns[:8, :, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    read = np.tensordot(1 << np.arange(8), bits.astype(np.int64), 1)
    assert " the" in "".join("".join(map(chr, read[:, stream])) for stream in range(64))


def remembering(word: bytes, flaw: bool) -> Aig:
    """Remembers the last bytes; the output is a parity, and with the flaw, wrong after that word."""
    builder = AigBuilder("remembering")
    byte = [builder.input(f"byte[{bit}]") for bit in range(8)]
    delays = [[builder.latch(f"old{delay}[{bit}]") for bit in range(8)] for delay in range(len(word))]
    for before, after in zip([byte, *delays], delays, strict=False):
        for literal, latch in zip(before, after, strict=True):
            builder.set_next(latch, literal)
    parity, seen = 0, 1
    for latches, letter in zip(delays[::-1], word, strict=True):
        for bit, latch in enumerate(latches):
            parity = builder.xor(parity, latch)
            seen = builder.and_(seen, latch if letter >> bit & 1 else latch ^ 1)
    builder.output("y", builder.xor(parity, seen) if flaw else parity)
    return builder.build()


def test_a_flaw_that_only_text_shows() -> None:
    good, bad = remembering(b" the ", False), remembering(b" the ", True)
    assert simulate_apart(core(good), core(bad)) is None
    verdict = check_equivalence(good, bad)
    assert (verdict.answer, verdict.method) == ("different", "simulation")
    assert verdict.counterexample is not None


def test_a_latch_of_unknown_reset_starts_as_anything() -> None:
    builder = AigBuilder("unknown")
    byte = [builder.input(f"byte[{bit}]") for bit in range(8)]
    latch = builder.latch("kept", None)
    builder.set_next(latch, latch)
    builder.output("y", builder.and_(latch, byte[0]))
    patterns = text_patterns(builder.build())
    assert patterns is not None
    assert 0 < int(np.bitwise_count(patterns[8, 0])) < 64
    assert (patterns[8] == patterns[8, 0]).all()


def test_only_text_models_have_such_states(monkeypatch: pytest.MonkeyPatch) -> None:
    aig = lower(random_cell(5, latches=False))
    assert not aig.latches
    assert text_patterns(aig) is None
    builder = AigBuilder("other")
    latch = builder.latch("s")
    builder.set_next(latch, builder.input("x"))
    assert text_patterns(builder.build()) is None
    monkeypatch.setattr("bridge.equivalence.reached._text", lambda: None)
    assert text_patterns(lower(random_cell(5))) is None
