"""A step as a folder that can be run again on its own, and made smaller: `aigbridge flows rerun FOLDER`.

Such a folder holds the netlist that the tool was given, `in.aig`, and what it was told, `step.json`. The netlist has
latches only if the step is sequential.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bridge.aig import Aig
from bridge.aig.cone import cone
from bridge.aig.cut import cut
from bridge.aig.latches import without_latches
from bridge.equivalence import Verdict, check_machines
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.files.folder import Folder
from bridge.flow.folder import INPUT, RECORD
from bridge.flow.netlist import digest_of
from bridge.flow.old_run import ChangedError, read_run
from bridge.flow.own import tool_of
from bridge.flow.rewrite import BEFORE, Setup, rewrite_form
from bridge.flow.schema import Step, recorded
from bridge.flow.sequential import handed
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolName, ToolRunError

Item = TypeVar("Item")

STEP, REDUCED = "step.json", "reduced"
REDUCTION_SECONDS = 30.0
_PROOF_SECONDS = 60.0
_VERSION = 1
_STEP = re.compile(r"[0-9]{2,6}-(abc|yosys|own)(/[0-9]{2,}-[A-Za-z0-9_-]+)?(/reduced)?")
_DEPTH = 3  # of a reduced case of a block below the run
_BEFORE = re.compile(r"|input\.aig|[0-9]+-[a-z]+/netlist\.aig")


@dataclass(frozen=True)
class Rerun:
    """`failure`: what went wrong in the tool, or nothing; then `verdict` compares its result with its input.
    `same_tool`: whether the tool is the one that ran first."""

    step: Step
    failure: str
    verdict: Verdict | None
    same_tool: bool


def write_step(folder: Folder, step: Step, setup: Setup, *, before: str = "", given: Aig | None = None) -> None:
    """All that `rerun` needs but the netlist; `before`: where that came from, below the run's folder, if the step was
    given it whole; else `given` is what the tool reads."""
    tool = setup.tools[step.tool]
    told = step.model_dump(mode="json", exclude_none=True)
    facts = {"aigbridge_step": _VERSION, "step": told, "limits": setup.limits.to_json()}
    facts["tool"] = {"name": tool.name, "path": str(tool.path), "version": tool.version, "sha256": tool.sha256}
    facts |= {"before": before} if before else {}
    facts |= {"given": digest_of(format_aiger(given))} if given is not None else {}
    folder.write(STEP, json.dumps(facts, indent=2) + "\n")


def rerun(folder: Path) -> Rerun:
    """Run the step of that folder again, with the tools of today, leaving the folder as it is.

    InputError if it is no such folder, ToolError if the tool is missing.
    """
    place = _within_its_run(folder)
    facts = _read_step(place)
    form = _given(place, facts)
    tools: dict[ToolName, Tool] = {name: tool_of(name) for name in sorted({facts.step.tool, "abc"})}
    setup = Setup(tools, facts.limits)
    same = tools[facts.step.tool].sha256 == facts.sha256
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        try:
            made = rewrite_form(form, facts.step, Path(temporary), setup)
        except ToolRunError as error:
            return Rerun(facts.step, error.fault, None, same)
    verdict = check_machines(form, made.netlist.aig, seconds=_PROOF_SECONDS, abc=tools["abc"])
    return Rerun(facts.step, "", verdict, same)


def reduce(form: Aig, step: Step, folder: Folder, setup: Setup, seconds: float = REDUCTION_SECONDS) -> Folder | None:
    """Leave, in a folder `reduced`, fewer outputs and fewer commands whose result still differs from its input.

    None if the step alone, run again, shows no difference. The search ends after about that many seconds.
    """
    clock = Clock(seconds)
    setup = replace(setup, cache=None)

    def differs(form: Aig, commands: Sequence[str]) -> bool:
        smaller = _with_commands(step, commands)
        with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
            try:
                made = rewrite_form(form, smaller, Path(temporary), setup)
            except ToolRunError:
                return False
        left = max(1.0, clock.left)
        return check_machines(form, made.netlist.aig, seconds=left, abc=setup.tools["abc"]).answer == "different"

    commands: Sequence[str] = step.commands
    if not differs(form, commands):
        return None
    outputs = _fewest(range(len(form.outputs)), lambda kept: differs(_cone(form, kept), commands), clock)
    small = _cone(form, outputs)
    commands = _fewest(commands, lambda kept: differs(small, kept), clock)
    target = folder.anew(REDUCED)
    smallest = _with_commands(step, commands)
    write_step(target, smallest, setup, given=small)
    with contextlib.suppress(ToolRunError):
        rewrite_form(small, smallest, target.path, setup)
    return target


def _cone(form: Aig, outputs: Sequence[int]) -> Aig:
    """With these outputs only, and what they read, now or in a later step."""
    if not form.latches:
        return cone(form, outputs)
    return without_latches(replace(form, outputs=tuple(form.outputs[index] for index in outputs)), {})[0]


def _fewest(items: Sequence[Item], holds: Callable[[Sequence[Item]], bool], clock: Clock) -> Sequence[Item]:
    """Drop ever smaller runs of items while the claim holds for the others; at least one stays."""
    size = len(items) // 2
    while size:
        start = 0
        while start < len(items) and not clock.over:
            fewer = [*items[:start], *items[start + size :]]
            if fewer and holds(fewer):
                items = fewer
            else:
                start += size
        size //= 2
    return items


def _with_commands(step: Step, commands: Sequence[str]) -> Step:
    return Step.model_validate({step.tool: tuple(commands)})


@dataclass(frozen=True)
class _Facts:
    step: Step
    limits: Limits
    sha256: str
    before: str
    given: str


def _within_its_run(folder: Path) -> Folder:
    """The folder of a step, as a part of the run that it belongs to: then no link in there leads out of that."""
    path = Path(os.path.abspath(folder))
    runs = [run for run in path.parents[:_DEPTH] if os.path.lexists(run / RECORD)]
    depths = range(min(_DEPTH, len(path.parents)), 0, -1)
    tails = [path.parents[depth - 1] for depth in depths if _STEP.fullmatch("/".join(path.parts[-depth:]))]
    root = next(iter([*runs, *tails]), path)
    place = Folder(root)
    for part in path.relative_to(root).parts:
        place = place.below(part)
    return place


def _given(folder: Folder, facts: _Facts) -> Aig:
    """What the tool was given. InputError if it is not there, or was changed since."""
    place = folder.path / BEFORE
    kept = folder.read(BEFORE, "a netlist of the run") if folder.holds(BEFORE) else None
    in_its_run = bool(folder.parts) and Folder(folder.root).holds(RECORD)
    form = _handed_over(folder, facts) if facts.before and in_its_run else None
    given = facts.given if form is None else digest_of(format_aiger(form))
    if kept is not None and given not in ("", digest_of(kept)):
        raise ChangedError(f"{place}: was changed after the run: it is not the netlist that the step was given")
    if form is not None:
        return form
    if kept is None:
        raise InputError(f"{place}: is not there: no tool ran, for want of gates or since the cache knew the result")
    return parse_aiger(kept, str(place))


def _handed_over(folder: Folder, facts: _Facts) -> Aig:
    """As the run cut, or handed over, the netlist before the step."""
    run = read_run(folder.root)
    if facts.before == INPUT:
        before = run.input
    else:
        name = facts.before.split("/")[0]
        made = [step for step in run.steps if step.folder == name]
        found = run.made_by(made[-1]) if made else None
        if found is None:
            raise InputError(f"{folder.path / STEP}: the run has no netlist {facts.before}")
        before = found
    return handed(before) if facts.step.sequential else cut(before)


def _read_step(folder: Folder) -> _Facts:
    facts = folder.read_json(STEP, "a step of a run", 1 << 20)
    try:
        if facts["aigbridge_step"] != _VERSION:
            raise ValueError("it is of another version")
        step = recorded(Step, facts["step"])
        limits = Limits.from_json(facts["limits"])
        before = facts.get("before", "")
        if not (isinstance(before, str) and _BEFORE.fullmatch(before)):
            raise ValueError(f"no netlist of a run is called {before!r}")
        if step.parts:
            raise ValueError("a step that is run again starts one tool")
        return _Facts(step, limits, str(facts["tool"]["sha256"]), before, str(facts.get("given", "")))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder.path / STEP}: does not describe a step: {error!r}") from error
