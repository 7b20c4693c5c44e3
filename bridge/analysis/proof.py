"""A "no" that others can check: the question as clauses (DIMACS), and a DRAT proof that they contradict each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.analysis.affects import pose
from bridge.analysis.cones import check_steps
from bridge.analysis.unrolling import View, unroll
from bridge.errors import InputError, ToolError
from bridge.files import write_atomic

Clauses = list[list[int]]


def write_proof(aig: Aig, source: str, target: str, steps: int, path: str | Path) -> int:
    """Write `path`, a DRAT proof, and `path`.cnf, the clauses; returns how many lines the proof has.

    The clauses say: some bit of the target differs, in some step, between the netlists with a bit of the source 0 and 1
    in step 1 (both hashed into one graph first; a comment names the inputs). Check with `drat-trim PATH.cnf PATH`.
    InputError when they do not contradict each other, ToolError when python-sat is missing.
    """
    form = _miter(aig, source, target, check_steps(steps))
    clauses, variables = _clauses(form)
    try:
        from pysat.solvers import Solver
    except ImportError as error:
        raise ToolError("a proof needs python-sat (pip install python-sat)") from error
    with Solver(name="glucose4", bootstrap_with=clauses, with_proof=True) as solver:
        if solver.solve():
            raise InputError(f"{source} does affect {target}: there is nothing to prove")
        lines: list[str] = solver.get_proof() or []
    # A contradiction among unit clauses needs no lemma, but the checkers want to read the end.
    lines = lines if lines and lines[-1].strip() == "0" else [*lines, "0"]
    names = [f"c {number} {name}" for number, name in enumerate(form.inputs, 2)]
    head = [f"c does {source} affect {target} within {steps} steps?", *names, f"p cnf {variables} {len(clauses)}"]
    body = [" ".join(map(str, [*clause, 0])) for clause in clauses]
    write_atomic(f"{path}.cnf", "\n".join([*map(_ascii, head), *body, ""]))
    write_atomic(path, "\n".join([*lines, ""]))
    return len(lines)


def _miter(aig: Aig, source: str, target: str, steps: int) -> Aig:
    """One output: 1 where the answer would be yes."""
    question = pose(aig, source, target, steps)
    views: list[View] = [(step, bit) for step in range(1, steps + 1) for bit in question.target.bits]
    builder = AigBuilder("miter")
    leaves: list[int] = []
    differences = []
    for bit in question.live:
        pair = [unroll(question.aig, views, (bit.variable, value), steps=steps) for value in (0, 1)]
        leaves = leaves or [0, *(builder.input(name) for name in pair[0].inputs)]
        images = [builder.copy(half, np.array(leaves, np.int64)) for half in pair]
        results = [
            image[half.output_literals() >> 1] ^ (half.output_literals() & 1)
            for image, half in zip(images, pair, strict=True)
        ]
        differences += [builder.xor(one, other) for one, other in zip(*(r.tolist() for r in results), strict=True)]
    found = 0
    for literal in differences:
        found = builder.or_(found, literal)
    builder.output("differs", found)
    return builder.build()


def _clauses(form: Aig) -> tuple[Clauses, int]:
    """Tseitin clauses of a netlist whose only output is 1. Variable v of the netlist is v + 1; 1 is the constant."""

    def signed(literal: int) -> int:
        number = (literal >> 1) + 1
        return -number if literal & 1 else number

    clauses: Clauses = [[-1], [signed(form.outputs[0].literal)]]
    for variable, (a, b) in enumerate(form.ands.tolist(), form.first_and):
        own, one, other = signed(2 * variable), signed(a), signed(b)
        clauses += [[-own, one], [-own, other], [own, -one, -other]]
    return clauses, form.variables


def _ascii(line: str) -> str:
    return line.encode("ascii", "backslashreplace").decode().replace("\n", " ")
