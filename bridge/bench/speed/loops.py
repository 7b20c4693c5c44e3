"""Compiled loops around the machine and around bare instructions."""

from __future__ import annotations

from bridge.arrays import Bits, Int
from bridge.compiled import compiled
from bridge.execution.machines.encoding import Instruction, evex, put, vex
from bridge.execution.machines.interpreter import Machine, execute, move_latches
from bridge.execution.machines.micro import AND


@compiled
def steps(machine: Machine, count: int) -> None:
    """Run steps on whatever the inputs are."""
    for _ in range(count):
        execute(machine)
        move_latches(machine)


@compiled
def write_ands(buffer: Bits, count: int, wide: bool) -> int:
    """A function of so many ANDs of registers that wait for nothing; its length."""
    at: Int = 0
    for index in range(count):
        if wide:
            at = evex(buffer, at, Instruction(AND, index % 24, 30, 31, 0, 0, 0))
        else:
            at = vex(buffer, at, Instruction(AND, index % 12, 14, 15, 0, 0, 0))
    return int(put(buffer, at, 0xC377F8C5, 4))
