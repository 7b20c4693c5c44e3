"""Our own kernels in a bench, and the most that the processor could do."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np

from bridge.aig import Aig
from bridge.bench.contender import REPEATS, Absent, Contender, Factory, own_seconds
from bridge.bench.speed import loops
from bridge.cell import Cell
from bridge.execution import compile_program, support
from bridge.execution.machines.encoding import BLOCK
from bridge.execution.machines.interpreter import Machine
from bridge.execution.machines.lane_machine import read_numbers
from bridge.execution.machines.lanes import lanes_of
from bridge.execution.machines.native import executable
from bridge.execution.machines.run import Kernel, Prepared, make_machine
from bridge.execution.stepper import ENDLESS

SECONDS = 0.05  # of processor time in one sample
WORDS = 64  # of 64 streams each
BYTES = 20_000  # of a cell's single stream in one sample
LIMIT_ANDS = 1200
LIMIT_STEPS = 20_000


def kernel_factories(aig: Aig, words: int = WORDS) -> dict[str, Factory]:
    """A step of one of 64 * words streams; the native kernel only where it runs."""
    names: list[Kernel] = ["portable"] if support().fault else ["native", "portable"]
    return {f"aigbridge {name}": partial(_kernel, aig, name, words) for name in names}


def limit_factories(aig: Aig) -> dict[str, Factory]:
    """Vector ANDs of registers, as if a step were as many of them as the netlist has ANDs, and nothing else."""
    return {} if support().fault else {"limit": partial(_limit, len(aig.ands))}


def _kernel(aig: Aig, kernel: Kernel, words: int, _: Path) -> Contender:
    program = compile_program(aig)
    prepared = make_machine(program, words, ENDLESS, kernel)
    streams = 64 * prepared.words if words > 1 else 1

    def sample(count: int) -> float:
        return own_seconds(lambda: loops.steps(prepared.machine, count)) / count

    def prepare() -> None:
        make_machine(compile_program(aig), words, ENDLESS, kernel)

    sample(1)
    count = max(1, int(SECONDS / sample(2)))
    ready = min(own_seconds(prepare) for _ in range(REPEATS))
    return Contender(f"aigbridge {kernel}", ready, lambda: sample(count) / streams)


def lane_factories(cell: Cell | None) -> dict[str, Factory]:
    """A step of one stream of the cell itself, neurons in lanes, logits or scores of all nodes included."""
    return {} if cell is None else {"aigbridge lanes": partial(_lanes, cell)}


def _lanes(cell: Cell, _: Path) -> Contender:
    lanes = lanes_of(cell)
    if lanes is None:
        raise Absent("the cell has no form with its neurons in lanes")
    memory, nodes = lanes.memory.copy(), cell.readout.numbers
    text = np.resize(np.frombuffer(cell.head.symbols, np.uint8), BYTES)
    asked = np.repeat(np.arange(nodes)[None], BYTES if cell.serial else 0, axis=0).reshape(BYTES, -1)
    numbers = np.empty((BYTES, nodes), np.int64)

    def measure() -> float:
        call = partial(read_numbers, lanes.plan, memory, lanes.start, text, asked, numbers)
        return own_seconds(call) / BYTES

    measure()
    return Contender("aigbridge lanes", min(own_seconds(lambda: lanes_of(cell)) for _ in range(REPEATS)), measure)


def _limit(ands: int, _: Path) -> Contender:
    wide = support().wide
    buffer = np.empty(12 * LIMIT_ANDS, np.uint8)
    code = executable(buffer[: loops.write_ands(buffer, LIMIT_ANDS, wide)])
    nothing = np.zeros(0, np.uint16), np.zeros(0, np.int64), np.zeros((0, 2), np.int64)
    prepared = Prepared(Machine(*nothing, code.address, np.zeros(8, np.uint64), (0,) * 8), code)
    streams = 8 * (BLOCK if wide else BLOCK // 2)

    def measure() -> float:
        started = time.thread_time()
        loops.steps(prepared.machine, LIMIT_STEPS)
        return (time.thread_time() - started) / (LIMIT_STEPS * LIMIT_ANDS * streams) * ands

    measure()
    return Contender(f"{support().name} ANDs of registers", 0.0, measure)
