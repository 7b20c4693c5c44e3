"""Commands on flows: flows, run, repro."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bridge.aig.latchmap import to_json
from bridge.cli.figures import LibraryName, LutSize, RealAnds, wanted
from bridge.cli.models import FOLDED_HELP, MODEL_HELP, load_netlist, resolved
from bridge.cli.netlists import EXIT_CODES, Reader, SecondOpinion
from bridge.cli.output import AsJson, activity, emit, table
from bridge.errors import InputError, Interrupted
from bridge.flow import FlowResult, compare, load_flow, resume_flow, run_flow
from bridge.flow.allowed import allowed, caution, place_of
from bridge.flow.builds import fitted
from bridge.flow.container import IMAGE, ContainerRun, run_in_image
from bridge.flow.course import RunInterrupted
from bridge.flow.describe import format_flow, remarks
from bridge.flow.folder import RESULT
from bridge.flow.forms import needs_of
from bridge.flow.old_run import resuming
from bridge.flow.own import OWN_REMARKS
from bridge.flow.repeat import repro as repeat_run
from bridge.flow.rerun import rerun as run_again
from bridge.flow.run import locate_for
from bridge.flow.schema import Step
from bridge.flow.table import Row
from bridge.formats.mapped.figures import Wanted
from bridge.printable import counted
from bridge.resources import shipped_flows

flows_app = typer.Typer(invoke_without_command=True)
FlowName = Annotated[str, typer.Argument(help="A shipped flow or a .yaml file.")]


@flows_app.callback()
def flows(context: typer.Context, as_json: AsJson = False) -> None:
    """List the shipped flows; `flows show NAME` prints one."""
    if as_json:  # `flows --json show X` is `flows show X --json`
        context.default_map = {command: {"as_json": True} for command in ("show", "check", "rerun", "commands")}
    if context.invoked_subcommand is None:
        rows = [(flow.name, flow.summary) for flow in map(load_flow, shipped_flows())]
        emit(as_json, {"flows": [{"name": n, "summary": s} for n, s in rows]}, table(("flow", "summary"), rows))


@flows_app.command()
def show(name: FlowName, as_json: AsJson = False) -> None:
    """Print a flow as a flow file, to keep or to change; what its aliases stand for is in comments."""
    flow = load_flow(name)
    if as_json:
        facts = flow.model_dump(mode="json", exclude_none=True)
        emit(as_json, facts | {"steps": _expanded(flow.steps)})
    else:
        print(format_flow(flow), end="")


@flows_app.command()
def commands(as_json: AsJson = False) -> None:
    """List the commands that a flow may use, with their options, and what each needs before or after it."""
    known = [(tool, name, options) for tool, names in allowed().items() for name, options in names.items()]
    facts = [
        {"tool": tool, "command": name, "options": options, "remarks": command_remarks(tool, name)}
        for tool, name, options in known
    ]
    rows = [(tool, name, " ".join(options), command_remarks(tool, name)) for tool, name, options in known]
    emit(as_json, {"commands": facts}, table(("tool", "command", "options", "remarks"), rows))


def command_remarks(tool: str, name: str) -> str:
    """What to know about an allowed command before one uses it, or nothing."""
    if tool != "abc":
        return OWN_REMARKS.get(name, "")
    return "; ".join(filter(None, (*(why for _, why in needs_of(name)), caution(name), place_of(name))))


@flows_app.command()
def check(
    name: Annotated[str, typer.Argument(help="A .yaml file, or a shipped flow.")], as_json: AsJson = False
) -> None:
    """Say whether a flow is sound and the tools found here can run it; nothing is run. Exit code 4: they cannot."""
    flow = load_flow(name)
    found = locate_for(flow)
    substituted, tools = fitted(flow, found) != flow, [name for name in found if name != "own"]
    facts = {"name": flow.name, "tools": tools, "most_runs": flow.most_runs(), "substituted": substituted}
    needs = f"needs {' and '.join(tools)}, at most {counted(flow.most_runs(), 'tool run')}"
    sound = f"{flow.name}: sound; {needs}" + ("; uses `instead:` here" if substituted else "")
    notes = remarks(flow)
    emit(as_json, facts | {"remarks": notes}, sound, *notes)


@flows_app.command()
def rerun(
    folder: Annotated[Path, typer.Argument(help="The folder of a step, or its folder `reduced`.")],
    as_json: AsJson = False,
) -> None:
    """Run one step of a run again. Exit code 0: its result is equivalent, 1: it is different, 4: the tool failed."""
    found = run_again(resolved(str(folder)))
    other = () if found.same_tool else (f"note: {found.step.tool} is not the program that ran this step first",)
    facts: dict[str, Any] = {"step": found.step.label, "same_tool": found.same_tool, "failure": found.failure}
    outcome, code = f"failed: {found.failure}", 4
    if found.verdict is not None:
        facts |= found.verdict.to_json()
        outcome, code = str(found.verdict), EXIT_CODES[found.verdict.answer]
    emit(as_json, facts, f"{found.step.label}: {outcome}", *other)
    raise typer.Exit(code)


Jobs = Annotated[
    int | None, typer.Option(min=1, max=256, help="Tools at a time, where they can (default: one per processor).")
]


def run(
    netlist: Annotated[str | None, typer.Argument(help=MODEL_HELP + FOLDED_HELP)] = None,
    flow: Annotated[
        list[str] | None, typer.Argument(help="Shipped flows or .yaml files; each starts from the same netlist.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder that receives one folder per run.")] = Path("runs"),
    resume: Annotated[
        Path | None, typer.Option(help="Take up this interrupted run, instead of a netlist and flows.")
    ] = None,
    lut_size: LutSize = None,
    library: LibraryName = None,
    real_ands: RealAnds = False,
    reader: Reader = "pyslang",
    cached: Annotated[bool, typer.Option("--cache/--no-cache", help="Use results of earlier runs.")] = True,
    second: SecondOpinion = False,
    jobs: Jobs = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="N", help="End each flow after N seconds of work, with the smallest so far."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a dask scheduler, tcp://host:8786: run the tools on its workers.")
    ] = None,
    docker: Annotated[bool, typer.Option("--docker", help="Run in the Docker image, as you, without network.")] = False,
    image: Annotated[str, typer.Option(help="Which image.")] = IMAGE,
    as_json: AsJson = False,
) -> None:
    """Optimize a netlist with one or several flows, prove each result, compare them. Exit code 3: not proven."""
    figures = wanted(lut_size, library, real_ands)
    if resume is not None:
        if netlist or docker:
            raise InputError("--resume goes on with the netlist and the flow of the run; give neither, nor --docker")
        resume = resolved(str(resume))
        results = [_heard(str(resume), partial(resume_flow, resume, jobs=jobs, scheduler=scheduler, seconds=seconds))]
    elif not (netlist and flow):
        raise InputError("name a netlist and at least one flow, as in `aigbridge run cell.aig shrink`")
    else:
        loaded, start = [load_flow(name) for name in flow], load_netlist(netlist, reader)
        if docker:
            if scheduler:
                raise InputError("--docker has no network, so there is no --scheduler in it; give one of them")
            options = ["--second-opinion"] * second + (["--jobs", str(jobs)] if jobs else [])
            options += ["--seconds", str(seconds)] if seconds else []
            _in_docker(partial(run_in_image, start, loaded, out, options, image=image), figures, as_json)
        go = partial(run_flow, start, cached=cached, second=second, jobs=jobs, scheduler=scheduler, seconds=seconds)
        results = [_heard(item.name, partial(go, item, out)) for item in loaded]
    _tell(results, figures, as_json)


def _tell(results: Sequence[FlowResult], figures: Wanted, as_json: bool) -> NoReturn:
    best = min(results, key=lambda result: result.after.size)
    lines = [line for result in results for line in _lines(result)]
    table = compare(*results, figures=figures, steps=False)
    facts = [_facts(result) | _figures_of(row) for result, row in zip(results, table.results, strict=True)]
    emit(as_json, {**facts[results.index(best)], "runs": facts}, table, *table.mappings, *lines)
    raise typer.Exit(max(EXIT_CODES[result.verdict.answer] for result in results))


def _in_docker(running: Callable[[], ContainerRun], figures: Wanted, as_json: bool) -> NoReturn:
    with activity("in the image"):
        ran = running()
    runs = ran.facts["runs"]
    table = compare(*(facts["run"] for facts in runs), figures=figures, steps=False)
    measured = [facts | _figures_of(row) for facts, row in zip(runs, table.results, strict=True)]
    lines = [f"{facts['flow']}: {facts['run']}" for facts in runs]
    emit(as_json, {**ran.facts, "runs": measured}, table, *table.mappings, *lines)
    raise typer.Exit(ran.code)


def _figures_of(row: Row) -> dict[str, Any]:
    figures = row.figures.to_json()
    return {"figures": figures} if figures else {}


def _heard(what: str, running: Callable[..., FlowResult]) -> FlowResult:
    """The run's result; people see which step it is at, and with how many ANDs, and how to go on after Ctrl-C."""
    with activity(what) as hear:
        try:
            return running(progress=hear)
        except RunInterrupted as stop:
            raise Interrupted(f"interrupted; what is done is kept; go on with: {resuming(stop.folder)}") from stop


