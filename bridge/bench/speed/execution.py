"""How fast a netlist runs: our kernels, other people's simulators, and what the processor can do at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.aig import Aig
from bridge.bench.contender import REPEATS, Factory, Ranking, compare, own_seconds
from bridge.bench.speed.files import file_factories
from bridge.bench.speed.ours import kernel_factories, lane_factories, limit_factories
from bridge.bench.speed.peers import single_peers, stream_peers
from bridge.bench.speed.threads import thread_scaling
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import compile_program
from bridge.lowering import lower
from bridge.printable import Listener, unheard

PEERS = ("abc", "gcc", "verilator", "torch", "aigsim", "aigverse")


@dataclass(frozen=True)
class Result:
    """`streams`: a step of one of many streams; `single`: a step of a stream alone; `files`: the netlist as AIGER.

    All in seconds of one thread's processor time. `prepared`: from the netlist to the program of the portable kernel.
    `threads`: how many times faster several threads are than one, by the wall clock.
    """

    ands: int
    operations: int
    prepared: float
    streams: Ranking
    single: Ranking
    files: Ranking
    threads: dict[int, float]


def bench_execution(
    model: Cell | Aig, *, rounds: int = 9, peers: Sequence[str] = PEERS, progress: Listener = unheard
) -> Result:
    """Run a netlist, or the netlist of a cell, with everything that is there. `peers`: some of `PEERS`, or InputError.

    The rounds are interleaved. Only a cell can be compared with its dense network (`torch`).
    """
    for name in peers:
        if name not in PEERS:
            raise InputError(f"there is no peer {name!r}; choose from {', '.join(PEERS)}")
    cell = model if isinstance(model, Cell) else None
    aig = lower(model) if isinstance(model, Cell) else model
    if not len(aig.ands):
        raise InputError("a netlist without ANDs has nothing to measure")

    def wanted(factories: dict[str, Factory]) -> dict[str, Factory]:
        return {name: factory for name, factory in factories.items() if name in peers}

    many = kernel_factories(aig) | limit_factories(aig) | wanted(stream_peers(aig, cell))
    streams = compare(many, rounds, progress)
    single = compare(
        kernel_factories(aig, words=1) | lane_factories(cell) | wanted(single_peers(aig)), rounds, progress
    )
    files = compare(file_factories(aig, list(peers)), rounds, progress)
    prepared = min(own_seconds(lambda: compile_program(aig)) for _ in range(REPEATS))
    threads = thread_scaling(aig, rounds, progress)
    return Result(len(aig.ands), compile_program(aig).operations, prepared, streams, single, files, threads)
