"""The three-valued answer of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, NoReturn, get_args

from bridge.printable.notebook import Single

Answer = Literal["equivalent", "different", "undecided"]


def seconds_from(value: object) -> float:
    """The seconds of a record. ValueError for what nobody measured, such as the text "nan"."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError(f"nothing took {str(value)[:40]!r} seconds")
    return float(value)


@dataclass(frozen=True, repr=False)
class Verdict(Single):
    """`answer`; `method`: what decided it; `counterexample`: for "different", a value for every input and latch that
    was replayed on both netlists; `reason`: for "different", the first output that shows it, for "undecided", why.

    Machines that differ in runs from reset have a `trace` instead, the inputs of every step up to the one that shows
    it, replayed on both; `counterexample` then has the inputs of the last step, and what latches of unknown reset held
    first. `notes`: sentences about what was compared, where that is not everything by name.

    `alone`: for "equivalent", that nobody but ABC says so, which its method then says, too."""

    answer: Answer
    method: str
    seconds: float
    counterexample: Mapping[str, int] | None = None
    reason: str = ""
    trace: tuple[Mapping[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    alone: bool = False

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has three values; compare verdict.answer with 'equivalent'")

    def __str__(self) -> str:
        return f"{self.answer} ({self.method}, {self.seconds:.2f} s)" + (f": {self.reason}" if self.reason else "")

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>"

    def to_json(self) -> dict[str, Any]:
        """`verdict method seconds`; then `counterexample`, `trace`, `reason`, `alone`, `notes` where there are any."""
        facts: dict[str, Any] = {"verdict": self.answer, "method": self.method, "seconds": round(self.seconds, 3)}
        if self.counterexample is not None:
            facts["counterexample"] = dict(self.counterexample)
        if self.trace:
            facts["trace"] = [dict(step) for step in self.trace]
        facts |= {"reason": self.reason} if self.reason else {}
        facts |= {"alone": True} if self.alone else {}
        return facts | ({"notes": list(self.notes)} if self.notes else {})

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Verdict:
        """Undo `to_json`. KeyError, TypeError or ValueError for what it never wrote."""
        if facts["verdict"] not in get_args(Answer):
            raise ValueError(f"{facts['verdict']!r} is no verdict")
        return cls(
            facts["verdict"],
            str(facts["method"]),
            seconds_from(facts["seconds"]),
            counterexample=facts.get("counterexample"),
            reason=str(facts.get("reason", "")),
            trace=tuple(map(dict, facts.get("trace", ()))),
            notes=tuple(map(str, facts.get("notes", ()))),
            alone=facts.get("alone", False) is True,
        )
