"""Who affects whom within one step, proven."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.aig import Aig
from bridge.analysis.dependences.matrix import dependence
from bridge.arrays import Bits
from bridge.errors import InputError
from bridge.printable import Listener
from bridge.report.part import Facts, Page, Part, Task
from bridge.report.parts.memory import shown_steps
from bridge.report.signals import number_of

MOST_PAIRS = 8_000_000  # a byte each
Choice = tuple[str, str, str, list[str], list[str], tuple[str, str]]
AGE = "changed: cost of a byte, so many bytes later"


def _prove(page: Page, progress: Listener) -> None:
    sources, targets = _pairs(page.subject.aig)
    page.found.dependence = dependence(page.asked, sources, targets, seconds=page.seconds / 2, progress=progress)


def _pairs(aig: Aig) -> tuple[list[str], list[str]]:
    """Whom to ask about: sources and targets, without the neurons where that makes too many pairs."""
    names = [latch.name for latch in aig.latches]
    outputs = list(dict.fromkeys(number_of(output.name) for output in aig.outputs))
    for points in ([point.name for point in aig.points], []):
        sources, targets = [*names, *aig.inputs, *points], [*names, *points, *outputs]
        if len(sources) * len(targets) <= MOST_PAIRS:
            return sources, targets
    raise InputError(f"{len(sources):,} x {len(targets):,} pairs are more than a page can hold")


def _facts(page: Page) -> Facts | None:
    """Proven dependences summed up by block."""
    matrix = page.found.dependence
    if matrix is None or not matrix.sources or not matrix.targets:
        return None
    names, places, sums = matrix.by_block()
    return {
        "sentence": _decided(matrix.counts(), bool(page.subject.aig.latches)),
        "caption": "How many pairs of a block's signals (rows) and another's (columns) depend, within one step.",
        "columns": places,
        "rows": list(zip(names, sums.tolist(), strict=True)),
        "choices": _choices(page),
        "steps": shown_steps(page.found.influence),
    }


def _decided(counts: Mapping[str, int], stateful: bool) -> str:
    """Who decided how many pairs."""
    left, undecided = counts["open_after_structure"], counts["undecided"]
    how = f"for each of the {left:,} that it leaves open, simulation found two runs that show it."
    if counts["simulation_yes"] < left:
        how = f"of the {left:,} that it leaves open, simulation shows yes for {counts['simulation_yes']:,}; SAT proves "
        how += f"yes for {counts['sat_yes']:,} and no for {counts['sat_no']:,}."
    asked = "Inverting a signal: can it change another, for some input?"
    if stateful:
        asked = "Inverting a signal during one step: can it change another, in some state, for some input?"
    return (
        f"{asked} Of {counts['entries']:,} pairs {f'{undecided:,} are' if undecided else 'none is'} left undecided. "
        f"Structure alone proves no for {counts['structure_no']:,}; {how}"
    )


def _choices(page: Page) -> list[Facts]:
    """The matrices there are. `rows`, `columns`: kinds of signals; `axes`: what rows and columns are, in words."""
    state, neuron = ["state bit", "input"], ["neuron"]
    held, bit, read = "inverted: state bit or input", "inverted: state bit", ["state bit", "output"]
    next_bit, aged = "affected: next state bit or output", (f"{bit}, longest remembered first", AGE)
    inputs, outputs = ("inverted: input", "affected: output"), read[1:]
    plain: list[Choice] = [  # of what has no state
        ("output", "input to output, proven", "dependence", state[1:], outputs, inputs),
        ("neuron", "neuron to output, proven", "dependence", neuron, outputs, ("inverted: neuron", inputs[1])),
    ]
    proven: list[Choice] = [
        ("state", "state to state, proven", "dependence", state, read[:1], (held, "affected: next state bit")),
        ("output", "state to output, proven", "dependence", state, read[1:], (held, "affected: output")),
        ("neuron", "neuron to state and output, proven", "dependence", neuron, read, ("inverted: neuron", next_bit)),
    ]
    measured: list[Choice] = [
        ("text", "state to state, on the text (no null)", "influence", [], [], (bit, "changed: state bit, {} later")),
        ("age", "state to cost by age, on the text (no null)", "memory", [], [], aged),
    ]
    there = page.found.influence is not None and page.found.influence.sources
    some = _kinds(page)
    names = ("id", "name", "kind", "rows", "columns", "axes")
    return [
        dict(zip(names, option, strict=True))
        for option in (*(proven if page.subject.aig.latches else plain), *(measured if there else ()))
        if option in measured or (not some.isdisjoint(option[3]) and not some.isdisjoint(option[4]))
    ]


def _kinds(page: Page) -> set[str]:
    """Of the signals that were asked about."""
    aig, matrix = page.subject.aig, page.found.dependence
    points = {point.name for point in aig.points} & set(matrix.sources if matrix else ())
    there = {"state bit": aig.latches, "input": aig.inputs, "neuron": points, "output": aig.outputs}
    return {kind for kind, signals in there.items() if signals}


def _data(page: Page) -> Facts:
    matrix, choices = page.found.dependence, {"choices": _choices(page)}
    if matrix is None:
        return choices
    return choices | {"dependence": {"sources": matrix.sources, "targets": matrix.targets, "steps": matrix.steps}}


def _arrays(page: Page) -> Mapping[str, Bits]:
    matrix = page.found.dependence
    return {} if matrix is None else {"answers": matrix.answers, "methods": matrix.methods}


def _claims(page: Page) -> list[Facts]:
    if page.found.dependence is None:
        return []
    undecided, shared = page.found.dependence.counts()["undecided"], len(page.found.dependence.same_node)
    how = f"yes: pairs of runs; no: structure or SAT on unequal cofactors; {undecided:,} undecided"
    how += f"; {shared:,} names share a node of the netlist with others, and change with them" if shared else ""
    status = "undecided" if undecided else "proven"
    return [{"what": "Every entry of the dependence matrices", "status": status, "how": how}]


PART = Part(
    "affects",
    "Who affects whom",
    order=40,
    tasks=(Task("dependence", _prove, order=30, share=0.15),),
    absent="Left out: there are no signals to ask about.",
    facts=_facts,
    data=_data,
    arrays=_arrays,
    claims=_claims,
    scripts=("parts/matrix.js",),
)
