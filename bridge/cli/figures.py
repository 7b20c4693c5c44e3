"""Options of the commands that show the figures that people quote."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from bridge.errors import InputError
from bridge.flow.figures import FIGURES, Wanted
from bridge.flow.mapping import LEAST_LUT, MOST_LUT
from bridge.flow.table import NUMBERS
from bridge.formats.mapped.library import SIMPLE, read_library

LutSize = Annotated[
    int | None,
    typer.Option(min=LEAST_LUT, max=MOST_LUT, metavar="K", help="Lookup tables of K inputs, and their levels."),
]
LibraryName = Annotated[
    str | None, typer.Option("--library", metavar="FILE", help=f"Cells, area, delay: .genlib, Liberty or {SIMPLE}.")
]
RealAnds = Annotated[bool, typer.Option("--xag", help="Real ANDs (XORs are free), XORs, levels of real ANDs.")]


def wanted(lut_size: int | None, library: str | None, real_ands: bool) -> Wanted:
    """What the options ask for. InputError for a library that cannot be read."""
    return Wanted(lut_size, read_library(library) if library else None, real_ands)


def wanted_for(names: list[str], lut_size: int | None, library: str | None, real_ands: bool) -> Wanted:
    """The same, and what these figures need: lookup tables of six inputs and the library of our own by default."""
    needed = {option for option, figures in FIGURES.items() if {*figures} & {*names}}
    return wanted(
        lut_size or (6 if "--lut-size" in needed else None),
        library or (SIMPLE if "--library" in needed else None),
        real_ands or "--xag" in needed,
    )


def limits_of(given: list[str]) -> dict[str, float]:
    """The largest values that figures may have. InputError for what is not FIGURE=NUMBER."""
    limits: dict[str, float] = {}
    for said in given:
        name, _, number = said.partition("=")
        if name not in NUMBERS:
            raise InputError(f"--limit {said}: there is no figure {name!r}; there are {', '.join(NUMBERS)}")
        try:
            limits[name] = float(number)
        except ValueError:
            limits[name] = math.nan
        if math.isnan(limits[name]):  # nothing is above it
            raise InputError(f"--limit {said}: expected FIGURE=NUMBER, as in luts=1200")
    return limits
