"""Netlists to prove and to shrink, random and hard ones, and what they compute, plainly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.aig import Aig, AigBuilder, Output, Properties
from bridge.aig.cut import core
from bridge.equivalence import Verdict
from bridge.execution import simulate
from bridge.metadata import Metadata, with_metadata


def with_fault(aig: Aig, node: int) -> Aig:
    """One fanin of one AND complemented."""
    ands = aig.ands.copy()
    ands[node, 0] ^= 1
    return replace(aig, ands=np.sort(ands, axis=1)[:, ::-1])


def truth(aig: Aig) -> np.ndarray:
    """All values of all outputs and next states; up to 12 inputs and latches."""
    width = aig.first_and - 1
    vectors = np.arange(1 << width)
    bits = (vectors[None, :] >> np.arange(width)[:, None] & 1).astype(np.uint8)
    padded = np.pad(bits, ((0, 0), (0, -len(vectors) % 64)))
    words = np.packbits(padded, axis=1, bitorder="little").view(np.uint64)
    return simulate(core(aig), words)


def shows(a: Aig, b: Aig, verdict: Verdict) -> bool:
    """Whether the counterexample, by name, tells the two apart."""
    assert verdict.counterexample is not None
    assert set(verdict.counterexample) == {*a.leaves}
    values = []
    for aig in (a, b):
        leaves = aig.leaves
        patterns = np.array([[verdict.counterexample[name]] for name in leaves], np.uint64)
        names = [*(output.name for output in aig.outputs), *(latch.name for latch in aig.latches)]
        literals = [output.literal for output in (*aig.outputs, *aig.properties.bad)]
        literals += [latch.next for latch in aig.latches]
        names += [output.name for output in aig.properties.bad]
        values.append(sorted(zip(names, simulate(aig, patterns, literals)[:, 0] & 1, strict=True)))
    return values[0] != values[1]


def one_in_a_million(fault: bool, points: bool = False) -> Aig:
    """Two layers of logic; the fault needs one value at each of 20 inputs."""
    builder = AigBuilder()
    x = [builder.input(f"x[{i}]") for i in range(20)]
    parity, every = 0, 1
    for index, literal in enumerate(x):
        parity, every = builder.xor(parity, literal), builder.and_(every, literal ^ (index & 1))
    inner = builder.xor(parity, every) if fault else parity
    builder.output("y", builder.mux(x[2], inner, x[5]))
    if points:
        builder.point("h[0]", inner)
    return builder.build()


def multiplier(width: int, swapped: bool) -> Aig:
    """Schoolbook rows in one order or the other."""
    builder = AigBuilder()
    a = [builder.input(f"a[{i}]") for i in range(width)]
    b = [builder.input(f"b[{i}]") for i in range(width)]
    if swapped:
        a, b = b, a
    total = [0] * (2 * width)
    for shift, bit in enumerate(b):
        carry = 0
        for index in range(2 * width - shift):
            row = builder.and_(bit, a[index]) if index < width else 0
            total[shift + index], carry = builder.full_adder(total[shift + index], row, carry)
    for index, literal in enumerate(total):
        builder.output(f"p[{index}]", literal)
    return builder.build()


def random_netlist(seed: int, nodes: int = 60, inputs: int = 6, latches: int = 3, points: int = 8) -> Aig:
    """Random logic; some points sit on constants, inputs or each other, in both polarities."""
    rng = np.random.default_rng(seed)
    builder = AigBuilder(f"random{seed}")
    literals = [0] + [builder.input(f"x[{i}]") for i in range(inputs)]
    states = [builder.latch(f"state.s[{i}]", (0, 1, None)[i % 3]) for i in range(latches)]
    literals += states
    for _ in range(nodes):
        a, b = (int(literals[i]) ^ int(rng.integers(2)) for i in rng.integers(0, len(literals), 2))
        literals.append(builder.xor(a, b) if rng.random() < 0.3 else builder.and_(a, b))

    def some() -> int:
        start = 0 if rng.random() < 0.2 else len(literals) // 2
        return int(literals[rng.integers(start, len(literals))]) ^ int(rng.integers(2))

    for state in states:
        builder.set_next(state, some())
    for index in range(4):
        builder.output(f"y[{index}]", some())
    for index in range(points):
        builder.point(f"h[{index}]", some())
    return builder.build(properties=Properties(bad=(Output("bad", some()),)))


def same_function(a: Aig, b: Aig, seed: int = 0) -> bool:
    patterns = np.random.default_rng(seed).integers(0, 1 << 63, (a.first_and - 1, 8), np.uint64)
    return np.array_equal(simulate(a, patterns), simulate(b, patterns))


def redundant(seed: int = 7) -> Aig:
    """Random logic that the classic scripts shrink, with metadata to keep."""
    return with_metadata(replace(random_netlist(seed, nodes=300, points=20), name="net"), Metadata(cell="c" * 64))
