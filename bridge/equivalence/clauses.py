"""A netlist as clauses for a SAT solver, and what one is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.arrays import Ints
from bridge.equivalence.verdict import Answer
from bridge.errors import ToolError

Clauses = list[list[int]]


def solver_for(what: str, clauses: Sequence[Sequence[int]] = ()) -> Any:
    """A Glucose. ToolError when python-sat is not installed, which `what` needs."""
    try:
        from pysat.solvers import Glucose4
    except ImportError as error:
        raise ToolError(f"{what} needs python-sat (pip install python-sat)") from error
    return Glucose4(bootstrap_with=clauses)


def equal(solver: Any, left: int, right: int, conflicts: int) -> Answer:
    """Whether two of the solver's literals are always equal, which it then keeps in mind; "undecided" after so many
    conflicts."""
    for assumptions in ([left, -right], [-left, right]):
        solver.conf_budget(conflicts)
        answer = solver.solve_limited(assumptions=assumptions)
        if answer is not False:
            return "different" if answer else "undecided"
    solver.add_clause([left, -right])
    solver.add_clause([-left, right])
    return "equivalent"


def signed(literal: int) -> int:
    """The solver's literal."""
    number = variable_of(literal) + 1
    return -number if inverted(literal) else number


def gates(form: Aig) -> Ints:
    """int64[n]: the Tseitin clauses of a combinational netlist, one after the other, each ended by 0, that say nothing
    of its outputs. Variables are as in `clauses_of`."""
    own = signed_all(2 * np.arange(form.first_and, form.variables))
    one, other = signed_all(form.ands.astype(np.int64)).T
    zero = np.zeros(len(own), np.int64)
    rows = np.stack([-own, one, zero, -own, other, zero, own, -one, -other, zero], axis=1)
    return np.concatenate([np.array([-1, 0]), rows.ravel()])


def flat_clauses(form: Aig) -> Ints:
    """int64[n]: `gates`, and that the only output is 1: `clauses_of` in one array."""
    return np.concatenate([gates(form), [signed(form.outputs[0].literal), 0]])


def signed_all(literals: Ints) -> Ints:
    """The same for an array."""
    found: Ints = np.where(inverted(literals) == 1, -1, 1) * (variable_of(literals) + 1)
    return found


def clauses_of(form: Aig) -> tuple[Clauses, int]:
    """Tseitin clauses of a combinational netlist whose only output is 1, and how many variables they have. Variable v
    of the netlist is v + 1; 1 is the constant, false."""

    clauses: Clauses = [[-1], [signed(form.outputs[0].literal)]]
    for variable, (a, b) in enumerate(form.ands.tolist(), form.first_and):
        own, one, other = signed(2 * variable), signed(a), signed(b)
        clauses += [[-own, one], [-own, other], [own, -one, -other]]
    return clauses, form.variables
