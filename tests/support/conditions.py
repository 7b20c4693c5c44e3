"""What satisfies a condition on a small netlist, by trying every state and every input; and 300 machines to try it on.

PYTHONPATH=.:tests python -m support.conditions 0 300
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import product

import numpy as np

from bridge.aig import Aig
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.dependences.affects import affects
from bridge.errors import InputError
from support import naive
from support.claims import Values, random_claim, truth
from support.small_netlists import brute_affects, signals, small_netlist

Row = tuple[int, ...]
Past = tuple[tuple[Row, Row], ...]  # states and inputs of the steps before, the last one last


def values_in(aig: Aig, state: Row, row: Row) -> Values:
    """Of every name in a step, groups as numbers."""
    shown = naive.evaluate(_all_shown(aig), np.array([row], bool), np.array([state], bool))[0][0].tolist()
    names = [*aig.inputs, *(latch.name for latch in aig.latches), *(o.name for o in (*aig.points, *aig.outputs))]
    known = dict(zip(names, [*row, *state, *map(int, shown)], strict=True))
    for group in {name.partition("[")[0] for name in names}:
        own = [value for name, value in known.items() if name.startswith(f"{group}[")]
        known[group] = sum(value << place for place, value in enumerate(own))
    return known


def _all_shown(aig: Aig) -> Aig:
    return Aig(aig.inputs, aig.latches, aig.ands, (*aig.points, *aig.outputs))


def satisfying(aig: Aig, claim: Claim, reachable: bool) -> set[tuple[Row, Row]]:
    """The states, and the inputs read there, that satisfy it after some past: `claim.history` steps from any state, or
    whatever leads from reset to there."""
    rows = list(product((0, 1), repeat=len(aig.inputs)))
    every = list(product((0, 1), repeat=len(aig.latches)))
    seen: set[tuple[Row, Past]] = {(tuple(latch.reset or 0 for latch in aig.latches), ())} if reachable else set()
    front = list(seen) if reachable else [(state, ()) for state in every]
    for _ in range(10**6 if reachable else claim.history):
        following = {
            (_after(aig, state, row), ((*past, (state, row))[-claim.history :] if claim.history else ()))
            for state, past in front
            for row in rows
        }
        front = list(following - seen)
        seen |= following if reachable else set()
        if not front:
            break
    return {
        (state, row)
        for state, past in (seen if reachable else front)
        for row in rows
        if truth(claim.formula, [values_in(aig, *each) for each in (*past, (state, row))], len(past)) is True
    }


def _after(aig: Aig, state: Row, row: Row) -> Row:
    return tuple(map(int, naive.evaluate(aig, np.array([row], bool), np.array([state], bool))[1][0]))


def check_given(seed: int, reachable: bool) -> str:
    """Ask about one machine under a random condition, and compare; what was found."""
    rng, aig = np.random.default_rng(seed), small_netlist(seed)
    sources, targets = signals(aig)
    source, target = str(rng.choice([*sources, "s", "x"])), str(rng.choice(targets))
    run = [values_in(aig, tuple(rng.integers(0, 2, len(aig.latches))), tuple(rng.integers(0, 2, len(aig.inputs))))]
    claim, steps = parse_claim(random_claim(rng, run, 1)), int(rng.integers(1, 3))
    under = satisfying(aig, claim, reachable)
    try:
        found = affects(aig, source, target, steps, given=claim, reachable=reachable)
    except InputError:
        if under:
            raise
        return "nothing satisfies"
    bits = [name for name in sources if name == source or name.startswith(f"{source}[")]
    (expected,) = brute_affects(aig, bits, [target], steps, under=under)
    assert found.answer == ("yes" if expected else "no"), f"seed {seed}, {claim}: {found}"
    if found.witness is not None:
        assert (tuple(found.witness.state.tolist()), tuple(found.witness.inputs[0].tolist())) in under, found
    return found.answer if under else f"{found.answer}, though nothing satisfies"


if __name__ == "__main__":
    first, last = map(int, sys.argv[1:])
    print(Counter((check_given(seed, reachable), reachable) for seed in range(first, last) for reachable in (0, 1)))
