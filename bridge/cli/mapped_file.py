"""What `convert` says of a netlist of lookup tables or cells that it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.cli.output import text
from bridge.equivalence import Answer
from bridge.flow.figures import figures_of
from bridge.flow.mapping import map_cells, map_luts
from bridge.formats import write_mapped
from bridge.formats.mapped.figures import TITLES
from bridge.formats.mapped.library import SIMPLE, Library, read_library
from bridge.toolchain import locate


def write_mapping(
    aig: Aig, target: Path, lut_size: int | None, library: Library | None
) -> tuple[dict[str, Any], list[str], Answer]:
    """Map the netlist and write it: facts, lines for people, whether it is proven. ToolError where it became another
    one."""
    abc = locate("abc")
    made = map_luts(aig, lut_size, abc) if lut_size else map_cells(aig, library or read_library(SIMPLE), abc)
    figures = figures_of(made)
    write_mapped(made.netlist, target)
    numbers = [f"{text(value)} {TITLES[name]}" for name, value in figures.numbers.items() if name in TITLES]
    return figures.to_json(), [f"{target}: {', '.join(numbers)}", *figures.lines()], made.verdict.answer
