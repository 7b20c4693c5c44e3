"""Other people's tools accept our Verilog and agree with our executor: Icarus, Verilator, Yosys, ABC (Debian packages).

Missing tools skip these tests; with CI=true they fail.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bridge.aig import Aig, AigBuilder
from bridge.execution import compile_program, run
from bridge.execution.words import random_words
from bridge.formats import read_netlist, write_netlist
from bridge.lowering import lower
from support.cells import random_cell
from support.tools import skip_or_fail

pytestmark = pytest.mark.heavy

STEPS = 64


def counter() -> Aig:
    """Two latches that start at 1 and 0, an input, and awkward outputs."""
    builder = AigBuilder("counter")
    go, low, high = builder.input("go"), builder.latch("low", 1), builder.latch("high[1]", 0)
    builder.set_next(low, builder.xor(low, go))
    builder.set_next(high, builder.xor(high, builder.and_(low, go)))
    for name, literal in (("q[0]", low), ("q 1", high ^ 1), ("wire", go ^ 1), ("zero", 0), ("one", 1), ("again", low)):
        builder.output(name, literal)
    return builder.build()


NETLISTS: dict[str, Callable[[], Aig]] = {
    "counter": counter,
    "small": lambda: lower(random_cell(4, layers=1, neurons=2)),
    "cell": lambda: lower(random_cell(3)),
    "recurrent": lambda: lower(random_cell(8, recurrence=True)),
}


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        skip_or_fail(f"{name} is not installed")
    return str(path)


def called(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def write_bench(aig: Aig, folder: Path, cells: bool) -> np.ndarray:
    """Write design, stimuli and bench; returns our executor's outputs, int[STEPS, outputs]."""
    write_netlist(aig, folder / "design.v", cells=cells)
    bits = np.random.default_rng(1).integers(0, 2, (STEPS, len(aig.inputs))).astype(np.uint64)
    (folder / "stimuli.txt").write_text("".join("".join(map(str, row[::-1].tolist())) + "\n" for row in bits))
    inputs = ", ".join(f"in[{index}]" for index in range(len(aig.inputs)))
    outputs = ", ".join(f"out[{index}]" for index in range(len(aig.outputs)))
    (folder / "bench.v").write_text(f"""
module bench;
  reg clk;
  reg [{len(aig.inputs) - 1}:0] in;
  wire [{len(aig.outputs) - 1}:0] out;
  reg [{len(aig.inputs) - 1}:0] stimuli [0:{STEPS - 1}];
  integer t;
  {aig.name} dut (clk, {inputs}, {outputs});
  initial begin
    $readmemb("stimuli.txt", stimuli);
    clk = 0;
    for (t = 0; t < {STEPS}; t = t + 1) begin
      in = stimuli[t];
      #1 $display("out %b", out);
      clk = 1;
      #1 clk = 0;
      #1;
    end
    $finish;
  end
endmodule
""")
    ready = compile_program(aig)
    words, _ = run(ready, bits[:, :, None], ready.reset_state(1))
    return (words[:, :, 0] & np.uint64(1)).astype(int)


def displayed(log: str) -> np.ndarray:
    lines = [line.split()[1] for line in log.splitlines() if line.startswith("out ")]
    return np.array([[int(bit) for bit in reversed(line)] for line in lines])


@pytest.mark.parametrize("cells", [False, True])
@pytest.mark.parametrize("name", NETLISTS)
def test_icarus(name: str, cells: bool, tmp_path: Path) -> None:
    compiler, simulator = program("iverilog"), program("vvp")
    expected = write_bench(NETLISTS[name](), tmp_path, cells)
    called(tmp_path, compiler, "-Wall", "-o", "bench", "bench.v", "design.v")
    np.testing.assert_array_equal(displayed(called(tmp_path, simulator, "bench")), expected)


@pytest.mark.parametrize(("name", "cells"), [("counter", True), ("small", False)])
def test_verilator(name: str, cells: bool, tmp_path: Path) -> None:
    compiler = program("verilator")
    expected = write_bench(NETLISTS[name](), tmp_path, cells)
    called(
        tmp_path,
        compiler,
        "--binary",
        "-Wno-fatal",
        "-O0",
        "-CFLAGS",
        "-O0",
        "--top-module",
        "bench",
        "bench.v",
        "design.v",
    )
    np.testing.assert_array_equal(displayed(called(tmp_path, "obj_dir/Vbench")), expected)


def assert_same_run(aig: Aig, back: Aig) -> None:
    """Both give the same outputs, by position, step after step; `back` may have the clock as an input."""
    bits = random_words(1, STEPS, len(aig.inputs), 1)
    ours, theirs = compile_program(aig), compile_program(back)
    clock = [index for index, name in enumerate(back.inputs) if name == "clk"]
    clocked = np.insert(bits, clock, np.uint64(0), axis=1)
    expected = run(ours, bits, ours.reset_state(1))[0]
    np.testing.assert_array_equal(run(theirs, clocked, theirs.reset_state(1))[0], expected)


@pytest.mark.parametrize("cells", [False, True])
@pytest.mark.parametrize("name", NETLISTS)
def test_yosys(name: str, cells: bool, tmp_path: Path) -> None:
    tool = program("yosys")
    write_netlist(NETLISTS[name](), tmp_path / "design.v", cells=cells)
    script = "read_verilog design.v; hierarchy -auto-top -check; proc; opt; aigmap; write_verilog -noattr back.v"
    called(tmp_path, tool, "-q", "-p", script)
    assert_same_run(NETLISTS[name](), read_netlist(tmp_path / "back.v"))


@pytest.mark.parametrize("cells", [False, True])
@pytest.mark.parametrize("name", ["cell", "recurrent"])
def test_abc(name: str, cells: bool, tmp_path: Path) -> None:
    tool = program("berkeley-abc")
    write_netlist(NETLISTS[name](), tmp_path / "design.v", cells=cells)
    called(tmp_path, tool, "-s", "-q", "read_verilog design.v; strash; write_aiger -s back.aig")
    assert_same_run(NETLISTS[name](), read_netlist(tmp_path / "back.aig"))
