"""The three-valued answer of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, NoReturn

Answer = Literal["equivalent", "different", "undecided"]


@dataclass(frozen=True)
class Verdict:
    """`answer`; `method`: what decided it; `counterexample`: for "different", a value for every input and latch that
    was replayed on both netlists; `reason`: for "different", the first output that shows it, for "undecided", why."""

    answer: Answer
    method: str
    seconds: float
    counterexample: Mapping[str, int] | None = None
    reason: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has three values; compare verdict.answer with 'equivalent'")

    def __str__(self) -> str:
        return f"{self.answer} ({self.method}, {self.seconds:.2f} s)" + (f": {self.reason}" if self.reason else "")

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>"

    def to_json(self) -> dict[str, Any]:
        """`verdict method seconds`, then `counterexample` and `reason` where there are any."""
        facts: dict[str, Any] = {"verdict": self.answer, "method": self.method, "seconds": round(self.seconds, 3)}
        if self.counterexample is not None:
            facts["counterexample"] = dict(self.counterexample)
        return facts | ({"reason": self.reason} if self.reason else {})
