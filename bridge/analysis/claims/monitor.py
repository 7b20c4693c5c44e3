"""A claim as logic beside the machine that it is about: a few latches that remember, and three outputs.

A comparison of what was some steps ago is made when its values are there, and its answer is passed on: one latch a
step. Others count the steps so far, up to as many as are looked back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from bridge.aig import FALSE, TRUE, Aig, AigBuilder
from bridge.aig.literals import through
from bridge.aig.names import CLAIM_FAILS, CLAIM_HOLDS, GIVEN_HOLDS, element
from bridge.analysis.claims.formula import Atom, Claim, Comparison, Operand, Term, Truth, evaluated, terms_of
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.claims.terms import Meant, Number, meant
from bridge.analysis.predicted.arithmetic import constant, difference, extended
from bridge.analysis.predicted.heads import is_largest
from bridge.analysis.predicted.outputs import competing
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.lowering.reached import nearest

PAST, SEEN, MISSPELLED = "claim.past", "claim.seen", "claim.misspelled"


def monitor(model: Cell | Aig, claim: Claim | str | None, given: Claim | str | None = None) -> Aig:
    """The same machine, with latches for what claim and condition look back on, after its own, and with the outputs
    `claim.holds`, `claim.fails` (1 where it is true, where it is false) and `given.holds` (1 where the condition is
    true, and the bits of all integers so far spell something). The latches reset to 0, before the first step.

    A cell is lowered; a netlist in which every name has a node of its own stays one. InputError for names that there
    are not, and for `NAME@17`, which no machine knows.
    """
    claims = [read_claim(each) for each in (claim, given) if each is not None]
    for each in claims:
        for term in each.placed:
            raise InputError(f"{term} is at a position of a text, and a proof knows no text; write {term.name}@-1 say")
    found = meant(model, claims)
    watch = _Watch(found)
    outputs: dict[str, int] = {}
    if claim is not None:
        outputs[CLAIM_HOLDS], outputs[CLAIM_FAILS] = watch.truth(read_claim(claim))
    holds = TRUE if given is None else watch.truth(read_claim(given))[0]
    outputs[GIVEN_HOLDS] = watch.builder.and_(holds, watch.spelled())
    return watch.built(outputs)


def read_claim(claim: Claim | str) -> Claim:
    """The same, or what a text says."""
    return parse_claim(claim) if isinstance(claim, str) else claim


class _Watch:
    """The machine under construction. `delayed`: by literal, what it was one step ago, two steps ago, ..."""

    def __init__(self, known: Meant) -> None:
        self.known, aig = known, known.aig
        self.builder, leaves = AigBuilder.like(aig, 1 << 10)
        places = aig.ands[:, 0] == aig.ands[:, 1]  # see `bridge.lowering.lower`, `apart`
        self.apart = bool(places.any())
        self.image: Ints = self.builder.copy(aig, leaves, places)
        self.delayed: dict[int, list[int]] = {}
        self.steps: list[int] = []

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
        aig = self.known.aig
        own = aig.outputs[: self.known.plain]
        taken = {output.name for output in own} | {*aig.leaves}
        for name in (*outputs, PAST, SEEN, MISSPELLED):
            if name in taken or element(name, 0) in taken:
                raise InputError(f"netlist {aig.name!r} has a signal {name!r} already, so no claim can be added to it")
        for output in own:
            self.builder.output(output.name, through(self.image, output.literal))
        for name, literal in outputs.items():
            self.builder.output(name, literal)
        return self.builder.build_like(replace(aig, outputs=()), self.image, every_point=self.apart)

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
        images = [[through(self.image, bit) for bit in bits] for bits in numbers]
        return is_largest(self.builder, images, values.index(wanted)) ^ int(atom.sign == "!=")

    def _number(self, operand: Operand, term: Term, least: int) -> list[int]:
        if not isinstance(operand, Term):
            value = self.known.constant(operand, term)
            return constant(value, value.bit_length() + 1)
        number = self.known.numbers[operand.name]
        bits = [self._past(through(self.image, bit), operand.ago - least) for bit in number.bits]
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
        bits = [through(self.image, leaves[name]) for name in names]
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
