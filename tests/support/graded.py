"""How often a signal of a small machine affects another, case by case; run as a script, on many random machines."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from bridge import Aig
from bridge.analysis.dependences.graded import graded
from bridge.analysis.signals import Bit, resolve
from support.machines import with_spare_latches


def values_of(aig: Aig, leaves: np.ndarray, forced: Mapping[int, np.ndarray] | None = None) -> np.ndarray:
    """bool[variables, cases]; leaves: bool[inputs + latches, cases]."""
    forced = forced or {}
    rows = [np.zeros(leaves.shape[1], bool)]
    for variable in range(1, aig.variables):
        if variable < aig.first_and:
            own = leaves[variable - 1]
        else:
            one, other = aig.ands[variable - aig.first_and].tolist()
            own = (rows[one >> 1] ^ bool(one & 1)) & (rows[other >> 1] ^ bool(other & 1))
        rows.append(forced.get(variable, own))
    return np.array(rows)


def share(aig: Aig, source: Sequence[Bit], target: Sequence[Bit], steps: int) -> Fraction:
    """Of all states, inputs and other values of the source: by running each."""
    nodes = sorted({bit.variable for bit in source if bit.variable})
    if not nodes:
        return Fraction(0)
    inputs, latches = len(aig.inputs), len(aig.latches)
    width = latches + steps * inputs + len(nodes)
    cases = (np.arange(1 << width) >> np.arange(width)[:, None] & 1).astype(bool)
    state, read, other = np.split(cases, [latches, latches + steps * inputs])
    own = values_of(aig, np.concatenate([read[:inputs], state]))[nodes]
    counted = (own != other).any(axis=0)
    differ = np.zeros(1 << width, bool)
    runs = [state, state]
    for step in range(steps):
        here = read[step * inputs : (step + 1) * inputs]
        changes = dict(zip(nodes, other, strict=True)) if step == 0 else {}
        rows = [values_of(aig, np.concatenate([here, x]), y) for x, y in zip(runs, ({}, changes), strict=True)]
        looked = [bit.literal if bit.latch < 0 else aig.latches[bit.latch].next for bit in target]
        for literal in looked:
            differ |= rows[0][literal >> 1] != rows[1][literal >> 1]
        nexts = [latch.next for latch in aig.latches]
        runs = [np.array([row[x >> 1] ^ bool(x & 1) for x in nexts]).reshape(latches, -1) for row in rows]
    return Fraction(int((differ & counted).sum()), int(counted.sum()))


def questions(aig: Aig, seed: int) -> list[tuple[str, str, int]]:
    rng = np.random.default_rng(seed)
    sources = [*aig.inputs, *(latch.name for latch in aig.latches), *(point.name for point in aig.points)]
    sources += ["h"] if aig.points else []
    targets = [output.name for output in aig.outputs] + [latch.name for latch in aig.latches]
    return [(str(rng.choice(sources)), str(rng.choice(targets)), int(rng.integers(1, 3))) for _ in range(3)]


def check(seed: int) -> int:
    """How many questions were asked of a random machine."""
    aig = with_spare_latches(seed)
    asked = questions(aig, seed)
    for source, target, steps in asked:
        found = graded(aig, source, target, steps)
        if len(aig.latches) + steps * len(aig.inputs) > 14:
            continue
        wanted = share(aig, resolve(aig, source).bits, resolve(aig, target).bits, steps)
        assert found.exact == wanted, (seed, source, target, steps, found, wanted)
    return len(asked)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print(f"{sum(map(check, range(count)))} shares of {count} machines agree")


if __name__ == "__main__":
    main()
