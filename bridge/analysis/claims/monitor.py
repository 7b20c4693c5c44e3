"""A claim as logic beside the machine that it is about: a few latches that remember, and three outputs.

A comparison of what was some steps ago is made when its values are there, and its answer is passed on: one latch a
step. Others count the steps so far, up to as many as are looked back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, Latch, Output
from bridge.aig.literals import larger_first, through, variable_of
from bridge.aig.names import CLAIM_FAILS, CLAIM_HOLDS, GIVEN_HOLDS, element
from bridge.aig.renumber import renumbered
from bridge.analysis.claims.formula import Atom, Claim, Comparison, Operand, Term, Truth, evaluated, terms_of
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.claims.terms import Meant, Number, meant
from bridge.analysis.predicted.arithmetic import constant, difference, extended
from bridge.analysis.predicted.heads import is_largest
from bridge.analysis.predicted.outputs import competing
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.lowering.reached import nearest

PAST, SEEN, MISSPELLED = "claim.past", "claim.seen", "claim.misspelled"


def monitor(
    model: Cell | Aig, claim: Claim | str | None, given: Claim | str | None = None, *, intact: bool = False
) -> Aig:
    """The same machine, with latches for what claim and condition look back on, after its own, and with the outputs
    `claim.holds`, `claim.fails` (1 where it is true, where it is false) and `given.holds` (1 where the condition is
    true, and the bits of all integers so far spell something). The latches reset to 0, before the first step.

    A cell is lowered. `intact`: all nodes of a netlist stay what they are, even those that nothing reads. InputError
    for names that there are not, and for `NAME@17`, which no machine knows.
    """
    about, under = (None if each is None else parse_claim(each) for each in (claim, given))
    claims = [each for each in (about, under) if each is not None]
    for each in claims:
        for term in each.placed:
            raise InputError(f"{term} is at a position of a text, and a proof knows no text; write {term.name}@-1 say")
    watch = _Watch(meant(model, claims))
    outputs: dict[str, int] = {}
    if about is not None:
        outputs[CLAIM_HOLDS], outputs[CLAIM_FAILS] = watch.truth(about)
    holds = TRUE if under is None else watch.truth(under)[0]
    outputs[GIVEN_HOLDS] = watch.builder.and_(holds, watch.spelled())
    machine = watch.built(outputs)
    return machine if intact else _tidy(machine)


def _tidy(aig: Aig) -> Aig:
    """Without nodes that nothing reads. Where every place is a node of its own, that stays so."""
    builder, leaves = AigBuilder.like(aig)
    places = aig.ands[:, 0] == aig.ands[:, 1]  # see `bridge.lowering.lower`, `apart`
    return builder.build_like(aig, builder.copy(aig, leaves, places), every_point=bool(places.any()))


class _Watch:
    """What is added to a machine. `read`: which variables of it, and the inputs that stand for them here; `delayed`: by
    literal, what it was one step ago, two steps ago, ..."""

    def __init__(self, known: Meant) -> None:
        self.known, self.builder = known, AigBuilder()
        self.read: dict[int, int] = {0: FALSE}
        self.delayed: dict[int, list[int]] = {}
        self.steps: list[int] = []

    def here(self, literal: int) -> int:
        """For a literal of the machine."""
        variable = variable_of(literal)
        if variable not in self.read:
            self.read[variable] = self.builder.input(str(variable))
        return self.read[variable] ^ (literal & 1)

    def truth(self, claim: Claim) -> Truth[int]:
        return evaluated(claim.formula, self._atom, self.builder.and_, self.builder.or_)

    def spelled(self) -> int:
        """Do the bits of all integers spell something, now and in all steps before?"""
        fine = TRUE
        for names, ranges in self.known.vectors:
            fine = self.builder.and_(fine, self._in_range(names, ranges))
        if fine == TRUE:
            return TRUE
        before = self.builder.latch(MISSPELLED)
        fine = self.builder.and_(fine, before ^ 1)
        self.builder.set_next(before, fine ^ 1)
        return fine

    def built(self, outputs: dict[str, int]) -> Aig:
        """The machine with all of that behind its own latches, nodes and outputs."""
        aig = self.known.aig
        own = aig.outputs[: self.known.plain]
        taken = {output.name for output in own} | {*aig.leaves}
        for name in (*outputs, PAST, SEEN, MISSPELLED):
            if name in taken or element(name, 0) in taken:
                raise InputError(f"netlist {aig.name!r} has a signal {name!r} already, so no claim can be added to it")
        for name, literal in outputs.items():
            self.builder.output(name, literal)
        piece = self.builder.build()
        moved = np.arange(aig.variables) + len(piece.latches) * (np.arange(aig.variables) >= aig.first_and)
        machine = renumbered(replace(aig, outputs=own), 2 * moved)
        leaves = [*moved[[*self.read]], *(aig.first_and + np.arange(len(piece.latches)))]
        image = 2 * np.concatenate([leaves, machine.variables + len(piece.latches) + np.arange(len(piece.ands))])
        more = (Latch(latch.name, through(image, latch.next)) for latch in piece.latches)
        shown = (Output(output.name, through(image, output.literal)) for output in piece.outputs)
        return replace(
            machine,
            latches=(*machine.latches, *more),
            ands=np.concatenate([machine.ands, larger_first(through(image, piece.ands.astype(np.int64)))]),
            outputs=(*machine.outputs, *shown),
        )

    def _atom(self, atom: Atom) -> Truth[int]:
        """True and false where it is known."""
        agos = [term.ago for term in terms_of(atom)]
        least, most = min(agos), max(agos)
        relation = self._past(self._relation(atom, least), least)
        known = self._seen(most)
        return self.builder.and_(known, relation), self.builder.and_(known, relation ^ 1)

    def _relation(self, atom: Atom, least: int) -> int:
        """Does it hold among the values that there were `least` steps later?"""
        if (largest := self._largest(atom)) is not None:
            return largest
        if isinstance(atom, Comparison):
            term = next(terms_of(atom))
            left, right = (self._number(operand, term, least) for operand in atom.operands)
            return compared(self.builder, left, atom.sign, right)
        own, *others = (self._number(operand, atom.term, least) for operand in atom.operands)
        return reduce(self.builder.or_, (compared(self.builder, own, "==", other) for other in others), FALSE)

    def _largest(self, atom: Atom) -> int | None:
        """Whether `argmax` is some constant: that one against every other is less than to choose among all."""
        if not isinstance(atom, Comparison) or atom.sign not in ("==", "!=") or not isinstance(atom.left, Term):
            return None
        players = competing(self.known.aig) if atom.left.name == "argmax" and not isinstance(atom.right, Term) else []
        if not players:
            return None
        values, numbers = [value for value, _ in players], [[*bits] for _, bits in players]
        wanted = self.known.constant(atom.right, atom.left)
        if wanted not in values:
            return int(atom.sign == "!=")
        images = [[self.here(bit) for bit in bits] for bits in numbers]
        return is_largest(self.builder, images, values.index(wanted)) ^ int(atom.sign == "!=")

    def _number(self, operand: Operand, term: Term, least: int) -> list[int]:
        if not isinstance(operand, Term):
            value = self.known.constant(operand, term)
            return constant(value, value.bit_length() + 1)
        number = self.known.numbers[operand.name]
        bits = [self._past(self.here(bit), operand.ago - least) for bit in number.bits]
        return Number(tuple(bits), number.signed).as_signed

    def _past(self, literal: int, ago: int) -> int:
        """What the literal was; anything before the first step."""
        if literal in (FALSE, TRUE):
            return literal
        chain = self.delayed.setdefault(literal & ~1, [])
        while len(chain) < ago:
            latch = self.builder.latch(element(PAST, sum(map(len, self.delayed.values()))))
            self.builder.set_next(latch, chain[-1] if chain else literal & ~1)
            chain.append(latch)
        return chain[ago - 1] ^ (literal & 1) if ago else literal

    def _seen(self, ago: int) -> int:
        """Were there so many steps before?"""
        while len(self.steps) < ago:
            latch = self.builder.latch(element(SEEN, len(self.steps)))
            self.builder.set_next(latch, self.steps[-1] if self.steps else TRUE)
            self.steps.append(latch)
        return self.steps[ago - 1] if ago else TRUE

    def _in_range(self, names: Sequence[str], ranges: Ranges) -> int:
        """Are bits, by their names, those of the nearest values in range?"""
        leaves = {name: 2 * variable for variable, name in enumerate(self.known.aig.leaves, 1)}
        bits = [self.here(leaves[name]) for name in names]
        same = [self.builder.xor(*pair) ^ 1 for pair in zip(bits, nearest(self.builder, bits, ranges), strict=True)]
        return reduce(self.builder.and_, same, TRUE)


def compared(builder: AigBuilder, left: Sequence[int], sign: str, right: Sequence[int]) -> int:
    """Of two numbers in two's complement."""
    if sign in ("==", "!="):
        width = max(len(left), len(right))
        pairs = zip(extended(left, width), extended(right, width), strict=True)
        equal = reduce(builder.and_, (builder.xor(*pair) ^ 1 for pair in pairs), TRUE)
        return equal ^ (sign == "!=")
    if sign in (">", "<="):
        left, right = right, left
    less = difference(builder, left, right)[-1]
    return less ^ (sign in (">=", "<="))
