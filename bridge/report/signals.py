"""One record for every named signal: what it computes, what it reads, what is proven about it, what it follows.

Records are compact JSON for the page's script. A signal is referred to by its place in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bridge.aig import Aig
from bridge.aig.names import block_of, parse
from bridge.analysis import Comparison, Invariants, TextStatistics, meaning
from bridge.cell import Cell
from bridge.report.drawings import draw
from bridge.report.equations import Equation, Ref, Words, describe, shown_byte
from bridge.report.findings import Findings, number_of
from bridge.report.subject import Subject

Record = dict[str, Any]

SMALL = 6  # signals up to which a truth table is shown
FEATURES = 6
ON, OFF = 5, 3  # example contexts


class SignalBook:
    """`names`: of all signals, in the order of the page; `kinds`: what each is."""

    def __init__(self, aig: Aig) -> None:
        self.aig = aig
        self.kinds = dict.fromkeys(aig.inputs, "input") | {latch.name: "state bit" for latch in aig.latches}
        self.kinds |= {point.name: "neuron" for point in aig.points}
        self.kinds |= {number_of(output.name): "output" for output in aig.outputs}
        self.names = list(self.kinds)
        self.places = {name: place for place, name in enumerate(self.names)}

    def words(self, words: Words) -> list[Any]:
        """Words as they are; signals as [place, inverted]."""
        return [self.ref(word) if isinstance(word, Ref) else word for word in words]

    def ref(self, ref: Ref) -> Any:
        return [self.places[ref.name], int(ref.inverted)] if ref.name in self.places else str(ref)

    def ids(self, names: Sequence[str]) -> list[int]:
        return [self.places[name] for name in names if name in self.places]


def signal_records(subject: Subject, found: Findings) -> tuple[SignalBook, list[Record]]:
    """A record for each signal: always `name kind block`; the others where something is known."""
    book = SignalBook(subject.aig)
    records: dict[str, Record] = {}
    for name, kind in book.kinds.items():
        records[name] = {"name": name, "kind": kind, "block": block_of(name), "notes": []}
        number = parse(name)
        if number.kind == "logit" and number.of.isdigit() and number.index is None and int(number.of) < 256:
            records[name]["alias"] = shown_byte(int(number.of))
        if sentence := meaning(subject.aig, name):
            records[name]["notes"].append([f"{sentence}."])
    _add_structure(subject.aig, book, records)
    if subject.cell is not None:
        _add_equations(subject.cell, book, records, _sound(subject, found))
    _add_neurons(found, book, records)
    if found.invariants is not None:
        _add_invariants(found.invariants, found.designed or frozenset(), book, records)
    if found.comparison is not None:
        _add_changes(found.comparison, records)
    if found.statistics is not None and found.chance is not None:
        _add_statistics(found.statistics, found.chance, records)
    return book, list(records.values())


def _add_structure(aig: Aig, book: SignalBook, records: dict[str, Record]) -> None:
    """What a state bit takes over, from the netlist alone; drawings of small cones."""
    leaves = [*aig.inputs, *(latch.name for latch in aig.latches)]
    stops = {variable: (name, False) for variable, name in enumerate(leaves, 1)}
    for point in aig.points:
        stops.setdefault(point.literal >> 1, (point.name, bool(point.literal & 1)))
    stops.pop(0, None)  # a constant is shown as one
    for latch in aig.latches:
        if latch.next < 2:
            words: Words = (f"becomes {latch.next}",)
        elif latch.next >> 1 in stops:
            name, inverted = stops[latch.next >> 1]
            words = ("becomes the present value of ", Ref(name, bool(latch.next & 1) ^ inverted))
            records[latch.name]["reads"] = book.ids([name])
        else:
            words = ("becomes a function without a name",)
        records[latch.name]["words"] = book.words(
            (*words, f"; starts at {'any value' if latch.reset is None else latch.reset}")
        )
    for point in aig.points:
        root = point.literal >> 1
        inner = {variable: stop for variable, stop in stops.items() if variable != root or root < aig.first_and}
        drawing = draw(aig, point.literal, inner)
        if drawing is not None:
            facts = asdict(drawing)
            facts["leaves"] = [book.places.get(name, name) for name in drawing.leaves]
            records[point.name]["drawing"] = facts


def _sound(subject: Subject, found: Findings) -> bool:
    """Is the netlist proven to do what the cell says?"""
    certified = found.lowering is not None and found.lowering.answer == "equivalent"
    return certified and not subject.losses and (subject.run is None or subject.run.proven)


def _add_equations(cell: Cell, book: SignalBook, records: dict[str, Record], sound: bool) -> None:
    for name, equation in describe(cell):
        if name in records:
            records[name]["words"] = book.words(equation.words)
            if not sound:
                records[name]["notes"].append(
                    ["The equation is the cell's; this netlist is not proven to do the same."]
                )
            records[name]["reads"] = _read(equation, book)
            if equation.groups:
                groups = ([weight, [book.ref(ref) for ref in refs]] for weight, refs in equation.groups)
                records[name]["groups"] = list(groups)


def _read(equation: Equation, book: SignalBook) -> list[int]:
    refs = [word for word in equation.words if isinstance(word, Ref)]
    refs += [ref for _, some in equation.groups for ref in some]
    return book.ids([ref.name for ref in refs])


def _add_neurons(found: Findings, book: SignalBook, records: dict[str, Record]) -> None:
    for neuron in found.neurons:
        record = records[neuron.name]
        record["reads"] = book.ids(neuron.support)
        if neuron.table and len(neuron.support) <= SMALL:
            record["table"] = [book.ids(neuron.support), neuron.table]
        if not neuron.support:
            record["notes"].append([f"Constant {neuron.formula()}: whatever it reads, proven."])
        elif neuron.trivial:
            record["notes"].append(["A function of ", *_listed(book, neuron.support), " alone, proven."])
        idle = [name for name in neuron.structural if name not in neuron.support]
        if idle:
            record["notes"].append(["Its logic reads ", *_listed(book, idle), ", which cannot change it, proven."])
        for names, how in ((neuron.copies, "the same node as "), (neuron.inverted, "the complement of ")):
            if names:
                record["notes"].append([f"Is {how}", *_listed(book, names), ", proven."])


def _listed(book: SignalBook, names: Sequence[str]) -> list[Any]:
    parts: list[Any] = []
    for name in names:
        parts += [", " if parts else "", book.ref(Ref(name))]
    return [part for part in parts if part != ""]


def _add_invariants(known: Invariants, designed: frozenset[str], book: SignalBook, records: dict[str, Record]) -> None:
    for name, value in known.constant.items():
        records[name]["notes"].append([f"Always {value} in every state reachable from reset, proven by induction."])
    for pairs, how in ((known.equal, "Always equal to "), (known.complementary, "Always the complement of ")):
        for name, other in pairs:
            why = " It is a copy by design of the cell." if name in designed else ""
            sentence = [how, book.ref(Ref(other)), f" in every state reachable from reset, proven by induction.{why}"]
            records[name]["notes"].append(sentence)
    for name in known.unobservable:
        records[name]["notes"].append(["No output ever depends on it, from any state, proven."])


def _add_changes(comparison: Comparison, records: dict[str, Record]) -> None:
    for change in comparison.changes:
        before, after = change.support_before, change.support_after
        how = f"Before the flow a function of {before} signals, after it of {after}."
        records[change.name]["notes"].append([how])


def _add_statistics(statistics: TextStatistics, chance: TextStatistics, records: dict[str, Record]) -> None:
    places = {feature: place for place, feature in enumerate(statistics.features)}
    shares = (statistics.ones / max(1, statistics.positions)).tolist()
    for row, (name, share) in enumerate(zip(statistics.bits, shares, strict=True)):
        record = records[name]
        record["ones"] = round(share, 4)
        record["features"] = []
        for feature, bits, part in statistics.best_features(name, FEATURES):
            place = places[feature]
            by_chance = [round(float(facts[row, place]), 4) for facts in (chance.information, chance.shares)]
            if bits > 0.0005:
                record["features"].append([place, round(bits, 4), round(part, 3), *by_chance])
        for key, value, count in (("on", 1, ON), ("off", 0, OFF)):
            record[key] = [[context.text, context.place] for context in statistics.examples(name, value)[:count]]
