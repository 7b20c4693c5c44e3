"""For what share of its inputs is an output 1? Counted exactly by running every case or by a BDD, else sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bridge.aig import Aig
from bridge.aig.cone import cone
from bridge.arrays import Floats, Int, Ints, Words
from bridge.compiled import compiled
from bridge.equivalence.clock import Clock
from bridge.errors import ToolError
from bridge.execution.compile.program import Program, compile_literals
from bridge.execution.machines.run import run
from bridge.execution.words import random_words

EVERY, BDD, SAMPLED = "every case run", "counted by BDD", "sampled"
MOST_INPUTS = 24  # of which all cases may be run
MOST_NODES = 1 << 22  # of a BDD
CONFIDENCE = 0.95
_WORK, _CHUNK = 1 << 34, 1 << 12  # ANDs times words of all cases; words at a time
_PER_NODE = 64  # bytes of memory
_HALVES, _SMALL = 60, 1e-17  # of a search by halves; terms that no longer count
_PARTS = np.array([sum(1 << bit for bit in range(64) if bit >> place & 1) for place in range(6)], np.uint64)


@dataclass(frozen=True)
class Count:
    """`share`: exact, or of `cases` that were sampled; `low`, `high`: an interval that holds it with CONFIDENCE, the
    share itself where it is exact; `why`: what stood against exactness."""

    share: Fraction
    method: str
    low: float
    high: float
    cases: int = 0
    why: str = ""


def count(form: Aig, clock: Clock, *, samples: int, seed: int = 0, nodes: int = MOST_NODES) -> Count:
    """Of the only output of a combinational netlist, over all values of its inputs."""
    small = cone(form, [0])
    exact, why = counted(small, clock, nodes)
    if exact is not None:
        return exact
    ones, cases = sampled(small, samples, seed)
    return Count(Fraction(ones, cases), SAMPLED, *interval(ones, cases), cases, why)


def counted(small: Aig, clock: Clock, nodes: int = MOST_NODES) -> tuple[Count | None, str]:
    """Exactly, of a netlist whose inputs are all read; or why not."""
    inputs = len(small.inputs)
    if inputs <= MOST_INPUTS and (len(small.ands) + 1) << max(0, inputs - 6) <= _WORK:
        ones = _every_case(small, clock)
        method = EVERY
    else:
        ones, method = _by_bdd(small, clock, nodes), BDD
    if isinstance(ones, str):
        return None, ones
    share = Fraction(ones, 1 << inputs)
    return Count(share, method, float(share), float(share)), ""


def _every_case(form: Aig, clock: Clock) -> int | str:
    program = compile_literals(form, form.output_literals())
    words = 1 << max(0, len(form.inputs) - 6)
    low = np.array([*_PARTS, *[0] * 64], np.uint64)[: len(form.inputs)]
    total = 0
    for start in range(0, words, _CHUNK):
        if clock.over:
            return clock.why
        number = np.arange(start, min(start + _CHUNK, words))
        patterns = np.repeat(low[:, None], len(number), axis=1)
        for place in range(6, len(form.inputs)):
            patterns[place] = np.where(number >> (place - 6) & 1, ~np.uint64(0), np.uint64(0))
        total += int(np.bitwise_count(_run(program, patterns)).sum())
    return total >> (6 - len(form.inputs)) if len(form.inputs) < 6 else total


def _run(program: Program, patterns: Words) -> Words:
    rows: Words = run(program, patterns[None], np.zeros((0, patterns.shape[1]), np.uint64))[0][0]
    return rows


def _by_bdd(form: Aig, clock: Clock, nodes: int) -> int | str:
    """How many cases, or why there is no answer."""
    try:
        from oxidd.bdd import BDDManager
        from oxidd.util import DDMemoryError
    except ImportError as error:
        raise ToolError("counting needs oxidd (pip install oxidd)") from error
    most = nodes if clock.memory is None else max(1 << 12, min(nodes, int(clock.memory * (1 << 20)) // _PER_NODE // 2))
    manager = BDDManager(most, most // 4, 1)
    manager.add_vars(len(form.inputs))
    order = _order(form)
    uses = np.bincount(form.ands.ravel() >> 1, minlength=form.variables)
    (output,) = form.output_literals().tolist()
    uses[output >> 1] += 1
    known = {0: manager.false()} | {1 + leaf: manager.var(place) for place, leaf in enumerate(order)}
    try:
        for index, fanins in enumerate(form.ands.tolist()):
            if clock.over:
                return clock.why
            one, other = (~known[literal >> 1] if literal & 1 else known[literal >> 1] for literal in fanins)
            known[form.first_and + index] = one & other
            for literal in fanins:
                uses[literal >> 1] -= 1
                if not uses[literal >> 1]:
                    known.pop(literal >> 1, None)
        ones = int(known[output >> 1].sat_count(len(form.inputs)))
    except DDMemoryError:
        return f"its BDD has more than {most:,} nodes"
    return (1 << len(form.inputs)) - ones if output & 1 else ones


def _order(form: Aig) -> list[int]:
    """The inputs in the order in which a walk from the output meets them, the deeper side of each node first."""
    levels, first = form.levels(), form.first_and
    found, seen, waiting = list[int](), set[int](), [int(form.output_literals()[0]) >> 1]
    while waiting:
        variable = waiting.pop()
        if variable in seen or variable == 0:
            continue
        seen.add(variable)
        if variable < first:
            found.append(variable - 1)
            continue
        fanins = (form.ands[variable - first] >> 1).tolist()
        waiting += sorted(fanins, key=lambda child: int(levels[child]))
    return found


def sampled(form: Aig, samples: int, seed: int) -> tuple[int, int]:
    """How many of how many evenly random cases."""
    program, random = compile_literals(form, form.output_literals()), np.random.default_rng(seed)
    words = -(-samples // 64)
    ones = 0
    for start in range(0, words, _CHUNK):
        patterns = random_words(random, len(form.inputs), min(_CHUNK, words - start))
        ones += int(np.bitwise_count(_run(program, patterns)).sum())
    return ones, 64 * words


def interval(ones: int, cases: int) -> tuple[float, float]:
    """Clopper and Pearson: it holds the share with CONFIDENCE, whatever the share is."""
    low, high = intervals(np.array([ones]), cases)
    return float(low[0]), float(high[0])


def intervals(ones: Ints, cases: int) -> tuple[Floats, Floats]:
    """`interval` of many."""
    part = (1 - CONFIDENCE) / 2
    return _least_shares(ones, cases, part), 1 - _least_shares(cases - ones, cases, part)


@compiled
def _least_shares(ones: Ints, cases: int, part: float) -> Floats:
    """The shares of which so many ones or more come up with the chance `part`; 0 where there are none."""
    found = np.zeros(len(ones))
    for place, count in enumerate(ones):
        low, high = 0.0, count / max(1, cases)
        for _ in range(_HALVES):
            middle = (low + high) / 2
            if middle > 0 and _chance(count, cases, middle) >= part:
                high = middle
            else:
                low = middle
        found[place] = high
    return found


@compiled
def _chance(ones: Int, cases: int, share: float) -> float:
    """Of so many ones or more, in so many cases; `share`: below that of the ones, so that the terms fall."""
    term = total = 1.0
    for more in range(ones, cases):
        term *= (cases - more) / (more + 1) * share / (1 - share)
        total += term
        if term < _SMALL * total:
            break
    ways = math.lgamma(cases + 1) - math.lgamma(ones + 1) - math.lgamma(cases - ones + 1)
    return total * math.exp(ways + ones * math.log(share) + (cases - ones) * math.log1p(-share))
