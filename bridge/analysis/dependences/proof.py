"""A "no" that others can check: the question as clauses (DIMACS), and a DRAT proof that they contradict each other."""

from __future__ import annotations

from pathlib import Path

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.cones import check_steps
from bridge.analysis.dependences.cofactors import pair_of
from bridge.analysis.dependences.question import SECONDS, Question, pose
from bridge.cell import Cell
from bridge.equivalence.clauses import flat_clauses
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import miter
from bridge.equivalence.refutation import named, refutation, write_refutation
from bridge.errors import InputError


def write_proof(
    model: Cell | Aig,
    source: str,
    target: str,
    steps: int,
    path: str | Path,
    *,
    each: bool = False,
    given: str | Claim | None = None,
    seconds: float = SECONDS,
    memory: float | None = None,
) -> int:
    """Write `path`, a DRAT proof, and `path`.cnf, the clauses; returns how many lines the proof has.

    The clauses say: some bit of the target differs, in some step, between two runs that differ in the source in step 1:
    one bit is 0 and 1; of several, in one run all are what they are, in the other anything (`free0`, ...). With `each`
    some bit alone. `given`: and the condition is true in step 1 of the first run, before which `NAME@-1` was read. Both
    runs are hashed into one graph first; a comment names the inputs. Check with `drat-trim PATH.cnf PATH`.
    InputError when they do not contradict each other, ToolError when python-sat is missing, Unfinished after so many
    seconds.
    """
    claim = None if given is None else parse_claim(given)
    form = _miter(pose(model, source, target, check_steps(steps), given=claim, each=each))
    how = ", bit by bit," if each else ""
    under = "" if claim is None else f", given {claim}"
    asked = f"does {source}{how} affect {target} within {steps} steps{under}?"
    return prove_never(form, asked, path, f"{source} does affect {target}", Clock(seconds, memory))


def prove_never(form: Aig, asked: str, path: str | Path, otherwise: str, clock: Clock) -> int:
    """Write `path`, a DRAT proof that the only output of a combinational netlist is never 1, and `path`.cnf, the
    clauses that say it is, after comments that tell what is `asked` and name the inputs; returns how many lines the
    proof has. InputError, which says `otherwise`, when it can be 1; Unfinished when the clock is over."""
    clauses = flat_clauses(form)
    try:
        proof = refutation(clauses, clock, "the proof")
    except InputError:
        raise InputError(f"{otherwise}: there is nothing to prove") from None
    return write_refutation(f"{path}.cnf", path, clauses, proof, asked, *named(dict(enumerate(form.inputs, 2))))


def _miter(question: Question) -> Aig:
    """One output: 1 where the answer would be yes."""
    builder = AigBuilder("miter")
    leaves: dict[str, int] = {}
    found = FALSE
    for places in question.groups if question.live else []:
        group = [question.live[place] for place in places]
        pair = pair_of(question.aig, group, question.target.bits, question.steps, condition=question.condition)
        form = miter(pair.ours, pair.theirs)
        for name in pair.ours.inputs:
            if name not in leaves:
                leaves[name] = builder.input(name)
        (differs,) = builder.instance(form, [leaves[name] for name in pair.ours.inputs])
        found = builder.or_(found, differs)
    builder.output("differs", found)
    return builder.build()
