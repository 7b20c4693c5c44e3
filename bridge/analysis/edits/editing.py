"""`edit`: names and values in, an edited netlist out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import DO, at_position, bare, parse
from bridge.analysis.activations import as_they_are_read
from bridge.analysis.edits.counting import ENDLESS, width_for
from bridge.analysis.edits.surgery import Edit, edited, is_node
from bridge.analysis.edits.values import Copied, Resampled, Value, table_of, understood
from bridge.analysis.elements import Element, elements_of
from bridge.analysis.places import CONSTANT, placed, same_nodes, told
from bridge.analysis.predicted.outputs import DERIVED, OF_SCORES
from bridge.analysis.signals import Bit, named_bits, resolve
from bridge.arrays import Bits
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.positions import counting_latches
from bridge.metadata import Edited, read_metadata, with_metadata
from bridge.printable import few

SHOWN = 3  # edits that the name of a netlist tells

_log = logging.getLogger(__name__)


def edit(model: Cell | Aig, changes: Mapping[str, Value], *, text: bytes | None = None) -> Aig:
    """The model with all of the changes, done at once: see `bridge.analysis.edits`.

    changes: by name, `NAME` or `NAME@17` for position 17 of a text alone, counted from 0, what it becomes: a number
    (of a block of bits, of which the first counts one), whole numbers, one for each element, "flip", or in words, as on
    the command line, "copy:FILE@POSITION", "resample:FILE"; `Copied` and `Resampled` say the same of texts in memory.
    text: that of a "resample" that names none.

    InputError for unknown names, a value outside its range, two changes of one bit, and a name that nothing reads.
    """
    return edit_all(model, changes.items(), text=text)


def edit_all(model: Cell | Aig, changes: Iterable[tuple[str, Value]], *, text: bytes | None = None) -> Aig:
    """`edit`, which notices what is given twice."""
    aig = placed(model)
    edits: list[Edit] = []
    for name, value in changes:
        edits += _edits(aig, name, value, text, seed=len(edits))
    _tell(aig, edits)
    edits = _of_nodes(aig, edits)
    done = edited(aig, edits, _counter(aig, edits))
    facts = read_metadata(aig)
    told = (*facts.edits, *(Edited(each.told, each.at, each.is_drawn) for each in edits))
    # It is no netlist of its cell any more.
    return with_metadata(replace(done, name=_named(aig.name, edits)), replace(facts, edits=told, cell=""))


def refuse_resampled(model: Cell | Aig, what: str) -> None:
    """InputError where a place is resampled, which is measured, and `what` is a proof."""
    drawn = [] if isinstance(model, Cell) else [each.told for each in read_metadata(model).edits if each.drawn]
    if drawn:
        raise InputError(f"{drawn[0]}: is drawn at random, so {what} proves nothing of it; give it a value instead")


def _edits(aig: Aig, name: str, value: Value, text: bytes | None, seed: int) -> list[Edit]:
    """The edit, if there is anything to do it to."""
    place, at = at_position(name)
    shown = f"{name}={_shown(value)}"
    elements, node = _elements(aig, place, shown)
    value = understood(shown, value, text)
    if isinstance(value, Resampled):
        seed += 1000 * value.seed
    table = table_of(shown, aig, elements, value, node)
    bits = tuple(bit for element in elements for bit in element.bits)
    return [Edit(shown, bits, table, at, node, seed)]


def _shown(value: Any) -> str:
    if isinstance(value, str | int | np.integer):
        return str(value)
    if isinstance(value, Copied):
        return f"copy@{value.at}"
    if isinstance(value, Resampled):
        return f"resample@{value.seed}"
    return f"[{np.asarray(value, object).size} values]"


def _elements(aig: Aig, name: str, shown: str) -> tuple[tuple[Element, ...], int | None]:
    """What a name stands for, and the code node that it is meant for, if any."""
    asked, known = parse(name), named_bits(aig)
    if asked.kind == "old" or name.startswith(DO):
        advice = replace(asked, kind="state") if asked.kind == "old" else name.removeprefix(DO)
        raise InputError(f"{shown}: {name} is known inside a model only; change {advice}")
    if asked.kind in {*DERIVED, *OF_SCORES} - {"logit"}:
        raise InputError(f"{shown}: {name} is what comes of the numbers of the head, and can be asked but not set")
    node = None
    if asked.node is not None and name not in known and any(map(is_node, aig.inputs)):
        name, node = bare(name), asked.node
    signals = as_they_are_read(aig, [resolve(aig, name)])
    return elements_of(aig, signals), node


def _tell(aig: Aig, edits: Sequence[Edit]) -> None:
    """What is changed with them, in a netlist without its cell."""
    chosen = {bit.name for edit in edits for bit in edit.bits}
    same = same_nodes(aig, (bit for edit in edits for bit in edit.bits if bit.variable))
    others = {name: left for name, names in same.items() if (left := tuple(o for o in names if o not in chosen))}
    if others:
        _log.warning("%s", told(others))


def _of_nodes(aig: Aig, edits: Sequence[Edit]) -> list[Edit]:
    """The same edits of one bit of every node. InputError for two changes of one bit at the same position, and for a
    node that cannot become what it is to be."""
    found: list[Edit] = []
    taken: dict[int, list[tuple[Edit, Bit, Bits | None]]] = {}
    for edit in edits:
        kept = []
        for place, bit in enumerate(edit.bits):
            column = None if edit.table is None else edit.table[:, place] ^ np.uint8(bit.literal & 1)
            if bit.variable == 0:
                _check_constant(edit, bit, column)
                continue
            others = taken.setdefault(bit.variable, [])
            if not _told_before(edit, bit, column, others):
                kept.append(place)
            others.append((edit, bit, column))
        table = None if edit.table is None else edit.table[:, kept]
        found.append(replace(edit, bits=tuple(edit.bits[place] for place in kept), table=table))
    return found


def _check_constant(edit: Edit, bit: Bit, column: Bits | None) -> None:
    if column is None or column.any():
        raise InputError(f"{edit.told}: {bit.name} is {CONSTANT} {bit.literal} in this netlist, and nothing reads it")


def _told_before(edit: Edit, bit: Bit, column: Bits | None, others: Sequence[tuple[Edit, Bit, Bits | None]]) -> bool:
    """Is the same done to another bit of the node by the same edit?"""
    for other, own, before in others:
        if other is edit and own.name != bit.name:
            if column is None or (before is not None and np.array_equal(column, before)):
                return True
            raise InputError(f"{edit.told}: {own.name} and {bit.name} are one node of this netlist; change one of them")
        if _meet(edit, other):
            twice = f"{bit.name} is changed twice, by {other.told} and by {edit.told}"
            one = f"{own.name} and {bit.name} are one node of this netlist, which {other.told} and {edit.told} change"
            raise InputError(f"{twice if own.name == bit.name else one}; leave one of them out")
    return False


def _meet(one: Edit, other: Edit) -> bool:
    """Can both be done in the same step?"""
    apart = [one.at is not None and other.at is not None and one.at != other.at]
    apart += [one.node is not None and other.node is not None and one.node != other.node]
    return not any(apart)


def _counter(aig: Aig, edits: Sequence[Edit]) -> int:
    """How many bits count positions. InputError if there is a counter that stops too early."""
    if not any(edit.counts for edit in edits):
        return 0
    positions = [edit.at for edit in edits if edit.at is not None]
    width = ENDLESS if any(edit.is_drawn for edit in edits) else width_for(max(positions))
    if width > ENDLESS:
        raise InputError(f"a position must lie below {(1 << ENDLESS) - 1:,}, not {max(positions):,}")
    have = len(counting_latches(aig))
    if have and have < width:
        raise InputError(f"{aig.name!r} counts positions below {(1 << have) - 1:,} alone; do all changes in one edit")
    return have or width


def _named(name: str, edits: Sequence[Edit]) -> str:
    return f"{name} with {few([edit.told for edit in edits], SHOWN, ', ')}" if edits else name
