"""The three-valued answer to a question about two signals: a word, and in arrays its place among ANSWERS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bridge.analysis.dependences.replay import Witness

Answer = Literal["no", "yes", "undecided"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
NO, YES, UNDECIDED = range(len(ANSWERS))


@dataclass(frozen=True)
class Found:
    """`answer`; `method`: what found it; for "yes" the `witness`, for "undecided" `why`."""

    answer: Answer
    method: str
    witness: Witness | None = None
    why: str = ""
