"""What Yosys writes after `synth`, read by every reader, against Icarus simulating the design itself."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge.aig import Aig, Latch, Reset
from bridge.formats import read_netlist
from support.naive import evaluate
from support.rtl_designs import DESIGNS, Design, bit_names, vector
from support.tools import convert_all, skip_or_fail

pytestmark = pytest.mark.heavy

STEPS = 48
WRITTEN = {
    "plain.v": "write_verilog",
    "noattr.v": "write_verilog -noattr",
    "noexpr.v": "write_verilog -noexpr",
    "bare.v": "write_verilog -noattr -noexpr",
    "other.v": "write_verilog -norename -sv -nohex -nodec -simple-lhs",
    "decimal.v": "write_verilog -decimal -attr2comment",
    "plain.blif": "write_blif",
    "cells.blif": "write_blif -icells",
    "gates.blif": "write_blif -gates -icells -cname -iname -iattr -attr -param -conn -impltf",
}
# BLIF has initial values only for latches, Verilog of cells only as attributes.
WITHOUT_INITIAL_VALUES = {"bare.v", "plain.blif", "cells.blif", "gates.blif"}
# Plain BLIF has no names of instances.
INSTANCES = {"pair_": "p", "stage_": "u"}
# How it was synthesized: by which commands, and which files are worth a look.
SYNTHESIS = {
    "flat": ("synth -flatten -top {0}", tuple(WRITTEN)),
    "tree": ("synth -top {0}", ("plain.v", "noexpr.v", "plain.blif", "gates.blif")),
    "lut": ("synth -lut 3 -flatten -top {0}", ("plain.v", "noexpr.v")),
    "aig": ("synth -noabc -flatten -top {0}; aigmap", ("plain.v", "noexpr.v")),
}


def stimuli(design: Design) -> np.ndarray:
    """int[STEPS, bits], in the order of the ports, lowest bit first; resets are rare."""
    random = np.random.default_rng(len(design.name))
    columns = []
    for name, width in design.inputs.items():
        rare = name.startswith(("rst", "set"))
        values = random.random((STEPS, width)) < (0.2 if rare else 0.5)
        columns.append(~values if name == "rst_n" else values)
    return np.concatenate(columns, axis=1).astype(int)


def bench(design: Design) -> str:
    """A module that plays the stimuli and prints the outputs before each active edge."""
    ports = {**design.inputs, **design.outputs}
    idle, active = (1, 0) if design.falling else (0, 1)
    words = ["".join(map(str, row[::-1])) for row in stimuli(design)]
    inputs = ", ".join(reversed(design.inputs))
    outputs = ", ".join(reversed(design.outputs))
    steps = "\n".join(
        f"""{{{inputs}}} = {len(word)}'b{word};
        #1 $display("{design.name} %b", {{{outputs}}}); clk = {active}; #1 clk = {idle};"""
        for word in words
    )
    return "\n".join(
        [
            f"module bench_{design.name};",
            "  reg clk;",
            *(
                f"  {'reg' if name in design.inputs else 'wire'} {vector(width)}{name};"
                for name, width in ports.items()
            ),
            f"  {design.name} dut (clk, {', '.join(ports)});",
            f"  initial begin\n    clk = {idle};",
            steps,
            "  end\nendmodule",
        ]
    )


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """For each design the outputs at each step, as Icarus computes them: 0, 1 or x, lowest bit first."""
    if shutil.which("iverilog") is None:
        skip_or_fail("iverilog is not installed")
    folder = tmp_path_factory.mktemp("simulated")
    (folder / "all.v").write_text("\n".join(design.source + bench(design) for design in DESIGNS))
    subprocess.run(["iverilog", "-g2005", "-o", "all", "all.v"], cwd=folder, check=True, timeout=60)
    lines = subprocess.run(["vvp", "all"], cwd=folder, check=True, timeout=60, capture_output=True, text=True).stdout
    found: dict[str, list[str]] = {design.name: [] for design in DESIGNS}
    for line in lines.splitlines():
        name, bits = line.split()
        found[name].append(bits[::-1])
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Yosys writes for each design, `count_enable.flat.plain.v` and so on."""
    folder = tmp_path_factory.mktemp("written")
    commands = []
    for design in DESIGNS:
        (folder / f"{design.name}.v").write_text(design.source)
        for how, (synthesis, suffixes) in SYNTHESIS.items():
            commands += ["design -reset", f"read_verilog {design.name}.v", *synthesis.format(design.name).split("; ")]
            commands += [f"{WRITTEN[suffix]} {design.name}.{how}.{suffix}" for suffix in suffixes]
    convert_all(folder, commands)
    return folder


def played(aig: Aig, design: Design, unknown: bool) -> list[str]:
    """The outputs at each step from reset, lowest bit first; unknown resets count as this."""
    # Without registers the clock is an input that nothing reads.
    names = [*bit_names(design.inputs), "clk"]
    state = np.array([[unknown if latch.reset is None else latch.reset for latch in aig.latches]], bool)
    order = [names.index(name) for name in aig.inputs]
    lines = []
    for row in stimuli(design):
        outputs, state = evaluate(aig, np.append(row, 0)[None, order], state)
        lines.append("".join(map(str, outputs[0].astype(int))))
    return lines


def agree(aig: Aig, design: Design, expected: list[str]) -> None:
    assert [output.name for output in aig.outputs] == bit_names(design.outputs)
    for unknown in (False, True):
        for step, (found, wanted) in enumerate(zip(played(aig, design, unknown), expected, strict=True)):
            assert all(b in ("x", a) for a, b in zip(found, wanted, strict=True)), (step, found, wanted)


def with_reset(latch: Latch, resets: dict[str, Reset]) -> Latch:
    name = latch.name
    for numbered, written in INSTANCES.items():
        name = name.replace(numbered, written)
    return replace(latch, reset=resets[name]) if latch.reset is None else latch


@pytest.mark.parametrize("how", SYNTHESIS)
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_what_synth_writes(design: Design, how: str, written: Path, simulated: dict[str, list[str]]) -> None:
    resets: dict[str, Reset] = {}
    for suffix in SYNTHESIS[how][1]:
        path = written / f"{design.name}.{how}.{suffix}"
        aig = read_netlist(path)
        if suffix.endswith(".v"):
            assert read_netlist(path, reader="pyverilog") == aig, suffix
        if suffix == "plain.v":
            resets = {latch.name: latch.reset for latch in aig.latches}
        if suffix in WITHOUT_INITIAL_VALUES:
            aig = replace(aig, latches=tuple(with_reset(latch, resets) for latch in aig.latches))
        agree(aig, design, simulated[design.name])
