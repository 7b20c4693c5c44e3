"""A flow as data: YAML in, a frozen `Flow` out, every mistake one sentence with file and line.

name: shrink
summary: what it does
preserves: combinational
steps:
  - abc: [strash, dc2, resub -K 8]
  - repeat: {at_most: 6, until: no_gain, steps: [{abc: ["&dc2", "&compress3rs"]}]}
  - yosys: [opt -full, abc -g AND]
    limits: {seconds: 60}
  - abc: [dc2]
    scope: block
  - best_of: [resyn2, [{abc: ["&rrr -K 100"], instead: [compress2rs]}]]
  - own: [walk -I 1000]
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.flow.allowed import changes_latches, check_abc, check_yosys, drops_latches, expand, time_option
from bridge.flow.own import check_own
from bridge.flow.rounds import in_first_round, in_round
from bridge.resources import flow_path
from bridge.toolchain import Limits, ToolName

Recorded = TypeVar("Recorded", bound=BaseModel)

MAXIMAL_BYTES = 64 << 10
# What the validator calls a fault -> what the author of a flow must do.
_RULES = {
    "string_type": "must be text",
    "string_pattern_mismatch": "must be letters, digits, and then also any of _ . - (64 at most)",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list, such as {example}",
    "model_type": "must be a mapping of keys",
    "model_attributes_type": "must be a mapping of keys",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must have at least {min_length}, but there are {actual_length}",
    "too_long": "must have at most {max_length}",
}
# A list for every key that holds one.
_EXAMPLES = {
    "abc": "[strash, dc2]",
    "yosys": "[opt -full]",
    "own": "[windows -K 8]",
    "instead": "[compress2rs]",
    "best_of": "[resyn2, [{abc: [dc2]}]]",
    "steps": "[{abc: [strash, dc2]}]",
}
MAXIMAL_DEPTH = 24
MAXIMAL_RUNS = 2000


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def _checked_line(text: str) -> str:
    line = " ".join(text.split())
    if not line.isprintable():
        raise ValueError("summary must be plain text; terminals would obey some of its characters")
    return line


AbcCommand = Annotated[str, AfterValidator(in_first_round(check_abc))]
OwnCommand = Annotated[str, AfterValidator(in_first_round(check_own))]
YosysCommand = Annotated[str, AfterValidator(in_first_round(check_yosys))]

Alternative = Annotated[tuple["Step", ...], Field(min_length=1)]


class Repeat(_Strict):
    """Run the steps again and again, where `{round}` in commands is the number of the round, from 1; `until: no_gain`
    ends it after so many rounds in a row (`patience`) that saved neither ANDs nor levels."""

    at_most: int = Field(ge=1, le=100)
    until: Literal["no_gain"] | None = None
    patience: int = Field(default=1, ge=1, le=100)
    steps: tuple[Step, ...] = Field(min_length=1)


class StepLimits(_Strict):
    """Seconds of work (see `Allowance`) and MiB of memory; what the caller allows is never exceeded."""

    seconds: float | None = Field(default=None, gt=0, le=86400)
    memory: int | None = Field(default=None, ge=16, le=1 << 20)

    def within(self, given: Limits) -> Limits:
        """The smaller of both."""
        seconds = given.seconds if self.seconds is None else min(self.seconds, given.seconds)
        memory = given.memory if self.memory is None else min(self.memory << 20, given.memory)
        return replace(given, seconds=seconds, memory=memory)


class Step(_Strict):
    """Exactly one of: ABC commands, Yosys commands, our own (each list is one run, then proven), a repetition,
    alternatives of which the smallest proven result is kept (each a shipped flow by name, or steps).

    `limits`, `scope` and `instead` are for commands. `scope: block`: every named block is optimized and
    proven alone; `instead`: what to run by a build that lacks one of them, and after them where they failed, passed a
    limit or changed the function; of ABC for commands of our own.
    """

    abc: tuple[AbcCommand, ...] | None = Field(default=None, min_length=1)
    yosys: tuple[YosysCommand, ...] | None = Field(default=None, min_length=1)
    own: tuple[OwnCommand, ...] | None = Field(default=None, min_length=1)
    repeat: Repeat | None = None
    best_of: tuple[Alternative, ...] | None = Field(default=None, min_length=2, max_length=16)
    limits: StepLimits | None = None
    scope: Literal["block"] | None = None
    instead: tuple[str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_kind(self) -> Step:
        if sum(part is not None for part in (self.abc, self.yosys, self.own, self.repeat, self.best_of)) != 1:
            raise ValueError("a step has exactly one of the keys abc, yosys, own, repeat, best_of")
        if self.parts and (self.limits or self.scope or self.instead):
            raise ValueError("the keys limits, scope and instead belong to steps with abc, yosys or own")
        if self.repeat and self.repeat.patience > 1 and not self.repeat.until:
            raise ValueError("the key patience belongs to repetitions with `until: no_gain`")
        for command in self.instead or ():
            in_first_round(check_yosys if self.yosys else check_abc)(command)
        told = (*(self.abc or ()), *(() if self.yosys else self.instead or ()))
        for command in told if self.scope else ():
            if changes_latches(command):
                raise ValueError(f"{command.split()[0]!r} needs the whole machine; it cannot have `scope: block`")
        for step in (self, self.substitute):
            for command in step.commands if step and step.sequential else ():
                if drops_latches(command):
                    name = command.split()[0]
                    raise ValueError(f"{name!r} drops latches, which others in its step see; give it a step of its own")
        return self

    @property
    def parts(self) -> tuple[tuple[Step, ...], ...]:
        """The steps inside: those of a repetition, or of every alternative; none for a single tool run."""
        return (self.repeat.steps,) if self.repeat else self.best_of or ()

    @property
    def commands(self) -> tuple[str, ...]:
        """With aliases expanded."""
        return tuple(part for command in self.abc or () for part in expand(command)) or self.yosys or self.own or ()

    @property
    def tool(self) -> ToolName:
        """Which program runs the commands; "own": we do."""
        return "abc" if self.abc else "yosys" if self.yosys else "own"

    @property
    def substitute(self) -> Step | None:
        """The step that `instead` stands for."""
        key = "yosys" if self.yosys else "abc"
        return self.model_copy(update={"own": None, "instead": None, key: self.instead}) if self.instead else None

    def in_round(self, number: int) -> Step:
        """With that number for `{round}`, but in repetitions inside, which have their own."""
        told = {key: in_round(getattr(self, key), number) for key in ("abc", "yosys", "own", "instead")}
        ways = self.best_of and tuple(tuple(step.in_round(number) for step in steps) for steps in self.best_of)
        return self.model_copy(update={"best_of": ways, **told})

    @property
    def sequential(self) -> bool:
        """Whether its commands see latches, and may remove some."""
        return bool(self.abc) and any(map(changes_latches, self.commands))

    @property
    def label(self) -> str:
        """As the flow wrote it, such as "abc: strash; dc2"."""
        return f"{self.tool}{' by block' * bool(self.scope)}: " + "; ".join(self.abc or self.yosys or self.own or ())


class Flow(_Strict):
    """`preserves`: what every step is proven to keep: `combinational`, each output and next-state function;
    `sequential`, the outputs in all runs from reset, while latches may be merged or removed. `on_error`:
    after a step that failed or changed the function, go on from the last good netlist, or stop. `reproducible`: whether
    no command depends on wall time."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    summary: Annotated[str, AfterValidator(_checked_line)] = ""
    preserves: Literal["combinational", "sequential"] = "combinational"
    on_error: Literal["stop", "continue"] = "continue"
    reproducible: bool = True
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _honest(self) -> Flow:
        for step in tool_runs(self.steps) if self.reproducible else ():
            for command in (*step.commands, *(step.instead or ())):
                if time_option(command):
                    option = f"option {time_option(command)} of {command.split()[0]!r}"
                    raise ValueError(f"{option} counts seconds; a flow with it must say `reproducible: false`")
        return self

    @model_validator(mode="after")
    def _keeps_latches(self) -> Flow:
        for step in tool_runs(self.steps) if self.preserves == "combinational" else ():
            for command in (*step.commands, *(() if step.yosys else step.instead or ())):
                if changes_latches(command):
                    name = command.split()[0]
                    raise ValueError(f"{name!r} may remove latches; a flow with it must say `preserves: sequential`")
        return self

    @model_validator(mode="after")
    def _bounded(self) -> Flow:
        runs = self.most_runs()
        if runs > MAXIMAL_RUNS:
            raise ValueError(f"the flow may start {runs:,} tool runs, but at most {MAXIMAL_RUNS:,} are allowed")
        return self

    def tools(self) -> set[ToolName]:
        """Which programs its steps need."""
        return {step.tool for step in tool_runs(self.steps)}

    def most_runs(self) -> int:
        """How many tool runs there may be."""
        return most_runs(self.steps)


