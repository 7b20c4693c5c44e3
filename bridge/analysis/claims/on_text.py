"""Where on a text a claim is true, false or unknown: the text is run, from reset on, and what was is looked up."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.analysis.activations import recorded
from bridge.analysis.claims.formula import (
    FALSE,
    TRUE,
    UNKNOWN,
    Atom,
    Claim,
    Comparison,
    Operand,
    Sign,
    Term,
    Truth,
    evaluated,
    terms_of,
)
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.claims.terms import Meant, Number, meant
from bridge.analysis.signals import Bit
from bridge.arrays import Bits, Flags
from bridge.cell import Cell
from bridge.corpus import check_text

_WIDEST = 62  # bits of a number that a word holds
_COMPARE: Mapping[Sign, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Column = npt.NDArray[Any]  # [T], integers of any size


def truth(claim: Claim | str, model: Cell | Aig, text: bytes) -> Bits:
    """uint8[T]: FALSE, TRUE or UNKNOWN in the step that reads each byte of the text. `byte@17` is what stands at that
    position, whatever step it is; beyond the end of the text it is unknown.

    InputError for names that there are not, an empty text, and for a model that does not read bytes alone.
    """
    check_text(text)
    claim = parse_claim(claim)
    known = meant(model, [claim], parallel=True)
    yes, no = evaluated(claim.formula, _Read(known, text).atom, np.logical_and, np.logical_or)
    return np.where(yes, TRUE, np.where(no, FALSE, UNKNOWN)).astype(np.uint8)


class _Read:
    """The numbers of a claim at every position of a text."""

    def __init__(self, known: Meant, text: bytes) -> None:
        self.known, self.length = known, len(text)
        bits = [Bit("", literal) for number in known.numbers.values() for literal in number.bits]
        rows, start = recorded(known.aig, bits, text).T, 0
        self.columns: dict[str, Column] = {}
        for name, number in known.numbers.items():
            self.columns[name] = _spelled(rows[start : start + len(number.bits)], number)
            start += len(number.bits)

    def atom(self, atom: Atom) -> Truth[Flags]:
        first = next(terms_of(atom))
        values, seen = zip(*(self._values(operand, first) for operand in atom.operands), strict=True)
        known: Flags = reduce(np.logical_and, seen)
        sign: Sign = atom.sign if isinstance(atom, Comparison) else "=="
        found = reduce(np.logical_or, (_COMPARE[sign](values[0], other).astype(np.bool_) for other in values[1:]))
        return known & found, known & ~found

    def _values(self, operand: Operand, term: Term) -> tuple[Column, Flags]:
        """[T] and bool[T]: at every position, and is there a value?"""
        if not isinstance(operand, Term):
            return np.full(self.length, self.known.constant(operand, term), object), np.ones(self.length, np.bool_)
        column = self.columns[operand.name]
        places = np.arange(self.length) - operand.ago if operand.at is None else np.full(self.length, operand.at)
        seen = (places >= 0) & (places < self.length)
        return column[np.where(seen, places, 0)], seen


def _spelled(rows: Bits, number: Number) -> Column:
    """[T]: uint8[width, T], the lowest bit first, as numbers."""
    wide = len(rows) > _WIDEST
    found: Column = np.zeros(rows.shape[1], object if wide else np.int64)
    for place, row in enumerate(rows):
        worth = -1 << place if number.signed and place == len(rows) - 1 else 1 << place
        found += row.astype(found.dtype) * worth
    return found
