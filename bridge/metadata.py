"""What a netlist knows beyond its gates, kept as one JSON line in `Aig.comment`.

    {"aigbridge": 1, "scale": 0.1, "symbols": [10, 32, ...], "cell": "<sha256>", "history": ["shrink"],
     "latches": {"state.h[3]": ["state.h[1]", 0], ...}}

A netlist that ends in Scores has `"scores": {"labels": [...], "scale": 0.5}` instead of symbols; one that reads more
than bytes tells its inputs, with their encoders, `"inputs": [{"name": "x", "low": [...], "high": [...], ...}]`, and
what the elements of its other integers can be, `"ranges": {"sum": [[3, -4, 4], [1, 0, 7]]}`: three of -4..4, then one.
One to which something was done says what, at which position of a text, and whether it is drawn from a text:
`"edits": [["h[3]@17=0", 17, false], ...]`.

A cell lowered otherwise than for area has `"objective": "depth"`, say, or for area with an effort `"effort": 20`; one
that does what it should on the bytes of its alphabet only has `"care": "alphabet"`; one of a trained cell names its
text, `"trained": [{"corpus": "kjv", ...}]`. A readout with a code tree also has `"code": [[1, 7], ...]`; inputs
`node[i]` then mark the netlist as serial.

Files also keep the points there (`"points": {"h[0]": literal}`) and the netlist's `"name"`, since AIGER has no place
for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from bridge.aig import Aig, Output, latchmap
from bridge.aig.latchmap import LatchMap
from bridge.aig.names import element
from bridge.cell import Input
from bridge.cell.passes import NUMBER, READY
from bridge.cell.predictor import Predictor
from bridge.cell.ranges import Ranges
from bridge.cell.record import Source, sources_of
from bridge.errors import InputError
from bridge.files import parse_json
from bridge.readout import Labelled, Readout
from bridge.readout.codetree import CodeTree

# How a cell was lowered, see `bridge.lowering.lower`.
Objective = Literal["area", "balanced", "depth", "xag", "plain"]
Care = Literal["all", "alphabet"]

Stretches: TypeAlias = tuple[tuple[int, int, int], ...]  # so many elements, each of low..high

KEY = "aigbridge"
VERSION = 1
MOST_EFFORT = 100  # thousands of moves for each digit of a cell
MOST_ELEMENTS = 1 << 24
WIDEST = 1 << 52


class Edited(NamedTuple):
    """`told`: what was done, such as `h[3]@17=0`; `at`: at which position of a text, if not at all; `drawn`: do the
    values come from recorded ones, at random?"""

    told: str
    at: int | None = None
    drawn: bool = False


@dataclass(frozen=True)
class Metadata:
    """`readout`: how outputs `logit.<symbol>[bit]` become probabilities; `cell`: digest of the source cell;
    `history`: the flows that made this netlist; `latches`: what became of the latches that they removed; `lossy`: what
    was given up on the way, one sentence each; `objective`, `care`, `effort`: of the lowering of the cell; `sources`:
    the texts that the cell was trained on; `scores`: what the outputs `class.<label>[bit]` are; `inputs`: which bits
    are what integers, and how these come of raw features; `ranges`: what the elements of other blocks, or of
    `state.NAME`, can be, where that is not 0..1 for all; `edits`: what was done to it, see `bridge.analysis.edits`."""

    readout: Readout | None = None
    cell: str = ""
    history: tuple[str, ...] = ()
    latches: LatchMap = field(default_factory=dict)
    lossy: tuple[str, ...] = ()
    objective: Objective = "area"
    care: Care = "all"
    effort: int = 0
    sources: tuple[Source, ...] = ()
    scores: Labelled | None = None
    inputs: tuple[Input, ...] = ()
    ranges: Mapping[str, Stretches] = field(default_factory=dict)
    edits: tuple[Edited, ...] = ()

    def ranges_of(self, block: str) -> Ranges | None:
        """What the elements of a block, or of `state.NAME`, can be; None where nothing is said."""
        for each in self.inputs:
            if each.name == block:
                return Ranges(each.low, each.high)
        stretches = self.ranges.get(block)
        if stretches is None:
            return None
        counts, low, high = np.array(stretches, np.int64).reshape(-1, 3).T
        return Ranges(np.repeat(low, counts), np.repeat(high, counts))

    @property
    def alphabet(self) -> bytes | None:
        """The bytes on which alone the netlist does what its cell does; None if on all."""
        return self.readout.symbols if self.readout and self.care == "alphabet" else None


def read_metadata(aig: Aig) -> Metadata:
    """The metadata in the comment; an empty one if there is none. InputError if the line is malformed."""
    facts = split_comment(aig.comment)[0]
    try:
        readout = None
        if "symbols" in facts:
            code = CodeTree.of(facts["code"]) if "code" in facts else None
            readout = Readout(bytes(list(facts["symbols"])), float(facts["scale"]), code)
        history, lossy = (tuple(str(step) for step in facts.get(key, [])) for key in ("history", "lossy"))
        removed = latchmap.from_json(facts.get("latches", {}))
        for latch in aig.latches:
            if latch.name in removed:
                raise ValueError(f"it says that latch {latch.name!r} was removed, but there it is")
        objective, care = facts.get("objective", "area"), facts.get("care", "all")
        if objective not in get_args(Objective) or care not in get_args(Care):
            raise ValueError(f"a lowering cannot be for {objective!r} and care for {care!r}")
        cell, sources = str(facts.get("cell", "")), sources_of({"fitted": facts.get("trained", [])})
        scores, inputs = facts.get("scores"), _inputs(facts.get("inputs", []))
        scores = None if scores is None else Labelled.parsed(scores)
        return Metadata(
            readout,
            cell,
            history,
            removed,
            lossy,
            objective=objective,
            care=care,
            effort=_effort(facts.get("effort", 0)),
            sources=sources,
            scores=scores,
            inputs=inputs,
            ranges=_ranges(facts.get("ranges", {})),
            edits=tuple(map(_edited, facts.get("edits", []))),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"the aigbridge line in the netlist's comment is malformed: {error}") from error


def readout_of(model: Predictor | Aig) -> Readout | None:
    """How the numbers of a text model become probabilities; None for any other model."""
    if isinstance(model, Aig):
        return read_metadata(model).readout
    return model.readout if model.text_model else None


def text_readout(aig: Aig) -> Readout:
    """The same of a netlist; InputError for those that are no text models."""
    readout = read_metadata(aig).readout
    if readout is None:
        words = "it is not a text model; from Python, bridge.run(model, rows) runs it on numbers"
        raise not_text(aig, f"has no symbols and scale in its comment: {words}")
    return readout


def of_folded(aig: Aig) -> bool:
    """Whether it is the logic of a folded network, by its outputs."""
    return {READY, element(NUMBER, 0)} <= {output.name for output in aig.outputs}


def not_text(aig: Aig, lacks: str) -> InputError:
    """What a netlist without symbols is instead of a text model, or else what it `lacks`."""
    if of_folded(aig):
        much = "takes many evaluations for a byte, which is not done here"
        return InputError(
            f"netlist {aig.name!r} is the logic of a folded network (docs/folded.md) and {much}: eval, generate, chat "
            f"and pack take the .safetensors file of the network itself"
        )
    return InputError(f"netlist {aig.name!r} {lacks}")


def _inputs(facts: Any) -> tuple[Input, ...]:
    found = tuple(Input.heard(each) for each in facts)
    if len({each.name for each in found}) != len(found):
        raise ValueError("two inputs have the same name")
    return found


def stretches_of(ranges: Ranges) -> Stretches:
    """Elements alike that stand side by side, told together."""
    return tuple((len([*same]), *bounds) for bounds, same in groupby(ranges.bounds))


def _ranges(facts: Any) -> dict[str, Stretches]:
    found: dict[str, Stretches] = {}
    if not isinstance(facts, dict):
        raise ValueError("ranges must be told by block")
    for block, stretches in facts.items():
        found[str(block)] = tuple((count, low, high) for count, low, high in stretches)
        for count, low, high in found[block]:
            whole = all(type(value) is int for value in (count, low, high))
            if not whole or not (0 < count <= MOST_ELEMENTS and -WIDEST <= low <= high <= WIDEST):
                raise ValueError(f"the range {[count, low, high]} of {block!r} is none")
        if sum(count for count, *_ in found[block]) > MOST_ELEMENTS:
            raise ValueError(f"block {block!r} has more than {MOST_ELEMENTS:,} elements")
    return found


def _effort(fact: Any) -> int:
    if type(fact) is not int or not 0 <= fact <= MOST_EFFORT:
        raise ValueError(f"{fact!r:.80} is no effort of 0..{MOST_EFFORT}")
    return fact


def _edited(fact: Any) -> Edited:
    told, at, drawn = fact
    if not isinstance(told, str) or type(drawn) is not bool or not (at is None or (type(at) is int and at >= 0)):
        raise ValueError(f"{fact!r:.80} tells of no edit")
    return Edited(told, at, drawn)


def with_metadata(aig: Aig, metadata: Metadata) -> Aig:
    """The same netlist with this metadata in its comment; other comment lines stay."""
    facts: dict[str, Any] = {}
    if metadata.readout is not None:
        facts |= {"scale": metadata.readout.scale, "symbols": list(metadata.readout.symbols)}
        if metadata.readout.code is not None:
            facts["code"] = [list(pair) for pair in metadata.readout.code.children]
    if metadata.scores is not None:
        facts["scores"] = metadata.scores.facts()
    said = {
        "inputs": [each.told() for each in metadata.inputs],
        "ranges": {name: [[*each] for each in stretches] for name, stretches in metadata.ranges.items()},
        "edits": [[*each] for each in metadata.edits],
        "cell": metadata.cell,
        "history": list(metadata.history),
        "latches": latchmap.to_json(metadata.latches),
        "lossy": list(metadata.lossy),
        "objective": metadata.objective if metadata.objective != "area" else "",
        "care": metadata.care if metadata.care != "all" else "",
        "effort": metadata.effort,
        "trained": [source.facts() for source in metadata.sources],
    }
    facts |= {key: fact for key, fact in said.items() if fact}
    return replace(aig, comment=join_comment(facts, split_comment(aig.comment)[1]))


def comment_with_points(aig: Aig) -> str:
    """The comment to write into a file: the JSON line with the name and the points added, then the other lines."""
    facts, lines = split_comment(aig.comment)
    if aig.name:
        facts["name"] = aig.name
    if aig.points:
        facts["points"] = {point.name: point.literal for point in aig.points}
    return join_comment(facts, lines)


def split_points(comment: str) -> tuple[tuple[Output, ...], str, str]:
    """Undo `comment_with_points`: (points as written in the file, name, comment without them)."""
    facts, lines = split_comment(comment)
    points, name = facts.pop("points", {}), facts.pop("name", "")
    if not isinstance(points, dict) or not all(type(literal) is int for literal in points.values()):
        raise InputError("the points in the netlist's aigbridge comment line must map names to literals")
    if not isinstance(name, str):
        raise InputError("the name in the netlist's aigbridge comment line must be a string")
    return tuple(Output(name, literal) for name, literal in points.items()), name, join_comment(facts, lines)


def split_comment(comment: str) -> tuple[dict[str, Any], list[str]]:
    """(what the JSON line says, the other lines). Only the first counts if there are several."""
    facts: dict[str, Any] = {}
    others = []
    for line in comment.split("\n") if comment else ():
        found = parse_facts(line) if line.startswith("{") else None
        if found is None:
            others.append(line)
        elif not facts:
            facts = found
    return {key: value for key, value in facts.items() if key != KEY}, others


def join_comment(facts: dict[str, Any], lines: list[str]) -> str:
    """Undo `split_comment`; the JSON line comes first."""
    return "\n".join([format_facts(facts), *lines] if facts else lines)


def parse_facts(line: str) -> dict[str, Any] | None:
    """The facts in a JSON line of ours; None for any other text."""
    try:
        value = parse_json(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.get(KEY) == VERSION else None


def format_facts(facts: dict[str, Any]) -> str:
    """The JSON line: ASCII, without line ends."""
    return json.dumps({KEY: VERSION} | facts, separators=(",", ":"))
