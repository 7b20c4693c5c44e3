"""What the terms of a claim are in a netlist: numbers, each with its bits, and the constants they are compared with.

A signal is 0 or 1. A group is the number that its bits spell, the lowest first: without sign, but for integers that can
be negative and the numbers of a head, which are in two's complement. `argmax` of a network of classes is the place of
one, and is compared with its label; that of a text model is a byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bridge.aig import FALSE, Aig
from bridge.aig.names import Name, bare, element, members, parse
from bridge.analysis.activations import as_they_are_read
from bridge.analysis.claims.formula import Claim, Operand, Term
from bridge.analysis.elements import SIGNED, UNSIGNED
from bridge.analysis.places import placed
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.scores import score_places
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import Bit, named_bits, resolve
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.metadata import read_metadata

HELD = frozenset({"byte", "node", "state"})  # what a serial netlist has, whatever node it is asked about


@dataclass(frozen=True)
class Number:
    """`bits`: literals, the lowest first; in two's complement if it is `signed`."""

    bits: tuple[int, ...]
    signed: bool

    @property
    def as_signed(self) -> list[int]:
        """In two's complement."""
        return [*self.bits] if self.signed else [*self.bits, FALSE]


@dataclass(frozen=True)
class Meant:
    """`aig`: the netlist with what the names ask for among its outputs; `plain`: how many of these it has without;
    `numbers`: by name; `labels`: of the classes that `argmax` chooses from, of a text model none; `vectors`: by names
    of their bits, integers from outside or held that not all bits spell."""

    aig: Aig
    plain: int
    numbers: Mapping[str, Number]
    labels: tuple[str, ...]
    vectors: Sequence[tuple[list[str], Ranges]]

    def constant(self, operand: Operand, term: Term) -> int:
        """A constant that a term is compared with. InputError for a text that is neither a byte nor a label."""
        if isinstance(operand, int):
            return operand
        assert isinstance(operand, bytes)
        if self.labels and parse(term.name).kind in ("argmax", "greedy"):
            label = operand.decode("utf-8", "replace")
            if label not in self.labels:
                raise InputError(f"there is no class {label!r}; the classes are {', '.join(self.labels)}")
            return self.labels.index(label)
        if len(operand) != 1:
            raise InputError(f"{repr(operand)[1:]} is not one byte, so {term} cannot be compared with it")
        return operand[0]


def meant(model: Cell | Aig, claims: Iterable[Claim], *, parallel: bool = False) -> Meant:
    """Resolve the names of claims. `parallel`: a serial head is asked about all nodes in any case, else where a name
    needs it. InputError for names that the model has not, and for what is no number."""
    names = list(dict.fromkeys(name for claim in claims for name in claim.names))
    for name in names:
        if parse(name).kind == "probability":
            raise InputError(f"{name} is no whole number: compare logits, or margin.'a'.'b'")
    kept = () if parallel else HELD
    aig = asked_for(lower(model) if isinstance(model, Cell) else model, names, kept=kept)
    if isinstance(model, Cell) and not all(_whole(model, aig, name) for name in names):
        aig = asked_for(placed(model), names, kept=kept)
    signs = _elements(aig)
    extended = with_prediction(aig, names)
    numbers = {name: _number(extended, name, signs) for name in names}
    labels = () if read_metadata(aig).readout else tuple(score_places(aig))
    return Meant(extended, len(aig.outputs), numbers, labels, vectors_of(aig))


def asked_for(aig: Aig, names: Sequence[str], others: Sequence[str] = (), kept: Collection[str] = HELD) -> Aig:
    """A serial netlist asked about all code nodes, if a name is of another kind than those; `others`: more names of
    signals that are asked about."""
    return aig if {parse(name).kind for name in names} <= {*kept} else asked_at_once(aig, [*names, *others])


