"""What became trivial: neurons that are constant or functions of at most two signals, state bits no longer needed."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.analysis.comparison import compare, figures
from bridge.analysis.designed import designed_copies
from bridge.analysis.invariants import Invariants, invariants
from bridge.analysis.neurons import Neuron, neurons
from bridge.printable import Listener
from bridge.report.equations import Ref
from bridge.report.findings import Findings
from bridge.report.part import Facts, Page, Part, Task
from bridge.report.signals import Record, SignalBook

SMALL = 6  # signals up to which a truth table is shown


def _neurons(page: Page, _progress: Listener) -> None:
    names = {point.name for point in page.subject.aig.points}
    found = neurons(page.asked, seconds=page.seconds / 6)
    page.found.neurons = tuple(neuron for neuron in found if neuron.name in names)


def _compare(page: Page, _progress: Listener) -> None:
    page.found.comparison = compare(page.subject.plain, page.subject.aig, seconds=page.seconds / 3)


def _state(page: Page, _progress: Listener) -> None:
    found, subject = page.found, page.subject
    if not subject.aig.latches:
        return  # nothing to say of state bits
    known = found.comparison.after.invariants if found.comparison else None
    found.invariants = known or invariants(subject.aig, seconds=page.seconds / 6)
    found.designed = designed_copies(subject.cell, found.invariants) if subject.cell else None


def _facts(page: Page) -> Facts:
    found = page.found
    constant = [neuron for neuron in found.neurons if not neuron.support]
    simple = [neuron for neuron in found.neurons if neuron.trivial and neuron.support]
    known = found.invariants or Invariants()
    groups = [
        _group("Constant neurons", [(n.name, f"= {n.formula()}", ()) for n in constant]),
        _group("Neurons of at most two signals", [(n.name, f"= {n.formula()}", ()) for n in simple]),
        _group("Neurons on one node, equal or complements", _duplicates(found.neurons)),
        _group("Constant state bits", [(name, f"is always {value}", ()) for name, value in known.constant.items()]),
        *_repeats(known, found.designed),
        _group("State bits that no output ever depends on", [(name, "", ()) for name in known.unobservable]),
    ]
    if found.comparison is not None:
        changed = [
            (change.name, f"read {change.support_before} signals, now {change.support_after}", ())
            for change in found.comparison.changes
        ]
        groups.insert(0, _group("Neurons that the flow made simpler", changed))
    return {"sentence": _trivial_sentence(found, constant, simple, known), "groups": groups} | _counts(page)


def _duplicates(found: Sequence[Neuron]) -> list[tuple[str, str, tuple[str, ...]]]:
    """A row for each node with several names, not for each name."""
    rows, told = [], set[str]()
    for neuron in found:
        others = (*neuron.copies, *neuron.inverted)
        if others and neuron.name not in told:
            how = "is the same node as" if neuron.copies else "is the complement of"
            how += ", or the complement of," if neuron.copies and neuron.inverted else ""
            rows.append((neuron.name, how, others))
            told |= set(others)
    return rows


def _repeats(known: Invariants, designed: frozenset[str] | None) -> list[Facts]:
    """What was found apart from what could not be otherwise."""
    same = [(name, "always equals", (other,)) for name, other in known.equal]
    same += [(name, "is the complement of", (other,)) for name, other in known.complementary]
    repeating = "State bits that always equal others, or their complements"
    if designed is None:
        return [_group(f"{repeating} (copies by design among them, which only the cell would tell)", same)]
    found, copies = ([row for row in same if (row[0] in designed) == kind] for kind in (False, True))
    return [_group(f"{repeating}: found", found), _group(f"{repeating}: copies by design of the cell", copies)]


def _group(title: str, rows: Sequence[tuple[str, str, Sequence[str]]]) -> Facts:
    return {"title": title, "rows": [{"name": name, "text": text, "others": others} for name, text, others in rows]}


def _trivial_sentence(found: Findings, constant: list[Neuron], simple: list[Neuron], known: Invariants) -> str:
    few = f"{len(constant):,} of {len(found.neurons):,} neurons are constant"
    few += f" and {len(simple):,} more are functions of at most two signals."
    if found.neurons and not constant and not simple:
        few = f"None: each of the {len(found.neurons):,} neurons depends on three signals or more."
    if not found.neurons:
        few = "The netlist names no neurons."
    state = f" {_state_sentence(known, found.designed)}" if found.invariants is not None else ""
    return f"{few}{state} All of this is proven, not sampled."


def _state_sentence(known: Invariants, designed: frozenset[str] | None) -> str:
    repeating = len(known.equal) + len(known.complementary)
    which = "; without the cell, copies by design cannot be told from others" if repeating else ""
    if designed is not None and repeating:
        which = f" ({len(designed):,} by design of the cell, {repeating - len(designed):,} found)"
    sentence = f"Of the state bits {len(known.constant):,} are constant, {repeating:,} repeat others{which}, "
    return f"{sentence}and no output ever depends on {len(known.unobservable):,}."


def _counts(page: Page) -> Facts:
    if page.found.comparison is None:
        return {"counts": [], "sides": []}
    before, after = figures(page.found.comparison.before), figures(page.found.comparison.after)
    flow = page.subject.run.name if page.subject.run else "simplification"
    counts = [(name, (before[name], after[name])) for name in before]
    return {"counts": counts, "sides": ["before", "after"], "caption": f"What {flow} changed; every count is proven."}


def _claims(page: Page) -> list[Facts]:
    claims = []
    if page.found.neurons:
        left = sum(len(neuron.undecided) for neuron in page.found.neurons)
        how = "SAT on the netlist cut at its neurons, for all values there"
        how += f"; {left:,} reads undecided, kept" if left else ""
        what = "What each neuron reads, truth tables, constant and duplicated neurons"
        claims.append({"what": what, "status": "proven", "how": how})
    if page.found.invariants is not None:
        left = len(page.found.invariants.undecided)
        how = "induction from the reset state; dependence on outputs"
        how += f"; {left:,} undecided, not shown" if left else ""
        claims.append({"what": "Constant, equal and unobservable state bits", "status": "proven", "how": how})
    return claims


def _records(page: Page, book: SignalBook, records: dict[str, Record]) -> None:
    _tell_neurons(page.found.neurons, book, records)
    if page.found.invariants is not None:
        _tell_invariants(page.found.invariants, page.found.designed or frozenset(), book, records)
    for change in page.found.comparison.changes if page.found.comparison else ():
        before, after = change.support_before, change.support_after
        how = f"Before the flow a function of {before} signals, after it of {after}."
        records[change.name]["notes"].append([how])


def _tell_neurons(found: Sequence[Neuron], book: SignalBook, records: dict[str, Record]) -> None:
    for neuron in found:
        record = records[neuron.name]
        record["reads"] = book.ids(neuron.support)
        if neuron.table and len(neuron.support) <= SMALL:
            record["table"] = [book.ids(neuron.support), neuron.table]
        if not neuron.support:
            record["notes"].append([f"Constant {neuron.formula()}: whatever it reads, proven."])
        elif neuron.trivial:
            record["notes"].append(["A function of ", *book.listed(neuron.support), " alone, proven."])
        idle = [name for name in neuron.structural if name not in neuron.support]
        if idle:
            record["notes"].append(["Its logic reads ", *book.listed(idle), ", which cannot change it, proven."])
        for names, how in ((neuron.copies, "the same node as "), (neuron.inverted, "the complement of ")):
            if names:
                record["notes"].append([f"Is {how}", *book.listed(names), ", proven."])


def _tell_invariants(known: Invariants, designed: frozenset[str], book: SignalBook, records: dict[str, Record]) -> None:
    for name, value in known.constant.items():
        records[name]["notes"].append([f"Always {value} in every state reachable from reset, proven by induction."])
    for pairs, how in ((known.equal, "Always equal to "), (known.complementary, "Always the complement of ")):
        for name, other in pairs:
            why = " It is a copy by design of the cell." if name in designed else ""
            sentence = [how, book.ref(Ref(other)), f" in every state reachable from reset, proven by induction.{why}"]
            records[name]["notes"].append(sentence)
    for name in known.unobservable:
        records[name]["notes"].append(["No output ever depends on it, from any state, proven."])


PART = Part(
    "trivial",
    "What became trivial",
    heading="Which neurons became trivial",
    order=30,
    tasks=(
        Task("neurons", _neurons, order=20, share=0.15),
        Task(
            "before and after",
            _compare,
            order=40,
            share=0.1,
            when=lambda page: page.subject.plain is not page.subject.aig and not page.quick,
        ),
        Task("state", _state, order=50, share=0.05),
    ),
    facts=_facts,
    claims=_claims,
    records=_records,
)
