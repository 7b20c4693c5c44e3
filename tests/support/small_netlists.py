"""Small random sequential netlists, and brute force over all their states and inputs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from itertools import combinations, product

import numpy as np

from bridge.aig import Aig, AigBuilder, Latch, Output, Reset
from support import naive


def small_netlist(seed: int, resets: Sequence[Reset] = (0, 1)) -> Aig:
    """1-2 inputs, 1-4 latches, up to 20 ANDs, outputs and points anywhere, every literal perhaps complemented."""
    random = np.random.default_rng(seed)
    inputs, latches = int(random.integers(1, 3)), int(random.integers(1, 5))
    first = 1 + inputs + latches
    ands = []
    for variable in range(first, first + int(random.integers(1, 21))):
        ands.append(sorted(random.integers(2, 2 * variable, 2).tolist(), reverse=True))

    def anywhere() -> int:
        return int(random.integers(2, 2 * (first + len(ands))))

    return Aig(
        inputs=tuple(f"x[{index}]" for index in range(inputs)),
        latches=tuple(
            Latch(f"s[{index}]", anywhere(), resets[int(random.integers(0, len(resets)))]) for index in range(latches)
        ),
        ands=np.array(ands, np.uint32),
        outputs=tuple(Output(f"o[{index}]", anywhere()) for index in range(2)),
        points=tuple(Output(f"h[{index}]", anywhere()) for index in range(3)),
        name=f"small{seed}",
    ).validate()


def parity(builder: AigBuilder, count: int) -> Aig:
    """So many inputs and their XOR, one after the other, in an empty builder."""
    builder.output("parity", reduce(builder.xor, builder.inputs(f"i{index}" for index in range(count))))
    return builder.build()


def conjunction(name: str, first: str, second: str) -> Aig:
    """Two inputs of these names and their AND."""
    builder = AigBuilder(name)
    builder.output("both", builder.and_(builder.input(first), builder.input(second)))
    return builder.build()


def signals(aig: Aig) -> tuple[list[str], list[str]]:
    """(names that can affect, names that can be affected)."""
    inner = [o.name for o in (*aig.points, *aig.outputs)]
    states = [latch.name for latch in aig.latches]
    return [*aig.inputs, *states, *inner], [*states, *inner]


def brute_affects(
    aig: Aig,
    source: str | Sequence[str],
    targets: Sequence[str],
    steps: int,
    states: Sequence[Sequence[int]] | None = None,
    under: Collection[tuple[tuple[int, ...], tuple[int, ...]]] | None = None,
) -> list[bool]:
    """For every target, whether any state (or any of `states`) and inputs show an effect within the steps, of some
    change of the source's bits together; in plain Python. under: only these states, with these inputs in step 1."""
    names = [source] if isinstance(source, str) else source
    variables = sorted({_variable(aig, name) for name in names} - {0})
    changes = [set(some) for count in range(1, len(variables) + 1) for some in combinations(variables, count)]
    found = [False] * len(targets)
    every = product((0, 1), repeat=len(aig.latches)) if states is None else states
    for state, rest in product(every, product((0, 1), repeat=steps * len(aig.inputs))):
        inputs = [rest[step * len(aig.inputs) : (step + 1) * len(aig.inputs)] for step in range(steps)]
        if under is not None and (tuple(state), tuple(inputs[0])) not in under:
            continue
        plain = _run(aig, state, inputs, targets, set())
        for change in changes:
            changed = _run(aig, state, inputs, targets, change)
            for place in range(len(targets)):
                found[place] |= any(a[place] != b[place] for a, b in zip(plain, changed, strict=True))
    return found


def _variable(aig: Aig, name: str) -> int:
    leaves = aig.leaves
    named = {output.name: output.literal >> 1 for output in (*aig.points, *aig.outputs)}
    return 1 + leaves.index(name) if name in leaves else named[name]


