"""Tool runs on the workers of a dask cluster: the netlist and one step of a flow go there, a netlist comes back.

A worker runs a step only after it has read it as one of a flow, so nothing that flows may not do; and only by the very
program that runs here, so results are the same wherever they are made. What comes back is read, compared in shape and
proven here, as if the tool had run here. dask itself trusts everyone who can reach its scheduler: see docs/flows.md.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bridge.errors import InputError, MissingExtra, ToolError
from bridge.files.folder import Folder
from bridge.flow.own import tool_of
from bridge.flow.rewrite import AFTER, BEFORE, Runner, run_here, script_of
from bridge.flow.schema import Step, recorded
from bridge.toolchain import Limits, Tool, ToolRun, ToolRunError
from bridge.toolchain.process import LOG, NotTaken, OutOfTime, check_interrupt
from bridge.toolchain.run import SCRIPTS

RETRIES = 3
ANSWER_SECONDS = 10.0  # a scheduler has
ALONE_SECONDS = 60.0  # it may be without workers, which start anew
PACKAGE = "bridge"  # what workers need
_PAUSE = 0.5


@dataclass(frozen=True)
class Cluster:
    """`client`: of dask; `threads`: how many runs its workers take at a time."""

    client: Any
    threads: int

    def run(self, tool: Tool, step: Step, data: bytes, folder: Path, limits: Limits) -> ToolRun:
        """As `run_here`, on a worker. Raises ToolRunError also when a worker has another program, or is lost."""
        alone = limits.alone()
        given = step.model_dump_json(exclude_none=True), tool.sha256, alone.to_json(), data
        future = self.client.submit(work, *given, pure=False, retries=RETRIES)
        try:
            answer = _awaited(future, tool, step)
        finally:
            future.cancel()
        place = Folder(folder)
        place.write(BEFORE, data)
        place.write(SCRIPTS[tool.name], "".join(f"{command}\n" for command in script_of(step)))
        place.write(LOG, answer["log"])
        if answer["fault"]:
            late = OutOfTime if limits.seconds > alone.seconds <= answer["seconds"] else ToolRunError
            kind = NotTaken if answer.get("left_out") else late
            raise kind(tool.name, f"({step.label})", answer["fault"], seconds=answer["seconds"])
        place.write(AFTER, answer["data"])
        return ToolRun({AFTER: answer["data"]}, answer["log"], answer["seconds"], answer["memory"])


@contextlib.contextmanager
def runner_at(scheduler: str | None) -> Iterator[tuple[Runner, int | None]]:
    """What runs tools, and how many at a time, None for one per processor. InputError as `connect`, and for a scheduler
    without workers."""
    if scheduler is None:
        yield run_here, None
        return
    with connect(scheduler) as client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise InputError(f"the scheduler {scheduler} has no workers; start some with `dask worker {scheduler}`")
        yield Cluster(client, threads).run, threads


def connect(scheduler: str | None, processes: int = 1) -> Any:
    """A client, which ends its own cluster of so many local processes, if it has one, when it is closed. InputError for
    a missing package, here or on a worker, or a scheduler that does not answer."""
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtra("a cluster needs dask.distributed: pip install 'aigbridge[distributed]'") from error
    make: Any = Client
    # What it says with a traceback, we say in a sentence.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    if scheduler is None:
        return make(n_workers=processes, threads_per_worker=1, dashboard_address=None)
    try:
        client = make(scheduler, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(f"the scheduler {scheduler} does not answer: {error}") from error
    # What a worker cannot import ends it, again and again. A lambda goes there as it is, not by the name of its module.
    known = client.run(lambda package: find_spec(package) is not None, PACKAGE)
    if lacking := [worker for worker, has in known.items() if not has]:
        client.close()
        raise InputError(f"the worker {lacking[0]} of {scheduler} lacks aigbridge; install it there as here")
    return client


def work(told: str, sha256: str, limits: Mapping[str, Any], data: bytes) -> dict[str, Any]:
    """In a worker: one run, with what went wrong as text. ValueError for what is no step of a flow."""
    step = recorded(Step, json.loads(told))
    answer: dict[str, Any] = {"fault": "", "log": "", "data": b"", "seconds": 0.0, "memory": 0}
    try:
        tool = tool_of(step.tool)
    except ToolError as error:
        return answer | {"fault": f"cannot run on a worker: {error}"}
    if tool.sha256 != sha256:
        return answer | {"fault": f"of a worker, {tool.path}, is another program than here; install the same"}
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        try:
            run = run_here(tool, step, data, Path(temporary), Limits.from_json(limits))
        except ToolRunError as error:
            answer |= {"fault": error.fault.removeprefix(f"{tool.name} "), "seconds": error.seconds}
            return answer | {"left_out": isinstance(error, NotTaken)}
    return answer | {"log": run.log, "data": run.files[AFTER], "seconds": run.seconds, "memory": run.memory}


def _awaited(future: Any, tool: Tool, step: Step) -> dict[str, Any]:
    """The worker's answer. KeyboardInterrupt as `run_process`; ToolRunError for one that is lost, or never comes."""
    from distributed import CancelledError, KilledWorker

    seen = time.monotonic()
    while True:
        check_interrupt()
        try:
            with contextlib.suppress(TimeoutError):
                return dict(future.result(timeout=_PAUSE))
            if future.client.nthreads():
                seen = time.monotonic()
            elif time.monotonic() - seen > ALONE_SECONDS:
                fault = "waits for workers, of which the scheduler has none"
                raise ToolRunError(tool.name, f"({step.label})", fault)
        except (KilledWorker, CancelledError, OSError) as error:
            fault = f"was lost with its worker ({type(error).__name__})"
            raise ToolRunError(tool.name, f"({step.label})", fault) from error
