"""Small sequential machines for tests, and what is true of them, by brute force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from bridge.aig import Aig, AigBuilder, Output, Reset
from bridge.aig.cone import all_outputs
from bridge.aig.latchmap import Image, LatchMap
from support.naive import evaluate

State = tuple[bool, ...]
Step = tuple[State, State]  # outputs and properties, then the next state


def steps(aig: Aig, states: Sequence[State]) -> dict[State, list[Step]]:
    """What every input vector does, in the order of counting, in each of the states."""
    vectors = list(product((False, True), repeat=len(aig.inputs)))
    shown = replace(aig, outputs=tuple(Output(f"o{i}", x) for i, x in enumerate(all_outputs(aig).tolist())))
    count = len(vectors) * len(states)
    inputs = np.array([vector for _ in states for vector in vectors], bool).reshape(count, len(aig.inputs))
    state = np.array([state for state in states for _ in vectors], bool).reshape(count, len(aig.latches))
    rows = [tuple(map(tuple, values.tolist())) for values in evaluate(shown, inputs, state)]
    found = list(zip(*rows, strict=True))
    return {s: found[i * len(vectors) : (i + 1) * len(vectors)] for i, s in enumerate(states)}


def all_steps(aig: Aig) -> dict[State, list[Step]]:
    return steps(aig, list(product((False, True), repeat=len(aig.latches))))


def common_runs(a: Aig, b: Aig) -> Iterator[tuple[State, State, bool]]:
    """All pairs of states that both machines are in at the same time, and whether their outputs then agree; unknown
    resets of the same name are equal. For a few latches."""
    left, right = all_steps(a), all_steps(b)
    waiting = [(s, t) for s in _starts(a) for t in _starts(b) if _consistent(a, b, s, t)]
    seen = set(waiting)
    while waiting:
        s, t = waiting.pop()
        both = list(zip(left[s], right[t], strict=True))
        yield s, t, all(x[0] == y[0] for x, y in both)
        following = {(x[1], y[1]) for x, y in both} - seen
        seen |= following
        waiting += following


def equal_runs(a: Aig, b: Aig) -> bool:
    """Whether the outputs agree in all runs from reset."""
    return all(same for _, _, same in common_runs(a, b))


def runs_apart(a: Aig, b: Aig, trace: Sequence[Mapping[str, int]], start: Mapping[str, int]) -> bool:
    """Whether the outputs differ in the last step of that run, and in none before."""
    equal = []
    states = [tuple(bool(start.get(x.name, 0) if x.reset is None else x.reset) for x in m.latches) for m in (a, b)]
    for vector in trace:
        place = sum(vector[name] << i for i, name in enumerate(reversed(a.inputs)))
        found = [steps(aig, [state])[state][place] for aig, state in zip((a, b), states, strict=True)]
        equal.append(found[0][0] == found[1][0])
        states = [following for _, following in found]
    return all(equal[:-1]) and not equal[-1]


def with_spare_latches(seed: int) -> Aig:
    """Random logic with random resets, and planted latches: stuck, twin, mirror (complementary) and dead."""
    random = np.random.default_rng(seed)
    builder = AigBuilder("net")
    pool = [builder.input(f"x{i}") for i in range(int(random.integers(1, 4)))]
    resets: list[Reset] = [[0, 1, None][int(random.integers(0, 3))] for _ in range(int(random.integers(1, 4)))]
    plain = [builder.latch(f"s{i}", reset) for i, reset in enumerate(resets)]
    complement: dict[Reset, Reset] = {0: 1, 1: 0, None: None}
    value: Reset = [0, 1][int(random.integers(0, 2))]
    stuck, dead = builder.latch("stuck", value), builder.latch("dead", 1)
    twin, mirror = builder.latch("twin", resets[0]), builder.latch("mirror", complement[resets[0]])
    pool += [*plain, stuck, twin, mirror]

    def pick() -> int:
        return int(random.choice(pool)) ^ int(random.integers(0, 2))

    for _ in range(int(random.integers(4, 14))):
        pool.append(builder.and_(pick(), pick()) if random.integers(0, 3) else builder.xor(pick(), pick()))
    nexts = [pick() for _ in plain]
    for latch, literal in zip(plain, nexts, strict=True):
        builder.set_next(latch, literal)
    builder.set_next(stuck, builder.and_(pick(), stuck ^ (value or 0)) ^ (value or 0))
    builder.set_next(twin, nexts[0])
    builder.set_next(mirror, nexts[0] ^ 1)
    builder.set_next(dead, builder.xor(dead, pick()))
    for index in range(int(random.integers(1, 4))):
        builder.output(f"y{index}", builder.xor(pick(), pick()) if random.integers(0, 2) else pick())
    for index in range(int(random.integers(0, 4))):
        builder.point(f"h[{index}]", pick())
    return builder.build().validate()


def _starts(aig: Aig) -> list[State]:
    return list(product(*((False, True) if x.reset is None else (bool(x.reset),) for x in aig.latches)))


def _consistent(a: Aig, b: Aig, s: State, t: State) -> bool:
    mine = {latch.name: bit for latch, bit in zip(a.latches, s, strict=True) if latch.reset is None}
    return all(mine.get(x.name, bit) == bit for x, bit in zip(b.latches, t, strict=True) if x.reset is None)


def claims_hold(a: Aig, b: Aig, removed: LatchMap) -> bool:
    """By brute force: latches of `b` equal their namesakes, removed ones what they are said to be, outputs agree."""
    ours, theirs = ({latch.name: i for i, latch in enumerate(aig.latches)} for aig in (a, b))
    images: dict[str, Image] = {**{name: (name, False) for name in theirs}, **removed}

    def holds(s: tuple[bool, ...], t: tuple[bool, ...], name: str, image: Image) -> bool:
        value = t[theirs[image[0]]] ^ image[1] if isinstance(image, tuple) else image
        return image is None or s[ours[name]] == value

    return all(same and all(holds(s, t, *item) for item in images.items()) for s, t, same in common_runs(a, b))


def points_hold(a: Aig, b: Aig) -> bool:
    """By brute force: points that are left have the values that they had."""
    names = {point.name for point in b.points}
    a, b = (replace(x, outputs=tuple(p for p in x.points if p.name in names)) for x in (a, b))
    return names == {output.name for output in b.outputs} and equal_runs(a, b)


def one_hot(states: int, redundant: bool) -> Aig:
    """A token goes round, and the output says that it is nowhere twice, or just that."""
    builder = AigBuilder()
    go = builder.input("go")
    token = [builder.latch(f"t[{i}]", 1 if i == 0 else 0) for i in range(states)]
    for i in range(states):
        builder.set_next(token[i], builder.mux(go, token[i - 1], token[i]))
    twice = 0
    for i in range(states):
        for j in range(i) if redundant else ():
            twice = builder.or_(twice, builder.and_(token[i], token[j]))
    builder.output("y", builder.and_(builder.xor(token[0], twice), go))
    return builder.build()


def counter(width: int, limit: int | None) -> Aig:
    """Counts up while `x`; at the limit, if there is one, the output forgets a bit."""
    builder = AigBuilder()
    x = builder.input("x")
    bits = [builder.latch(f"n[{i}]") for i in range(width)]
    carry, full = x, 1
    for i, bit in enumerate(bits):
        builder.set_next(bit, builder.xor(bit, carry))
        carry = builder.and_(carry, bit)
        full = builder.and_(full, bit ^ 1 ^ (limit >> i & 1)) if limit is not None else 0
    builder.output("y", builder.and_(bits[0], full ^ 1))
    return builder.build()
