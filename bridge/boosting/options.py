"""How large a tree cell to train, and on what: `BoostingOptions`, checked when made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_args

from bridge.cell.record import Form
from bridge.errors import InputError

USUAL = 20_000  # ANDs
LEAST = 0.5  # of what leaves want is what they get


@dataclass(frozen=True)
class BoostingOptions:
    """What to train; InputError on nonsense.

    `ands`: at most so many AND nodes, as lowered, before any flow. `window`: symbols that trees can ask about;
    `letters`: first letters of a word that are held, with a count of its letters (without letters: neither); `recency`:
    position u in 0..1 of the text counts in proportion to exp(recency * u); `repeats`: and what stands there n times,
    as far as trees can see, to n**repeats; `leaves`: of a tree, at most; `damping`: the evidence that a leaf value
    needs; `caution`: how much less than they want leaves of larger cells get, see `rate`; `sample`: places of the text
    that a tree is grown on, at most: where a code node has more, each tree sees others of them; `form`: what becomes of
    trees, and is paid for: a block of trees, or two of neurons, the conjunctions of what they ask and the disjunctions
    of those.
    """

    ands: int = 20_000
    window: int = 6
    letters: int = 2
    recency: float = 4.5
    repeats: float = 0.8
    leaves: int = 256
    damping: float = 10.0
    caution: float = 0.3
    sample: int = 1 << 21
    form: Form = "trees"

    def __post_init__(self) -> None:
        _within("ands", self.ands, int, 1, 1 << 24)
        _within("window", self.window, int, 1, 12)
        _within("letters", self.letters, int, 0, 12)
        _within("recency", self.recency, float, 0, 20)
        _within("repeats", self.repeats, float, 0, 1)
        _within("leaves", self.leaves, int, 2, 1 << 16)
        _within("damping", self.damping, float, 0.01, 1e6)
        _within("caution", self.caution, float, 0, 2)
        _within("sample", self.sample, int, 1000, 1 << 30)
        if self.form not in get_args(Form):
            raise InputError(f"training options: form must be one of {', '.join(get_args(Form))}, not {self.form!r}")

    @property
    def rate(self) -> float:
        """The part of what leaves want that they get.

        Of a cell of many ANDs the last ones learn the text by heart, and what small steps learn is true of other texts
        more often (shrinkage: Friedman, 2001). Where ANDs are few, they are better used up at once.
        """
        return float(min(max((USUAL / self.ands) ** self.caution, LEAST), 1.0))

    def facts(self) -> dict[str, Any]:
        """The options as JSON-able data; `from_facts` is the inverse."""
        return asdict(self)

    @staticmethod
    def from_facts(facts: Mapping[str, Any]) -> BoostingOptions:
        """Options from `facts()`, a training record or a user's file; InputError on unknown or wrong entries."""
        known = [field.name for field in fields(BoostingOptions)]
        for key in facts:
            if key not in known:
                raise InputError(f"training options: there is no {key!r} for trees; known are {', '.join(known)}")
        return BoostingOptions(**facts)


def _within(name: str, value: Any, kind: type, low: float, high: float) -> None:
    fits = isinstance(value, int) or (kind is float and isinstance(value, float))
    if isinstance(value, bool) or not fits or not low <= value <= high:
        what = "whole number" if kind is int else "number"
        raise InputError(f"{name} must be a {what} in {low:g}..{high:g}, not {value!r}")
