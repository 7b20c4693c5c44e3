"""Gate counts side by side: rows as data, rendered for people by rich or dumped as JSON."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import Any

import rich.box
import rich.markup
import rich.table
from rich.console import Console

WIDTH = 120
LABEL_WIDTH = 48
_SHAPE = ("inputs", "latches", "outputs")


@dataclass(frozen=True)
class Row:
    """One netlist. `seconds`, `verdict`: of the step that made it, if one did."""

    label: str
    inputs: int
    latches: int
    outputs: int
    ands: int
    levels: int
    seconds: float | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Table:
    """Changes are counted from the first row."""

    rows: tuple[Row, ...]

    def to_json(self) -> list[dict[str, Any]]:
        """One object a row, with `ands_change` and `ands_percent` against the first."""
        first = self.rows[0].ands if self.rows else 0
        return [
            asdict(row) | {"ands_change": row.ands - first, "ands_percent": round(_percent(row.ands, first), 3)}
            for row in self.rows
        ]

    def __rich__(self) -> rich.table.Table:
        shapes = list(dict.fromkeys((row.inputs, row.latches, row.outputs) for row in self.rows))
        alike = len(shapes) == 1
        title = "{:,} inputs, {:,} latches, {:,} outputs".format(*shapes[0]) if alike else None
        table = rich.table.Table(title=title, title_justify="left", title_style="", box=rich.box.SIMPLE_HEAD)
        table.add_column("netlist", overflow="fold")
        for name in (*(() if alike else _SHAPE), "ANDs", "change", "levels", "seconds"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
        first = self.rows[0].ands if self.rows else 0
        for row in self.rows:
            shape = [] if alike else [row.inputs, row.latches, row.outputs]
            change = f"{row.ands - first:+,} ({_percent(row.ands, first):+.1f} %)" if row.ands != first else ""
            seconds = "" if row.seconds is None else f"{row.seconds:.2f}"
            cells = [*(f"{number:,}" for number in [*shape, row.ands]), change, f"{row.levels:,}", seconds]
            table.add_row(rich.markup.escape(_short(row.label)), *cells, row.verdict)
        return table

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
        console.print(self)
        text: str = console.file.getvalue()  # type: ignore[attr-defined]
        return text.rstrip("\n")


def _short(label: str) -> str:
    return label if len(label) <= LABEL_WIDTH else f"{label[: LABEL_WIDTH - 1]}…"


def _percent(value: int, base: int) -> float:
    return 100.0 * (value - base) / base if base else 0.0
