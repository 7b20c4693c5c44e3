"""What ABC says to the question whether two machines, run side by side, ever differ.

Its property directed reachability (PDR) may prove it or find a run; its signal correspondence may turn the miter into a
constant, which is the faster proof for large machines, but rests on the same code as a step of a flow that ran it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder, default_names
from bridge.aig.literals import through
from bridge.arrays import Bits
from bridge.errors import InputError
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolRunError, run_tool

Cube = Mapping[int, int]

_PROVED = re.compile(r"^Property proved\.", re.MULTILINE)
_ASSERTED = re.compile(r"^Output \d+ of miter .* was asserted", re.MULTILINE)


@dataclass(frozen=True)
class Search:
    """`proven`: never, says ABC; `invariant`: then why, cubes of states that are never met, latch -> value, not yet
    checked (see `bridge.equivalence.invariant`); `trace`: uint8[T, inputs], claimed inputs from reset that end in a
    difference, not yet replayed. Neither: no answer."""

    proven: bool = False
    trace: Bits | None = None
    invariant: tuple[Cube, ...] = ()


def merges(machine: Aig, abc: Tool, seconds: float) -> bool:
    """Whether `scorr` merges the first half of the outputs with the second. Every reset is 0."""
    commands = ["read_aiger miter.aig", "strash", "scorr", "write_aiger merged.aig"]
    files, limits = {"miter.aig": format_aiger(_sequential_miter(machine))}, Limits(seconds=seconds)
    try:
        run = run_tool(abc, commands, files, ["merged.aig"], step="scorr on the miter", limits=limits)
        merged = parse_aiger(run.files["merged.aig"], "merged.aig")
    except (ToolRunError, InputError):
        return False
    shape = (len(merged.inputs), len(merged.outputs)) == (len(machine.inputs) or 1, 1)
    return shape and merged.outputs[0].literal == FALSE


def search(machine: Aig, abc: Tool, seconds: float) -> Search:
    """Whether the first half of the outputs ever differs from the second, from reset. Every reset is 0."""
    miter = _sequential_miter(machine)
    commands = ["read_aiger miter.aig", "strash", "pdr -d", "write_cex found.cex"]
    files = {"miter.aig": format_aiger(miter)}
    found, dumped, limits = "found.cex", "miter_inv.pla", Limits(seconds=seconds)
    try:
        run = run_tool(abc, commands, files, optional=[found, dumped], step="pdr on the miter", limits=limits)
    except ToolRunError:
        return Search()
    if _ASSERTED.search(run.log):
        return _parsed(run.files[found], machine, miter) if found in run.files else Search()
    proven = bool(_PROVED.search(run.log))
    return Search(proven, invariant=_cubes(run.files.get(dumped, b"")) if proven else ())


def _cubes(data: bytes) -> tuple[Cube, ...]:
    """The cubes in a PLA of ABC, whose latches are named by their number; what cannot be read proves nothing."""
    latches: list[int] = []
    cubes = []
    for line in data.decode("ascii", "replace").splitlines():
        if line.startswith(".ilb"):
            latches = [int(name[1:]) for name in line.split()[1:] if re.fullmatch(r"s\d{1,9}", name, re.ASCII)]
        elif re.fullmatch(r"[01-]+ 1", line) and len(line) == len(latches) + 2:
            cubes.append({latch: int(sign) for latch, sign in zip(latches, line, strict=False) if sign != "-"})
    return tuple(cubes)


def _parsed(data: bytes, machine: Aig, miter: Aig) -> Search:
    digits = re.match(rb"[01]*", data)
    bits = np.frombuffer(digits[0] if digits else b"", np.uint8) - ord("0")
    width = len(miter.inputs)
    # The states at reset come first, except for a difference in the first step.
    bits = bits[len(miter.latches) :] if len(bits) > width else bits
    if not len(bits) or len(bits) % width:
        return Search()
    return Search(trace=bits.reshape(-1, width)[:, : len(machine.inputs)])


def _sequential_miter(machine: Aig) -> Aig:
    """One output, 1 where the halves differ."""
    builder = AigBuilder("miter", machine.variables)
    # An input that nothing reads shows the number of steps in the trace of a machine without inputs.
    names = default_names("i", max(1, len(machine.inputs)))  # those of the machine may hold what AIGER cannot
    inputs = builder.inputs(names)[: len(machine.inputs)]
    latches = [builder.latch(f"s{index}") for index in range(len(machine.latches))]
    image = builder.copy(machine, [*inputs, *latches])
    for own, latch in zip(latches, machine.latches, strict=True):
        builder.set_next(own, through(image, latch.next))
    builder.output("differs", difference(builder, FALSE, through(image, machine.output_literals()).tolist()))
    return builder.build()


def difference(builder: AigBuilder, fault: int, outputs: Sequence[int]) -> int:
    """1 where there is a fault, or where the first half of some outputs differs from the second."""
    half = len(outputs) // 2
    for one, other in zip(outputs[:half], outputs[half:], strict=True):
        fault = builder.or_(fault, builder.xor(one, other))
    return fault
