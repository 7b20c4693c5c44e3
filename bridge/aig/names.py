"""The grammar of signal names: built here, parsed here, nowhere else. Bits count from the lowest.

    byte[i]   node[i]            bits of the byte read, of the code node asked about
    state.BLOCK[j]               what a block holds
    BLOCK[j]   BLOCK[j].2        element j of a block in this step; bit 2 of it, where its range is not 0..1
    old.BLOCK                    inside a cell only: what a block held before
    logit.97[i]   logit.97       bit i of a symbol's number; the whole number; 97 may be written 'a'
    score.3[i]    score[i]       bit i of a code node's number; of the asked one in a serial head
    class.cat[i]  class.cat      bit i of a class's number; the whole number; the label may be quoted, 'cat'
    argmax   greedy   probability.97      derived from the head, see `bridge.analysis.predicted.outputs`
    margin.'cat'.'dog'           how much larger the first of two classes' numbers is; the labels stay quoted
    margin.'a'.'b'  margin.97.98 the same of two symbols
    claim.holds  given.holds     is a claim true, a condition, see `bridge.analysis.claims`
    h[3]@node.5                  what h[3] is while code node 5 is asked about, where a serial head is asked about all
    h[3]@17                      at position 17 of a text, counted from 0, where something is done to it there
    do.position[i]               in an edited netlist, a bit of the position of the byte that is read
    do.state.m[7]  do.byte[3]    there, what is read of a state bit or an input to which something is done

A name without `[` is that block or number, exactly: `state.layer0.memory` does not mean `state.layer0.memory.past`.
`NAME.*` is everything below NAME; a first word alone (`state`, `logit`, `score`, `byte`, `node`) is all of its kind.
Names of netlists from elsewhere are free: what does not follow the grammar is a `value` of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "byte", "node", "state", "old", "logit", "score", "class", "argmax", "greedy", "probability", "margin", "value"
]

# First words that name no block; some are not in use yet.
RESERVED = ("byte", "node", "state", "old", "logit", "score", "class", "argmax", "greedy", "probability", "margin")
BELOW = ".*"
CLAIM_HOLDS, CLAIM_FAILS, GIVEN_HOLDS = "claim.holds", "claim.fails", "given.holds"
OLD = "old."
DO = "do."

_NUMBER = "(0|[1-9][0-9]*)"
_INDEX = re.compile(rf"(.*)\[{_NUMBER}\](?:\.{_NUMBER})?", re.DOTALL)
_LABEL = re.compile(r"(class\.)'([^']+)'(.*)", re.DOTALL)
_SYMBOL = re.compile(r"((?:logit|probability)\.)'(.)'(.*)", re.DOTALL)
_UNQUOTED = re.compile(r"((?:logit|probability)\.)([^0-9])(|\[[0-9]+\])", re.DOTALL)
_MARGIN = re.compile(r"'([^']+)'\.'([^']+)'", re.DOTALL)
_SYMBOL_PAIR = re.compile(r"(?:'(.)'|(\d+))\.(?:'(.)'|(\d+))", re.DOTALL)
_AT_NODE = re.compile(r"(.*)@node\.(0|[1-9][0-9]*)", re.DOTALL)
_AT_POSITION = re.compile(r"(.+)@(0|[1-9][0-9]{0,17})", re.DOTALL)
_ALONE: tuple[Kind, ...] = ("byte", "node", "state", "logit", "score", "class", "argmax", "greedy", "probability")
_DOTTED: tuple[Kind, ...] = ("state", "old", "logit", "score", "class", "probability", "margin")


@dataclass(frozen=True)
class Name:
    """`of`: the block, or in decimal the symbol or code node; "" for all of them, or for the only one there is.
    `index`: which element, or which bit of a number; None for all of them. `node`: while which code node is asked.
    `bit`: of that element, None for all of them, or where it is a bit."""

    kind: Kind
    of: str = ""
    index: int | None = None
    node: int | None = None
    bit: int | None = None

    def __str__(self) -> str:
        dot = "." if self.of else ""
        head = self.of if self.kind == "value" else f"{self.kind}{dot}{self.of}"
        head = head if self.index is None else f"{head}[{self.index}]"
        head = head if self.bit is None else f"{head}.{self.bit}"
        return head if self.node is None else f"{head}@node.{self.node}"

    @property
    def group(self) -> str:
        """What the bit belongs to: `state.m[7]` -> `state.m`, `logit.97[0]` -> `logit.97`."""
        return str(replace(self, index=None, node=None, bit=None))

    @property
    def block(self) -> str:
        """The same, with the numbers of a head together: `h[3]` -> `h`, `logit.97[0]` -> `logit`."""
        return self.kind if self.kind in ("logit", "score", "class") else self.group


def parse(text: str) -> Name:
    """The parts of any name; `str` of them is the name again, with symbols as numbers."""
    asked = _AT_NODE.fullmatch(plain(text))
    text, node = (asked[1], int(asked[2])) if asked else (plain(text), None)
    indexed = _INDEX.fullmatch(text)
    head, index = (indexed[1], int(indexed[2])) if indexed else (text, None)
    bit = int(indexed[3]) if indexed and indexed[3] else None
    for kind in _ALONE:
        if head == kind:
            return Name(kind, "", index, node, bit)
    for kind in _DOTTED:
        if head.startswith(f"{kind}.") and len(head) > len(kind) + 1:
            return Name(kind, head[len(kind) + 1 :], index, node, bit)
    return Name("value", head, index, node, bit)


def plain(text: str) -> str:
    """The name with a symbol's character as its number, `logit.'a'` -> `logit.97`, and a label without quotes."""
    symbol, label = _SYMBOL.fullmatch(text), _LABEL.fullmatch(text)
    if label:
        return f"{label[1]}{label[2]}{label[3]}"
    return f"{symbol[1]}{ord(symbol[2])}{symbol[3]}" if symbol else text


