"""Which figures people quote of a netlist: lookup tables, cells of a library, real ANDs."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.formats.mapped.functions import MOST_INPUTS
from bridge.formats.mapped.library import SIMPLE, Library, read_library

LEAST_LUT, MOST_LUT = 2, MOST_INPUTS
USUAL_LUT = 6
# By the option that shows them; what tables of people call them.
FIGURES: dict[str, dict[str, str]] = {
    "--lut-size": {"luts": "LUTs", "lut_levels": "LUT levels"},
    "--library": {"cells": "cells", "area": "area", "delay": "delay"},
    "--xag": {"xag_ands": "real ANDs", "xag_xors": "free XORs", "xag_depth": "real depth"},
}
TITLES = {name: title for titles in FIGURES.values() for name, title in titles.items()}


@dataclass(frozen=True)
class Wanted:
    """Which figures are asked for. `lut_size`: the inputs of lookup tables; `library`: of cells; `xag`: the XOR-AND
    graph."""

    lut_size: int | None = None
    library: Library | None = None
    xag: bool = False

    def __bool__(self) -> bool:
        return bool(self.lut_size or self.library or self.xag)


NOTHING = Wanted()


def usual(lut_size: int = USUAL_LUT, library: Library | None = None) -> Wanted:
    """All of them: of lookup tables, of cells of the library (by default `simple`), and real ANDs."""
    return Wanted(lut_size, library or read_library(SIMPLE), xag=True)