def _run(
    aig: Aig, state: Sequence[int], inputs: Sequence[Sequence[int]], targets: Sequence[str], flipped: set[int]
) -> list:
    literals = {output.name: output.literal for output in (*aig.points, *aig.outputs)}
    literals |= {latch.name: latch.next for latch in aig.latches}
    rows = []
    for step, row in enumerate(inputs):
        values = [0, *row, *state]
        for variable in flipped & set(range(len(values))) if step == 0 else ():
            values[variable] ^= 1
        for a, b in aig.ands.tolist():
            values.append((values[a >> 1] ^ a & 1) & (values[b >> 1] ^ b & 1))
            if step == 0 and len(values) - 1 in flipped:
                values[-1] ^= 1
        rows.append([values[literals[name] >> 1] ^ literals[name] & 1 for name in targets])
        state = [values[latch.next >> 1] ^ latch.next & 1 for latch in aig.latches]
    return rows


def reachable(aig: Aig) -> np.ndarray:
    """bool[states, latches]; a latch of unknown reset starts as anything."""
    inputs = np.array(list(product((0, 1), repeat=len(aig.inputs))))
    seen = set(product(*((False, True) if latch.reset is None else (bool(latch.reset),) for latch in aig.latches)))
    front = list(seen)
    while front:
        state = np.repeat([front.pop()], len(inputs), axis=0)
        for row in naive.evaluate(aig, inputs, state)[1].tolist():
            if tuple(row) not in seen:
                seen.add(tuple(row))
                front.append(tuple(row))
    return np.array(sorted(seen))


def planted() -> Aig:
    """`a` cancels in deep logic, `b` selects between equal functions, `spare` is absorbed; latch `twin` copies `one`,
    `zero` stays 0 from reset on, `dead` is read only by itself."""
    builder = AigBuilder("planted")
    x = [builder.input(f"x[{index}]") for index in range(8)]
    a, b = builder.latch("a"), builder.latch("b")
    one, twin, dead = builder.latch("one"), builder.latch("twin"), builder.latch("dead")
    spare, zero = builder.latch("spare", 1), builder.latch("zero")
    plain, mixed = x[0], x[0]
    for index in range(1, 8):  # the same parity, associated differently, with `a` once in each
        plain = builder.xor(plain, x[index])
        mixed = builder.xor(mixed, builder.xor(x[index], a))
    total = builder.xor(builder.xor(plain, mixed), a)  # `a` seven times and once more
    rest = builder.and_(x[1], builder.or_(x[2], total))
    builder.output("cancelled", builder.xor(rest, x[3]))
    builder.output("chosen", builder.mux(b, builder.and_(x[4], x[5]), builder.and_(x[5], builder.and_(x[4], x[5]))))
    following = builder.xor(one, x[6])
    builder.output("both", builder.and_(builder.xor(one, twin), x[7]))
    less = builder.and_(x[2], builder.or_(builder.and_(builder.xor(x[0], x[1]), x[2]), x[3]))
    more = builder.or_(builder.and_(builder.and_(x[0], x[1] ^ 1), x[2]), builder.and_(builder.or_(spare, x[3]), x[2]))
    hidden = builder.and_(builder.and_(x[2], builder.xor(x[0], x[1]) ^ 1), builder.and_(x[3] ^ 1, spare))
    builder.output(
        "absorbed", builder.and_(builder.or_(less, builder.and_(hidden, more)), builder.or_(less, hidden ^ 1))
    )
    builder.output("gated", builder.and_(one, zero))
    for latch, literal in ((spare, x[5]), (zero, builder.and_(zero, x[0]))):
        builder.set_next(latch, literal)
    for latch, literal in ((a, x[0]), (b, x[1]), (one, following), (twin, builder.xor(twin, x[6])), (dead, dead ^ 1)):
        builder.set_next(latch, literal)
    return builder.build()


TRAP = """aag 17 3 1 1 13
2
4
6
8 2 0
35
10 2 4
12 2 4
14 3 6
16 5 15
18 2 17
20 5 6
22 3 21
24 4 23
26 12 18
28 12 24
30 18 24
32 29 31
34 27 32
i0 x
i1 y
i2 z
l0 s
o0 o
c
{"aigbridge": 1, "points": {"h[0]": 12, "h[1]": 18, "h[2]": 24}}
"""  # o is the majority of h, whose bits always agree
