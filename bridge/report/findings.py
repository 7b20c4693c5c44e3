"""Everything a page tells, computed once: proofs, dependence, influence, statistics, passages.

What cannot be had is None, with one sentence in `missing` saying why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.analysis import (
    Comparison,
    DependenceMatrix,
    Influence,
    Invariants,
    Neuron,
    TextStatistics,
    compare,
    dependence,
    influence,
    invariants,
    neurons,
    text_statistics,
)
from bridge.analysis.designed import designed_copies
from bridge.analysis.features import moved, text_features
from bridge.cell import Cell
from bridge.equivalence import Verdict
from bridge.equivalence.certificate import certify
from bridge.errors import BridgeError, InputError
from bridge.execution import Evaluation, evaluate
from bridge.metadata import read_metadata
from bridge.printable import Listener, Progress
from bridge.report.passages import Passage, generated_passage, heldout_passage
from bridge.report.subject import Subject, Text

STEPS, POSITIONS = 16, 2048  # of influence
MOST_PAIRS = 8_000_000  # a byte each
STATISTICS = 100_000  # bytes of text
SHARES = {  # of the time, roughly
    "proving the lowering": 0.03,
    "neurons": 0.15,
    "dependence": 0.15,
    "state": 0.05,
    "before and after": 0.1,
    "bits per byte": 0.04,
    "passages": 0.02,
    "features": 0.15,
    "influence": 0.29,
}


@dataclass
class Findings:
    """`lowering`: the certificate of cell -> plain netlist; `comparison`: of that and `Subject.aig`, as all else is;
    `designed`: state bits that repeat others by design, None without the cell; `chance`: `statistics` by chance."""

    missing: dict[str, str] = field(default_factory=dict)
    lowering: Verdict | None = None
    neurons: tuple[Neuron, ...] = ()
    dependence: DependenceMatrix | None = None
    invariants: Invariants | None = None
    designed: frozenset[str] | None = None
    comparison: Comparison | None = None
    evaluation: Evaluation | None = None
    passages: tuple[Passage, ...] = ()
    statistics: TextStatistics | None = None
    chance: TextStatistics | None = None
    influence: Influence | None = None


class _Gathering:
    """Does one thing after the other, forgives each its errors, and tells how far it is."""

    def __init__(self, progress: Listener) -> None:
        self.progress, self.done, self.missing = progress, 0.0, dict[str, str]()

    @contextmanager
    def part(self, name: str) -> Iterator[Listener]:
        share = SHARES[name]
        self.progress(Progress(self.done, name))
        try:
            yield lambda now: self.progress(Progress(self.done + share * (now.done or 0.0), name))
        except BridgeError as error:
            self.missing[name] = f"Left out: {error}."
        self.done += share


def gather(
    subject: Subject, text: Text | None, why_no_text: str, *, quick: bool = False, seconds: float, progress: Listener
) -> Findings:
    """Compute everything. `quick`: without what takes long, the before and after of every neuron and influence.

    `seconds`: for all proofs together, roughly; half of it for dependence. What is open then stays undecided.
    """
    work, found, aig = _Gathering(progress), Findings(), subject.aig
    found.missing = work.missing
    if subject.cell is not None:
        with work.part("proving the lowering"):
            found.lowering = certify(subject.cell, subject.plain)
    asked = _asked(subject, found.lowering)
    with work.part("neurons"):
        names = {point.name for point in aig.points}
        found.neurons = tuple(neuron for neuron in neurons(asked, seconds=seconds / 6) if neuron.name in names)
    with work.part("dependence") as inner:
        sources, targets = _pairs(aig)
        found.dependence = dependence(asked, sources, targets, seconds=seconds / 2, progress=inner)
    if subject.plain is not aig and not quick:
        with work.part("before and after"):
            found.comparison = compare(subject.plain, aig, seconds=seconds / 3)
    with work.part("state"):
        found.invariants = (
            found.comparison.after.invariants if found.comparison else invariants(aig, seconds=seconds / 6)
        )
        found.designed = designed_copies(subject.cell, found.invariants) if subject.cell else None
    _measure(subject, text, why_no_text, found, work, quick)
    progress(Progress(1.0, "done"))
    return found


def _asked(subject: Subject, lowering: Verdict | None) -> Cell | Aig:
    """Whom to ask who reads and affects whom: the cell, where every name is a place of its own, if the netlist is
    proven to be it, with all its state bits; else the netlist, whose names may share nodes."""
    aig, plain, run = subject.aig, subject.plain, subject.run
    proven = aig is plain or (run is not None and run.proven and len(aig.latches) == len(plain.latches))
    certified = lowering is not None and lowering.answer == "equivalent"
    whole = not subject.losses and read_metadata(plain).care == "all"
    return subject.cell if subject.cell is not None and certified and whole and proven else aig


def _measure(
    subject: Subject, text: Text | None, why_no_text: str, found: Findings, work: _Gathering, quick: bool
) -> None:
    aig = subject.aig
    with work.part("passages"):
        written = generated_passage(aig, text.data if text else None)
        found.passages = (written,)
    if text is None:
        work.missing |= dict.fromkeys(("bits per byte", "features", "influence"), why_no_text)
        return
    with work.part("bits per byte") as inner:
        evaluation = evaluate(aig, text.data, progress=inner)
        if not isfinite(evaluation.bits_per_byte):
            raise InputError("the model gives bytes of this text the probability 0")
        found.evaluation = evaluation
    if found.evaluation is None:
        work.missing |= dict.fromkeys(("features", "influence"), work.missing["bits per byte"])
        return
    with work.part("passages"):
        found.passages = (heldout_passage(aig, text.name, text.data), *found.passages)
    with work.part("features"):
        shown = text.data[:STATISTICS]
        features = text_features(shown)
        found.statistics = text_statistics(aig, shown, features=features)
        found.chance = text_statistics(aig, shown, features=moved(features))
    if quick:
        work.missing["influence"] = "Left out: asked for the quick page."
        return
    with work.part("influence") as inner:
        if not aig.latches:
            raise InputError("the netlist has no state bits")
        found.influence = influence(aig, text.data, STEPS, positions=POSITIONS, progress=inner)


def _pairs(aig: Aig) -> tuple[list[str], list[str]]:
    """Whom to ask about: sources and targets, without the neurons where that makes too many pairs."""
    names = [latch.name for latch in aig.latches]
    outputs = list(dict.fromkeys(number_of(output.name) for output in aig.outputs))
    for points in ([point.name for point in aig.points], []):
        sources, targets = [*names, *aig.inputs, *points], [*names, *points, *outputs]
        if len(sources) * len(targets) <= MOST_PAIRS:
            return sources, targets
    raise InputError(f"{len(sources):,} x {len(targets):,} pairs are more than a page can hold")


def number_of(output: str) -> str:
    """The number that a bit belongs to: `logit.97[0]` -> `logit.97`; other outputs stand for themselves."""
    name = parse(output)
    return name.group if name.kind in ("logit", "score") else output
