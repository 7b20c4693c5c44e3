"""Options of the commands that show the figures that people quote."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.formats.mapped.figures import LEAST_LUT, MOST_LUT, Wanted
from bridge.formats.mapped.library import SIMPLE, read_library

LutSize = Annotated[
    int | None,
    typer.Option(min=LEAST_LUT, max=MOST_LUT, metavar="K", help="Lookup tables of K inputs, and their levels."),
]
LibraryName = Annotated[
    str | None, typer.Option("--library", metavar="FILE", help=f"Cells, area, delay: .genlib, Liberty or {SIMPLE}.")
]
RealAnds = Annotated[bool, typer.Option("--xag", help="Real ANDs (XORs are free), XORs, levels of real ANDs.")]


# Of commands that always show them.
LutSizeOr6 = Annotated[
    int, typer.Option("--lut-size", min=LEAST_LUT, max=MOST_LUT, metavar="K", help="Inputs of the lookup tables.")
]
LibraryOrSimple = Annotated[
    str, typer.Option("--library", metavar="FILE", help=f"Of the cells: .genlib, Liberty or {SIMPLE}.")
]


def wanted(lut_size: int | None, library: str | None, real_ands: bool) -> Wanted:
    """What the options ask for. InputError for a library that cannot be read."""
    return Wanted(lut_size, read_library(library) if library else None, real_ands)
