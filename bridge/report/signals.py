"""One record for every named signal: what it computes, what it reads, what is proven about it, what it follows.

Records are compact JSON for the page's script. A signal is referred to by its place in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.aig.names import block_of, parse
from bridge.analysis.predicted.outputs import meaning
from bridge.cell import Cell
from bridge.report.drawings import draw
from bridge.report.equations import Equation, Ref, Sentence, describe, shown_byte
from bridge.report.part import Page

Record = dict[str, Any]


def number_of(output: str) -> str:
    """The number that a bit belongs to: `logit.97[0]` -> `logit.97`; other outputs stand for themselves."""
    name = parse(output)
    return name.group if name.kind in ("logit", "score", "class") else output


def element_of(bit: str) -> str:
    """`h[3].1` -> `h[3]`; a name that is no bit of an integer is itself."""
    return str(replace(parse(bit), bit=None))


class SignalBook:
    """`names`: of all signals, in the order of the page, each integer before its bits; `kinds`: what each is. cell: of
    the netlist, if it is known; then integers that are no numbers in the netlist are there, too."""

    def __init__(self, aig: Aig, cell: Cell | None = None) -> None:
        self.aig = aig
        parts = [(name, "input") for name in aig.inputs] + [(latch.name, "state bit") for latch in aig.latches]
        self.kinds: dict[str, str] = {}
        for name, kind in parts + [(point.name, "neuron") for point in aig.points]:
            self.kinds |= {} if element_of(name) == name else {element_of(name): "number"}
            self.kinds[name] = kind
        self.compared = [name for name in _numbers(cell) if name not in self.kinds] if cell else []
        self.kinds |= dict.fromkeys(self.compared, "number")
        self.kinds |= {number_of(output.name): "output" for output in aig.outputs}
        self.names = list(self.kinds)
        self.places = {name: place for place, name in enumerate(self.names)}

    def words(self, words: Sentence) -> list[Any]:
        """Sentence as they are; signals as [place, inverted]."""
        return [self.ref(word) if isinstance(word, Ref) else word for word in words]

    def ref(self, ref: Ref) -> Any:
        return [self.places[ref.name], int(ref.inverted)] if ref.name in self.places else str(ref)

    def listed(self, names: Sequence[str]) -> list[Any]:
        """Signals with commas between them."""
        return [part for name in names for part in (", ", self.ref(Ref(name)))][1:]

    def ids(self, names: Sequence[str]) -> list[int]:
        return [self.places[name] for name in names if name in self.places]


def _numbers(cell: Cell) -> list[str]:
    """The integers of a cell by their names, those left out that are bits."""
    every = ((name, cell.source_ranges(name).plain.tolist()) for name in cell.widths)
    return [name for source, plain in every for name, bit in zip(cell.elements(source), plain, strict=True) if not bit]


def signal_records(page: Page) -> tuple[SignalBook, list[Record]]:
    """A record for each signal: always `name kind block`; more where the cell or a part of the page knows something."""
    subject, book = page.subject, SignalBook(page.subject.aig, page.subject.cell)
    records: dict[str, Record] = {}
    for name, kind in book.kinds.items():
        records[name] = {"name": name, "kind": kind, "block": block_of(name), "notes": []}
        number = parse(name)
        if number.kind == "logit" and number.of.isdigit() and number.index is None and int(number.of) < 256:
            records[name]["alias"] = shown_byte(int(number.of))
        if sentence := meaning(subject.aig, name):
            records[name]["notes"].append([f"{sentence}."])
    for name in book.compared:
        records[name]["notes"].append(["It has no bits in this netlist: nothing reads it but comparisons, or nothing."])
    _add_structure(subject.aig, book, records)
    if subject.cell is not None:
        sound = page.certified and not subject.losses and (subject.run is None or subject.run.proven)
        _add_equations(subject.cell, book, records, sound)
    for part in page.parts:
        part.records(page, book, records)
    return book, list(records.values())


def _add_structure(aig: Aig, book: SignalBook, records: dict[str, Record]) -> None:
    """What a state bit takes over, from the netlist alone; drawings of small cones."""
    stops = {variable: (name, False) for variable, name in enumerate(aig.leaves, 1)}
    for point in aig.points:
        stops.setdefault(point.variable, (point.name, point.inverted))
    stops.pop(0, None)  # a constant is shown as one
    for latch in aig.latches:
        if latch.next < 2:
            words: Sentence = (f"becomes {latch.next}",)
        elif variable_of(latch.next) in stops:
            name, flip = stops[variable_of(latch.next)]
            words = ("becomes the present value of ", Ref(name, inverted(latch.next) ^ flip))
            records[latch.name]["reads"] = book.ids([name])
        else:
            words = ("becomes a function without a name",)
        records[latch.name]["words"] = book.words(
            (*words, f"; starts at {'any value' if latch.reset is None else latch.reset}")
        )
    for point in aig.points:
        drawing = draw(aig, point.literal, stops)
        if drawing is not None:
            facts = asdict(drawing)
            facts["leaves"] = [book.places.get(name, name) for name in drawing.leaves]
            records[point.name]["drawing"] = facts


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
            if equation.bias is not None:
                records[name]["bias"] = equation.bias
            if equation.least is not None:
                records[name]["least"] = equation.least


def _read(equation: Equation, book: SignalBook) -> list[int]:
    refs = [word for word in equation.words if isinstance(word, Ref)]
    refs += [ref for _, some in equation.groups for ref in some]
    return book.ids([ref.name for ref in refs])
