"""Do two machines give the same outputs in every run from reset, whatever their latches are?

First they are run; then, with their latches matched by behaviour, the claim that matching latches always agree is
proven as one combinational question (see `product`), else by induction over all nodes, else by ABC's `scorr` and `pdr`.
A latch of unknown reset may start as anything; those of the same name in both start alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bridge.aig import Aig
from bridge.aig.interface import aligned_ports
from bridge.aig.latches import known_resets, normalized
from bridge.aig.latchmap import Image, LatchMap
from bridge.arrays import Bits, Words
from bridge.equivalence.check import check_equivalence, second_opinion
from bridge.equivalence.clock import Clock
from bridge.equivalence.correspondence import STEPS, WORDS, behaviour
from bridge.equivalence.induction import always_equal
from bridge.equivalence.invariant import proves
from bridge.equivalence.model_checking import Search, merges, search
from bridge.equivalence.product import Product, product
from bridge.equivalence.reduction import reduced
from bridge.equivalence.selftest import SEQUENTIAL
from bridge.equivalence.trust import Confirmations, settled
from bridge.equivalence.verdict import Verdict
from bridge.execution import compile_program, run
from bridge.execution.words import first_stream, random_words, stream_of
from bridge.toolchain import Tool, locate

_SHARE = 0.4
_UNDECIDED = Verdict("undecided", "induction, scorr, pdr", 0.0)
_SMALL = 50_000


def check_machines(
    a: Aig,
    b: Aig,
    *,
    seconds: float = 300.0,
    abc: Tool | None = None,
    confirmations: Confirmations | None = None,
) -> Verdict:
    """As `check_equivalence` if that proves two netlists equivalent; if not, whether all runs from reset agree.

    "Different" comes with the inputs of a run that shows it. Raises InputError when inputs, outputs or properties are
    not the same by name; ToolError when ABC or python-sat is missing.
    """
    b = aligned_ports(a, b)
    clock, tool, note = Clock(seconds), abc or locate("abc"), ""
    confirmations = confirmations or Confirmations()
    if _resets(a) == _resets(b):
        verdict = check_equivalence(a, b, seconds=seconds, abc=tool, confirmations=confirmations)
        if verdict.answer != "different" or not a.latches:
            return verdict
        note = "they differ in a state that was neither reached nor ruled out; "
    task = _Task(a, b, clock)
    plain = product(task.ours, task.theirs, dict.fromkeys(_resets(task.ours)))
    trace = _simulated(plain.machine)
    found = task.replayed(plain, trace, "simulation")
    if found is not None:
        return found
    ours, theirs = (reduced(aig, clock)[0] for aig in (task.ours, task.theirs))
    # When the match is refuted, nothing is claimed about latches.
    for images in (matched(ours, theirs), dict.fromkeys(_resets(ours))):
        proof, trace, how = _decide(product(ours, theirs, images), clock, tool, confirmations)
        if proof.answer == "equivalent":
            return replace(proof, seconds=clock.seconds)
        found = task.replayed(plain, trace, how)
        if found is not None:
            return found
        note = f"{note}{proof.reason}; " if proof.reason and proof.reason not in note else note
    return task.undecided("induction, scorr, pdr", note)


def check_removal(
    a: Aig,
    b: Aig,
    removed: LatchMap,
    *,
    seconds: float = 300.0,
    abc: Tool | None = None,
    confirmations: Confirmations | None = None,
) -> Verdict:
    """Whether `b` is `a` with fewer latches: the same outputs, every latch and point always equal to its namesake, and
    every removed latch always what `removed` says it became.

    A "different" with a trace may be about an output, a point or a latch; its reason says which. Raises InputError when
    inputs, outputs or properties are not the same by name; ToolError as `check_machines`.
    """
    b = aligned_ports(a, b)
    task, tool, confirmations = _Task(a, b, Clock(seconds)), abc or locate("abc"), confirmations or Confirmations()
    fault = _fault(_resets(a), _resets(b), removed)
    if fault:
        return Verdict("different", "comparison of the latches", task.clock.seconds, reason=fault)
    if not removed:
        verdict = check_equivalence(a, b, seconds=seconds, abc=tool, confirmations=confirmations)
        if verdict.answer != "different" or not a.latches:
            return verdict
    pair = product(task.ours, task.theirs, _claims(task.theirs, removed), points=True)
    trace, how, note = _simulated(pair.machine), "simulation", ""
    if trace is None:
        proof, trace, how = _decide(pair, task.clock, tool, confirmations)
        if proof.answer == "equivalent":
            return replace(proof, seconds=task.clock.seconds)
        note = f"{proof.reason}; " if proof.reason else ""
    found = task.replayed(pair, trace, how)
    return task.undecided("induction, scorr, pdr", note) if found is None else found


def confirm_machines(a: Aig, b: Aig, removed: LatchMap | None = None, *, seconds: float = 300.0) -> Verdict:
    """`check_machines`, or `check_removal`, answered by engines that share nothing with ABC: a second opinion.

    Raises InputError as these, ToolError when python-sat is missing.
    """
    b = aligned_ports(a, b)
    task = _Task(a, b, Clock(seconds))
    if _resets(a) == _resets(b):
        verdict = second_opinion(a, b, seconds=task.clock.share(_SHARE))
        if verdict.answer == "equivalent" or not a.latches:
            return verdict
    ours, theirs = task.ours, task.theirs
    if removed is None:
        ours, theirs = (ours, theirs) if len(ours.latches) >= len(theirs.latches) else (theirs, ours)
        images = matched(ours, theirs)
    else:
        fault = _fault(_resets(a), _resets(b), removed)
        if fault:
            return Verdict("different", "comparison of the latches", task.clock.seconds, reason=fault)
        images = _claims(theirs, removed)
    pair = product(ours, theirs, images)
    verdict = second_opinion(pair.left, pair.right, seconds=task.clock.share(_SHARE))
    if verdict.answer == "equivalent":
        return Verdict("equivalent", f"induction over the latches, {verdict.method}", task.clock.seconds)
    if always_equal(normalized(pair.machine), Clock(task.clock.share(1.0))):
        return Verdict("equivalent", "induction over all nodes", task.clock.seconds)
    plain = product(task.ours, task.theirs, dict.fromkeys(_resets(task.ours)))
    found = task.replayed(plain, _simulated(plain.machine), "simulation")
    return task.undecided("induction", "") if found is None else found


@dataclass(frozen=True)
class _Task:
    """`ours`, `theirs`: both machines with inputs for unknown resets (see `known_resets`)."""

    a: Aig
    b: Aig
    clock: Clock

    @cached_property
    def unknown(self) -> list[str]:
        return sorted({latch.name for latch in (*self.a.latches, *self.b.latches) if latch.reset is None})

    @cached_property
    def ours(self) -> Aig:
        return known_resets(self.a, self.unknown)

    @cached_property
    def theirs(self) -> Aig:
        return known_resets(self.b, self.unknown)

    def replayed(self, pair: Product, trace: Bits | None, how: str) -> Verdict | None:
        """The verdict for a run that does tell the machines apart, cut off at the first difference."""
        if trace is None:
            return None
        unequal = _unequal(pair.machine, trace[:, :, None].astype(np.uint64))[:, :, 0] & np.uint64(1)
        steps, places = np.nonzero(unequal)
        if not len(steps):
            return None
        count = int(steps[0]) + 1
        rows, inputs = trace[:count].tolist(), len(self.a.inputs)
        run = tuple(dict(zip(self.a.inputs, row[:inputs], strict=True)) for row in rows)
        start = dict(zip(self.unknown, rows[0][inputs:], strict=True))
        reason = f"{pair.labels[places[0]]} differs in step {count} from reset"
        return Verdict("different", how, self.clock.seconds, {**run[-1], **start}, reason, run)

    def undecided(self, method: str, note: str) -> Verdict:
        reason = f"{note}{method} came to no end in {self.clock.budget:g} s, or to none that proves it"
        return Verdict("undecided", method, self.clock.seconds, reason=reason)


def alike(a: Aig, b: Aig) -> dict[str, list[str]]:
    """For each latch of `a` those of `b` that behaved as it did, or as its complement, in random runs from reset.

    Inputs have the same order, and every reset is known.
    """
    rows = [[row.tobytes() for row in behaviour(normalized(aig))] for aig in (a, b)]
    places: dict[bytes, list[str]] = {}
    for latch, row in zip(b.latches, rows[1], strict=True):
        places.setdefault(row, []).append(latch.name)
    return {latch.name: places.get(row, []) for latch, row in zip(a.latches, rows[0], strict=True)}


def matched(a: Aig, b: Aig) -> dict[str, Image]:
    """A claim for `product`: each latch of `a` is one of `b` that behaved alike, if there is any; best of that name."""
    resets, theirs = _resets(a), _resets(b)
    images: dict[str, Image] = {}
    for name, names in alike(a, b).items():
        chosen = name if name in names else next(iter(names), None)
        images[name] = None if chosen is None else (chosen, theirs[chosen] != resets[name])
    return images


def _decide(pair: Product, clock: Clock, abc: Tool, confirmations: Confirmations) -> tuple[Verdict, Bits | None, str]:
    """A proof that all pairs agree, or "undecided"; then perhaps a run said to show a difference, and what found it."""
    limit = clock.share(_SHARE)
    proof = check_equivalence(pair.left, pair.right, seconds=limit, abc=abc, confirmations=confirmations)
    if proof.answer == "equivalent":
        return replace(proof, method=f"induction over the latches, {proof.method}"), None, ""
    machine = normalized(pair.machine)
    trace = _simulated(machine)
    if trace is not None:
        return _UNDECIDED, trace, "simulation"
    # Ours is the slower one, and the more independent.
    small = machine.variables <= _SMALL
    if small and always_equal(machine, Clock(clock.share(_SHARE))):
        return Verdict("equivalent", "induction over all nodes", clock.seconds), None, ""
    searched: list[Search] = []

    def prove(engines: Sequence[str]) -> tuple[Verdict, str]:
        if "scorr" in engines and merges(machine, abc, clock.share(_SHARE)):
            return Verdict("equivalent", "scorr on the miter", clock.seconds), "scorr"
        answer = search(machine, abc, clock.share(_SHARE))
        searched.append(answer)
        if "pdr" in engines and answer.proven:
            return Verdict("equivalent", "pdr", clock.seconds), "pdr"
        return _UNDECIDED, ""

    def confirm(seconds: float) -> Verdict:
        if any(answer.proven and proves(machine, answer.invariant, Clock(seconds)) for answer in searched):
            return Verdict("equivalent", "SAT on its invariant", clock.seconds)
        if not small and always_equal(machine, Clock(seconds)):
            return Verdict("equivalent", "induction over all nodes", clock.seconds)
        return replace(_UNDECIDED, reason="induction proves nothing")

    proof = settled(prove, confirm, abc, tuple(SEQUENTIAL), confirmations)
    return proof, next((answer.trace for answer in searched if answer.trace is not None), None), "pdr"


def _simulated(machine: Aig) -> Bits | None:
    """uint8[T, inputs]: a random run from reset in which the halves of the outputs differ in the end, if one does."""
    inputs = random_words(1, STEPS, len(machine.inputs), WORDS)
    unequal = np.bitwise_or.reduce(_unequal(machine, inputs), axis=1, initial=0)
    for step in np.flatnonzero(unequal.any(axis=1))[:1].tolist():
        return stream_of(inputs[: step + 1], first_stream(unequal[step]))
    return None


def _unequal(machine: Aig, inputs: Words) -> Words:
    """uint64[T, pairs, W]: where the halves of the outputs differ in a run from reset."""
    program = compile_program(machine)
    values, _ = run(program, inputs, program.reset_state(inputs.shape[2]))
    half = values.shape[1] // 2
    return values[:, :half] ^ values[:, half:]


def _claims(b: Aig, removed: LatchMap) -> dict[str, Image]:
    return {**{latch.name: (latch.name, False) for latch in b.latches}, **removed}


def _resets(aig: Aig) -> dict[str, int | None]:
    return {latch.name: latch.reset for latch in aig.latches}


def _fault(ours: Mapping[str, int | None], theirs: Mapping[str, int | None], removed: LatchMap) -> str:
    """What is wrong with a claim about latches, whatever the logic."""
    if ours.keys() != theirs.keys() | removed.keys() or theirs.keys() & removed.keys():
        return "the latches of the second netlist and those removed are not the latches of the first"
    for name, reset in theirs.items():
        if ours[name] != reset:
            return f"latch {name!r} has another reset"
    for name, image in removed.items():
        if not isinstance(image, tuple):
            reset = image
        elif image[0] not in theirs:
            return f"latch {name!r} is said to be {image[0]!r}, which is no latch of the second netlist"
        else:
            target = theirs[image[0]]
            reset = None if target is None else target ^ image[1]
        if image is not None and (reset is None or ours[name] != reset):
            return f"the reset of latch {name!r} contradicts what it is said to have become"
    return ""
