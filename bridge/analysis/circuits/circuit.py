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
    check_place,
    layers_of,
    narrowed,
    predicts,
    start_anywhere,
    start_at,
    subject_of,
    watched,
)
from bridge.analysis.circuits.result import Circuit, Faithful
from bridge.analysis.circuits.search import Oracle, fewest
from bridge.analysis.circuits.setting import KEPT, OWN_FROM, SAME, Start, ranges_of, setting_of
from bridge.analysis.claims.formula import Claim, Comparison, Term
from bridge.analysis.claims.on_text import truth
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.minimal import Minimal
from bridge.arrays import Bits, Flags
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.equivalence.refutation import attempted
from bridge.errors import InputError
from bridge.execution.words import packed
from bridge.metadata import read_metadata
from bridge.printable import in_quotes

SECONDS = 60.0
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
    check_text(text)
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
    oracle = Oracle(setting, layers, some, _searching(asked.clock))
    try:
        found = fewest(oracle, asked.smallest)
    finally:
        oracle.close()
    if found.answer is False:
        broken = oracle.witness[0] if oracle.witness else some
        raise InputError(_not_kept(subject, asked, keeps, machine, start, broken))
    looked = None
    if found.answer and asked.text is not None:
        looked = _looked(subject, asked, machine)
    told = replace(_told(asked, machine, found, keeps, looked), methods=tuple(sorted(oracle.methods)))
    if asked.proof is None or told.verdict != "proven":
        return told
    let_go = [item for place, item in enumerate(machine.elements) if place not in found.kept]
    if asked.at is None:  # without what was found out about the condition
        start = start_anywhere(subject, machine.aig, len(start.inputs) - 1)
    clock = Clock(asked.clock.budget, asked.clock.memory)
    about = told.claim, subject.model, machine.aig, let_go, start, clock
    return replace(told, proof=attempted(asked.proof, partial(write_sufficiency, asked.proof, *about)))


def _resolved(subject: Subject, asked: Asked) -> tuple[Claim, Start, Machine, Bits]:
    """What stays, where, in which netlist, and inputs that meet the condition."""
    machine = watched(subject, asked.keeps, asked.where)
    history = max(claim.history if claim else 0 for claim in (asked.keeps, asked.where))
    if asked.at is not None:
        assert asked.text is not None
        start, some = start_at(subject, machine.aig, asked.text, asked.at, history), np.zeros(0, np.uint8)
    else:
        start, some = narrowed(machine.aig, start_anywhere(subject, machine.aig, history), asked.clock)
    if asked.keeps is not None:
        return asked.keeps, start, machine, some
    keeps = _stays(subject, _predicted(machine.aig, start, some))  # it remembers nothing: the latches stay the same
    return keeps, start, watched(subject, keeps, asked.where), some


def _stays(subject: Subject, number: int) -> Claim:
    if not predicts(subject.aig):
        raise InputError("the model has no likeliest byte or class; say what stays with a claim (keeps)")
    text = read_metadata(subject.aig).readout is not None
    return parse_claim(f"argmax == {in_quotes(bytes([number])) if text else number}")


def _not_kept(subject: Subject, asked: Asked, keeps: Claim, machine: Machine, start: Start, free: Bits) -> str:
    """The sentence. free: uint8[free], on which the model itself does not behave."""
    shown = [example(machine.aig, start, free)]
    if read_metadata(subject.aig).readout is not None:
        likeliest = in_quotes(bytes([_predicted(machine.aig, start, free)]))
        shown = [f"{likeliest} is the likeliest", *shown]
    always = "" if asked.at is not None else " always"
    told = f"the model itself does not{always} keep {keeps} {_scope(asked)}"
    return ", for example: ".join(filter(None, [told, ", ".join(filter(None, shown))]))


def _wanted(keeps: Claim) -> int | None:
    """The number, if the claim is that `argmax` is one."""
    match keeps.formula:
        case Comparison(Term("argmax", 0, None), "==", bytes(symbol)) if len(symbol) == 1:
            return symbol[0]
        case Comparison(Term("argmax", 0, None), "==", int(number)):
            return number
    return None


