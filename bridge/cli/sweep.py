"""The command sweep: many flows on many netlists."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.models import MODEL_HELP, load_netlist
from bridge.cli.output import AsJson, emit, progress, table
from bridge.flow.sweep import Job, Source, sweep
from bridge.formats import SUFFIXES


def sweep_all(
    flow: Annotated[list[str], typer.Argument(help="Shipped flows or .yaml files.")],
    on: Annotated[list[str], typer.Option("--on", help=f"{MODEL_HELP} Repeat the option for more.")],
    out: Annotated[Path, typer.Option(help="Folder that receives one folder per run.")] = Path("runs"),
    scheduler: Annotated[str | None, typer.Option(help="Address of a dask scheduler, tcp://host:8786.")] = None,
    jobs: Annotated[
        int | None, typer.Option("--workers", min=1, max=256, help="Local processes (default: all).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run every flow on every netlist, in parallel; one table at the end. Exit code 4 if a job failed, 3: unproven."""
    with progress("sweeping") as bar:
        done = sweep(flow, [_netlist(name) for name in on], out, scheduler=scheduler, jobs=jobs, progress=bar)
    rows = [_row(job) for job in done]
    listing = table(("netlist", "flow", "before", "ANDs", "levels", "seconds", "verdict"), rows)
    emit(as_json, {"jobs": [asdict(job) for job in done]}, listing)
    raise typer.Exit(4 if any(job.error for job in done) else max(3 * (job.verdict != "equivalent") for job in done))


def _netlist(name: str) -> Source:
    """Files of netlists are read where the job runs: one that is broken costs its own row only."""
    return Path(name) if Path(name).suffix.lower() in SUFFIXES else (name, load_netlist(name))


def _row(job: Job) -> tuple[object, ...]:
    if job.before is None or job.after is None:
        return (job.name, job.flow, None, None, None, None, job.error)
    return (job.name, job.flow, job.before.ands, job.after.ands, job.after.levels, job.seconds, job.verdict)