def _whole(cell: Cell, aig: Aig, name: str) -> bool:
    """Has the netlist all bits of it? Those that nothing reads are only in one with every place of the cell."""
    every = [bit for source in cell.sources for bit in cell.signals(source)]
    every += [bit for block in cell.held for bit in cell.latches(block)]
    known = map(bare, named_bits(aig))
    return {*members(bare(name), every)} <= {*known}


def _found(aig: Aig, name: str) -> tuple[Bit, ...]:
    """As they are read, whatever is done to them. What does not depend on the code node is the same for each."""
    try:
        found = resolve(aig, name)
    except InputError:
        if bare(name) == name:
            if len(name) == 1:
                raise InputError(
                    f"netlist {aig.name!r} has no signal {name!r}; write the character as '{name}'"
                ) from None
            raise
        found = resolve(aig, bare(name))
    return as_they_are_read(aig, [found])[0].bits


def _always_0(name: str, signs: Mapping[str, Ranges]) -> bool:
    """Is it an element without bits?"""
    return name in signs and not signs[name].bits


def _number(aig: Aig, name: str, signs: Mapping[str, Ranges]) -> Number:
    asked = parse(name)
    if _always_0(name, signs):
        return Number((), signed=False)
    found = _found(aig, name)
    parsed = [parse(bit.name) for bit in found]
    if len({(each.kind, each.of, each.node) for each in parsed}) > 1:
        raise InputError(_several(name, found, parsed))
    elements, wide = sorted({each.index or 0 for each in parsed}), any(each.bit is not None for each in parsed)
    if asked.index is None and wide and len(elements) > 1:
        raise InputError(f"{name} is several integers: name one of them, {name}[{elements[0]}] say")
    places = sorted(zip(((each.index or 0, each.bit or 0) for each in parsed), found, strict=True), key=lambda x: x[0])
    whole = asked.bit is None and parsed[0].index is not None and (wide or asked.index is None)
    if whole and [place[wide] for place, _ in places] != [*range(len(found))]:
        raise InputError(f"netlist {aig.name!r} has not all bits of {name}, so it is no number: name some of them")
    return Number(tuple(bit.literal for _, bit in places), _signed(aig, asked, parsed, signs))


def _several(name: str, found: Sequence[Bit], parsed: Sequence[Name]) -> str:
    if len({(each.kind, each.of) for each in parsed}) == 1:
        return f"{name} depends on the code node asked about: write {name}@node.0 say"
    return f"{name} stands for several numbers, {found[0].name} and {found[-1].name} among them: name one"


def _signed(aig: Aig, asked: Name, parsed: Sequence[Name], signs: Mapping[str, Ranges]) -> bool:
    if asked.kind in UNSIGNED or asked.bit is not None:
        return False
    if asked.kind in SIGNED:
        return asked.index is None
    if all(each.bit is None for each in parsed):
        return False
    first = parsed[0]
    element = str(Name(first.kind, first.of, first.index))
    if element in signs:
        return bool(signs[element].low[0] < 0)
    if read_metadata(aig).cell:
        raise InputError(f"netlist {aig.name!r} does not say whether {element} can be negative: ask its cell")
    return False


def _integers(aig: Aig) -> dict[str, Ranges]:
    """By block, or by `state.NAME`: what its elements can be, where that is not 0..1 for all."""
    known = read_metadata(aig)
    blocks = [*(each.name for each in known.inputs), *known.ranges]
    return {block: ranges for block in blocks if (ranges := known.ranges_of(block)) is not None}


def _elements(aig: Aig) -> dict[str, Ranges]:
    """The same by element."""
    return {element(block, j): all_.of([j]) for block, all_ in _integers(aig).items() for j in range(len(all_))}


def vectors_of(aig: Aig) -> list[tuple[list[str], Ranges]]:
    """The names of the bits of integers that are read or held, and what these can be; those of which all bits spell
    something are left out."""
    named = [(ranges.named(partial(element, block)), ranges) for block, ranges in _integers(aig).items()]
    known = {*aig.leaves}
    return [(names, ranges) for names, ranges in named if {*names} <= known and not ranges.full]
