"""What a netlist is made of beyond its AND nodes: XORs, majorities, lookup tables, and the share of every block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.cut import core
from bridge.aig.names import block_of
from bridge.aig.stats import stats
from bridge.errors import ToolError
from bridge.flow import majorities as kernels
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, run_tool

_LUT_INPUTS = 6
_LUT_SECONDS = 300.0
_NODES = re.compile(r"\bnd *= *(\d+)")
_MAJORITY = 0b11101000


@dataclass(frozen=True)
class Structure:
    """`xors`, `majorities`: ANDs that compute one, of two and three nodes, in either polarity (majorities: where one of
    the first eight cuts of a node shows it, so that a few may be missed); `luts`: tables of six
    inputs that ABC covers the netlist with, if it was asked; `blocks`: ANDs by block, each counted once."""

    xors: int
    majorities: int
    luts: int | None
    blocks: dict[str, int]


def measure(aig: Aig, abc: Tool | None = None) -> Structure:
    """Count everything; lookup tables only when given an ABC. Raises ToolRunError when that fails."""
    majorities = int(kernels.count_tables(aig.ands, aig.first_and, _majorities()))
    luts = None if abc is None else count_luts(aig, abc)
    return Structure(stats(aig).xors, majorities, luts, blocks_of(aig))


def blocks_of(aig: Aig) -> dict[str, int]:
    """How many ANDs serve each named block: those between its points, outputs or next states and the points before.

    A node that serves several counts for the first of them, in the order of the points, the outputs and the latches.
    """
    named = [*((point.name, point.literal) for point in aig.points)]
    named += [*((output.name, output.literal) for output in aig.outputs)]
    named += [*((latch.name, latch.next) for latch in aig.latches)]
    roots: dict[str, list[int]] = {}
    for name, literal in named:
        roots.setdefault(block_of(name), []).append(literal)
    stops = np.zeros(aig.variables, np.bool_)
    stops[[point.literal >> 1 for point in aig.points]] = True
    owner = np.full(aig.variables, -1, np.int64)
    for index, literals in enumerate(roots.values()):
        kernels.claim(aig.ands, aig.first_and, stops, np.array(literals, np.int64), index, owner)
    counts = np.bincount(owner[aig.first_and :] + 1, minlength=len(roots) + 1)[1:]
    return {name: int(count) for name, count in zip(roots, counts, strict=True) if count}


def count_luts(aig: Aig, abc: Tool) -> int:
    """The tables in ABC's cover (`if -K 6`)."""
    if not len(aig.ands):
        return 0
    commands = ["read_aiger in.aig", "strash", f"if -K {_LUT_INPUTS}", "print_stats"]
    files = {"in.aig": format_aiger(core(aig))}
    log = run_tool(abc, commands, files, step="counting lookup tables", limits=Limits(seconds=_LUT_SECONDS)).log
    counts = _NODES.findall(log)
    if not counts:
        raise ToolError(f"{abc.path} did not say how many lookup tables there are")
    return int(counts[-1])


@cache
def _majorities() -> npt.NDArray[np.bool_]:
    """bool[256]: the truth tables of a majority of three with any inputs complemented; its complement is among them."""
    wanted = np.zeros(256, np.bool_)
    rows = np.arange(8)
    for flips in range(8):
        wanted[int((_MAJORITY >> (rows ^ flips) & 1) @ (1 << rows))] = True
    return wanted
