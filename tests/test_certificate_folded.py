"""The certificate of folded networks: every lowering is proven, and no fault gets past it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bridge.aig import Aig, AigBuilder
from bridge.cell.folded import Folded
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.folded import check_folded
from bridge.equivalence.certificate.local import Local
from bridge.equivalence.certificate.rows import Broken
from bridge.execution.folded import says_the_same
from bridge.lowering.folded import FoldedTrace, lower_folded, lower_folded_traced
from support.folded import LIMITS, SHAPES, drawn, even


@pytest.mark.parametrize("seed", range(3))
def test_every_lowering_is_proven(seed: int) -> None:
    net = drawn(seed, *SHAPES[seed])
    verdict = certify(net, lower_folded(net))
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)


@pytest.mark.parametrize("numbers", LIMITS)
def test_numbers_at_their_limits_are_proven(numbers: tuple[int, int, int, int]) -> None:
    net = even(*numbers)
    assert certify(net, lower_folded(net)).answer == "equivalent"


def broken(net: Folded, aig: Aig, trace: FoldedTrace) -> str:
    """What does not hold; nothing, if it is proven."""
    try:
        check_folded(net, aig, trace)
    except Broken as fault:
        return str(fault)
    return ""


@pytest.fixture(scope="module")
def lowered() -> tuple[Folded, Aig, FoldedTrace]:
    net = drawn(1)
    return net, *lower_folded_traced(net)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["embedding", "weights", "biases", "scales"])
def test_a_network_with_another_number_is_another(name: str, lowered: tuple[Folded, Aig, FoldedTrace]) -> None:
    net, aig, trace = lowered
    random = np.random.default_rng(0)
    for place in random.integers(0, getattr(net, name).size, 3).tolist():
        numbers = getattr(net, name).copy()
        numbers.flat[place] -= 1 if numbers.flat[place] > 0 else -1
        changed: dict[str, Any] = {name: numbers}
        assert broken(replace(net, **changed), aig, trace)
    assert broken(replace(net, shift=net.shift + 1), aig, trace)
    assert broken(replace(net, symbols=net.symbols[:-1] + b"z"), aig, trace)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(2))
def test_a_netlist_with_a_fault_is_broken_or_the_same(seed: int, lowered: tuple[Folded, Aig, FoldedTrace]) -> None:
    """The trace stays as the lowering gave it. A fault that is not found must be none: a register that is read only
    after it was written may begin as it likes."""
    net, aig, trace = lowered
    random, harmless = np.random.default_rng(seed), 0
    for node in random.integers(0, len(aig.ands), 12).tolist():
        ands = aig.ands.copy()
        ands[node, random.integers(2)] ^= 1
        ands[node] = np.sort(ands[node])[::-1]
        assert broken(net, replace(aig, ands=ands), trace)
    for index in random.integers(0, len(aig.latches), 10).tolist():
        latch = aig.latches[index]
        for fault in (replace(latch, next=latch.next ^ 1), replace(latch, reset=1), replace(latch, reset=None)):
            other = replace(aig, latches=(*aig.latches[:index], fault, *aig.latches[index + 1 :]))
            if fault != latch and not broken(net, other, trace):
                assert fault.reset != latch.reset
                assert says_the_same(net, other, 2)
                harmless += 1
    assert harmless
    swapped = tuple(replace(output, literal=output.literal ^ 1) for output in aig.outputs)
    assert broken(net, replace(aig, outputs=swapped), trace)
    assert broken(net, replace(aig, inputs=aig.inputs[::-1]), trace)


@pytest.mark.heavy
def test_a_trace_that_lies_proves_nothing(lowered: tuple[Folded, Aig, FoldedTrace]) -> None:
    net, aig, trace = lowered
    random = np.random.default_rng(0)
    for name, bits in trace.words.items():
        other = bits.copy()
        place = random.integers(len(bits))
        other[place] = random.choice([other[place] ^ 1, 2 * random.integers(1, aig.variables)])
        if other[place] != bits[place]:
            assert broken(net, aig, replace(trace, words=trace.words | {name: other})), name
    for name, adders in trace.adders.items():
        assert broken(net, aig, replace(trace, adders=trace.adders | {name: adders[1:]})), name


@pytest.mark.heavy
def test_what_flows_make_of_it_is_compared(lowered: tuple[Folded, Aig, FoldedTrace]) -> None:
    net, aig, _ = lowered
    builder, leaves = AigBuilder.like(aig)
    image = builder.copy(aig, leaves)
    tail = aig.latches[-1].next >> 1
    image[tail] = builder.mux(leaves[0], int(image[tail]), builder.buffer(int(image[tail])))  # the same in other gates
    verdict = certify(net, builder.build_like(aig, image))
    assert (verdict.answer, verdict.method.split(",")[0]) == ("equivalent", "certificate"), str(verdict)
    other = replace(aig.latches[-1], next=aig.latches[-1].next ^ 1)
    assert certify(net, replace(aig, latches=(*aig.latches[:-1], other))).answer == "different"


def test_cases_decide_or_do_not() -> None:
    builder = AigBuilder("choice")
    select, then, other = builder.inputs("abc")
    builder.output("x", builder.mux(select, then, other))
    aig = builder.build()
    local, out = Local(aig), aig.outputs[0].literal
    cases = [[(select, 1), (then, 0)], [(select, 1), (then, 1)], [(select, 0), (other, 0)], [(select, 0), (other, 1)]]
    assert local.decides(cases, [0, 1, 0, 1], out)
    assert local.decides(cases, [1, 0, 1, 0], out ^ 1)
    assert not local.decides(cases, [0, 1, 0, 0], out)
    assert not local.decides(cases[:3], [0, 1, 0], out ^ 1)
    assert local.decides([*cases, [(select, 0), (select ^ 1, 0)], [(0, 1)]], [0, 1, 0, 1, 1, 0], out)  # no such cases
    assert not local.decides([[(select, 1)], [(then, 1), (other, 1)]], [1, 1], out)
    assert not local.decides([[(select, 1), (then, 1)]], [1], out)  # nothing is said of what it reads besides
