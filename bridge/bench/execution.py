"""How fast a netlist runs: our kernels, other people's simulators, and what the processor can do at most."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.aig import Aig
from bridge.bench import kernels
from bridge.bench.contender import Absent, Contender
from bridge.bench.peers import PEERS
from bridge.errors import InputError, ToolError
from bridge.execution import compile_program, support
from bridge.execution.encode_kernels import BLOCK
from bridge.execution.native import executable, native_code
from bridge.execution.run import Kernel, make_machine
from bridge.formats import read_netlist, write_netlist

SECONDS = 0.05  # of processor time in one sample of ours
STREAMS = 64 * 64
LIMIT_ANDS = 1200
REPEATS = 5

Note = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """`rate`: median of AND evaluations per second (of one stream each); `best`: the highest; `ready`: seconds."""

    name: str
    rate: float
    best: float
    ready: float


@dataclass(frozen=True)
class Result:
    """`rows`: the fastest first; `skipped`: peers that could not take part, and why; `read`, `write`: seconds for the
    netlist as binary AIGER."""

    ands: int
    operations: int
    prepared: float
    rows: tuple[Row, ...]
    skipped: dict[str, str]
    read: float
    write: float


def bench_execution(
    aig: Aig, *, rounds: int = 9, peers: Sequence[str] = tuple(PEERS), note: Note = lambda _: None
) -> Result:
    """Run the netlist with everything that is there. `peers`: names of `PEERS`; InputError for other names.

    All samples are of one thread's processor time, taken in interleaved rounds.
    """
    for name in peers:
        if name not in PEERS:
            raise InputError(f"there is no peer {name!r}; choose from {', '.join(PEERS)}")
    if not len(aig.ands):
        raise InputError("a netlist without ANDs has nothing to measure")
    skipped: dict[str, str] = {}
    with ExitStack() as stack:
        contenders = _ours(aig)
        for name in peers:
            note(f"preparing {name}")
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aigbridge-")))
            try:
                contenders.append(PEERS[name](aig, folder))
            except (Absent, ToolError) as reason:
                skipped[name] = str(reason)
        samples = _interleaved(contenders, rounds, note)
    rows = [
        Row(each.name, len(aig.ands) / statistics.median(times), len(aig.ands) / min(times), each.ready)
        for each, times in zip(contenders, samples, strict=True)
    ]
    read, write = _formats(aig)
    prepared = min(_timed(lambda: compile_program(aig)) for _ in range(REPEATS))
    operations = compile_program(aig).operations
    return Result(
        len(aig.ands), operations, prepared, tuple(sorted(rows, key=lambda row: -row.rate)), skipped, read, write
    )


def _interleaved(contenders: Sequence[Contender], rounds: int, note: Note) -> list[list[float]]:
    samples: list[list[float]] = [[] for _ in contenders]
    for turn in range(rounds):
        for contender, times in zip(contenders, samples, strict=True):
            note(f"round {turn + 1} of {rounds}: {contender.name}")
            times.append(contender.measure())
    return samples


def _ours(aig: Aig) -> list[Contender]:
    contenders = [_kernel(aig, "portable")]
    if not support().fault:
        contenders += [_kernel(aig, "native"), _limit(len(aig.ands))]
    return contenders


def _kernel(aig: Aig, kernel: Kernel) -> Contender:
    program = compile_program(aig)
    machine = make_machine(program, STREAMS // 64, steps=1, kernel=kernel)
    rows = machine.memory, machine.lanes

    def sample(count: int) -> float:
        started = time.thread_time()
        kernels.steps(machine.parts, *rows, count)
        return (time.thread_time() - started) / count

    def prepare() -> None:
        fresh = compile_program(aig)
        if kernel == "native":
            native_code(fresh, len(machine.lanes), always=True)

    sample(1)
    count = max(1, int(SECONDS / sample(2)))
    ready = min(_timed(prepare) for _ in range(REPEATS))
    return Contender(f"aigbridge {kernel}", ready, lambda: sample(count) / (64 * len(machine.lanes)))


def _limit(ands: int) -> Contender:
    """Vector ANDs of registers, as if a step were `ands` of them and nothing else."""
    wide = support().wide
    buffer = np.empty(12 * LIMIT_ANDS, np.uint8)
    code = executable(buffer[: kernels.write_ands(buffer, LIMIT_ANDS, wide)])
    machine = (np.zeros(0, np.uint16), np.zeros(0, np.int64), np.zeros((0, 2), np.int64))
    count = 20_000
    streams = 8 * (BLOCK if wide else BLOCK // 2)

    def measure() -> float:
        started = time.thread_time()
        kernels.steps((*machine, code.address), np.zeros(8, np.uint64), (0,) * 8, count)
        return (time.thread_time() - started) / (count * LIMIT_ANDS * streams) * ands

    measure()
    return Contender(f"{support().name} ANDs of registers", 0.0, measure)


def _formats(aig: Aig) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as folder:
        path = Path(folder) / "netlist.aig"
        write = min(_timed(lambda: write_netlist(aig, path)) for _ in range(REPEATS))
        read = min(_timed(lambda: read_netlist(path)) for _ in range(REPEATS))
    return read, write


def _timed(call: Callable[[], object]) -> float:
    started = time.thread_time()
    call()
    return time.thread_time() - started