def _predicted(machine: Aig, start: Start, some: Bits) -> int:
    """What the model predicts where some inputs meet the condition."""
    setting = setting_of(machine, (), start, ())
    results = setting.run(packed(some[:, None]), packed(np.zeros((0, 1), np.uint8)), packed(np.zeros((0, 1), np.uint8)))
    bits = (results[OWN_FROM:, 0] & np.uint64(1)).tolist()
    return sum(int(bit) << place for place, bit in enumerate(bits))


def _measured(subject: Subject, asked: Asked) -> Circuit:
    machine = watched(subject, asked.keeps, None)
    text = _looked(subject, asked, machine)
    if not text.places:
        raise InputError(f"nowhere on the text it is true that {asked.where}")
    tried, result = text.tried(asked.rest), KEPT if asked.keeps else SAME
    if tried.share(np.ones(len(machine.elements), np.bool_), result) < asked.share:
        few = f"at {asked.share:.0%} of the places {_scope(asked)}"
        raise InputError(f"the model itself does not keep {asked.keeps} {few}; a smaller share may do")
    found = fewest_measured(tried, result, asked.share, _searching(asked.clock))
    told = _told(asked, machine, found, asked.keeps, text)
    return replace(told, share=tried.share(_flags(machine, found), result))


def _searching(clock: Clock) -> Clock:
    """For the search: what is told about a circuit takes about as long as what was done before."""
    return clock.within(max(0.0, clock.left - clock.seconds))


def _looked(subject: Subject, asked: Asked, machine: Machine) -> OnText:
    """The machine at the places of the text that were asked about, PLACES at most."""
    assert asked.text is not None
    if asked.at is not None:
        check_place(asked.text, asked.at, 0)
        steps = np.array([asked.at - 1], np.int64)
    else:
        assert asked.where is not None
        places = np.flatnonzero(truth(asked.where, subject.model, asked.text) == 1)
        steps = np.sort(np.random.default_rng(3).permutation(len(places))[:PLACES])
        steps = places[steps]
    return on_text(machine.aig, machine.elements, asked.text, steps)


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


def _told(asked: Asked, machine: Machine, found: Minimal, keeps: Claim | None, looked: OnText | None) -> Circuit:
    """looked: see `_looked`, where there is a text."""
    kept, elements, proven = _flags(machine, found), machine.elements, asked.rest == "any"
    names, own = [item.name for item in elements], [item.block for item in elements]
    chosen = {block: tuple(names[place] for place in found.kept if own[place] == block) for block in dict.fromkeys(own)}
    constants = None
    if looked is not None and asked.rest in ("constant", "zero"):
        constants = zeros(looked.setting) if asked.rest == "zero" else usual(looked.setting, looked.elsewhere)
    return Circuit(
        verdict="undecided" if not found.answer else "proven" if proven else "measured",
        behaviour=str(keeps) if keeps else "the prediction",
        scope=_scope(asked),
        rest=RESTS[asked.rest],
        kept={block: some for block, some in chosen.items() if some},
        candidates=dict(Counter(own)),
        open=tuple(names[place] for place in found.kept if place not in found.needed),
        least=found.least if proven else 0,
        smallest=found.smallest and proven,
        why=found.why or (asked.clock.why if asked.smallest and not found.smallest else ""),
        faithful=_faithful(asked, machine, kept, looked) if looked else (),
        netlist=circuit_netlist(machine.aig, elements, kept, constants),
        graph=circuit_graph(machine.aig, elements, kept),
        seconds=asked.clock.seconds,
    )


def _faithful(asked: Asked, machine: Machine, kept: Flags, looked: OnText) -> tuple[Faithful, ...]:
    assert asked.text is not None
    anywhere = np.sort(np.random.default_rng(4).permutation(len(asked.text))[:PLACES])
    places = {"anywhere": on_text(machine.aig, machine.elements, asked.text, anywhere)}
    if asked.at is None and looked.places:
        places = {f"where {asked.where}": looked} | places
    return tuple(Faithful(where, text.places, *agreement(text, kept)) for where, text in places.items())
