"""Other simulators on the same netlist, many streams at once: ABC's `&sim`, gcc on vectors, Verilator, torch.

ABC and Verilator run in processes of their own; each peer reports processor time.
"""

from __future__ import annotations

import ctypes
import shutil
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bridge.aig import Aig
from bridge.bench.contender import REPEATS, Absent, Contender, Factory, child_seconds, own_seconds
from bridge.bench.speed.sources import HARNESS, VECTOR_WORDS, c_source, verilog_source
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import compile_program
from bridge.formats import write_netlist
from bridge.toolchain import locate, run_tool
from bridge.toolchain.process import Limits, run_process

WORK = 6e10  # AND evaluations in a sample
ABC_WORDS = 256  # of 32 patterns each: its best
BATCH = 1024  # streams of torch
SLOW = Limits(seconds=900.0)


def stream_peers(aig: Aig, cell: Cell | None) -> dict[str, Factory]:
    """A step of one of many streams."""
    return {
        "abc": partial(_abc_sim, aig),
        "gcc": partial(_gcc_vectors, aig),
        "verilator": partial(_verilator, aig, 64),
        "torch": partial(_torch_dense, cell),
    }


def single_peers(aig: Aig) -> dict[str, Factory]:
    """A step of one stream."""
    return {"verilator": partial(_verilator, aig, 1), "aigsim": partial(_aigsim, aig)}


def program(name: str) -> str:
    """The path of an installed program; Absent if there is none."""
    path = shutil.which(name)
    if path is None:
        raise Absent(f"{name} is not installed")
    return path


def _abc_sim(aig: Aig, folder: Path) -> Contender:
    tool = locate("abc")
    write_netlist(aig, folder / "netlist.aig")
    frames = max(1, int(WORK / len(aig.ands) / ABC_WORDS / 32))

    def seconds(commands: list[str]) -> float:
        return child_seconds(lambda: run_tool(tool, commands, {}, step="&sim", folder=folder, limits=SLOW))

    def measure() -> float:
        start = seconds(["&r netlist.aig"])
        whole = seconds(["&r netlist.aig", f"&sim -F {frames} -W {ABC_WORDS}"])
        return max(whole - start, 1e-3) / frames / ABC_WORDS / 32

    return Contender("ABC &sim", 0.0, measure)


def _gcc_vectors(aig: Aig, folder: Path) -> Contender:
    """The fused program as C on vectors, in segments as our own code."""
    gcc = program("gcc")
    compiled = compile_program(aig)
    (folder / "step.c").write_text(c_source(compiled))
    command: list[str | Path] = [gcc, "-O2", "-march=native", "-shared", "-fPIC", "-o", "step.so", "step.c"]
    ready = _build(command, folder, "gcc", "the netlist as C")
    step = ctypes.CDLL(str(folder / "step.so")).step
    room = np.zeros(compiled.slots * VECTOR_WORDS + 8, np.uint64)
    count = max(1, int(WORK / len(aig.ands) / VECTOR_WORDS / 64))

    def measure() -> float:
        address = ctypes.c_void_p(-(-room.ctypes.data // 64) * 64)
        return own_seconds(lambda: [step(address) for _ in range(count)]) / count / (64 * VECTOR_WORDS)

    return Contender("gcc -O2 -march=native", ready, measure)


def _verilator(aig: Aig, width: int, folder: Path) -> Contender:
    """Verilator's C++ for the netlist on bits or on 64-bit vectors. It takes minutes to compile."""
    tool = program("verilator")
    (folder / "top.v").write_text(verilog_source(aig, width))
    (folder / "harness.cpp").write_text(HARNESS)
    command: list[str | Path] = [tool, "--cc", "--exe", "--build", "-O3", "-CFLAGS", "-O1", "-Wno-fatal", "-Wno-lint"]
    ready = _build([*command, "--top-module", "top", "top.v", "harness.cpp"], folder, "verilator", "the netlist")
    count = max(2, int(WORK / 10 / len(aig.ands) / 64))

    def measure() -> float:
        command: list[str | Path] = [folder / "obj_dir/Vtop", str(count)]
        log = run_process(command, folder, SLOW, tool="verilator", step="running").log
        return float(log.split()[-1]) / width

    return Contender("Verilator, 64-bit vectors" if width > 1 else "Verilator", ready, measure)


def _aigsim(aig: Aig, folder: Path) -> Contender:
    """The simulator of the AIGER tools, one stream of random inputs."""
    tool = program("aigsim")
    write_netlist(aig, folder / "netlist.aig")
    count = max(2, int(WORK / 200 / len(aig.ands) / 64))

    def measure() -> float:
        command = [tool, "-q", "-r", str(count), "netlist.aig"]
        call = partial(run_process, command, folder, SLOW, tool="aigsim", step="simulating")
        return child_seconds(call) / count

    return Contender("aigsim", 0.0, measure)


def _torch_dense(cell: Cell | None, _: Path) -> Contender:
    """The same cell as a dense float32 network, one thread."""
    if cell is None:
        raise Absent("a netlist has no weights: give the cell to have torch compared")
    if find_spec("torch") is None:
        raise Absent("torch is not installed")
    from bridge.bench.speed.dense import dense_runner

    try:
        run = dense_runner(cell, BATCH)
    except InputError as error:
        raise Absent(str(error)) from error
    return Contender("torch float32, dense", 0.0, lambda: min(own_seconds(run) for _ in range(REPEATS)) / BATCH)


def _build(command: list[str | Path], folder: Path, tool: str, step: str) -> float:
    """Processor seconds; a compiler that fails counts as absent."""

    def build() -> None:
        finished = run_process(command, folder, SLOW, tool=tool, step=step)
        if finished.code:
            raise Absent(f"{tool} failed: {finished.log[-300:]}")

    return child_seconds(build)
