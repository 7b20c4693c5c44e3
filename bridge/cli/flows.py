"""Commands on flows: flows, run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cli.models import load_netlist
from bridge.cli.netlists import EXIT_CODES, Frontend, Netlist, Reader
from bridge.cli.output import AsJson, activity, emit, table
from bridge.flow import FlowResult, compare, load_flow, run_flow
from bridge.flow.record import RESULT
from bridge.flow.schema import Step
from bridge.resources import shipped_flows

flows_app = typer.Typer(invoke_without_command=True)


@flows_app.callback()
def flows(context: typer.Context, as_json: AsJson = False) -> None:
    """List the shipped flows; `flows show NAME` prints one."""
    if context.invoked_subcommand is None:
        rows = [(flow.name, flow.summary) for flow in map(load_flow, shipped_flows())]
        emit(as_json, {"flows": [{"name": n, "summary": s} for n, s in rows]}, table(("flow", "summary"), rows))


@flows_app.command()
def show(name: Annotated[str, typer.Argument(help="A shipped flow or a .yaml file.")], as_json: AsJson = False) -> None:
    """Print the steps of a flow, aliases expanded."""
    flow = load_flow(name)
    facts: dict[str, Any] = {
        "name": flow.name,
        "summary": flow.summary,
        "preserves": flow.preserves,
        "steps": _expanded(flow.steps),
    }
    emit(as_json, facts, f"{flow.name}: {flow.summary}", *(json.dumps(step) for step in facts["steps"]))


def run(
    netlist: Netlist,
    flow: Annotated[list[str], typer.Argument(help="Shipped flows or .yaml files; each starts from the same netlist.")],
    out: Annotated[Path, typer.Option(help="Folder that receives one folder per run.")] = Path("runs"),
    reader: Reader = Frontend.PYSLANG,
    as_json: AsJson = False,
) -> None:
    """Optimize a netlist with one or several flows, prove each result, compare them. Exit code 3: not proven."""
    loaded = [load_flow(name) for name in flow]
    start = load_netlist(netlist, reader.value)
    results = []
    for item in loaded:
        with activity(item.name) as note:
            results.append(
                run_flow(start, item, out, progress=lambda step: note(f"{step.label}: {step.counts.ands:,}"))
            )
    best = min(results, key=lambda result: result.after.size)
    folders = [f"{result.flow.name}: {result.folder}" for result in results]
    emit(as_json, {**_facts(best), "runs": [_facts(result) for result in results]}, compare(*results), *folders)
    raise typer.Exit(max(EXIT_CODES[result.verdict.answer] for result in results))


def _expanded(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as data, with ABC aliases expanded."""
    parts: list[dict[str, Any]] = []
    for step in steps:
        if step.repeat:
            inner = {"at_most": step.repeat.at_most, "until": step.repeat.until, "steps": _expanded(step.repeat.steps)}
            parts.append({"repeat": inner})
        else:
            parts.append({"abc" if step.abc else "yosys": list(step.commands)})
    return parts


def _facts(result: FlowResult) -> dict[str, Any]:
    return {
        "flow": result.flow.name,
        "run": str(result.folder),
        "netlist": str(result.folder / RESULT) if result.folder else None,
        "ands_before": result.ands_before,
        "ands_after": result.ands_after,
        "levels_after": result.after.levels,
        **result.verdict.to_json(),
        "steps": [step.to_json() for step in result.steps],
    }
