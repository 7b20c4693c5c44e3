"""What an ABC or Yosys build can do: old ones lack commands, and a flow says what to run instead, or is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.errors import ToolError
from bridge.files.cache import Cache, key_of
from bridge.flow.allowed import commands_in
from bridge.flow.schema import Flow, Step, tool_runs
from bridge.toolchain import Limits, Tool, ToolName, ToolRunError, run_tool

_KNOWN_TO_ALL: dict[ToolName, str] = {"abc": "strash", "yosys": "opt_clean"}
_SECONDS = 10.0
_remembered: dict[str, frozenset[str]] = {}


def fitted(flow: Flow, tools: Mapping[ToolName, Tool], cache: Cache | None = None) -> Flow:
    """The flow with `instead` in the place of commands that these builds lack. ToolError where there is no such."""
    lacking = [step for step in tool_runs(flow.steps) if _missing(step, tools, cache)]
    if not lacking:
        return flow
    for step in lacking:
        if not step.substitute or _missing(step.substitute, tools, cache):
            names = ", ".join(_missing(step, tools, cache))
            tool = tools[step.tool]
            raise ToolError(
                f"flow {flow.name!r}: the step ({step.label}) needs {names}, which {tool.path} does not have; "
                f"use the {step.tool} of the pyosys wheel, or give the step an `instead:`"
            )
    return flow.model_copy(update={"steps": _fitted(flow.steps, lacking)})


def _fitted(steps: Sequence[Step], lacking: Sequence[Step]) -> tuple[Step, ...]:
    result = []
    for step in steps:
        if step in lacking:
            step = step.substitute or step
        elif step.repeat:
            inner = step.repeat.model_copy(update={"steps": _fitted(step.repeat.steps, lacking)})
            step = step.model_copy(update={"repeat": inner})
        elif step.best_of:
            step = step.model_copy(update={"best_of": tuple(_fitted(part, lacking) for part in step.best_of)})
        result.append(step)
    return tuple(result)


def _missing(step: Step, tools: Mapping[ToolName, Tool], cache: Cache | None) -> list[str]:
    """The commands of the step that its tool does not list; none if it lists nothing."""
    able = frozenset() if step.own else commands_of(tools[step.tool], cache)
    used = dict.fromkeys(name for command in step.commands for name in commands_in(command))
    return [name for name in used if able and name not in able]


def commands_of(tool: Tool, cache: Cache | None = None) -> frozenset[str]:
    """All words in what the tool answers to `help`; nothing if it does not answer as such a tool does."""
    if tool.sha256 not in _remembered:
        key, cache = key_of("help", tool.name, tool.sha256), cache if tool.identity else None
        stored = cache.get(key) if cache else None
        words = stored.decode().split() if stored is not None else _asked(tool)
        if cache and words and stored is None:
            cache.put(key, " ".join(words).encode())
        _remembered[tool.sha256] = frozenset(words)
    return _remembered[tool.sha256]


def _asked(tool: Tool) -> list[str]:
    try:
        words = sorted(set(run_tool(tool, ["help"], {}, step="help", limits=Limits(seconds=_SECONDS)).log.split()))
    except ToolRunError:
        return []
    return words if _KNOWN_TO_ALL[tool.name] in words else []
