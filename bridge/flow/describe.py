"""A flow as people read it: the YAML that would give it again, and remarks on its commands."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from bridge.flow.allowed import caution, expand
from bridge.flow.forms import needs_of
from bridge.flow.schema import Flow, Step, tool_runs
from bridge.toolchain import Limits


def format_flow(flow: Flow) -> str:
    """YAML that `parse_flow` reads as this very flow; what aliases of commands stand for is in comments."""
    used = dict.fromkeys(command for step in _runs(flow) for command in step.abc or ())
    aliases = {name: expand(name) for name in used}
    comments = [f"# {name} is {'; '.join(parts)}\n" for name, parts in aliases.items() if len(parts) > 1]
    facts = flow.model_dump(mode="json", exclude_none=True)
    return "".join(comments) + yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=110)


def remarks(flow: Flow) -> list[str]:
    """What is put before or after its commands, since they need it, and what to know about them."""
    found: dict[str, None] = {}
    for step in _runs(flow):
        commands = step.commands if step.abc else ()
        told = [*needs_of(*commands), *((command, caution(command)) for command in commands)]
        found |= dict.fromkeys(f"{what} {why}" for what, why in told if why)
        found |= dict.fromkeys(_beyond(step))
    return list(found)


def _beyond(step: Step) -> Iterator[str]:
    """What a step may use, by its own limits, that `run` does not give."""
    if step.limits is None:
        return
    given, granted = Limits(), step.limits.within(Limits())
    if step.limits.seconds and granted.seconds < step.limits.seconds:
        yield f"limits: `run` gives a step {given.seconds:g} seconds at most, not {step.limits.seconds:g}"
    if step.limits.memory and granted.memory < step.limits.memory << 20:
        yield f"limits: `run` gives a step {given.memory >> 20} MiB of memory at most, not {step.limits.memory}"


def _runs(flow: Flow) -> Iterator[Step]:
    """The steps that start a tool, each followed by its substitute."""
    for step in tool_runs(flow.steps):
        yield step
        if step.substitute:
            yield step.substitute
