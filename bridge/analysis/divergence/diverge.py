"""Do two models ever predict differently, that is, is the likeliest byte or class not the same?

Without a text it is asked of all inputs, from reset: both machines run side by side. First they are run on random
inputs, which gives the share, and on texts. What tells them apart is made as short as can be; otherwise the engines
that compare machines try to prove them equal for ever, and those of `prove` go on from there.

On a text every position is compared, and nothing else is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, NoReturn

import numpy as np

from bridge.aig import FALSE, Aig
from bridge.aig.literals import through
from bridge.aig.names import BYTE
from bridge.analysis.dependences.replay import state_after, values_in
from bridge.analysis.divergence.measured import OnText, Sampled, on_text, sampled
from bridge.analysis.divergence.pair import DIFFERS, Pair, pair_of
from bridge.analysis.edits import refuse_resampled
from bridge.analysis.proving.proof import Broken, given_inputs
from bridge.analysis.proving.prove import prove
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.equivalence.sequential import check_machines
from bridge.errors import ToolError
from bridge.execution import trace
from bridge.metadata import readout_of
from bridge.printable import Listener, Progress, counted, in_quotes, unheard
from bridge.printable.notebook import Single

Answer = Literal["equal", "different", "undecided"]
SECONDS = 120.0
EVERY, ALL, MEASURED = "every position of the text was run", "all inputs from reset", "this text"
_EQUAL = 0.35  # of the seconds left: to prove them equal for ever
_ANSWERS: Mapping[str, Answer] = {"proven": "equal", "broken": "different", "undecided": "undecided"}


@dataclass(frozen=True)
class Apart:
    """`steps`: after so many inputs they predict differently; `text`: the bytes read, or None where other inputs are
    read; `inputs`: these, by step and name; `predicted`: by the first and by the second, replayed on each alone;
    `shortest`: is it proven that they agree on everything shorter?"""

    steps: int
    text: bytes | None
    inputs: tuple[Mapping[str, int], ...]
    predicted: tuple[str, str]
    shortest: bool

    def __str__(self) -> str:
        read = "; ".join(given_inputs(row) for row in self.inputs) if self.text is None else in_quotes(self.text)
        sure = "they agree on all shorter ones" if self.shortest else "the shortest found"
        one, other = (repr(word) for word in self.predicted)
        return f"after {read} the first predicts {one}, the second {other} ({counted(self.steps, 'step')}; {sure})"

    def to_json(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"steps": self.steps, "shortest": self.shortest, "predicted": list(self.predicted)}
        return facts | ({"inputs": list(self.inputs)} if self.text is None else {"text": self.text.decode("latin-1")})


@dataclass(frozen=True, repr=False)
class Divergence(Single):
    """`answer`, of which `scope`; `method`: what decided it; `bound`: so many first predictions are proven to be equal
    (None: all, or not asked); `apart`: an input that tells them apart; `sampled`, `on_text`: how often they differ;
    `why`: for "undecided", the reason."""

    answer: Answer
    scope: str
    method: str
    seconds: float
    bound: int | None = None
    apart: Apart | None = None
    sampled: Sampled | None = None
    on_text: OnText | None = None
    why: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a divergence has three answers; compare its answer with 'equal'")

    def __str__(self) -> str:
        among = "among" if self.apart is not None else "on"
        lines = [f"{self.answer} {among} {self.scope} ({self.method}, {self.seconds:.1f} s)"]
        if self.apart is not None:
            lines.append(str(self.apart))
        if self.answer == "undecided":
            lines.append(f"equal for all inputs of up to {counted(self.bound or 0, 'step')}; {self.why}")
        if self.sampled is not None:
            lines.append(_told(self.sampled))
        if self.on_text is not None:
            places, share = self.on_text.places, self.on_text.share
            lines.append(f"{self.on_text.differing:,} of {places:,} predictions differ ({100 * share:.3g} %)")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in str(self).splitlines())

    def to_json(self) -> dict[str, Any]:
        """`verdict scope method seconds bound`, then `apart sampled on_text why` where there are any."""
        facts: dict[str, Any] = {"verdict": self.answer, "scope": self.scope, "method": self.method}
        facts |= {"seconds": round(self.seconds, 3), "bound": self.bound}
        parts = {"apart": self.apart, "sampled": self.sampled, "on_text": self.on_text}
        facts |= {key: part.to_json() for key, part in parts.items() if part is not None}
        return facts | ({"why": self.why} if self.why else {})


def _told(found: Sampled) -> str:
    runs = f"{found.runs:,} random runs of {found.steps} steps"
    if found.interval is None:
        return f"sampled: {found.differing:,} of all predictions differ in {runs}"
    low, high = (100 * bound for bound in found.interval)
    return f"sampled: {100 * found.share:.3g} % of predictions differ ({low:.3g} to {high:.3g} %) in {runs}"


def diverge(
    a: Cell | Aig,
    b: Cell | Aig,
    text: bytes | None = None,
    *,
    seconds: float = SECONDS,
    memory: float | None = None,
    every_byte: bool = False,
    seed: int = 0,
    progress: Listener = unheard,
) -> Divergence:
    """Compare their likeliest predictions, on a text or on all inputs: all texts of symbols of either, or with
    `every_byte` of all bytes. Models may have different symbols, heads and state; a latch of unknown reset starts at 0.

    InputError unless both predict bytes or both choose among classes, and read the same inputs.
    """
    check_text(text)
    clock, pair = Clock(seconds, memory), pair_of(a, b, every_byte=every_byte)
    if text is not None:
        found = on_text(a, b, pair, text)
        answer: Answer = "different" if found.differing else "equal"
        return Divergence(answer, MEASURED, EVERY, clock.seconds, on_text=found)
    for model in (a, b):
        refuse_resampled(model, "diverge")
    return _everywhere(a, b, pair, clock, seed, progress)


def _everywhere(a: Cell | Aig, b: Cell | Aig, pair: Pair, clock: Clock, seed: int, progress: Listener) -> Divergence:
    some = pair.allowed is not None and len(pair.allowed) < 256
    scope = f"all texts of their {len(pair.allowed or b'')} symbols" if some else ALL
    progress(Progress(0.0, "random inputs"))
    found = sampled(pair, clock, seed)
    if not found.differing and (method := _proven(pair, clock)):
        return Divergence("equal", ALL, method, clock.seconds, sampled=found)
    claim, left = f"not {DIFFERS}", max(1.0, clock.left)
    symbols = pair.allowed or b""
    proof = prove(pair.machine, claim, seconds=left, memory=clock.memory, symbols=symbols, progress=progress)
    apart = None if proof.broken is None else _apart(a, b, pair, proof.broken)
    answer = _ANSWERS[proof.answer]
    return Divergence(answer, scope, proof.method, clock.seconds, proof.bound, apart, found, why=proof.why)


def _proven(pair: Pair, clock: Clock) -> str:
    """How they are proven equal for ever, whatever they read, if they are."""
    if pair.machine.outputs[0].literal == FALSE:
        return "structural hashing"
    try:
        verdict = check_machines(pair.first, pair.second, seconds=clock.share(_EQUAL))
    except ToolError:
        return ""
    return verdict.method if verdict.answer == "equivalent" else ""


def _apart(a: Cell | Aig, b: Cell | Aig, pair: Pair, broken: Broken) -> Apart:
    """A run that tells them apart, replayed on each alone."""
    names, shortest = pair.machine.inputs, broken.shortest
    rows = np.array([[row[name] for name in names] for row in broken.inputs], np.int64)
    numbers = [_predicted(aig, rows) for aig in (pair.first, pair.second)]
    if numbers[0] == numbers[1]:
        raise AssertionError("an input that tells two models apart does not replay")
    if not pair.labels and sorted(names) == sorted(BYTE):
        text = broken.text or b""
        return Apart(len(rows), text, (), (_by_oracle(a, text), _by_oracle(b, text)), shortest)
    one, other = (pair.labels[number] if pair.labels else chr(number) for number in numbers)
    return Apart(len(rows), None, broken.inputs, (one, other), shortest)


def _predicted(aig: Aig, rows: Ints) -> int:
    """What one of them predicts after these inputs, gate by gate."""
    bits = rows.astype(np.uint8)
    reset = np.array([latch.reset or 0 for latch in aig.latches], np.uint8)
    values = values_in(aig, state_after(aig, reset, bits[:-1]), bits[-1], ())
    return int(through(values, aig.output_literals()).astype(np.int64) @ (1 << np.arange(len(aig.outputs))))


def _by_oracle(model: Cell | Aig, text: bytes) -> str:
    readout = readout_of(model)
    assert readout is not None
    numbers, _ = trace(model, np.frombuffer(text, np.uint8)[:, None])
    return chr(int(readout.argmax(numbers[-1])[0]))
