"""What a netlist is made of beyond its AND nodes: XORs, majorities, lookup tables, and the share of every block."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.aig import Aig
from bridge.aig.cut import core
from bridge.aig.stats import stats
from bridge.errors import ToolError
from bridge.flow.majorities import count_majorities
from bridge.flow.shares import blocks_of
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, run_tool

_LUT_INPUTS = 6
_LUT_SECONDS = 300.0
_NODES = re.compile(r"\bnd *= *(\d+)")


@dataclass(frozen=True)
class Structure:
    """`xors`, `majorities`: ANDs that compute one, of two and three nodes, in either polarity, as far as they
    are found; `luts`: tables of six inputs that ABC covers the netlist with, if it was asked; `blocks`: ANDs by block,
    each counted once."""

    xors: int
    majorities: int
    luts: int | None
    blocks: dict[str, int]


def measure(aig: Aig, abc: Tool | None = None) -> Structure:
    """Count everything; lookup tables only when given an ABC. Raises ToolRunError when that fails."""
    luts = None if abc is None else count_luts(aig, abc)
    return Structure(stats(aig).xors, count_majorities(aig), luts, blocks_of(aig))


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
