"""Gate counts side by side: rows as data, rendered for people by rich, or as JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import rich.box
import rich.markup
import rich.table
from rich.console import Console

from bridge.equivalence import ALONE, CONFIRMED
from bridge.errors import InputError
from bridge.flow.figures import Figures
from bridge.formats.mapped.figures import TITLES
from bridge.printable import printable
from bridge.printable.notebook import Framed

WIDTH = 120
LABEL_WIDTH = 48
_SHAPE = ("inputs", "latches", "outputs")
_COUNTS = ("ands", "levels")
_LEFT = ("netlist", "block", "verdict")
STRUCTURE = {"xors": "XORs", "majorities": "MAJs"}
NUMBERS = (*_SHAPE, *_COUNTS, *STRUCTURE, *TITLES)  # the names of all figures


@dataclass(frozen=True)
class Row:
    """One netlist. `seconds`, `verdict`, `method` of the proof: of the step that made it, if one did; `xors`,
    `majorities`, `blocks` (ANDs by block): its structure, `figures`: what else was asked for, if it was measured;
    `removed`: one line about removed latches."""

    label: str
    inputs: int
    latches: int
    outputs: int
    ands: int
    levels: int
    seconds: float | None = None
    verdict: str = ""
    method: str = ""
    xors: int | None = None
    majorities: int | None = None
    blocks: Mapping[str, int] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    removed: str = ""

    @property
    def numbers(self) -> dict[str, float]:
        """All that was counted and measured, by name."""
        counts = {key: getattr(self, key) for key in (*_SHAPE, *_COUNTS, *STRUCTURE)}
        return {key: value for key, value in counts.items() if value is not None} | {**self.figures.numbers}


@dataclass(frozen=True, repr=False)
class Table(Framed):
    """Changes are counted from the first row. `ends`: the indices of the rows that are results, not steps; `notes`: a
    line for each run that has no end."""

    rows: tuple[Row, ...]
    ends: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def results(self) -> tuple[Row, ...]:
        """The rows that are results."""
        return tuple(self.rows[end] for end in self.ends)

    @property
    def larger(self) -> tuple[Row, ...]:
        """The results with more ANDs than the first row."""
        return tuple(row for row in self.results if row.ands > self.rows[0].ands)

    @property
    def judged(self) -> tuple[Row, ...]:
        """The results; the first row only if there is no other."""
        return tuple(self.rows[end] for end in self.ends if end) or self.results

    @property
    def unproven(self) -> bool:
        """Is a mapped netlist, whose figures a judged result has, not proven to be the netlist?"""
        return any(verdict.answer != "equivalent" for row in self.judged for _, verdict in row.figures.made)

    def above(self, limits: Mapping[str, float]) -> tuple[str, ...]:
        """A line for each figure of a judged result that is above its limit. InputError for a figure that was not
        measured."""
        lines = []
        for row in self.judged:
            for name, limit in limits.items():
                if name not in row.numbers:
                    why = "ABC told none" if row.figures.numbers else "the netlist is gone"
                    raise InputError(f"{row.label}: the figure {name!r} was not measured: {why}")
                if row.numbers[name] > limit:
                    lines.append(f"{row.label}: {name} {_number(row.numbers[name])} is above the limit {limit:g}")
        return tuple(lines)

    @property
    def mappings(self) -> tuple[str, ...]:
        """How the figures of the rows were made, the same lines once."""
        return tuple(dict.fromkeys(line for row in self.rows for line in row.figures.lines()))

    @property
    def removals(self) -> tuple[str, ...]:
        """A line for each netlist that lost latches."""
        return tuple(f"{row.label}: {row.removed}" for row in self.rows if row.removed)

    def to_json(self) -> list[dict[str, Any]]:
        """One object a row, with `ands_change` and, if it has any ANDs, `ands_percent` against the first; no keys for
        what is unmeasured."""
        first = self.rows[0].ands if self.rows else 0
        facts = []
        for row in self.rows:
            unmeasured = [key for key in STRUCTURE if getattr(row, key) is None]
            unmeasured += [key for key in ("method", "blocks", "removed") if not getattr(row, key)]
            own = {key: value for key, value in vars(row).items() if key not in (*unmeasured, "figures")}
            own |= row.figures.to_json()
            percent = {"ands_percent": round(_percent(row.ands, first), 3)} if first else {}
            facts.append(own | {"ands_change": row.ands - first} | percent)
        return facts

    def columns(self) -> dict[str, list[Any]]:
        """All facts, a row per netlist, None for what is unmeasured; ANDs of a block as `ands of <block>`."""
        flat = []
        for facts in self.to_json():
            blocks = facts.pop("blocks", {})
            facts.pop("mappings", None)
            flat.append(facts | {f"ands of {block}": ands for block, ands in blocks.items()})
        keys = dict.fromkeys(key for facts in flat for key in facts)
        return {key: [facts.get(key) for facts in flat] for key in keys}

    def to_csv(self) -> str:
        """The columns, a line per row; nothing for None."""
        columns = self.columns()
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return stream.getvalue().rstrip("\n")

    def to_markdown(self) -> str:
        """The table for people, and one of the blocks, for a pull request or a report."""
        parts = [_markdown(self._columns(), self._cells())]
        if self._blocks():
            parts.append(_markdown(self._block_columns(), self._blocks()))
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        """For notebooks."""
        rows = "".join(_html_row("td", row) for row in self._cells())
        return f"<table>{_html_row('th', self._columns())}{rows}</table>"

    def __rich__(self) -> rich.table.Table:
        title = ", ".join(
            f"{getattr(row, key):,} {key}" for row in self.rows[:1] for key in _SHAPE if key in self._alike()
        )
        return _rich(self._columns(), self._cells(), title or None)

    def block_table(self) -> rich.table.Table | None:
        """ANDs by block of the first row and of the last, if they were measured."""
        return _rich(self._block_columns(), self._blocks(), None) if self._blocks() else None

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
        console.print(self)
        text: str = console.file.getvalue()  # type: ignore[attr-defined]
        return text.rstrip("\n")

    def _alike(self) -> set[str]:
        """Which of inputs, latches and outputs all rows have as many of: they stand above the table, not in it."""
        return {key for key in _SHAPE if len({getattr(row, key) for row in self.rows}) == 1}

    def _measured(self) -> list[str]:
        """What some row has beyond its counts."""
        known = {key for row in self.rows for key in row.numbers}
        return [key for key in (*STRUCTURE, *TITLES) if key in known]

    def _title(self, key: str) -> str:
        size = next((row.figures.numbers["lut_size"] for row in self.rows if "lut_size" in row.figures.numbers), 0)
        return f"LUT{size:.0f}s" if key == "luts" else {**STRUCTURE, **TITLES}[key]

    def _columns(self) -> list[str]:
        shape = [key for key in _SHAPE if key not in self._alike()]
        structure = [self._title(key) for key in self._measured()]
        return ["netlist", *shape, "ANDs", "change", "levels", *structure, "seconds", "verdict"]

    def _cells(self) -> list[list[str]]:
        alike, first, measured = self._alike(), self.rows[0].ands if self.rows else 0, self._measured()
        result = []
        for row in self.rows:
            shape = [getattr(row, key) for key in _SHAPE if key not in alike]
            seconds = "" if row.seconds is None else f"{row.seconds:.2f}"
            structure = [_number(row.numbers.get(key)) for key in measured]
            numbers = [*map(_number, [*shape, row.ands]), _change(row.ands, first), _number(row.levels), *structure]
            result.append([_short(row.label), *numbers, seconds, _shown(row)])
        return result

    def _block_columns(self) -> list[str]:
        return ["block", "ANDs of the first", "ANDs of the last", "change"]

    def _blocks(self) -> list[list[str]]:
        if not self.rows:
            return []
        first, last = self.rows[0].blocks, self.rows[-1].blocks
        pairs = [(name, first.get(name, 0), last.get(name, 0)) for name in {**first, **last}]
        return [[name, _number(before), _number(after), _change(after, before)] for name, before, after in pairs]


def _rich(columns: list[str], rows: list[list[str]], title: str | None) -> rich.table.Table:
    table = rich.table.Table(title=title, title_justify="left", title_style="", box=rich.box.SIMPLE_HEAD)
    table.show_edge, table.padding = False, (0, 1, 0, 0)  # a terminal of 80 columns leaves 16 to the names of the steps
    for name in columns:
        if name in ("netlist", "block"):
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, justify="left" if name in _LEFT else "right", no_wrap=name != "verdict")
    for cells in rows:
        table.add_row(*(rich.markup.escape(printable(cell)) for cell in cells))
    return table


def _markdown(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---" if name in _LEFT else "---:" for name in columns], *rows]
    escaped = [[printable(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def _html_row(tag: str, cells: list[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _shown(row: Row) -> str:
    """The verdict, and on whose word."""
    if row.method.endswith(ALONE):
        return row.verdict + ALONE
    return row.verdict + ", confirmed" * (CONFIRMED in row.method)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def _change(value: int, base: int) -> str:
    share = f" ({_percent(value, base):+.1f} %)" if base else ""
    return f"{value - base:+,}{share}" if value != base else ""


def _short(label: str) -> str:
    return label if len(label) <= LABEL_WIDTH else f"{label[: LABEL_WIDTH - 1]}…"


def _percent(value: int, base: int) -> float:
    return 100.0 * (value - base) / base