def load_flow(flow: str | os.PathLike[str] | Flow) -> Flow:
    """A shipped flow by name, or the flow in a file ending in .yaml. InputError with file, line and the mend."""
    if isinstance(flow, Flow):
        return flow
    text = os.fspath(flow)
    path = Path(text) if text.endswith(".yaml") else flow_path(text)
    return parse_flow(read_bytes(path, "a flow", MAXIMAL_BYTES), str(path))


def parse_flow(data: bytes, path: str) -> Flow:
    """The flow in these bytes; `path` is for error messages."""
    try:
        text = data.decode()
        _check_events(text, path)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: a flow must be UTF-8 text ({error.reason} at byte {error.start})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise InputError(
            f"{path}{line}: not valid YAML: {getattr(error, 'problem', None) or _one_line(error)}"
        ) from error
    except (ValueError, OverflowError) as error:  # an escape beyond Unicode
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(tree, yaml.MappingNode):
        raise InputError(f"{path}: a flow is a mapping with the keys {', '.join(Flow.model_fields)}")
    try:
        return Flow.model_validate_json(json.dumps(_plain(tree, path)))
    except ValidationError as error:
        raise InputError(_sentence(error, tree, path)) from error


def recorded(kind: type[Recorded], facts: object) -> Recorded:
    """The flow or step that a record holds. ValueError in one sentence."""
    try:
        return kind.model_validate_json(json.dumps(facts))
    except ValidationError as error:
        fault = error.errors()[0]
        message = str(fault["msg"]).removeprefix("Value error, ")
        raise ValueError(f"{'.'.join(map(str, fault['loc']))}: {message}") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def tool_runs(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps that start a tool, in order, each once."""
    for step in steps:
        if not step.parts:
            yield step
        for part in step.parts:
            yield from tool_runs(part)


def most_runs(steps: Sequence[Step]) -> int:
    """How many tool runs these steps may take."""
    total = 0
    for step in steps:
        times = step.repeat.at_most if step.repeat else 1
        total += times * sum(map(most_runs, step.parts)) if step.parts else 1 + bool(step.instead)
    return total


def _check_events(text: str, path: str) -> None:
    """Refuse what could blow up while it is composed: aliases, tags of the author's own, deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InputError(f"{path}:{line}: anchors and aliases are not allowed in a flow")
        tag = getattr(event, "tag", None)
        if tag:
            raise InputError(f"{path}:{line}: tags such as {tag!r} are not allowed in a flow")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAXIMAL_DEPTH:
            raise InputError(f"{path}:{line}: a flow may be nested {MAXIMAL_DEPTH} deep at most")


def _plain(node: yaml.Node, path: str) -> Any:
    """The JSON value of a node. A key that occurs twice is an error; dates and the like stay text."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, path) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError(f"{path}:{line}: a key must be text")
            if key.value in result:
                raise InputError(f"{path}:{line}: the key {key.value!r} occurs twice")
            alternatives = key.value == "best_of" and isinstance(value, yaml.SequenceNode)
            result[key.value] = (
                [_steps_of(child, path) for child in value.value] if alternatives else _plain(value, path)
            )
        return result
    kind = node.tag.rsplit(":", 1)[-1]
    if kind not in ("int", "float", "bool", "null"):
        return node.value
    try:
        value = yaml.SafeLoader("").construct_object(node)
        str(value)  # ValueError for an integer that is too long for JSON
        return value
    except ValueError as error:
        raise InputError(f"{path}:{node.start_mark.line + 1}: {node.value[:40]!r} is no usable number") from error


def _steps_of(node: yaml.Node, path: str) -> Any:
    """An alternative: a shipped flow's name stands for its steps."""
    if not isinstance(node, yaml.ScalarNode):
        return _plain(node, path)
    try:
        flow = load_flow(flow_path(node.value))
    except InputError as error:
        raise InputError(f"{path}:{node.start_mark.line + 1}: {error}") from error
    return [step.model_dump(mode="json", exclude_none=True) for step in flow.steps]


def _sentence(error: ValidationError, tree: yaml.Node, path: str) -> str:
    """The first fault, with its line."""
    # An unknown key explains best what is then missing.
    fault = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    line, names = _place(tree, fault["loc"])
    what = ".".join(names)
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = _stranger(names[-1])
    elif fault["type"] == "missing":
        message = f"the key {fault['loc'][-1]!r} is missing"
    elif what and fault["type"] != "value_error":
        facts = {"example": _EXAMPLES.get(names[-1]), **fault.get("ctx", {})}
        message = f"{what} {_RULES.get(fault['type'], 'cannot be used here').format(**facts)}"
    return f"{path}:{line}: {message}"


def _place(tree: yaml.Node, location: tuple[int | str, ...]) -> tuple[int, list[str]]:
    """The line of a location, and the keys on the way."""
    node, line, names = tree, tree.start_mark.line + 1, []
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
            names.append(str(part))
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line, names


def _stranger(key: str) -> str:
    """What is wrong with a key that its place does not know."""
    owners: dict[str, type[BaseModel]] = {"a flow": Flow, "a step": Step, "repeat": Repeat, "limits": StepLimits}
    own = [owner for owner, model in owners.items() if key in model.model_fields]
    if own:
        return f"the key {key!r} has no place here; it belongs to {' or '.join(own)}"
    known = [name for model in owners.values() for name in model.model_fields]
    near = difflib.get_close_matches(key, known, n=1)
    return f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")
