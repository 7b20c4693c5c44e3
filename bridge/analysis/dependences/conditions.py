"""Under a condition: which states and inputs satisfy it, and questions asked of those alone.

The condition is about the step in which the source is changed, as it is without the change. Latches of a monitor (see
`bridge.analysis.claims.monitor`) remember what it looks back on. Where any state may come before, they are filled by
reading so many steps from any state: the *lead*. Among reachable states they are part of the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.literals import through, variable_of
from bridge.aig.names import GIVEN_HOLDS
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.monitor import monitor
from bridge.analysis.claims.terms import vectors_of
from bridge.analysis.dependences.replay import state_after, values_in
from bridge.analysis.runs import WARMUP, Runs, reached_runs, spell
from bridge.analysis.signals import Bit, resolve
from bridge.analysis.unrolling import unroll
from bridge.arrays import Bits, Words
from bridge.cell.ranges import Ranges
from bridge.equivalence.clauses import clauses_of, signed
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.errors import InputError
from bridge.execution import compile_program, run
from bridge.execution.words import packed, random_patterns, random_words

EXAMPLES = 48
MOST_FIXED = 256  # inputs of a condition that are looked at for being fixed by it
_CONFLICTS = 20_000
_SHARE = 0.25


@dataclass(frozen=True, eq=False)
class Condition:
    """`holds`: the output of the monitored machine that says whether it is true; `own`: how many latches the model has
    without the monitor; `vectors`: integers of which some bits spell nothing; `led`: may any state come before,
    `history` steps of which are read? `fixed`: inputs of the questions that have one value wherever it holds;
    `examples`: some that satisfy it, uint8[n, inputs], with the places of the inputs that it depends on; `met`: is it
    known that something among what is asked about does?"""

    claim: Claim
    holds: Bit
    own: int
    vectors: Sequence[tuple[list[str], Ranges]] = ()
    led: bool = True
    fixed: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Bits, Sequence[int]] = (np.zeros((0, 0), np.uint8), ())
    met: bool = False

    @property
    def lead(self) -> int:
        """Steps that are read before the one asked about."""
        return self.claim.history if self.led else 0

    def __str__(self) -> str:
        return f"given {self.claim}"


def conditioned(aig: Aig, claim: Claim) -> tuple[Aig, Condition]:
    """The netlist with the monitor of a condition."""
    machine = monitor(aig, None, claim, intact=True)
    (holds,) = resolve(machine, GIVEN_HOLDS).bits
    return machine, Condition(claim, holds, len(aig.latches), vectors_of(aig))


def led(aig: Aig, condition: Condition, form: Aig) -> Aig:
    """The form of some steps, see `unroll`, behind those that are read before: its inputs are the latches of the model,
    the inputs of the lead (`NAME@-2`, `NAME@-1`) and what it has besides latches. What is fixed is a constant."""
    builder, lead = AigBuilder(form.name, form.variables + condition.lead * aig.variables), condition.lead

    def entered(name: str) -> int:
        literal = builder.input(name)
        return condition.fixed.get(name, literal)

    own = condition.own if condition.led else len(aig.latches)
    state = [entered(f"{latch.name}@-{lead}" if lead else latch.name) for latch in aig.latches[:own]]
    state += [latch.reset or 0 for latch in aig.latches[own:]]
    for ago in range(lead, 0, -1):
        image = builder.copy(aig, [*(entered(f"{name}@-{ago}") for name in aig.inputs), *state])
        state = through(image, aig.next_literals()).tolist()
    rest = [entered(name) for name in form.inputs[len(aig.latches) :]]
    builder.outputs((output.name for output in form.outputs), builder.instance(form, [*state, *rest]))
    return builder.build()


def unled(aig: Aig, condition: Condition, form: Aig, vector: Bits) -> tuple[Bits, tuple[Bits, Bits] | None]:
    """What the form without the lead reads, uint8[its inputs], for a vector of that with it; and, with a lead, where it
    began, uint8[latches], and what was read, uint8[lead, inputs]."""
    vector = vector.copy()
    for place, name in enumerate(form.inputs):
        vector[place] = condition.fixed.get(name, vector[place])
    if not condition.led:
        return vector, None
    width = condition.lead * len(aig.inputs)
    own, rows, rest = np.split(vector, [condition.own, condition.own + width])
    resets = np.array([latch.reset or 0 for latch in aig.latches[condition.own :]], np.uint8)
    start, rows = np.concatenate([own, resets]), rows.reshape(condition.lead, len(aig.inputs))
    state = state_after(aig, start, rows)
    return np.concatenate([state, rest]), (start, rows) if condition.lead else None


def masked(ours: Aig, theirs: Aig) -> tuple[Aig, Aig]:
    """Both runs, shown only where the condition, the last output of the first, holds."""
    builder = AigBuilder(ours.name, ours.variables + theirs.variables)
    leaves = builder.inputs(ours.inputs)
    *one, holds = builder.instance(ours, leaves)
    other = builder.instance(theirs, leaves)
    for side, values in (("l", one), ("r", other)):
        for place, value in enumerate(values):
            builder.output(f"{side}{place}", builder.and_(value, holds))
    both, half = builder.build(), len(one)
    return _some(both, slice(half)), _some(both, slice(half, None))


def _some(form: Aig, outputs: slice) -> Aig:
    builder = AigBuilder(form.name, form.variables)
    few = replace(form, outputs=form.outputs[outputs])
    builder.outputs((output.name for output in few.outputs), builder.instance(few, builder.inputs(form.inputs)))
    return builder.build()


def checked(aig: Aig, condition: Condition, clock: Clock) -> Condition:
    """With examples, and what it fixes, as far as time allows. InputError when nothing satisfies it."""
    form = led(aig, condition, unroll(aig, [(1, condition.holds)], steps=1))
    if form.outputs[0].literal == 0:
        raise InputError(nothing(condition))
    read = np.zeros(form.variables, np.bool_)
    read[variable_of(form.ands)] = True
    read[variable_of(form.output_literals())] = True
    support = [place for place in range(len(form.inputs)) if read[place + 1]]
    random, some, share = np.random.default_rng(0), clock.part(_SHARE), list[Bits]()
    with Solver(clauses_of(form)[0], some) as solver:
        for _ in range(EXAMPLES):
            wanted = [signed(2 * (place + 1) + int(random.integers(2))) for place in support]
            found = _near(solver, [wanted[place] for place in random.permutation(len(wanted))])
            if found is False:
                raise InputError(nothing(condition))
            if found is None:
                break
            model = np.append(solver.model, np.zeros(form.variables + 1, np.bool_))  # it may end early
            share.append(model[2 : 2 + len(form.inputs)].astype(np.uint8))
        fixed = fixed_inputs(solver, form, support, share) if len(support) <= MOST_FIXED else {}
    return replace(condition, fixed=fixed, examples=(np.array(share), support), met=bool(share))


def nothing(condition: Condition) -> str:
    which = "no state and input satisfies" if condition.led else "no reachable state and input satisfies"
    return f"{which} {condition.claim.text!r}"


def _near(solver: Solver, wanted: Sequence[int]) -> bool | None:
    """Solve with as many of the wanted literals as go together without much work: all, then half as many, ..."""
    count = len(wanted)
    while True:
        found = solver.solve(wanted[:count], conflicts=_CONFLICTS)
        if found or not count:
            return found
        count //= 2


def fixed_inputs(
    solver: Solver, form: Aig, places: Sequence[int], examples: Sequence[Bits], conflicts: int = _CONFLICTS
) -> dict[str, int]:
    """Those of the inputs that have one value in all that satisfies the form, as far as that is easy to see: by name.
    examples: some that do, uint8[inputs] each."""
    if not examples:
        return {}
    rows = np.array(examples)
    alike = [place for place in places if (rows[:, place] == rows[0, place]).all()]
    others = ((place, signed(2 * (place + 1) + int(rows[0, place]))) for place in alike)
    return {
        form.inputs[place]: int(rows[0, place])
        for place, other in others
        if solver.solve([other], conflicts=conflicts) is False
    }


def satisfying_runs(aig: Aig, condition: Condition, steps: int, words: int, seed: int = 0) -> Runs:
    """Runs of which those count that begin under the condition: from any state, or reached ones."""
    random, width = np.random.default_rng(seed), len(aig.inputs)
    vector = _like_examples(condition, condition.own + (condition.claim.history + 1) * width, words, random)
    own, rows = vector[: condition.own], vector[condition.own :].reshape(-1, width, words)
    if condition.led:
        state = np.concatenate([own, np.zeros((len(aig.latches) - condition.own, words), np.uint64)])
        after = run(compile_program(aig, ()), rows[:-1], state)[1] if len(rows) > 1 else state
        following = random_words(random, steps - 1, width, words)
        lead = (state, rows[:-1]) if len(rows) > 1 else None
        runs = Runs(after, np.concatenate([rows[-1:], following]), lead=lead, least=len(rows) - 1, from_reset=False)
    else:
        inputs = random_words(random, WARMUP + len(rows) - 1 + steps, width, words)
        spell(aig, inputs, condition.vectors, random)
        if seed % 2:
            inputs[WARMUP : WARMUP + len(rows)] = rows
        runs = reached_runs(aig, steps, words, seed, inputs)
    return replace(runs, counted=_met(aig, condition, runs))


def _met(aig: Aig, condition: Condition, runs: Runs) -> Words:
    """uint64[W]: which runs begin under the condition."""
    program = compile_program(aig, np.array([condition.holds.literal]))
    found: Words = run(program, runs.inputs[:1], runs.state)[0][0, 0]
    return found


def _like_examples(condition: Condition, count: int, words: int, random: np.random.Generator) -> Words:
    """uint64[count, W]: random where the condition does not look, else as in one of the examples, in half of the words
    with some of it inverted."""
    found = random_patterns(count, words, int(random.integers(1 << 31)))
    examples, support = condition.examples
    if len(examples):
        chosen = examples[random.integers(len(examples), size=64 * words)][:, list(support)].T
        noise = np.bitwise_and.reduce(random_words(random, 4, len(support), words), axis=0)
        noise[:, ::2] = 0
        found[list(support)] = packed(np.ascontiguousarray(chosen)) ^ noise
    return found


def met_in(aig: Aig, condition: Condition, state: Bits, inputs: Bits) -> bool:
    """Is the condition true in a step? Evaluated gate by gate."""
    return bool(through(values_in(aig, state, inputs, ()), condition.holds.literal))
