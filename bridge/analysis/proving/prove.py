"""Is a claim true in every step of every run? The engines by turns, under one clock.

`proven` holds for all runs of any length that meet the condition, from reset (a latch of unknown reset starts as
anything) or from any state. `broken` comes with the shortest run found. With `loop` the model reads the likeliest byte
that it writes; the first byte is any, or those of a prompt are read first.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from bridge.aig import FALSE, Aig
from bridge.aig.names import BYTE, group_of
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.dependences.reachable import CHECKED, PDR
from bridge.analysis.edits.editing import refuse_resampled
from bridge.analysis.proving.certificate import Ground, check_folder, write_certificate
from bridge.analysis.proving.climbing import Closeness, climbed, closeness
from bridge.analysis.proving.closed import after_prompt, bytes_read, followed, starts_of
from bridge.analysis.proving.exclusion import Group, at_most_one, exclusive
from bridge.analysis.proving.machine import WRITTEN, Watched, check_condition, closed, watched
from bridge.analysis.proving.pdr import asked_pdr
from bridge.analysis.proving.proof import Answer, Broken, Proof, Start
from bridge.analysis.proving.rounds import in_rounds
from bridge.analysis.proving.search import Run, Sources, searched, shorter
from bridge.analysis.proving.steps import Layout, Question, laid_out
from bridge.arrays import Bits
from bridge.cell import Cell
from bridge.corpus import check_text, read_text
from bridge.equivalence.clock import Clock
from bridge.equivalence.refutation import Unfinished
from bridge.errors import InputError
from bridge.execution import trace
from bridge.execution.words import unpacked
from bridge.metadata import readout_of
from bridge.printable import Listener, Progress, counted, unheard

SECONDS = 120.0
BOUNDED, FOLLOWED, SIMULATED, FOLDED = "bounded search by SAT", "all runs followed", "simulation", "structure"
CLIMBED = "climbing"
UNDER = ", at most one latch of a group being hot"
ANY_STATE = "SAT from any state"

_SIMULATED = 0.1
_FEW, _SHORTENED, _CERTIFIED = 3.0, 20.0, 60.0
_PDR_SIZE = 20_000
_ATTEMPTS = 1_000  # between the numbers of the first attempts of two turns


def prove(
    model: Cell | Aig,
    claim: Claim | str,
    given: Claim | str | None = None,
    *,
    start: Start = "reset",
    loop: bool = False,
    prompt: bytes | None = None,
    seconds: float = SECONDS,
    memory: float | None = None,
    folder: str | Path | None = None,
    symbols: bytes | None = None,
    progress: Listener = unheard,
) -> Proof:
    """Decide it. `progress` hears what is tried; folder: a new one, for the certificate of a proof (`certificate`);
    symbols: the bytes of which most runs are made that are tried, by default those of the model.

    InputError for names that there are not, a condition that no state and input satisfies, a claim about a position of
    a text, a `loop` of what is no text model, and a prompt without a loop.
    """
    for each in (prompt, symbols):
        check_text(each)
    refuse_resampled(model, "prove")
    asked, condition = parse_claim(claim), None if given is None else parse_claim(given)
    if prompt is not None and (not loop or not prompt or start == "any"):
        raise InputError("a prompt is at least one byte, and for --loop from reset: it reads what is written after it")
    if folder is not None:
        check_folder(folder)
    clock = Clock(seconds, memory)
    make = closed if loop else watched
    watch = make(model, asked, condition, any_start=start == "any")
    if symbols is None:
        readout = readout_of(model)
        symbols = readout.symbols if readout else b""
    about = (model, watch, clock, _sources(symbols), progress, asked, condition)
    told = _Task(*about, start=start, loop=loop, prompt=prompt, folder=folder)
    check_condition(watch, condition, clock)
    if watch.bad == FALSE:
        return told.proven(FOLDED, Ground())
    if loop and start == "reset":
        return _follow(told)
    return _decide(told)


@dataclass
class _Task:
    """What is asked, and what is known so far. `prompt`, `lead`: what a loop reads first, and uint8[latches of the
    whole] when it reads the last byte of that."""

    model: Cell | Aig
    watch: Watched
    clock: Clock
    sources: Sources
    progress: Listener
    claim: Claim
    given: Claim | None
    start: Start
    loop: bool
    prompt: bytes | None = None
    folder: str | Path | None = None
    lead: Bits | None = None
    bound: int = 0
    met: int | None = None
    tried: list[str] = field(default_factory=list)
    groups: tuple[Group, ...] | None = None
    depth: int = 0  # of induction: over fewer steps it does not prove the claim
    inductive: Ground | None = None  # proven but for the first steps
    found: Run | None = None
    climbs: int = 0
    questions: dict[Hashable, tuple[Layout, Question]] = field(default_factory=dict)  # not decided yet

    @cached_property
    def closeness(self) -> Closeness | None:
        """What climbing needs; None where it is of no use."""
        return None if self.loop or self.watch.free else closeness(self.model, self.claim, self.given)

    def hot(self, seconds: float) -> tuple[Group, ...] | None:
        """Groups of which at most one latch is ever hot, proven; None if that takes longer."""
        if self.groups is None:
            self.groups = exclusive(self.watch.aig, self.clock.within(seconds))
        return self.groups

    def say(self, remark: str) -> None:
        done = self.clock.seconds / self.clock.budget if self.clock.budget else 1.0
        self.progress(Progress(min(1.0, done), remark))

    def answer(self, answer: Answer, method: str, broken: Broken | None = None, why: str = "") -> Proof:
        bound = None if answer == "proven" else self.bound
        under = None if self.given is None else self.given.text
        return Proof(
            answer,
            self.claim.text,
            under,
            self.start,
            self.loop,
            method=method,
            seconds=self.clock.seconds,
            bound=bound,
            broken=broken,
            met=self.met if self.given else None,
            why=why,
            prompt=self.prompt,
        )

    def proven(self, method: str, ground: Ground) -> Proof:
        """With its certificate, if that is wanted; there is time for it though the clock may be over. The answer stays
        when that is not enough."""
        found = self.answer("proven", method)
        if self.folder is None:
            return found
        self.say("writing the certificate")
        clock = Clock(max(_CERTIFIED, self.clock.left), self.clock.memory)
        try:
            return replace(found, files=write_certificate(self.watch, ground, str(found), self.folder, clock))
        except Unfinished as error:
            return replace(found, why=f"no certificate was written: {error}")

    def broken(self, found: Run, method: str, *, shortest: bool) -> Proof:
        """Replayed first; an engine whose run does not break the claim is at fault."""
        step = self.watch.broken_at(found.start, found.inputs)
        if not step:
            return self.answer("undecided", method, why=f"{method} gave a run that breaks nothing")
        found = Run(found.start, found.inputs[:step])
        return self.answer("broken", method, self._told(found, shortest or step == self.bound + 1))

    def _told(self, found: Run, shortest: bool) -> Broken:
        aig = self.watch.aig
        rows = tuple(dict(zip(aig.inputs, row.tolist(), strict=True)) for row in found.inputs)
        ones = {latch.name: value for latch, value in zip(aig.latches, found.start.tolist(), strict=True)}
        state = tuple(name for name in self.watch.free if ones[name] and group_of(name) != WRITTEN)
        if self.loop:
            read = bytes_read(self.watch.whole, self.watch.whole_start(found.start, self.lead), found.steps)
            return Broken(found.steps, (self.prompt or b"")[:-1] + read[:-1], (), state, shortest, read[-1:])
        text = None
        if set(BYTE) <= set(aig.inputs):
            places = [aig.inputs.index(name) for name in BYTE]
            text = bytes((found.inputs[:, places].astype(np.int64) @ (1 << np.arange(8))).tolist())
        return Broken(found.steps, text, rows, state, shortest, self._predicted(text))

    def _predicted(self, text: bytes | None) -> bytes | None:
        """By the oracle of a cell, from reset."""
        readout = readout_of(self.model)
        if text is None or readout is None or self.start == "any" or self.watch.free:
            return None
        numbers, _ = trace(self.model, np.frombuffer(text, np.uint8)[:, None])
        return bytes(readout.argmax(numbers[-1]).tolist())


def _follow(task: _Task) -> Proof:
    """A closed loop from reset."""
    watch, given = task.watch, None if task.prompt is None else np.frombuffer(task.prompt, np.uint8)
    if given is not None:
        task.lead = after_prompt(watch.whole, given)
    start = starts_of(watch, given, task.lead)
    streams = 256 if given is None else 1
    found = followed(watch, start, streams, task.clock)
    task.bound, task.met = found.steps, found.met
    if found.broken is not None:
        task.bound = found.broken.steps - 1
        return task.broken(found.broken, FOLLOWED, shortest=True)
    if found.over:
        begun = unpacked(start, streams)
        return task.proven(f"{FOLLOWED}: {len(found.states):,} states", Ground(states=found.states, start=begun))
    return task.answer("undecided", FOLLOWED, why=found.why)


def _decide(task: _Task) -> Proof:
    task.depth = task.watch.history
    engines = [partial(engine, task) for engine in (_steps, _climb, _pdr)]
    try:
        found = _simulate(task)
        if found is None:
            found = in_rounds(engines, task.clock)
    finally:
        for _, question in task.questions.values():
            question.close()
    if found is not None:
        return found
    return task.answer("undecided", ", ".join(dict.fromkeys(task.tried)) or SIMULATED, why=task.clock.why)


def _simulate(task: _Task) -> Proof | None:
    task.say("looking for runs that break it")
    run, task.met = searched(task.watch, task.sources, task.clock.part(_SIMULATED).within(_FEW))
    return None if run is None else _shortened(task, shorter(task.watch, run), SIMULATED)


def _shortened(task: _Task, run: Run, method: str) -> Proof:
    """Are all runs of fewer steps fine? If not, there is a shorter one; asked for some seconds."""
    clock = task.clock.within(_SHORTENED)
    while task.bound < run.steps - 1:
        answer, found = _next_step(task, clock.left)
        if answer is None:
            return task.broken(run, method, shortest=False)
        if answer:
            return task.broken(found, BOUNDED, shortest=True)
    return task.broken(run, method, shortest=True)


def _asked(
    task: _Task, steps: int, seconds: float, *, anywhere: bool, groups: tuple[Group, ...] = ()
) -> tuple[bool | None, Run]:
    """`laid_out`, asked for about so many seconds more; groups: in any state at most one latch of each is hot."""
    key, turn = (steps, anywhere, groups), task.clock.within(seconds)
    if key not in task.questions:
        assumed = partial(at_most_one, groups=groups) if groups else None
        made = laid_out(task.watch.aig, task.watch.bad, steps, turn, anywhere=anywhere, assumed=assumed)
        if made is None:
            return None, Run(np.zeros(0, np.uint8), np.zeros((0, 0), np.uint8))
        task.questions[key] = made, Question(made.form, task.clock)
    plan, question = task.questions[key]
    answer, values = question.ask(turn.left)
    if answer is not None:
        question.close()
        del task.questions[key]
    return answer, Run(*plan.run(task.watch.aig, values))


def _steps(task: _Task, seconds: float) -> Proof | None:
    """The first steps from reset and induction, one step more each time, until neither has an answer."""
    turn, asking = task.clock.within(seconds), [_first_steps, _induction]
    while asking and not turn.over:
        asking = [ask for ask in asking if ask(task, seconds)]
        if task.found is not None:
            return task.broken(task.found, BOUNDED, shortest=True)
        ground = task.inductive
        if ground is not None and task.bound >= task.depth:
            after = f" and {counted(task.depth, 'step')} after it" if task.depth else ""
            method = f"{ANY_STATE}{after}{UNDER if ground.groups else ''}"
            return task.proven(method, ground)
    return None


def _induction(task: _Task, seconds: float) -> bool:
    """Any state, then `depth` steps without a break: is there one in the step after them? Whether to ask on."""
    if task.inductive is not None:
        return False
    task.say(f"any state and {task.depth} steps")
    task.tried.append("induction over steps")
    hot = task.hot(seconds)
    groups = hot or ()
    for depth in (task.depth, task.depth + 1):  # a question with more steps is larger, but often easier
        answer, _ = _asked(task, depth + 1, seconds, anywhere=True, groups=groups)
        if answer is False:
            task.depth, task.inductive = depth, Ground(depth, groups)
        if answer and hot is not None:
            task.depth = depth + 1
        if answer is not None:
            break
    return answer is True and hot is not None


def _first_steps(task: _Task, seconds: float) -> bool:
    """Those from reset, as many as induction needs, or one more. Whether to ask on."""
    more, turn = int(task.inductive is None), task.clock.within(seconds)
    for _ in range(max(more, task.depth + more - task.bound)):
        if turn.over:
            break
        answer, run = _next_step(task, turn.left)
        if answer:
            task.found = run
        if answer is not False:
            return False
    return True


def _next_step(task: _Task, seconds: float) -> tuple[bool | None, Run]:
    """From reset: can it be broken in the step after those that are known to be fine?"""
    task.say(f"{task.bound + 1} steps from reset")
    task.tried.append(BOUNDED)
    answer, run = _asked(task, task.bound + 1, seconds, anywhere=False)
    task.bound += answer is False
    return answer, run


def _climb(task: _Task, seconds: float) -> Proof | None:
    if task.closeness is None:
        return None
    task.say("climbing")
    task.tried.append(CLIMBED)
    clock = task.clock.within(seconds)
    run = climbed(task.closeness, task.watch, task.sources, clock, task.climbs)
    task.climbs += _ATTEMPTS
    return None if run is None else _shortened(task, shorter(task.watch, run), CLIMBED)


def _pdr(task: _Task, seconds: float) -> Proof | None:
    if len(task.watch.aig.ands) > _PDR_SIZE:
        return None
    task.say(PDR)
    task.tried.append(PDR)
    found = asked_pdr(task.watch, task.clock.within(seconds))
    if isinstance(found, Run):
        return _shortened(task, found, PDR)
    return None if found is None else task.proven(CHECKED, Ground(cubes=found))


def _sources(known: bytes) -> Sources:
    """Of a model with these symbols."""
    symbols = np.frombuffer(known, np.uint8)
    try:
        text = np.frombuffer(read_text("kjv"), np.uint8)
    except InputError:
        text = symbols[:0]
    return Sources(symbols, text)