def quoted(text: str) -> str:
    """`logit.a`, from which a shell has taken the quotes, with them; nothing for any other name."""
    bare_symbol = _UNQUOTED.fullmatch(text)
    return f"{bare_symbol[1]}'{bare_symbol[2]}'{bare_symbol[3]}" if bare_symbol else ""


def is_reserved(block: str) -> bool:
    """Would signals of a block of that name be taken for others?"""
    return block.partition(".")[0] in RESERVED


def margin_of(name: Name) -> tuple[str, str] | None:
    """The two labels of a margin; None for any other name."""
    labels = _MARGIN.fullmatch(name.of) if name.kind == "margin" else None
    return (labels[1], labels[2]) if labels else None


def symbols_of(name: Name) -> tuple[int, int] | None:
    """The two symbols of a margin; None for any other name."""
    found = _SYMBOL_PAIR.fullmatch(name.of) if name.kind == "margin" else None
    if found is None:
        return None
    one, first, other, second = found.groups()
    return ord(one) if one else int(first), ord(other) if other else int(second)


def group_of(text: str) -> str:
    """See `Name.group`."""
    return parse(text).group


def block_of(text: str) -> str:
    """See `Name.block`."""
    return parse(text).block


def members(name: str, known: Iterable[str]) -> list[str]:
    """Those of the known names that a name stands for, in their order; none when there is no such signal."""
    name = plain(name)
    if name.endswith(BELOW):
        start = name.removesuffix(BELOW)
        return [other for other in known if other.startswith((f"{start}.", f"{start}["))]
    asked = parse(name)
    if asked.node is not None:
        own = {bare(other): other for other in known if bare(other) == other or other.endswith(at_node("", asked.node))}
        found = sorted(members(bare(name), own), key=_within)  # copies stand elsewhere than what has none
        return [own[other] for other in found] if any(own[other] != other for other in found) else []
    if asked.kind != "value" and not asked.of and asked.index is None:
        return [other for other in known if parse(other).kind == asked.kind]
    if asked.kind == "score" and not asked.of:  # of the node asked about; where all are, of every node
        wanted = replace(asked, node=None)
        return [other for other in known if replace(parse(other), of="", node=None) == wanted]
    below = f"{name}[" if asked.index is None else f"{name}."
    return [other for other in known if other == name or bare(other) == name or other.startswith(below)]


def _within(name: str) -> tuple[str, int, int]:
    """The order of elements and their bits."""
    parts = parse(name)
    return parts.group, parts.index or 0, parts.bit or 0


def bare(name: str) -> str:
    """Without the code node."""
    asked = _AT_NODE.fullmatch(name)
    return asked[1] if asked else name


def byte(bit: int) -> str:
    return f"byte[{bit}]"


def node(bit: int) -> str:
    return f"node[{bit}]"


def state(block: str, index: int) -> str:
    return f"state.{block}[{index}]"


def held(text: str) -> str:
    """The name of the state that the block (or the element of it) of that name holds: `h[3]` -> `state.h[3]`."""
    name = parse(text)
    return str(replace(name, kind="state")) if name.kind == "value" else text


def old(block: str) -> str:
    return OLD + block


def element(block: str, index: int) -> str:
    """Element or bit `index` of a block, or of a number (`logit(97)`)."""
    return f"{block}[{index}]"


def bit(element: str, place: int) -> str:
    """A bit of an element whose range is not 0..1."""
    return f"{element}.{place}"


def label(name: str) -> str:
    """The number of a class, or of what is estimated."""
    return f"class.{name}"


def at_node(name: str, node: int) -> str:
    """The signal while that code node is asked about."""
    return f"{name}@node.{node}"


def at_position(text: str) -> tuple[str, int | None]:
    """`h[3]@17` -> `h[3]` and 17; None where no position is named."""
    asked = _AT_POSITION.fullmatch(text)
    return (asked[1], int(asked[2])) if asked else (text, None)


def position(bit: int) -> str:
    """In an edited netlist, a bit of the position of the byte that is read."""
    return f"{DO}position[{bit}]"


def as_read(leaf: str) -> str:
    """In an edited netlist, what is read of a state bit or an input."""
    return DO + leaf


def logit(symbol: int) -> str:
    return f"logit.{symbol}"


def score(node: int | None = None) -> str:
    """The number of a code node; without one, that of the node asked about."""
    return "score" if node is None else f"score.{node}"


BYTE = tuple(byte(bit) for bit in range(8))
