"""The question `circuit`; what it means is told in `bridge.analysis.circuits`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from bridge.aig import Aig
from bridge.analysis.circuits.example import example
from bridge.analysis.circuits.measured import PLACES, OnText, Rest, agreement, fewest_measured, on_text, usual, zeros
from bridge.analysis.circuits.netlist import circuit_graph, circuit_netlist
from bridge.analysis.circuits.proof import write_sufficiency
from bridge.analysis.circuits.question import (
    Machine,
    Subject,
    layers_of,
    narrowed,
    predicted_at,
    predicts,
    start_anywhere,
    start_at,
    subject_of,
    watched,
)
from bridge.analysis.circuits.result import Circuit, Faithful
from bridge.analysis.circuits.search import Oracle, fewest
from bridge.analysis.circuits.setting import KEPT, SAME, TRUTH, Start, ranges_of, setting_of
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.on_text import truth
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.explaining.head import shown_byte
from bridge.analysis.minimal import Minimal
from bridge.arrays import Bits, Flags, Ints
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.equivalence.refutation import attempted
from bridge.errors import InputError
from bridge.execution.words import packed
from bridge.metadata import read_metadata

SECONDS = 60.0
SEARCH = 0.7  # of the time, the rest for what is told about the circuit, where it is measured
ANY = "whatever the rest is"
RESTS: dict[Rest, str] = {
    "any": ANY,
    "constant": "the rest at what it is most often",
    "zero": "the rest at 0",
    "resample": "the rest as it is at other places",
}


@dataclass(frozen=True, eq=False)
class Asked:
    """What was asked, with defaults resolved where that needs no model."""

    text: bytes | None
    at: int | None
    where: Claim | None
    keeps: Claim | None
    rest: Rest
    smallest: bool
    share: float
    proof: str | Path | None
    clock: Clock


def circuit(
    model: Cell | Aig,
    *,
    text: bytes | None = None,
    at: int | None = None,
    where: str | None = None,
    predict: str | None = None,
    keeps: str | None = None,
    blocks: str | Sequence[str] = (),
    rest: Rest = "any",
    smallest: bool = False,
    share: float = 1.0,
    proof: str | Path | None = None,
    seconds: float = SECONDS,
    memory: float | None = None,
) -> Circuit:
    """The fewest elements that keep a behaviour; see `bridge.analysis.circuits` for what that means.

    Where: `at`, the prediction of that byte of the text, or `where`, a condition, see `bridge.analysis.claims`. What:
    `keeps`, a claim, or `predict`, the symbol or class that is likeliest; by default what the model predicts there.
    blocks: the names of candidates, by default all elements; rest: what stands for elements that are not kept;
    smallest: look for the fewest there are (for `any`); share: of the places of a text at which it must stay (not for
    `any`); proof: a file for a DRAT proof that a proven circuit suffices, see `write_sufficiency`, in as many seconds
    again; of an undecided one nothing is written.

    InputError for names that there are not, for a condition that nothing meets, and for a behaviour that the model
    itself does not have there, with an example.
    """
    if (at is None) == (where is None):
        raise InputError("say where: a position of a text (at), or a condition (where), one of the two")
    if text is None and (at is not None or rest != "any"):
        raise InputError("a text is needed for a position in it, and for what the rest is at other places")
    if keeps is not None and predict is not None:
        raise InputError("say what stays: a claim (keeps), or what is likeliest (predict), one of the two")
    _check_rest(rest, smallest=smallest, proof=proof is not None)
    keeps = f"argmax == {predict}" if predict is not None else keeps
    condition, behaviour = (parse_claim(each) if each is not None else None for each in (where, keeps))
    clock = Clock(seconds, memory)
    asked = Asked(text, at, condition, behaviour, rest, smallest, share=share, proof=proof, clock=clock)
    subject = subject_of(model, blocks)
    return _proven(subject, asked) if rest == "any" else _measured(subject, asked)


def _check_rest(rest: Rest, *, smallest: bool, proof: bool) -> None:
    if rest not in RESTS:
        raise InputError(f"there is no rest {rest!r}; choose one of {', '.join(RESTS)}")
    if smallest and rest != "any":
        raise InputError("the smallest circuit is only looked for where the rest is any: else more may keep less")
    if proof and rest != "any":
        raise InputError("what is measured has no proof to write; leave out proof, or let the rest be any")


def _proven(subject: Subject, asked: Asked) -> Circuit:
    keeps, start, machine, some = _resolved(subject, asked)
    setting = setting_of(machine.aig, machine.elements, start, ranges_of(subject.model, machine.elements))
    wanted = _wanted(keeps)
    layers = layers_of(subject, setting, wanted) if wanted is not None else None
    oracle = Oracle(setting, layers, some, asked.clock)
    try:
        found = fewest(oracle, asked.smallest)
    finally:
        oracle.close()
    if found.answer is False:
        raise InputError(
            _not_kept(subject, asked, keeps, machine, start, oracle.witness[0] if oracle.witness else some)
        )
    told = _told(subject, asked, machine, found, keeps=keeps, methods=tuple(sorted(oracle.methods)))
    if asked.proof is None or told.verdict != "proven":
        return told
    let_go = [item for place, item in enumerate(machine.elements) if place not in found.kept]
    if asked.at is None:  # without what was found out about the condition
        start = start_anywhere(machine.aig, len(start.inputs) - 1, len(subject.aig.latches))
    clock = Clock(asked.clock.budget, asked.clock.memory)
    about = told.claim, subject.model, machine.aig, let_go, start, clock
    return replace(told, proof=attempted(asked.proof, partial(write_sufficiency, asked.proof, *about)))


def _resolved(subject: Subject, asked: Asked) -> tuple[Claim, Start, Machine, Bits]:
    """What stays, where, in which netlist, and inputs that meet the condition."""
    keeps = asked.keeps
    if asked.at is not None:
        assert asked.text is not None
        start = start_at(subject, asked.text, asked.at, keeps.history if keeps else 0)
        keeps = keeps or _stays(subject, predicted_at(subject, start.state, start.inputs[-1]))
        machine = watched(subject, keeps, None)
        resets = [latch.reset or 0 for latch in machine.aig.latches[len(start.state) :]]
        start = Start(np.concatenate([start.state, np.array(resets, np.int64)]), start.inputs)
        return keeps, start, machine, np.zeros(0, np.uint8)
    history = max(asked.where.history if asked.where else 0, keeps.history if keeps else 0)
    plain = len(subject.aig.latches)
    machine = watched(subject, keeps, asked.where)
    start, some = narrowed(machine.aig, start_anywhere(machine.aig, history, plain), asked.clock)
    if keeps is None:
        keeps = _stays(subject, _predicted(machine.aig, start, some))
        machine = watched(subject, keeps, asked.where)
        start, some = narrowed(machine.aig, start_anywhere(machine.aig, history, plain), asked.clock)
    return keeps, start, machine, some


def _stays(subject: Subject, number: int) -> Claim:
    if not predicts(subject.aig):
        raise InputError("the model has no likeliest byte or class; say what stays with a claim (keeps)")
    text = read_metadata(subject.aig).readout is not None
    return parse_claim(f"argmax == {shown_byte(number) if text else number}")


def _not_kept(subject: Subject, asked: Asked, keeps: Claim, machine: Machine, start: Start, free: Bits) -> str:
    """The sentence. free: uint8[free], on which the model itself does not behave."""
    told = example(machine.aig, start, free)
    likeliest = ""
    if read_metadata(subject.aig).readout is not None:
        likeliest = f"{shown_byte(_predicted(machine.aig, start, free))} is the likeliest"
    shown = ", ".join(filter(None, [likeliest, told]))
    always = "" if asked.at is not None else " always"
    return f"the model itself does not{always} keep {keeps} {_scope(asked)}" + (
        f", for example: {shown}" if shown else ""
    )


def _wanted(keeps: Claim) -> int | None:
    """The number, if the claim is that `argmax` is one."""
    formula = keeps.formula
    left, right = getattr(formula, "left", None), getattr(formula, "right", None)
    if getattr(formula, "sign", "") != "==" or str(left) != "argmax":
        return None
    return right[0] if isinstance(right, bytes) and len(right) == 1 else right if isinstance(right, int) else None


def _predicted(machine: Aig, start: Start, some: Bits) -> int:
    """What the model predicts where some inputs meet the condition."""
    setting = setting_of(machine, (), start, ())
    results = setting.run(packed(some[:, None]), packed(np.zeros((0, 1), np.uint8)), packed(np.zeros((0, 1), np.uint8)))
    bits = (results[TRUTH + 3 :, 0] & np.uint64(1)).tolist()
    return sum(int(bit) << place for place, bit in enumerate(bits))


def _measured(subject: Subject, asked: Asked) -> Circuit:
    assert asked.text is not None
    machine = watched(subject, asked.keeps, None)
    text = on_text(machine.aig, machine.elements, asked.text, _steps(subject, asked))
    tried, result = text.tried(asked.rest), KEPT if asked.keeps else SAME
    if tried.share(np.ones(len(machine.elements), np.bool_), result) < asked.share:
        few = f"at {asked.share:.0%} of the places {_scope(asked)}"
        raise InputError(f"the model itself does not keep {asked.keeps} {few}; a smaller share may do")
    found = fewest_measured(tried, result, asked.share, asked.clock.part(SEARCH))
    share = tried.share(_flags(machine, found), result)
    return _told(subject, asked, machine, found, keeps=asked.keeps, text=text, share=share)


def _steps(subject: Subject, asked: Asked) -> Ints:
    """int64[places]: the steps of the text that are looked at, by the byte they read."""
    assert asked.text is not None
    if asked.at is not None:
        start_at(subject, asked.text, asked.at, 0)
        return np.array([asked.at - 1], np.int64)
    assert asked.where is not None
    places = np.flatnonzero(truth(asked.where, subject.model, asked.text) == 1)
    if not len(places):
        raise InputError(f"nowhere on the text it is true that {asked.where}")
    few = np.random.default_rng(3).permutation(len(places))[:PLACES]
    found: Ints = np.sort(places[few])
    return found


def _flags(machine: Machine, found: Minimal) -> Flags:
    flags = np.zeros(len(machine.elements), np.bool_)
    flags[[*found.kept]] = True
    return flags


def _scope(asked: Asked) -> str:
    if asked.at is not None:
        return f"at byte {asked.at} of the text"
    if asked.rest == "any":
        return f"in all states and on all inputs where {asked.where}"
    return f"at places of the text where {asked.where}"


def _told(
    subject: Subject,
    asked: Asked,
    machine: Machine,
    found: Minimal,
    *,
    keeps: Claim | None,
    methods: tuple[str, ...] = (),
    text: OnText | None = None,
    share: float | None = None,
) -> Circuit:
    kept, elements = _flags(machine, found), machine.elements
    names, own = [item.name for item in elements], [item.block for item in elements]
    chosen = {block: tuple(names[place] for place in found.kept if own[place] == block) for block in dict.fromkeys(own)}
    constants = None
    if text is not None and asked.rest in ("constant", "zero"):
        constants = zeros(text.setting) if asked.rest == "zero" else usual(text.setting, text.elsewhere)
    decided = found.answer is True
    return Circuit(
        verdict=("proven" if text is None else "measured") if decided else "undecided",
        behaviour=str(keeps) if keeps else "the prediction",
        scope=_scope(asked),
        rest=RESTS[asked.rest],
        kept={block: some for block, some in chosen.items() if some},
        candidates=dict(Counter(own)),
        open=tuple(names[place] for place in found.kept if place not in found.needed),
        methods=methods,
        least=found.least if text is None else 0,
        smallest=found.smallest and asked.rest == "any",
        share=share,
        why=found.why or (asked.clock.why if asked.smallest and not found.smallest else ""),
        faithful=_faithful(subject, asked, machine, kept) if decided and asked.text else (),
        netlist=circuit_netlist(machine.aig, elements, kept, constants),
        graph=circuit_graph(machine.aig, elements, kept),
        seconds=asked.clock.seconds,
    )


def _faithful(subject: Subject, asked: Asked, machine: Machine, kept: Flags) -> tuple[Faithful, ...]:
    assert asked.text is not None
    found = []
    if asked.at is None:
        try:
            steps = _steps(subject, asked)
        except InputError:
            steps = np.zeros(0, np.int64)
        if len(steps):
            shares = agreement(on_text(machine.aig, machine.elements, asked.text, steps), kept)
            found.append(Faithful(f"where {asked.where}", len(steps), *shares))
    steps = np.sort(np.random.default_rng(4).permutation(len(asked.text))[:PLACES])
    shares = agreement(on_text(machine.aig, machine.elements, asked.text, steps), kept)
    return (*found, Faithful("anywhere", len(steps), *shares))
