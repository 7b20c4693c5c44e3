"""Does an inductive invariant prove that two halves of a machine's outputs never differ? Checked by our own SAT.

The invariant says that no state in any of some cubes is ever met. It does prove it if it holds at reset, and no step
from a state in which it holds ends where it does not, or shows a difference.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.aig.literals import through
from bridge.equivalence.clauses import clauses_of, solver_for
from bridge.equivalence.clock import Clock
from bridge.equivalence.model_checking import Cube, difference

_CONFLICTS = 5_000


def proves(machine: Aig, cubes: Sequence[Cube], clock: Clock) -> bool:
    """False: it does not, or the time was over. Every reset is 0. ToolError when python-sat is not installed."""
    if any(not any(cube.values()) for cube in cubes) or any(max(cube) >= len(machine.latches) for cube in cubes):
        return False
    with solver_for("checking an invariant", clauses_of(violation_of(machine, cubes))[0]) as solver:
        while not clock.over:
            solver.conf_budget(_CONFLICTS)
            answer = solver.solve_limited()
            if answer is not None:
                return not answer
    return False


def violation_of(machine: Aig, cubes: Sequence[Cube]) -> Aig:
    """One output: 1 where a step begins inside the invariant and ends outside it or shows a difference."""
    builder = AigBuilder("violation", machine.variables)
    inputs = builder.inputs(machine.inputs)
    latches = [builder.input(f"s{index}") for index in range(len(machine.latches))]
    image = builder.copy(machine, [*inputs, *latches])

    def outside(states: Sequence[int]) -> int:
        found = FALSE
        for cube in cubes:
            inside = FALSE ^ 1
            for latch, value in cube.items():
                inside = builder.and_(inside, states[latch] ^ value ^ 1)
            found = builder.or_(found, inside)
        return found

    after = outside(through(image, machine.next_literals()).tolist())
    fault = difference(builder, after, through(image, machine.output_literals()).tolist())
    builder.output("violated", builder.and_(fault, outside(latches) ^ 1))
    return builder.build()
