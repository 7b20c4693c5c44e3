"""Netlists mapped to lookup tables or to cells by ABC; figures that people quote.

What ABC says is believed only if the netlist that it writes is read back, is proven to be the one it was given, and
has as many gates and as much area as ABC says.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from bridge.aig import Aig
from bridge.aig.cut import core
from bridge.equivalence import Verdict
from bridge.equivalence.mapped import prove_mapped
from bridge.errors import InputError, ToolError
from bridge.formats.aiger_write import format_aiger
from bridge.formats.mapped.figures import LEAST_LUT, MOST_LUT
from bridge.formats.mapped.library import Library
from bridge.formats.mapped.netlist import CONSTANTS, Mapped, parse_mapped
from bridge.toolchain import Limits, Tool, run_tool

_LIMITS = Limits(seconds=600.0)
_OUT = "out.blif"
_GATES = re.compile(r"\bnd *= *(\d+)")
_LEVELS = re.compile(r"\blev *= *(\d+)")
_AREA = re.compile(r"\barea *= *([\d.]+)")
_DELAY = re.compile(r"\bdelay *= *([\d.]+)")
_TIMED = re.compile(r"\bDelay *= *([\d.]+) *ps")


@dataclass(frozen=True)
class Made:
    """`netlist`; `commands`: those of ABC that made it; `verdict`: whether it is what it was made of; `lut_size`:
    of lookup tables; `delay`: of cells, as ABC says: in the units of a genlib file, or in picoseconds for Liberty."""

    netlist: Mapped
    commands: str
    verdict: Verdict
    lut_size: int | None = None
    delay: float | None = None


def map_luts(aig: Aig, size: int, abc: Tool, seconds: float = 300.0) -> Made:
    """Covered with tables of at most `size` inputs. InputError for a size that cannot be, ToolError when ABC fails or
    what it says is not so."""
    if not LEAST_LUT <= size <= MOST_LUT:
        raise InputError(f"lookup tables must have {LEAST_LUT} to {MOST_LUT} inputs, not {size}")
    return replace(_mapped(aig, None, [f"if -K {size}"], abc, seconds), lut_size=size)


def map_cells(aig: Aig, library: Library, abc: Tool, seconds: float = 300.0) -> Made:
    """Made of cells of the library, without those that `map` leaves and nothing reads (`topo`). ToolError as
    `map_luts`."""
    return _mapped(aig, library, ["map", "topo"], abc, seconds)


def _mapped(aig: Aig, library: Library | None, commands: list[str], abc: Tool, seconds: float) -> Made:
    said = "; ".join(commands)
    if not len(aig.roots()):
        return Made(Mapped(aig, (), ()), said, Verdict("equivalent", "nothing is computed", 0.0))
    files = {"in.aig": format_aiger(core(aig))}
    read, last = [], ["print_stats", f"write_blif {_OUT}"]
    if library is not None:
        name = f"cells.{'lib' if library.kind == 'liberty' else 'genlib'}"
        files[name] = library.data + _constants(library)
        read = [f"read_lib -w {name}" if library.kind == "liberty" else f"read_library {name}"]
        last += ["stime"] if library.kind == "liberty" else []
        said = f"{read[0].split()[0]} {library.name}; {said}"
    step = f"the mapping ({said})"
    script = [*read, "read_aiger in.aig", "strash", *commands, *last]
    run = run_tool(abc, script, files, [_OUT], step=step, limits=_LIMITS)
    try:
        netlist = parse_mapped(run.files[_OUT], aig, library.cells if library else {})
    except InputError as error:
        raise ToolError(f"{abc.path} wrote a mapped netlist that cannot be used ({error})") from error
    _check(netlist, run.log, abc, library is not None)
    delay = None
    if library is not None:
        found = (_TIMED if library.kind == "liberty" else _DELAY).search(run.log)
        delay = float(found[1]) if found else None
    return Made(netlist, said, prove_mapped(netlist, seconds), delay=delay)


def _constants(library: Library) -> bytes:
    """Gates of no area for the constants that a genlib file has not: ABC crashes where it needs one of them."""
    tables = {kind.table for kind in library.cells.values() if not kind.inputs}
    missing = [name for name, table in CONSTANTS.items() if table not in tables and library.kind == "genlib"]
    return "".join(f"\nGATE {name} 0 y=CONST{CONSTANTS[name]};" for name in missing).encode()


def _check(netlist: Mapped, log: str, abc: Tool, cells: bool) -> None:
    """ToolError unless ABC says of the netlist what it is."""
    patterns = {"gates": _GATES, "levels": _LEVELS} | ({"area": _AREA} if cells else {})
    own = {"gates": len(netlist.gates) + netlist.wires, "levels": netlist.levels, "area": netlist.area}
    for what, pattern in patterns.items():
        found = pattern.findall(log)
        # Levels may be fewer: ABC counts inputs of a table too that make no difference, and does not write them.
        fewer = bool(found) and what == "levels" and own[what] < float(found[-1])
        if not found or not (fewer or math.isclose(float(found[-1]), own[what], abs_tol=0.01, rel_tol=1e-4)):
            said = found[-1] if found else "nothing"
            raise ToolError(f"{abc.path} says {said} of the {what} of the mapped netlist, which are {own[what]:g}")
