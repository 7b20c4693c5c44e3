"""`run_flow`, `resume_flow`: a flow on a netlist, in a folder, with the tools that it needs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.files.cache import default_cache
from bridge.files.folder import Folder
from bridge.flow.builds import fitted
from bridge.flow.cluster import runner_at
from bridge.flow.course import Course
from bridge.flow.folder import locked, new_folder, write_start
from bridge.flow.jobs import Jobs
from bridge.flow.netlist import Netlist
from bridge.flow.old_run import finished_steps, read_run
from bridge.flow.own import tool_of
from bridge.flow.recorder import Branch, Listener, Recorder
from bridge.flow.result import FlowResult
from bridge.flow.rewrite import Setup
from bridge.flow.schema import Flow, load_flow
from bridge.flow.search import Search
from bridge.printable import unheard
from bridge.toolchain import Limits, Tool, ToolName
from bridge.toolchain.allowance import Allowance


def run_flow(
    source: Aig | Cell,
    flow: str | Path | Flow,
    out: str | Path | None = None,
    *,
    limits: Limits | None = None,
    proof_seconds: float = 300.0,
    progress: Listener = unheard,
    cached: bool = True,
    second: bool = False,
    jobs: int | None = None,
    scheduler: str | None = None,
    seconds: float | None = None,
) -> FlowResult:
    """Optimize a netlist (a cell is lowered first) with a shipped flow, or one in a file ending in .yaml.

    Every step runs on the netlist cut at its points, within `limits`, and its result is compared with the last proven
    netlist, for at most `proof_seconds`. What cannot be decided is carried on but not kept (see FlowResult). After a
    step that fails, passes a limit or changes the function, the last good netlist is taken up again.
    With `out`, everything is left in a new folder below it; otherwise nothing is. Results and proofs of the same tools
    on the same bytes are taken from the user's cache, unless `cached` is false. With `second`, an independent engine
    compares the result with the input once more. Alternatives and blocks run side by side, at most `jobs` tools at a
    time (default: one per processor), each within `limits`; the result does not depend on it. With `scheduler`, the
    address of one of dask (`tcp://host:8786`), its workers run the tools (`jobs`: default one per thread of theirs).
    After so many `seconds` of work the flow ends where it is: steps that are not over are lost, the rest counts, and
    `resume_flow` goes on from there.
    `progress` hears of every step before a tool runs and after it, in the thread of the step, one at a time.

    Raises InputError for a bad flow or netlist, ToolError for a missing tool, StepError (with the result so far) when
    every step fails, or the first one that does in a flow that stops on errors.
    """
    resolved = load_flow(flow)
    given = Netlist(_lowered(source) if isinstance(source, Cell) else source)
    tools = locate_for(resolved)
    with runner_at(scheduler) as (runner, threads), tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        cache = default_cache() if cached else None
        setup = Setup(tools, limits or Limits(), cache, Jobs(jobs or threads), runner=runner)
        resolved = fitted(resolved, tools, cache)
        folder = Folder(Path(temporary)) if out is None else new_folder(Path(out), resolved)
        with locked(folder.path):
            start = write_start(folder, given, resolved, setup, proof_seconds, second)
            recorder = Recorder(folder, resolved, start, Branch(Search.of(given)), progress, kept=out is not None)
            return Course(resolved, setup, recorder, proof_seconds, second, allowance=_allowed(seconds)).finish()


def resume_flow(
    folder: Path,
    *,
    progress: Listener = unheard,
    jobs: int | None = None,
    scheduler: str | None = None,
    seconds: float | None = None,
) -> FlowResult:
    """Take up the run in that folder where it was interrupted or killed: its finished steps are only proven again.

    A finished step counts if its netlist is the one that was recorded, and if the tools are still the same. InputError
    if the folder holds no run, or one that is still going on; else as `run_flow`.
    """
    with locked(folder), runner_at(scheduler) as (runner, threads):
        old = read_run(folder)
        cache = default_cache() if old.cached else None
        setup = Setup(locate_for(old.flow), old.limits, cache, Jobs(jobs or threads), runner=runner)
        flow = fitted(old.flow, setup.tools, cache)
        given, finished = Netlist(old.input), finished_steps(old.folder)
        start = write_start(old.folder, given, flow, setup, old.proof_seconds, old.second)
        recorder = Recorder(old.folder, flow, start, Branch(Search.of(given)), progress, kept=True)
        return Course(flow, setup, recorder, old.proof_seconds, old.second, finished, _allowed(seconds)).finish()


def locate_for(flow: Flow) -> dict[ToolName, Tool]:
    """The programs that the flow needs, and ABC for the proofs. ToolError if one is missing."""
    return {name: tool_of(name) for name in sorted({*flow.tools(), "abc"})}


def _allowed(seconds: float | None) -> Allowance | None:
    return None if seconds is None else Allowance(seconds)


def _lowered(cell: Cell) -> Aig:
    from bridge.lowering import lower

    return lower(cell)
