"""What a model is made of, as boxes: its blocks and what reads what, how wide they are, where they hold something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Literal

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import variable_of
from bridge.aig.names import block_of, group_of, parse, state
from bridge.aig.shares import blocks_of
from bridge.cell import Automaton, Block, Cell, Delay, Embedding, Input, Latch, Logits, Node, Scores, Threshold, Trees
from bridge.cell.blocks import BYTE, NODE, OLD
from bridge.printable import counted
from bridge.report.live.layout import laid_out

NAME_LONG, WHAT_LONG = 19, 26  # letters that a box has room for
SHORTENED = 10_000
MOST = 40  # boxes of a netlist without a cell: more are told by their kinds
Place = Literal["given", "held", "made", "head"]
Facts = dict[str, Any]


@dataclass(frozen=True)
class Box:
    """`name`: the block as the list of signals has it; `what`: how much of what, in few words; `bits`: how wide."""

    name: str
    what: str
    bits: int
    place: Place


@dataclass(frozen=True)
class Diagram:
    """`reads`: (from, to), numbers of boxes; those of a loop are left out."""

    boxes: tuple[Box, ...]
    reads: tuple[tuple[int, int], ...]


def diagram_facts(aig: Aig, cell: Cell | None) -> Facts:
    """The diagram as the page draws it, with the ANDs that serve each block of `aig`."""
    diagram = of_netlist(aig) if cell is None else of_cell(cell)
    ands = blocks_of(aig)
    most = max([1, *ands.values()])
    picture = laid_out(len(diagram.boxes), diagram.reads)
    names = [box.name for box in diagram.boxes]
    boxes = []
    for number, (box, (left, top)) in enumerate(zip(diagram.boxes, picture.places, strict=True)):
        count = ands.get(box.name, 0)
        shown = [_cut(_short(box.name), NAME_LONG), _cut(box.what, WHAT_LONG), _gates(count)]
        reads = ", ".join(names[start] for start, end in diagram.reads if end == number)
        told = " ".join(filter(None, shown)) + (f"; reads {reads}" if reads else "")
        facts = {"name": box.name, "place": box.place, "x": left, "y": top, "shown": shown, "told": told}
        boxes.append(facts | {"full": f"{box.name}: {box.what}", "share": round(count / most, 4)})
    lines = [
        {"path": line.path, "from": line.start, "to": line.ends, "wide": _thickness(diagram.boxes[line.start].bits)}
        for line in picture.lines
    ]
    return {"boxes": boxes, "lines": lines, "width": picture.width, "height": picture.height}


def _short(name: str) -> str:
    """What holds something is named like the block that it belongs to."""
    parts = parse(name)
    return parts.of if parts.kind == "state" and parts.of else name


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _gates(count: int) -> str:
    return f"{count / 1000:.1f}k ANDs" if count >= SHORTENED else counted(count, "AND") if count else ""


def _thickness(bits: int) -> float:
    return round(0.8 + 0.3 * max(1, bits).bit_length(), 1)


def of_cell(cell: Cell) -> Diagram:
    """A box for what is given, for what each block holds from before, for each block, and for the head."""
    boxes: dict[str, Box] = {}
    if cell.reads_byte:
        boxes[BYTE] = Box(BYTE, "the byte that is read", 8, "given")
    if cell.serial:
        boxes[NODE] = Box(NODE, "the code node", cell.readout.code.bits if cell.readout.code else 1, "given")
    for name, held in cell.held.items():
        block = cell.by_name[name]
        what = told(block, cell) if block.AT_START else f"{counted(held.bits, 'bit')} from before"
        boxes[OLD + name] = Box(_held(name), what, held.bits, "held")
    edges = []
    for block in cell.blocks:
        if block.AT_START:
            continue
        name = block_of(cell.numbers[0]) if block.HEAD else block.name
        width = len(cell.numbers) if block.HEAD else cell.ranges[block.name].bits
        place: Place = "head" if block.HEAD else "given" if block in cell.inputs else "made"
        boxes[block.name] = Box(name, told(block, cell), width, place)
        edges += [(source, block.name) for source in dict.fromkeys(_sources(block, cell))]
    number = {key: place for place, key in enumerate(boxes)}
    return Diagram(tuple(boxes.values()), tuple((number[start], number[end]) for start, end in edges))


def _held(block: str) -> str:
    return group_of(state(block, 0))


def _sources(block: Block, cell: Cell) -> Iterator[str]:
    """The boxes that a block reads."""
    if block.READS_BYTE:
        yield BYTE
    if block.nodes is not None:
        yield NODE
    if block.STATEFUL:
        yield OLD + block.name
    for source in block.reads:
        yield OLD + source.removeprefix(OLD) if cell.at_start(source) else source


@singledispatch
def told(block: Block, cell: Cell) -> str:
    """How much of what a block gives, in few words."""
    ranges = cell.ranges[block.name]
    return counted(len(ranges), "bit" if ranges.are_bits else "number")


@told.register
def _(block: Embedding, cell: Cell) -> str:
    return f"{counted(cell.widths[block.name], 'bit')} of the byte"


@told.register
def _(block: Node, cell: Cell) -> str:
    return f"{counted(cell.widths[block.name], 'bit')} of the node"


@told.register
def _(block: Threshold, cell: Cell) -> str:
    return counted(cell.widths[block.name], "neuron")


@told.register
def _(block: Latch, cell: Cell) -> str:
    return counted(cell.widths[block.name], "gated bit" if cell.ranges[block.name].are_bits else "gated number")


@told.register
def _(block: Delay, cell: Cell) -> str:
    return f"{counted(cell.widths[block.source], 'bit')}, {counted(block.steps, 'step')} back"


@told.register
def _(block: Automaton, cell: Cell) -> str:
    return f"{counted(len(block.following), 'state')}, {counted(cell.widths[block.name], 'bit')}"


@told.register
def _(block: Trees, cell: Cell) -> str:
    return f"{counted(len(block.roots), 'tree')}, {counted(len(block.splits), 'split')}"


@told.register
def _(block: Input, cell: Cell) -> str:
    return counted(cell.widths[block.name], "input")


@told.register
def _(block: Logits, cell: Cell) -> str:
    return "the score of a node" if cell.serial else counted(len(block.symbols), "symbol")


@told.register
def _(block: Scores, cell: Cell) -> str:
    return counted(len(block.labels), "number")


def of_netlist(aig: Aig) -> Diagram:
    """Boxes are the blocks of its names, read by those whose logic reaches them before other names. Where that would be
    more than MOST, inputs, state and outputs are a box each."""
    named: list[tuple[Place, str, int | None]] = [("given", name, None) for name in aig.inputs]
    named += [("held", latch.name, None) for latch in aig.latches]
    named += [("made", point.name, point.literal) for point in aig.points]
    named += [("head", output.name, output.literal) for output in aig.outputs]
    of = {name: block_of(name) for _, name, _ in named}
    if len(set(of.values())) > MOST:
        of = {name: KINDS[place] for place, name, _ in named}
    places: dict[str, Place] = {}
    roots: dict[str, list[int]] = {}
    widths: dict[str, int] = {}
    for place, name, literal in named:
        block = of[name]
        widths[block] = widths.get(block, 0) + 1
        places.setdefault(block, place)
        roots.setdefault(block, []).extend([] if literal is None else [literal])
    owner = {variable: of[name] for variable, name in enumerate(aig.leaves, 1)}
    owner |= {point.variable: of[point.name] for point in aig.points if point.variable >= aig.first_and}
    edges = [(start, block) for block, literals in roots.items() for start in _reached(aig, literals, owner, block)]
    number = {name: place for place, name in enumerate(places)}
    boxes = tuple(Box(name, counted(widths[name], "bit"), widths[name], place) for name, place in places.items())
    forward = sorted({(number[start], number[end]) for start, end in edges if number[start] < number[end]})
    return Diagram(boxes, tuple(forward))


KINDS: Mapping[str, str] = {"given": "inputs", "held": "state", "made": "neurons", "head": "outputs"}


def _reached(aig: Aig, literals: Sequence[int], owner: Mapping[int, str], own: str) -> set[str]:
    """The blocks whose variables a block's logic comes to first."""
    found, seen, first = set[str](), np.zeros(aig.variables, np.bool_), aig.first_and
    waiting = [variable_of(literal) for literal in literals]
    while waiting:
        variable = waiting.pop()
        if seen[variable]:
            continue
        seen[variable] = True
        block = owner.get(variable, own)
        if block != own:
            found.add(block)
        elif variable >= first:
            waiting += [variable_of(fanin) for fanin in aig.ands[variable - first].tolist()]
    return found
