"""A netlist as clauses for a SAT solver."""

from __future__ import annotations

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of

Clauses = list[list[int]]


def signed(literal: int) -> int:
    """The solver's literal."""
    number = variable_of(literal) + 1
    return -number if inverted(literal) else number


def clauses_of(form: Aig) -> tuple[Clauses, int]:
    """Tseitin clauses of a combinational netlist whose only output is 1, and how many variables they have. Variable v
    of the netlist is v + 1; 1 is the constant, false."""

    clauses: Clauses = [[-1], [signed(form.outputs[0].literal)]]
    for variable, (a, b) in enumerate(form.ands.tolist(), form.first_and):
        own, one, other = signed(2 * variable), signed(a), signed(b)
        clauses += [[-own, one], [-own, other], [own, -one, -other]]
    return clauses, form.variables