def repro(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
    as_json: AsJson = False,
) -> None:
    """Run again without the cache and compare the bytes of the results. Exit code 0: the same, 1: different."""
    folder = resolved(str(folder))
    with activity(f"repeating {folder}"):
        found = repeat_run(folder)
    facts = {"same": found.same, "reason": found.reason, "ands_after": found.result.ands_after}
    sentence = "the same bytes" if found.same else f"other bytes: {found.reason}"
    emit(as_json, facts, f"{folder}: {sentence}")
    raise typer.Exit(0 if found.same else 1)


def _expanded(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as data, with ABC aliases expanded."""
    parts: list[dict[str, Any]] = []
    for step in steps:
        facts = step.model_dump(mode="json", exclude_none=True)
        if step.repeat:
            facts["repeat"]["steps"] = _expanded(step.repeat.steps)
        elif step.best_of:
            facts["best_of"] = [_expanded(part) for part in step.best_of]
        else:
            facts[step.tool] = list(step.commands)
        parts.append(facts)
    return parts


def _lines(result: FlowResult) -> list[str]:
    """Where the run is, and how to repeat each step that failed."""
    lines = [f"{result.flow.name}: {result.folder}"]
    if not result.ended and result.folder:
        lines.append(f"{result.flow.name}: the seconds of work were over first; go on with: {resuming(result.folder)}")
    if result.removed:
        lines.append(f"{result.flow.name}: {result.removal}")
    for step in result.failed:
        folder = Path(str(result.folder), step.folder)
        lines.append(f"step {step.number} ({step.label}) {step.failure}; repeat it: aigbridge flows rerun {folder}")
    return lines


def _facts(result: FlowResult) -> dict[str, Any]:
    return {
        "flow": result.flow.name,
        "run": str(result.folder),
        "netlist": str(result.folder / RESULT) if result.folder else None,
        "ands_before": result.ands_before,
        "ands_after": result.ands_after,
        "levels_after": result.after.levels,
        "ended": result.ended,
        **({"removed": result.removal, "latches": to_json(result.removed)} if result.removed else {}),
        **result.verdict.to_json(),
        "steps": [step.to_json() for step in result.steps],
    }
