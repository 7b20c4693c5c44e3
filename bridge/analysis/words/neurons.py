"""Every neuron in terms of bytes: what each byte adds to its sum, and where few bytes decide, exactly when it fires.

What depends on bytes any time ago, or on inputs that are no bytes, has no rules: it is told what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import variable_of
from bridge.aig.names import BYTE, members, plain
from bridge.analysis.bytesets import EVERY
from bridge.analysis.signals import Bit, input_bits, listed, named_bits, point_bits, resolve_all, state_bits
from bridge.analysis.words.ages import OLDEST, Ages, classes, looked_at
from bridge.analysis.words.rules import MOST_CONTEXTS, Contexts, Rules, place, rules_of
from bridge.analysis.words.states import glosses
from bridge.analysis.words.sums import Sum, names_of, sums_of
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.metadata import read_metadata
from bridge.printable import Listener, Progress, counted, unheard
from bridge.printable.notebook import Single

_HELD = 1 << 26  # values of a context held at a time


@dataclass(frozen=True, repr=False)
class InBytes(Single):
    """A signal in words. `sum`: what it adds up, of a block of weighted sums of a cell; `rules`: when it is 1, exact
    once as many bytes were read as matter, `starts`: after 1, 2, ... bytes of a text; `reads`: the named signals that
    its logic reads; `words`: of an automaton, what leads to the states in which it is 1; `why`: why there are no rules.
    Only bytes `among` count."""

    name: str
    reads: tuple[str, ...]
    among: tuple[int, ...]
    sum: Sum | None = None
    rules: Rules | None = None
    starts: dict[int, Rules] = field(default_factory=dict)
    words: str = ""
    why: str = ""

    @property
    def lines(self) -> list[str]:
        """A line for the whole, then one for each byte and for the other terms of the sum."""
        told = f"1 {self.rules.told(self.among)}" if self.rules else self.why
        lines = self.sum.lines(self.among) if self.sum else []
        if self.sum and self.sum.threshold is not None:
            lines = [f"fires iff this reaches {self.sum.threshold}:", *lines] if lines else lines
        elif self.sum:
            lines = [f"is the sum of {self.sum.constant} and:", *lines]
        elif not self.rules:
            lines = [f"1 {self.words}" if self.words else f"reads {', '.join(self.reads)}"]
        return [f"{self.name}: {told}".rstrip(": "), *lines]

    def __str__(self) -> str:
        return "\n  ".join(self.lines)

    def _repr_html_(self) -> str:
        return "<br>".join(map(escape, self.lines))

    def to_json(self) -> dict[str, Any]:
        """The fields; bytes as numbers."""
        facts: dict[str, Any] = {"name": self.name, "text": self.lines, "reads": [*self.reads]}
        facts |= {"sum": self.sum.to_json(self.among)} if self.sum else {}
        facts |= {"rules": self.rules.to_json()} if self.rules else {}
        facts |= {"starts": {str(read): rules.to_json() for read, rules in self.starts.items()}} if self.starts else {}
        return facts | {key: value for key in ("words", "why") if (value := getattr(self, key))}


def as_bytes(
    model: Cell | Aig,
    names: str | Iterable[str] | None = None,
    *,
    every_byte: bool = False,
    seconds: float = 120.0,
    memory: float | None = None,
    progress: Listener = unheard,
) -> list[InBytes]:
    """All points of the netlist, or the signals of these names, of a cell also sums such as `logit.'e'`.

    `every_byte`: all 256 bytes count, not only the symbols of a text model. Rules that are not found within `seconds`
    are left out, and `why` says so. InputError for unknown names and for what reads no bytes.
    """
    clock, chosen = Clock(seconds, memory), None if names is None else [plain(name) for name in listed(names)]
    aig = looked_at(model, chosen or [])
    _check_bytes(aig)
    readout = read_metadata(aig).readout
    among = tuple(sorted(EVERY if readout is None or every_byte else readout.symbols))
    ages, bits, entries = Ages.of(aig), list(point_bits(aig)), dict[str, InBytes]()
    if isinstance(model, Cell):
        entries = _of_cell(model, ages, among, chosen)
    if chosen is not None:
        found = [name for name in chosen if not members(name, entries)]
        bits = [bit for signal in resolve_all(aig, found) for bit in signal.bits]
        bits += [bit for name, bit in named_bits(aig).items() if name in entries]
    told = _with_rules(ages, among, bits, entries, clock, progress)
    words = glosses(model, among) if isinstance(model, Cell) else {}
    return [replace(entry, words=words.get(entry.name, "")) for entry in told]


def _of_cell(cell: Cell, ages: Ages, among: tuple[int, ...], chosen: list[str] | None) -> dict[str, InBytes]:
    """Its sums, those of the head only if they are chosen, and the elements of automata that the netlist does without,
    by name."""
    rows = [row for block in cell.summed for row in names_of(block, cell) if chosen is not None or not block.HEAD]
    known = named_bits(ages.aig)
    automata = [name for block in cell.blocks if block.ONE_HOT for name in cell.signals(block.name)]
    unread = [name for name in automata if name not in known]
    if chosen is not None:
        rows, unread = ([found for name in chosen for found in members(name, some)] for some in (rows, unread))
    entries = {name: InBytes(name, (), among, found) for name, found in sums_of(cell, ages, among, {*rows})}
    return entries | {name: InBytes(name, (), among, why="nothing reads it") for name in unread}


def _check_bytes(aig: Aig) -> None:
    if not {*aig.inputs} & {*BYTE}:
        raise InputError(f"netlist {aig.name!r} reads no bytes, so its neurons cannot be told as bytes")


def _with_rules(
    ages: Ages, among: tuple[int, ...], bits: Sequence[Bit], known: dict[str, InBytes], clock: Clock, progress: Listener
) -> list[InBytes]:
    kinds = classes(ages, among, [bit.literal for bit in bits])
    whys = {bit.name: why for bit in bits if (why := _refused(ages, bit, among, kinds))}
    groups: dict[tuple[int, ...], list[Bit]] = {}
    for bit in bits:
        if bit.name not in whys:
            groups.setdefault(ages.known(bit.variable), []).append(bit)
    rules, done = dict[str, tuple[Rules, dict[int, Rules]]](), 0
    for own in sorted(groups, key=len):
        contexts = Contexts(own, among, kinds)
        size = max(1, _HELD // contexts.count)
        for start in range(0, len(groups[own]), size):
            some = groups[own][start : start + size]
            if clock.over:
                whys |= {bit.name: clock.why for bit in some}
                continue
            literals = np.array([bit.literal for bit in some], np.int64)
            rules |= zip((bit.name for bit in some), rules_of(ages, contexts, literals), strict=True)
            done += len(some)
            progress(Progress(done / len(bits)))
    found, reads = [], _reads(ages.aig)
    for name in dict.fromkeys([*(bit.name for bit in bits), *known]):
        entry = known.get(name, InBytes(name, (), among))
        told, starts = rules.get(name, (None, {}))
        why = whys.get(name, entry.why)
        found.append(replace(entry, reads=reads(name), rules=told, starts=starts, why=why))
    return found


def _refused(ages: Ages, bit: Bit, among: Sequence[int], kinds: Ints) -> str:
    """Why a signal has no rules."""
    if ages.other[bit.variable]:
        return "depends on inputs that are no bytes"
    if ages.endless(bit.variable):
        return f"may depend on bytes any time ago (or more than {OLDEST} steps)"
    own = ages.known(bit.variable)
    if Contexts(own, tuple(among), kinds).count > MOST_CONTEXTS:
        told = ", ".join(place(age).removeprefix("byte ") for age in own)
        return f"depends on {counted(len(own), 'byte')} ({told}): too many contexts to go through"
    return ""


def _reads(aig: Aig) -> Callable[[str], tuple[str, ...]]:
    """Of a name, the named signals that its logic reads, by structure; nothing for what is no signal."""
    names = {bit.variable: bit.name for bit in (*point_bits(aig), *state_bits(aig), *input_bits(aig))}
    known, fanins = named_bits(aig), variable_of(aig.ands).tolist()

    def reads(name: str) -> tuple[str, ...]:
        waiting, seen, found = [known[name].variable] if name in known else [], set[int](), set[int]()
        while waiting:
            variable = waiting.pop()
            for child in fanins[variable - aig.first_and] if variable >= aig.first_and else ():
                if child in names:
                    found.add(child)
                elif child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return tuple(names[variable] for variable in sorted(found))

    return reads
