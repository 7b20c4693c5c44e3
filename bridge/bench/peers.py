"""Other simulators on the same netlist: ABC's `&sim`, vector C by gcc, Verilator on 64-bit vectors.

They run in processes of their own, except the compiled C, which is loaded; each reports processor time.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.bench.contender import Absent, Contender
from bridge.bench.sources import HARNESS, VECTOR_WORDS, c_source, verilog_source
from bridge.execution import compile_program
from bridge.formats import write_netlist
from bridge.toolchain import locate, run_tool
from bridge.toolchain.process import Limits, run_process

WORK = 6e10  # AND evaluations in a sample of `&sim`: long enough for its clock of 10 ms
CLOCK = 0.01  # what its clock can tell apart, seconds
SLOW = Limits(seconds=900.0)


def abc_sim(aig: Aig, folder: Path) -> Contender:
    """`&sim` with 256 words of 32 patterns, its own clock."""
    tool = locate("abc")
    write_netlist(aig, folder / "netlist.aig")
    frames = max(1, int(WORK / len(aig.ands) / 256 / 32))

    commands = ["&r netlist.aig", "time", f"&sim -F {frames} -W 256", "time"]

    def measure() -> float:
        log = run_tool(tool, commands, {}, step="&sim", folder=folder, limits=SLOW).log
        elapsed = float(re.findall(r"elapse: *([\d.]+)", log)[-1])
        return max(elapsed, CLOCK) / frames / 256 / 32

    return Contender("ABC &sim", 0.0, measure)


def gcc_vectors(aig: Aig, folder: Path) -> Contender:
    """The fused program as C on vectors, in segments as our own code, compiled with -O2 -march=native."""
    gcc = _program("gcc")
    program = compile_program(aig)
    (folder / "step.c").write_text(c_source(program))
    command = [gcc, "-O2", "-march=native", "-shared", "-fPIC", "-o", "step.so", "step.c"]
    started = time.perf_counter()
    finished = run_process(command, folder, SLOW, tool="gcc", step="the netlist as C")
    ready = time.perf_counter() - started
    if finished.code:
        raise Absent(f"gcc failed: {finished.log[-300:]}")
    step = ctypes.CDLL(str(folder / "step.so")).step
    room = np.zeros(program.slots * VECTOR_WORDS + 8, np.uint64)
    count = max(1, int(WORK / len(aig.ands) / VECTOR_WORDS / 64))

    def measure() -> float:
        address = ctypes.c_void_p(-(-room.ctypes.data // 64) * 64)
        started = time.thread_time()
        for _ in range(count):
            step(address)
        return (time.thread_time() - started) / count / (64 * VECTOR_WORDS)

    return Contender("gcc -O2 -march=native", ready, measure)


def verilator(aig: Aig, folder: Path) -> Contender:
    """Verilator's C++ for the netlist on 64-bit vectors. It takes minutes to compile."""
    tool = _program("verilator")
    (folder / "top.v").write_text(verilog_source(aig))
    (folder / "harness.cpp").write_text(HARNESS)
    command = [tool, "--cc", "--exe", "--build", "-O3", "-CFLAGS", "-O1", "-Wno-fatal", "-Wno-lint"]
    command += ["--top-module", "top", "top.v", "harness.cpp"]
    started = time.perf_counter()
    finished = run_process(command, folder, SLOW, tool="verilator", step="the netlist as Verilog")
    ready = time.perf_counter() - started
    if finished.code:
        raise Absent(f"verilator failed: {finished.log[-300:]}")

    def measure() -> float:
        command = ["obj_dir/Vtop", str(max(2, int(WORK / 10 / len(aig.ands) / 64)))]
        log = run_process([folder / command[0], command[1]], folder, SLOW, tool="verilator", step="running").log
        return float(log.split()[-1]) / 64

    return Contender("Verilator, 64-bit vectors", ready, measure)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Absent(f"{name} is not installed")
    return path


PEERS: dict[str, Callable[[Aig, Path], Any]] = {"abc": abc_sim, "gcc": gcc_vectors, "verilator": verilator}
