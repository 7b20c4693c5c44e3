"""What the scripts of the page are told about the logic that they run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.aig.latches import reset_to_one
from bridge.aig.literals import through
from bridge.aig.names import as_read, element, parse
from bridge.analysis.activations import as_they_are_read
from bridge.analysis.places import placed
from bridge.analysis.signals import Bit, Signal, named_bits
from bridge.arrays import Bits
from bridge.cell import Cell, Input
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.execution.models import byte_places, is_serial, number_bits
from bridge.execution.rows import places_of
from bridge.metadata import Metadata, read_metadata
from bridge.readout import Readout
from bridge.report.live.handles import with_handles
from bridge.report.live.program import pack_program

BYTE_BITS = 8
WIDEST = 53  # bits of a number that a script can hold exactly
MOST = 4_000_000  # ANDs that a browser makes WebAssembly of in seconds
Facts = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Live:
    """`facts`: as JSON, see `web/live/types.js`; `code`: of `pack_program`."""

    facts: Facts
    code: Bits


def live_of(model: Cell | Aig) -> Live:
    """A cell with a handle on each of its places, or a netlist on each of its nodes that have a name.

    InputError for what a page cannot run: more than MOST ANDs, numbers of more than WIDEST bits, inputs that are not
    known.
    """
    aig = placed(model)
    if len(aig.ands) > MOST:
        raise InputError(f"{aig.name!r} has {len(aig.ands):,} ANDs, and a page runs at most {MOST:,}")
    known = read_metadata(aig)
    serial = known.readout is not None and is_serial(aig, known.readout)
    bits = _named(aig)
    variables = np.array([bit.literal >> 1 for bit in bits], np.int64)
    handles = np.union1d(np.arange(1, aig.first_and), variables[variables > 0])
    handled, image = with_handles(aig, handles)
    numbers = _numbers(aig, known, serial)
    asked = [[bit.literal for bit in bits], *numbers]
    read = through(image, np.array([literal for some in asked for literal in some], np.int64))
    packed = pack_program(handled, np.concatenate([read, handled.next_literals()]))
    ends = np.cumsum([len(some) for some in asked])
    told, *heads, following = (part.tolist() for part in np.split(packed.literals, ends))
    kind = "text" if known.readout else "numbers" if known.scores else "bits"
    facts = _reads(aig, known, kind, serial) | {
        "name": aig.name,
        "kind": kind,
        "operations": packed.operations,
        "inputs": len(aig.inputs),
        "handles": len(handles),
        "resets": reset_to_one(aig).astype(int).tolist(),
        "next": following,
        "bits": [bit.name for bit in bits],
        "literals": told,
        "ranges": _ranges(known, (bit.name for bit in bits)),
        "handleOf": np.where(variables > 0, np.searchsorted(handles, variables), -1).tolist(),
        "numbers": heads,
        "serial": serial,
        "readout": known.readout and _readout(known.readout),
        "scores": known.scores and known.scores.facts(),
    }
    return Live(facts, np.frombuffer(packed.code, np.uint8))


def _named(aig: Aig) -> list[Bit]:
    """Every name as it is read: of an edited netlist, what is read in the place of a state bit has its name."""
    leaves = set(aig.leaves)
    instead = set(map(as_read, leaves)) - leaves
    signals = (Signal(name, (bit,)) for name, bit in named_bits(aig).items() if name not in instead)
    return [bit for signal in as_they_are_read(aig, signals) for bit in signal.bits]


def _numbers(aig: Aig, known: Metadata, serial: bool) -> list[list[int]]:
    """The literals of each number of the head, lowest bit first."""
    head = known.readout.names(serial) if known.readout else known.scores.names if known.scores else []
    if not head:
        return []
    found = [[output.literal for output in some] for some in number_bits(aig, head)]
    if (widest := max(map(len, found))) > WIDEST:
        raise InputError(f"a number of {widest} bits is wider than what a script holds exactly, {WIDEST} bits")
    return found


def _ranges(known: Metadata, names: Iterable[str]) -> dict[str, list[tuple[int, int, int]]]:
    """What the elements of groups that are not all bits can be: how many alike, from, to."""
    groups = {parsed.group for parsed in map(parse, names) if parsed.kind in ("state", "value")}
    found = {group: known.ranges_of(group) for group in sorted(groups)}
    return {
        group: [(len(list(alike)), low, high) for (low, high), alike in groupby(ranges.bounds)]
        for group, ranges in found.items()
        if ranges is not None and not ranges.plain.all()
    }


def _reads(aig: Aig, known: Metadata, kind: str, serial: bool) -> Facts:
    """`elements`: what is given in a step, by name and range; `owners`, `places`: of each input of the netlist, the
    element that it is a bit of, and which."""
    if kind == "text":
        assert known.readout is not None
        code = known.readout.code if serial else None
        places = byte_places(aig, code)
        elements = [_element("byte", 0, 255), *([_element("node", 0, code.nodes - 1)] if code else [])]
        second = places >= BYTE_BITS
        return {
            "elements": elements,
            "owners": second.astype(int).tolist(),
            "places": (places - BYTE_BITS * second).tolist(),
        }
    if kind == "bits":
        elements = [_element(name, 0, 1) for name in aig.inputs]
        return {"elements": elements, "owners": [*range(len(aig.inputs))], "places": [0] * len(aig.inputs)}
    reads_byte = any(parse(name).kind == "byte" for name in aig.inputs)
    of = places_of(aig, known.inputs, reads_byte)
    elements = [_element("byte", 0, 255)] * reads_byte
    for each in known.inputs:
        ranges = enumerate(Ranges(each.low, each.high).bounds)
        elements += [_element(element(each.name, index), low, high) for index, (low, high) in ranges]
    blocks = [_input(each) for each in known.inputs]
    return {"elements": elements, "owners": of.owners.tolist(), "places": of.places.tolist(), "blocks": blocks}


def _element(name: str, low: int, high: int) -> Facts:
    return {"name": name, "low": low, "high": high}


def _input(each: Input) -> Facts:
    facts = {"name": each.name, "size": len(each.low)}
    return facts | {"encoder": each.encoder.facts()} if each.encoder else facts


def _readout(readout: Readout) -> Facts:
    code = None if readout.code is None else [list(pair) for pair in readout.code.children]
    return {"symbols": list(readout.symbols), "scale": readout.scale, "code": code}
