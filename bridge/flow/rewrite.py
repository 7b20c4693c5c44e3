"""One tool run of a flow: cut the netlist at its points, let the tool rewrite the pieces, join them again.

The tool only ever sees a combinational AIGER file: latches, resets, names and metadata stay on our side, since ABC
moves outputs, inverts latches and drops names on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.aig import Aig, Output
from bridge.aig.cut import cut
from bridge.aig.interface import aligned, check_shape
from bridge.aig.join import join
from bridge.equivalence import Confirmations
from bridge.errors import InputError
from bridge.files.cache import Cache
from bridge.files.folder import Folder
from bridge.flow.forms import fitting
from bridge.flow.jobs import Jobs
from bridge.flow.netlist import Made, Netlist
from bridge.flow.own import run_own
from bridge.flow.schema import Step
from bridge.flow.sized import sized
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolName, ToolRun, ToolRunError, run_tool

BEFORE, AFTER = "in.aig", "out.aig"
LEAST_SECONDS = 1.0  # for confirming proofs in a run that is over at once

Runner = Callable[[Tool, Step, bytes, Path, Limits], ToolRun]


def run_here(tool: Tool, step: Step, data: bytes, folder: Path, limits: Limits) -> ToolRun:
    """Run the step on the AIGER file `data`; script, log and both files stay in `folder`. Raises ToolRunError."""
    if step.own:
        Folder(folder).write(BEFORE, data)
        return run_own(step.own, data, folder, limits, AFTER)
    files, what = {BEFORE: data}, f"({step.label})"
    return run_tool(tool, script_of(step), files, [AFTER], step=what, folder=folder, limits=limits)


@dataclass(frozen=True)
class Setup:
    """What steps are run with. `limits`: of each process; `cache`: None to run every tool anew; `jobs`: for what
    can be done side by side; `confirmations`: how long our own engine may confirm proofs; `runner`: what runs tools."""

    tools: Mapping[ToolName, Tool]
    limits: Limits
    cache: Cache | None = None
    jobs: Jobs = field(default_factory=lambda: Jobs(1))
    confirmations: Confirmations = field(default_factory=lambda: Confirmations(least=LEAST_SECONDS))
    runner: Runner = run_here

    def cache_for(self, tool: ToolName) -> Cache | None:
        """Where answers of that tool are remembered; nowhere if it cannot be told what really runs."""
        return self.cache if self.tools[tool].identity else None


def rewrite(aig: Aig, step: Step, folder: Path, setup: Setup) -> Made:
    """Run the commands of one step; script, log and both AIGER files stay in `folder`.

    Raises ToolRunError when the tool fails, or when what it wrote is no netlist of the same shape.
    """
    if not len(aig.ands):
        return Made(Netlist(aig))
    made = rewrite_form(cut(aig), step, folder, setup)
    # ABC's script ends with strash, our own netlists are hashed, Yosys' script ends with a mapping.
    return replace(made, netlist=Netlist(join(aig, made.netlist.aig, hashed=step.tool != "yosys")))


def rewrite_form(form: Aig, step: Step, folder: Path, setup: Setup) -> Made:
    """The same for a netlist that is cut, or handed over with its latches, as it is; what comes back is neither joined
    nor are its latches matched or named."""
    step = sized(step, form)
    run = setup.runner(setup.tools[step.tool], step, format_aiger(form), folder, setup.limits)
    try:
        result = parse_aiger(run.files[AFTER], AFTER)
        # Yosys sorts ports by name; ABC drops names and keeps the order.
        result = aligned(form, result) if step.tool == "yosys" else _renamed(form, result)
        return Made(Netlist(result), run.seconds, run.memory)
    except InputError as error:
        raise malformed(step, error, run.log) from error


def script_of(step: Step) -> list[str]:
    """All commands that the step gives to its tool, one a line."""
    if step.own:
        return list(step.own)
    return abc_script(step.commands, step.sequential) if step.tool == "abc" else yosys_script(step.commands)


def abc_script(commands: Sequence[str], names: bool = False) -> list[str]:
    """The whole script: every command is given the form of netlist that it reads. `names`: have the names of signals
    written."""
    write = f"write_aiger -s {AFTER}" if names else f"write_aiger {AFTER}"
    return [f"read_aiger {BEFORE}", "strash", *fitting(commands), "strash", write]


def yosys_script(commands: Sequence[str]) -> list[str]:
    """The whole script; whatever cells the commands leave become ANDs and inverters."""
    start = [f"read_aiger -module_name top {BEFORE}"]
    end = ["techmap", "opt_clean", "aigmap", "opt_clean", f"write_aiger -symbols {AFTER}"]
    return [*start, *commands, *end]


def _renamed(form: Aig, result: Aig) -> Aig:
    """The names of `form`, by order."""
    if form.latches:
        _check_machine(form, result)
    else:
        check_shape(result, len(form.inputs), len(form.outputs))
    named = zip(form.outputs, result.outputs, strict=True)
    outputs = tuple(Output(ours.name, theirs.literal) for ours, theirs in named)
    return replace(result, inputs=form.inputs, outputs=outputs)


def _check_machine(form: Aig, result: Aig) -> None:
    shape, other = ((len(x.inputs), len(x.outputs)) for x in (form, result))
    if shape != other or len(result.latches) > len(form.latches) or result.properties.literals():
        raise InputError(
            f"expected {shape[0]} inputs, {shape[1]} outputs and at most {len(form.latches)} latches, but there are "
            f"{other[0]} inputs, {other[1]} outputs and {len(result.latches)} latches"
        )
    if any(latch.reset != 0 for latch in result.latches):
        raise InputError("a latch does not reset to 0 any more")


def malformed(step: Step, error: InputError, log: str = "") -> ToolRunError:
    """The failure of a step whose tool wrote no such netlist."""
    return ToolRunError(step.tool, f"({step.label})", f"wrote a netlist that cannot be used ({error})", log)
