"""Decision trees and state machines as pictures: indented text, DOT, SVG; bytes and the words that lead to a state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch
from html import escape

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import Name, element, parse
from bridge.analysis.bytesets import EVERY, described
from bridge.analysis.drawing import MOST_NODES, quoted, svg_of
from bridge.analysis.words.ages import NOTHING, Ages, looked_at
from bridge.analysis.words.rules import said
from bridge.analysis.words.states import glosses, words_to
from bridge.analysis.words.sums import BEFORE, Tables, told_elements
from bridge.arrays import Ints
from bridge.cell import Automaton, Block, Cell, Trees
from bridge.cell.blocks import OLD
from bridge.errors import InputError
from bridge.printable import in_quotes

ELSE = "otherwise"


@dataclass(frozen=True)
class Picture:
    """`labels`: of the nodes, the first one the root; `edges`: (from, to, label), those that end a path again where
    another one was drawn included; `title`: what it is of."""

    title: str
    labels: tuple[str, ...]
    edges: tuple[tuple[int, int, str], ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *self._lines()])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def _lines(self) -> Iterator[str]:
        leads: dict[int, list[tuple[int, str]]] = {}
        for start, end, label in self.edges:
            leads.setdefault(start, []).append((end, label))
        waiting, seen = [(0, "", 0)], set[int]()
        while waiting:
            node, label, depth = waiting.pop()
            again = node in seen and node in leads
            text = f"{label}: {self.labels[node]}" if label else self.labels[node]
            yield "  " * depth + text + (" (as above)" if again else "")
            if node not in seen:
                seen.add(node)
                waiting += [(end, word, depth + 1) for end, word in reversed(leads.get(node, []))]

    def to_dot(self) -> str:
        """InputError above MOST_NODES nodes: nobody could read it."""
        if len(self.labels) > MOST_NODES:
            raise InputError(
                f"{self.title} has {len(self.labels):,} nodes, but at most {MOST_NODES} can be drawn; "
                "draw less of it with --depth"
            )
        lines = ["digraph {", "  node [fontname=Helvetica fontsize=10 shape=box]; edge [fontsize=9 arrowsize=0.5];"]
        lines += [f"  n{node} [label={quoted(label)}];" for node, label in enumerate(self.labels)]
        lines += [f"  n{start} -> n{end} [label={quoted(label)}];" for start, end, label in self.edges]
        return "\n".join([*lines, "}", ""])

    def to_svg(self) -> str:
        """ToolError when Graphviz is missing or fails, InputError as `to_dot`."""
        return svg_of(self.to_dot(), self.title)

    def to_json(self) -> dict[str, object]:
        """The fields."""
        return {"title": self.title, "labels": [*self.labels], "edges": [[*edge] for edge in self.edges]}


def picture(model: Cell | Aig, name: str, *, depth: int | None = None, every_byte: bool = False) -> Picture:
    """Of the tree that an element of `Trees` comes from, `trees[3]`, or of an `Automaton`, `word`.

    `depth`: no more splits, or letters, than so many from the root. InputError for anything else.
    """
    if not isinstance(model, Cell):
        raise InputError(
            f"netlist {model.name!r} has no trees and no automata to draw; name the cell that it came from"
        )
    if depth is not None and depth < 1:
        raise InputError(f"a picture needs a depth of at least 1, not {depth}")
    asked = parse(name)
    block = model.by_name.get(asked.of) if asked.kind == "value" else None
    among = sorted(model.readout.symbols) if model.text_model and not every_byte else sorted(EVERY)
    found = drawn(block, asked, model, among, depth) if block else None
    if found:
        return found
    known = [shown for block in model.blocks if (shown := to_draw(block))]
    has = f"it has {', '.join(known)}" if known else "it has none"
    raise InputError(f"cell {model.name!r}: {name!r} is no tree and no automaton, which alone are drawn; {has}")


@singledispatch
def to_draw(block: Block) -> str:
    """The first name that `picture` draws for a block; empty for kinds that are not drawn."""
    return ""


@to_draw.register
def _(block: Automaton) -> str:
    return block.name


@to_draw.register
def _(block: Trees) -> str:
    return element(block.name, 0)


@singledispatch
def drawn(block: Block, asked: Name, cell: Cell, among: Sequence[int], depth: int | None) -> Picture | None:
    """What `picture` draws for a name; None for kinds that are not drawn."""
    return None


def _tree(block: Trees, asked: Name) -> int:
    width = block.leaves.shape[1]
    last = len(block.roots) * width - 1
    if asked.index is None and len(block.roots) > 1:
        raise InputError(
            f"{block.name} has {len(block.roots)} trees: name an element of one, {block.name}[0] .. [{last}]"
        )
    if not 0 <= (asked.index or 0) <= last:
        raise InputError(f"{block.name} has no element {asked.index}; it has {block.name}[0] .. [{last}]")
    return (asked.index or 0) // int(width)


@drawn.register
def _(block: Automaton, asked: Name, cell: Cell, among: Sequence[int], depth: int | None) -> Picture:
    words = words_to(block, among)
    states = [s for s, word in enumerate(words) if word is not None and (depth is None or len(word) <= depth)]
    states.sort(key=lambda state: (len(words[state] or b""), words[state]))
    number = {state: place for place, state in enumerate(states)}
    edges = []
    for state in states:
        targets: dict[int, list[int]] = {}
        for byte in among:
            targets.setdefault(int(block.following[state, byte]), []).append(byte)
        usual = max(targets, key=lambda target: len(targets[target]))
        for target, some in sorted(targets.items(), key=lambda item: (item[0] == usual, item[1])):
            if target in number:
                label = ELSE if target == usual and len(targets) > 1 else described(some, among)
                edges.append((number[state], number[target], label))
    labels = tuple(in_quotes(words[state] or b"") if state else "the start" for state in states)
    return Picture(f"automaton {block.name}, states by the shortest text that leads there", labels, tuple(edges))


@drawn.register
def _(block: Trees, asked: Name, cell: Cell, among: Sequence[int], depth: int | None) -> Picture:
    tree, questions = _tree(block, asked), Questions(cell, block, among)
    labels, edges, number = list[str](), list[tuple[int, int, str]](), dict[int, int]()
    waiting = [(int(block.roots[tree]), 0)]
    while waiting:
        place, level = waiting.pop(0)
        if place in number:
            continue
        number[place] = len(labels)
        if place < 0:
            labels.append(" ".join(map(str, block.leaves[~place].tolist())))
        elif depth is not None and level == depth:
            labels.append("...")
        else:
            labels.append(questions.of(place))
            waiting += [(int(end), level + 1) for end in block.splits[place, 1:]]
    for place, own in number.items():
        if place >= 0 and labels[own] != "...":
            yes, no = (number[int(end)] for end in block.splits[place, 1:])
            edges += [(own, yes, "yes"), (own, no, "no")]
    width = int(block.leaves.shape[1])
    ends = dict.fromkeys(element(block.name, index) for index in (tree * width, tree * width + width - 1))
    return Picture(f"the tree of {' .. '.join(ends)}", tuple(labels), tuple(edges))


class Questions:
    """What the splits of trees ask, in words."""

    def __init__(self, cell: Cell, block: Trees, among: Sequence[int]) -> None:
        self.block, self.among, self.read = block, among, cell.ranges_read(block)
        self.tables, self.words = Tables(Ages.of(looked_at(cell))), glosses(cell, among)
        self.bits = self.read.apart(
            np.array([name for source in block.sources for name in cell.signals(source)], object)
        )
        self.names = [told for source in block.sources for told in told_elements(cell, source)]
        self.owners = [element(s.removeprefix(OLD), j) for s in block.sources for j in range(cell.source_width(s))]

    def of(self, split: int) -> str:
        place, least = int(self.block.splits[split, 0]), int(self.block.least[split])
        table, age = self._table(place)
        if table is not None:
            some = [byte for byte in (*self.among, *([NOTHING] if age else [])) if table[byte] >= least]
            known = [byte for byte in some if byte != NOTHING]
            words = [said(age, known, self.among)] if known else []
            return " or ".join(words + [BEFORE] * (NOTHING in some)) or "never"
        told = self.words.get(self.owners[place])
        name = f"{self.names[place]} ({told})" if told else self.names[place]
        return name if self.read.plain[place] and least == 1 else f"{name} >= {least}"

    def _table(self, place: int) -> tuple[Ints | None, int]:
        """int64[257], the values of an element that depends on one byte, and how long ago it was read."""
        total, found = np.zeros(NOTHING + 1, np.int64), set[int]()
        worths = self.read.of([place]).worth.tolist()
        for name, worth in zip(self.bits[place].tolist(), worths, strict=True):
            age, table = self.tables.of(name)
            if table is None:
                return None, 0
            found |= {age} - {-1}
            total += worth * table
        return (total, found.pop()) if len(found) == 1 else (None, 0)
