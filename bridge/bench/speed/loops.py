"""Compiled loops around the machine and around bare instructions."""

from __future__ import annotations

from typing import Any

from bridge.arrays import Bits, Words
from bridge.compiled import compiled
from bridge.execution.machines.encoding import evex, put, vex
from bridge.execution.machines.interpreter import execute, move_rows
from bridge.execution.machines.micro import AND


@compiled
def steps(machine: Any, memory: Words, lanes: tuple[int, ...], count: int) -> None:
    """Run steps on whatever the inputs are."""
    for _ in range(count):
        execute(machine, memory, lanes)
        move_rows(machine[2], memory, lanes)


@compiled
def write_ands(buffer: Bits, count: int, wide: bool) -> int:
    """A function of so many ANDs of registers that wait for nothing; its length."""
    at = 0
    for index in range(count):
        at = evex(buffer, at, AND, index % 24, 30, 31, 0, 0) if wide else vex(buffer, at, AND, index % 12, 14, 15, 0)
    return int(put(buffer, at, 0xC377F8C5, 4))
