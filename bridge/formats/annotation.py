"""What Verilog and BLIF have no place for, as JSON in comment lines: see `bridge.metadata`.

    // aigbridge {"aigbridge":1,"name":"cell","points":{"h[0]":"~n12"},"names":{"a_b":"a b"},"clock":["clk",0],...}

`gates`: what the cells of a mapped BLIF file are, see `mapped.library`. `clock`: name and place of an input that
nothing reads and that the file uses as the clock. Literals are written as signals of the file: `n12`, `~n12`, `1'b0`,
`1'b1`. Long JSON goes on in the next such line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bridge.aig import Aig, Output, Properties
from bridge.aig.literals import inverted, variable_of
from bridge.aig.renumber import with_leaves
from bridge.errors import InputError
from bridge.metadata import format_facts, join_comment, parse_facts, split_comment

MARK, GATES = "aigbridge", "gates"
CONSTANTS = {"1'b0": 0, "1'b1": 1}
# Icarus reads no line longer than 16 KiB; a backslash at the end of a line continues it in BLIF.
_PIECE = re.compile(r".{1,8000}(?<!\\)|.{1,8000}")
_LINE = re.compile(rb"^(?://|#) aigbridge (.*?)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Annotation:
    """What the JSON says, and the number of its first line."""

    facts: dict[str, Any]
    line: int


def annotation_lines(
    aig: Aig, originals: Mapping[str, str], signals: Sequence[str], clock: int | None = None
) -> list[str]:
    """`aigbridge {...}`, without the sign that starts a comment.

    originals: from names of the file to names of the Aig; signals: the name of each variable; clock: which input has
    become the clock.
    """

    def reference(literal: int) -> str:
        return f"1'b{literal}" if literal < 2 else "~" * inverted(literal) + signals[variable_of(literal)]

    facts, lines = split_comment(aig.comment)
    facts["name"] = aig.name
    if originals:
        facts["names"] = dict(originals)
    if aig.points:
        facts["points"] = {point.name: reference(point.literal) for point in aig.points}
    if clock is not None:
        facts["clock"] = [aig.inputs[clock], clock]
    if lines:
        facts["comment"] = "\n".join(lines)
    properties = aig.properties
    for kind in ("bad", "constraints", "fairness"):
        if outputs := getattr(properties, kind):
            facts[kind] = [[output.name, reference(output.literal)] for output in outputs]
    if properties.justice:
        facts["justice"] = [[name, [reference(literal) for literal in group]] for name, group in properties.justice]
    return [f"{MARK} {piece}" for piece in _PIECE.findall(format_facts(facts))]


def find_annotation(data: bytes, path: str) -> Annotation:
    """What the comments of a file say; an empty one if there are none of ours."""
    matches = list(_LINE.finditer(data))
    if not matches:
        return Annotation({}, 0)
    line = data.count(b"\n", 0, matches[0].start()) + 1
    facts = parse_facts(b"".join(match[1] for match in matches).decode("ascii", "replace"))
    if facts is None:
        raise InputError(f"{path}:{line}: the aigbridge comment is malformed, or of a version we do not know")
    return Annotation(facts, line)


def restored(aig: Aig, annotation: Annotation, literals: Mapping[str, int]) -> Aig:
    """The netlist with what the line says put back. literals: of every signal in the file.

    InputError when the line is malformed or names a signal that the file has not.
    """
    facts = {key: value for key, value in annotation.facts.items() if key not in (MARK, GATES)}
    if not facts:
        return aig
    literal = partial(_literal, literals)
    try:
        originals = _strings(facts.pop("names", {}))
        name = _strings({"name": facts.pop("name", aig.name)})["name"]
        clock = facts.pop("clock", None)
        clocks = [] if clock is None else [(str(clock[0]), int(clock[1]))]
        text = facts.pop("comment", None)
        points = {point: literal(text) for point, text in facts.pop("points", {}).items()}
        plain = {
            kind: tuple(Output(str(name), literal(text)) for name, text in facts.pop(kind, ()))
            for kind in ("bad", "constraints", "fairness")
        }
        justice = tuple((str(name), tuple(map(literal, group))) for name, group in facts.pop("justice", ()))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"the aigbridge comment is malformed: {error}") from error
    named = replace(
        aig,
        inputs=tuple(originals.get(name, name) for name in aig.inputs),
        latches=tuple(replace(latch, name=originals.get(latch.name, latch.name)) for latch in aig.latches),
        outputs=tuple(replace(output, name=originals.get(output.name, output.name)) for output in aig.outputs),
        points=tuple(Output(point, value) for point, value in points.items()),
        name=name,
        comment=join_comment(facts, [] if text is None else str(text).split("\n")),
        properties=Properties(justice=justice, **plain),
    )
    for name, place in clocks:
        if name not in named.inputs:
            inputs = [*named.inputs[:place], name, *named.inputs[place:]]
            named = with_leaves(named, inputs, [latch.name for latch in named.latches])
    return named


def _literal(literals: Mapping[str, int], text: str) -> int:
    name = text.removeprefix("~")
    found = CONSTANTS.get(name, literals.get(name))
    if found is None or found < 0:
        raise InputError(f"the aigbridge comment speaks of {name!r}, which is no signal of this file")
    return found ^ (name != text)


def _strings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("names must be strings")
    return value
