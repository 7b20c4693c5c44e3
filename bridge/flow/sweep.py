"""Many flows times many netlists, spread over processes or machines by dask.distributed.

A job that dies with its worker is started again elsewhere; every finished job has left its run folder, so nothing that
was done is lost. With a remote scheduler, the workers must see the same files under the same paths.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.aig import Aig
from bridge.errors import BridgeError, InputError
from bridge.files import followed
from bridge.flow.cluster import RETRIES, connect
from bridge.flow.jobs import available
from bridge.flow.result import Counts
from bridge.flow.run import run_flow
from bridge.flow.schema import Flow, load_flow
from bridge.formats import read_netlist
from bridge.printable import Progress, unheard

Source = str | os.PathLike[str] | tuple[str, Aig]


@dataclass(frozen=True)
class Job:
    """One flow on one netlist. `after`, `verdict`, `folder`: once it is done; `error`: one sentence if it failed."""

    netlist: str
    flow: str
    before: Counts | None = None
    after: Counts | None = None
    verdict: str = ""
    seconds: float = 0.0
    folder: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        """The netlist, without the folder it is in."""
        return Path(self.netlist).name


@dataclass(frozen=True, kw_only=True)
class SweepProgress(Progress):
    """A job is over."""

    job: Job


def sweep(
    flows: Sequence[str | Flow],
    netlists: Sequence[Source],
    out: Path,
    *,
    scheduler: str | None = None,
    jobs: int | None = None,
    progress: Callable[[SweepProgress], None] = unheard,
) -> list[Job]:
    """Run every flow on every netlist, and return the jobs in that order; `progress` hears of each that is done.

    `netlists`: paths, or names with the netlists that they stand for.
    `scheduler`: the address of a running one (`tcp://host:8786`); without, `jobs` local processes (default: one per
    processor). InputError for a bad flow, a missing package or a scheduler that does not answer; what goes wrong inside
    a job is in its `error`.
    """
    if not flows or not netlists:
        raise InputError("a sweep needs at least one flow and one netlist")
    loaded = [load_flow(flow) for flow in flows]
    given = [each if isinstance(each, tuple) else (str(followed(each)), None) for each in netlists]
    pairs = [(name, aig, flow.model_dump_json()) for name, aig in given for flow in loaded]
    with connect(scheduler, jobs or available()) as client:
        from distributed import as_completed

        futures = {
            client.submit(_run, *pair, str(followed(out)), pure=False, retries=RETRIES): index
            for index, pair in enumerate(pairs)
        }
        done: dict[int, Job] = {}
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            index = futures[future]
            name, flow = pairs[index][0], loaded[index % len(loaded)]
            job = future.result() if future.status == "finished" else _lost(name, flow, future.exception())
            done[index] = job
            progress(SweepProgress(len(done) / len(pairs), f"{job.flow} on {job.name}", job=job))
    return [done[index] for index in range(len(pairs))]


def _run(netlist: str, aig: Aig | None, flow: str, out: str) -> Job:
    """In a worker: one job."""
    parsed = Flow.model_validate_json(flow)
    try:
        start = read_netlist(netlist) if aig is None else aig
        result = run_flow(start, parsed, out, jobs=1)  # the other processors have other jobs
    except BridgeError as error:
        return Job(netlist, parsed.name, error=str(error))
    seconds = sum(step.seconds + step.proof.seconds for step in result.steps)
    verdict = result.verdict.answer
    return Job(netlist, parsed.name, result.before, result.after, verdict, seconds, str(result.folder))


def _lost(netlist: str, flow: Flow, error: BaseException | None) -> Job:
    return Job(netlist, flow.name, error=f"the worker was lost {RETRIES + 1} times: {error}")
