"""What people and programs see: one JSON object, or tables; progress bars only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

PIPE_WIDTH = 160

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def emit(as_json: bool, facts: Mapping[str, Any], *lines: RenderableType) -> None:
    """Print the facts as one JSON object, or the lines and tables for people."""
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    for line in lines:
        console.print(line, markup=False) if isinstance(line, str) else console.print(line)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> Table:
    """A plain table; columns of numbers stand to the right."""
    result = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        result.add_column(column, justify=_justify(index, rows), overflow="fold")
    for row in rows:
        result.add_row(*(escape(text(cell)) for cell in row))
    return result


def _justify(column: int, rows: Sequence[Sequence[object]]) -> Literal["left", "right"]:
    return "right" if all(isinstance(row[column], int | float | None) for row in rows) else "left"


def text(value: object) -> str:
    """Thousands with commas, fractions with two digits, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@contextmanager
def progress(what: str) -> Iterator[Callable[[float, str], None]]:
    """A bar on standard error while the block runs; call it with (fraction done, a remark)."""
    if not sys.stderr.isatty():
        yield lambda _fraction, _remark: None
        return
    columns = (
        TextColumn(what),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0, remark="")
        yield lambda fraction, remark: bar.update(task, completed=fraction, remark=remark)


@contextmanager
def activity(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the time on standard error while the block runs; call it with a remark."""
    if not sys.stderr.isatty():
        yield lambda _remark: None
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as status:
        task = status.add_task(what, total=None)
        yield lambda remark: status.update(task, description=f"{what}: {remark}")
