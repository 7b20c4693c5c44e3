"""What a proof has found: the answer, how, how far, and the run that breaks the claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, NoReturn

from bridge.printable import counted, few, in_quotes
from bridge.printable.notebook import Single

Answer = Literal["proven", "broken", "undecided"]
Start = Literal["reset", "any"]
NAMED = 12  # latches named in a sentence


@dataclass(frozen=True)
class Broken:
    """A run that breaks the claim in its last step, replayed gate by gate.

    `steps`: how many; `text`: the bytes read, of a machine that reads bytes, in a closed loop those it read, the first
    of them or the prompt given to it; `inputs`: by step and name, of any other machine; `state`: the latches of unknown
    reset that are 1 at the start; `shortest`: is it proven that no run of fewer steps breaks it; `predicted`: what the
    model then says, by its oracle.
    """

    steps: int
    text: bytes | None
    inputs: tuple[dict[str, int], ...]
    state: tuple[str, ...]
    shortest: bool
    predicted: bytes | None = None

    def to_json(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"steps": self.steps, "shortest": self.shortest, "state": list(self.state)}
        if self.text is None:
            facts["inputs"] = list(self.inputs)
        else:
            facts["text"] = self.text.decode("latin-1")
        return facts | ({} if self.predicted is None else {"predicted": self.predicted.decode("latin-1")})

    def __str__(self) -> str:
        sure = "no shorter one does" if self.shortest else "the shortest found"
        what = "; ".join(given_inputs(row) for row in self.inputs) if self.text is None else in_quotes(self.text)
        then = "" if self.predicted is None else f", then {in_quotes(self.predicted)} is the likeliest"
        state = f"; from a state with {few(self.state, NAMED)} = 1"
        return f"broken by {what}{then} ({counted(self.steps, 'step')}; {sure}){state if self.state else ''}"


def given_inputs(row: Mapping[str, int]) -> str:
    """What is read in a step, in words."""
    on = [name for name, value in row.items() if value]
    return f"{' '.join(on)} = 1, all other inputs 0" if on else "all inputs 0"


@dataclass(frozen=True, repr=False)
class Proof(Single):
    """`answer`: is the claim true in every step of every run that meets the condition `given`, from `start`; `method`:
    what decided it; `broken`: a run that breaks it; `bound`: so many first steps are proven not to break it (None:
    all); `met`: in how many steps of the runs tried the condition held; `why`: it is undecided, or there is no
    certificate though one was asked for; `files`: that; `prompt`: what a closed loop reads first, None: any one
    byte."""

    answer: Answer
    claim: str
    given: str | None
    start: Start
    loop: bool
    method: str
    seconds: float
    bound: int | None = None
    broken: Broken | None = None
    met: int | None = None
    why: str = ""
    files: tuple[str, ...] = ()
    prompt: bytes | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("a proof has three answers; compare its answer with 'proven'")

    @property
    def scope(self) -> str:
        """Which runs it is about."""
        runs = "from reset" if self.start == "reset" else "from any state"
        if not self.loop:
            return runs
        first = "" if self.start == "any" else f" after {repr(self.prompt)[1:] if self.prompt else 'any one byte'}"
        return f"{runs}, reading what it writes{first}"

    def __str__(self) -> str:
        under = f" given {self.given}" if self.given else ""
        lines = [f"{self.answer} ({self.method}, {self.seconds:.1f} s): {self.claim}{under}, {self.scope}"]
        if self.broken is not None:
            lines.append(str(self.broken))
        if self.answer == "undecided":
            far = (
                "nothing is known of the first step"
                if not self.bound
                else f"not broken in the first {self.bound} steps"
            )
            lines.append(f"{far}; {self.why}")
        if self.answer == "proven" and self.met == 0:
            every = self.loop and self.start == "reset"  # all of them were followed
            why = "is met in no run: this says nothing of the model" if every else "was met in no run that was tried"
            lines.append(f"the condition {why}{'' if every else ': it may never hold'}")
        if self.answer == "proven" and self.why:
            lines.append(self.why)
        return "\n".join([*lines, *([f"certificate: {' '.join(self.files)}"] if self.files else [])])

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in str(self).splitlines())

    def to_json(self) -> dict[str, Any]:
        """`verdict claim given start loop method seconds bound met`, then `prompt`, `broken`, `why`, `files` where any.
        `bound`: null for all steps."""
        facts: dict[str, Any] = {"verdict": self.answer, "claim": self.claim, "given": self.given}
        facts |= {"start": self.start, "loop": self.loop, "method": self.method, "seconds": round(self.seconds, 3)}
        facts |= {"bound": self.bound, "met": self.met}
        if self.prompt is not None:
            facts["prompt"] = self.prompt.decode("latin-1")
        if self.broken is not None:
            facts["broken"] = self.broken.to_json()
        return facts | ({"why": self.why} if self.why else {}) | ({"files": list(self.files)} if self.files else {})
