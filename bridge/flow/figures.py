"""Measure the figures that people quote of a netlist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.aig import Aig
from bridge.aig.xag import xag
from bridge.equivalence import Verdict
from bridge.errors import ToolError
from bridge.flow.mapping import Made, map_cells, map_luts
from bridge.formats.mapped.figures import Wanted
from bridge.toolchain import Tool, locate


@dataclass(frozen=True)
class Figures:
    """`numbers`: by the names in FIGURES, and `lut_size`; `made`: the commands of ABC behind them, with the verdict on
    each mapped netlist."""

    numbers: Mapping[str, float] = field(default_factory=dict)
    made: tuple[tuple[str, Verdict], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The numbers, and a list `mappings` of `commands verdict method seconds`."""
        mappings = [{"commands": commands, **verdict.to_json()} for commands, verdict in self.made]
        return {**self.numbers, **({"mappings": mappings} if mappings else {})}

    def lines(self) -> list[str]:
        """How they were made, for people."""
        return [f"{commands}: read back, {verdict.answer} ({verdict.method})" for commands, verdict in self.made]

    def __add__(self, other: Figures) -> Figures:
        return Figures({**self.numbers, **other.numbers}, self.made + other.made)


def measured(aig: Aig, wanted: Wanted, abc: Tool | None = None, seconds: float = 300.0) -> Figures:
    """What is wanted of a netlist. `seconds`: for each proof that what ABC mapped is the netlist.

    ToolError when ABC is needed and missing, fails, or maps to what is something else.
    """
    figures = Figures()
    if wanted.lut_size:
        figures += figures_of(map_luts(aig, wanted.lut_size, abc or locate("abc"), seconds))
    if wanted.library:
        figures += figures_of(map_cells(aig, wanted.library, abc or locate("abc"), seconds))
    if wanted.xag:
        graph = xag(aig)
        figures += Figures({"xag_ands": graph.ands, "xag_xors": graph.xors, "xag_depth": graph.and_depth})
    return figures


def figures_of(made: Made) -> Figures:
    """Those of a mapped netlist. ToolError when it is another one."""
    if made.verdict.answer == "different":
        raise ToolError(f"ABC mapped the netlist to another one with {made.commands!r}: {made.verdict.reason}")
    netlist = made.netlist
    numbers: dict[str, float]
    if made.lut_size:
        numbers = {"lut_size": made.lut_size, "luts": len(netlist.gates), "lut_levels": netlist.levels}
    else:
        numbers = {"cells": len(netlist.gates), "area": netlist.area}
        numbers |= {} if made.delay is None else {"delay": made.delay}
    return Figures(numbers, ((made.commands, made.verdict),))
