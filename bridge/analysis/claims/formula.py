"""What a claim is once it is read, and the three-valued logic that gives it its truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar, get_args

Sign = Literal["==", "!=", "<", "<=", ">", ">="]
SIGNS: tuple[Sign, ...] = get_args(Sign)
FALSE, TRUE, UNKNOWN = 0, 1, 2

T = TypeVar("T")
Truth = tuple[T, T]  # is it true, is it false; unknown where neither


@dataclass(frozen=True)
class Term:
    """A name and when it is meant: `ago` steps before, or `at` a position of a text."""

    name: str
    ago: int = 0
    at: int | None = None

    def __str__(self) -> str:
        if self.at is not None:
            return f"{self.name}@{self.at}"
        return f"{self.name}@-{self.ago}" if self.ago else self.name


Operand = Term | int | bytes  # what stands in quotes: one byte, or the label of a class


@dataclass(frozen=True)
class Comparison:
    """`left sign right`."""

    left: Operand
    sign: Sign
    right: Operand

    @property
    def operands(self) -> tuple[Operand, ...]:
        return self.left, self.right


@dataclass(frozen=True)
class Membership:
    """Is it one of these?"""

    term: Term
    members: tuple[int | bytes, ...]

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.term, *self.members)


@dataclass(frozen=True)
class Not:
    part: Formula


@dataclass(frozen=True)
class All:
    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Some:
    parts: tuple[Formula, ...]


Atom = Comparison | Membership
Formula = Comparison | Membership | Not | All | Some


@dataclass(frozen=True)
class Claim:
    """`text`: as it was written; `formula`: what it says."""

    text: str
    formula: Formula

    def __str__(self) -> str:
        return self.text

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """All of them, each once."""
        found = (term for atom in atoms_of(self.formula) for term in terms_of(atom))
        return tuple(dict.fromkeys(found))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.name for term in self.terms))

    @property
    def history(self) -> int:
        """How many steps it looks back."""
        return max((term.ago for term in self.terms), default=0)

    @property
    def placed(self) -> tuple[Term, ...]:
        """The terms that mean a position of a text."""
        return tuple(term for term in self.terms if term.at is not None)


def terms_of(atom: Atom) -> Iterator[Term]:
    """With repetitions."""
    return (operand for operand in atom.operands if isinstance(operand, Term))


def atoms_of(formula: Formula) -> Iterator[Atom]:
    """From left to right."""
    match formula:
        case Not(part):
            yield from atoms_of(part)
        case All(parts) | Some(parts):
            for part in parts:
                yield from atoms_of(part)
        case _:
            yield formula


def evaluated(
    formula: Formula,
    atom: Callable[[Atom], Truth[T]],
    both: Callable[[T, T], T],
    either: Callable[[T, T], T],
) -> Truth[T]:
    """Its truth from those of its atoms, by the rules of Kleene. `both`, `either`: and, or of two flags."""
    match formula:
        case Not(part):
            yes, no = evaluated(part, atom, both, either)
            return no, yes
        case All(parts) | Some(parts):
            found = [evaluated(part, atom, both, either) for part in parts]
            mine, other = (both, either) if isinstance(formula, All) else (either, both)
            yes, no = found[0]
            for one, two in found[1:]:
                yes, no = mine(yes, one), other(no, two)
            return yes, no
        case _:
            return atom(formula)
