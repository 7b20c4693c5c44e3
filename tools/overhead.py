"""What the bridge costs beside the tools, in ms of CPU and of wall time, medians: `python tools/overhead.py kjv`.

One line for each part of a tool call (cut, write, read, join), for starting a process that does nothing, for the whole
call beyond the tool's own process, and for a whole step of a run that is answered from the cache.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bridge.aig.cut import cut
from bridge.aig.join import join
from bridge.cli.models import load_netlist
from bridge.files.cache import VARIABLE
from bridge.flow import Flow, run_flow
from bridge.flow.rewrite import Setup, rewrite
from bridge.flow.schema import Step
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, locate
from bridge.toolchain.process import run_process

STEP = Step(abc=("strash",))
STEPS = 4


def measured(name: str, work: Callable[[], object], rounds: int, share: int = 1) -> None:
    """Print medians; if `work` returns a float, that is the time of another process, not counted."""
    work()
    cpu, wall = [], []
    for _ in range(rounds):
        before, started = time.process_time(), time.perf_counter()
        result = work()
        other = result if isinstance(result, float) else 0.0
        wall.append((time.perf_counter() - started - other) / share)
        cpu.append((time.process_time() - before) / share)
    print(f"{name:42} {1000 * statistics.median(cpu):7.1f} {1000 * statistics.median(wall):7.1f}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("netlist", help="a netlist, or a shipped cell")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    aig = load_netlist(options.netlist)
    form = cut(aig)
    data = format_aiger(form)
    setup = Setup({"abc": locate("abc")}, Limits())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[VARIABLE] = str(folder / "cache")
        flow = Flow(name="cached", steps=(STEP,) * STEPS)

        def call() -> float:
            return rewrite(aig, STEP, folder, setup).seconds

        def process() -> None:
            run_process(["/bin/true"], folder, Limits(), tool="true", step="nothing")

        def run() -> None:
            run_flow(aig, flow, folder / "runs")

        print(f"{len(aig.ands):,} ANDs, {len(aig.points):,} points{'':15} ms of CPU    wall")
        measured("cut", lambda: cut(aig), options.rounds)
        measured("write AIGER", lambda: format_aiger(form), options.rounds)
        measured("read AIGER", lambda: parse_aiger(data, ""), options.rounds)
        measured("join", lambda: join(aig, form, hashed=True), options.rounds)
        measured("start /bin/true and wait", process, options.rounds)
        measured("a tool call beyond its process", call, options.rounds)
        measured("a step from the cache", run, options.rounds, STEPS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
