"""What people and programs see: one JSON object, or tables; progress bars only on a terminal.

All that is printed passes through here: names come from files, and a file may come from a stranger.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from bridge.errors import InputError
from bridge.files import followed, is_device
from bridge.printable import LAYOUT, Listener, Progress, dump_json, printable

PIPE_WIDTH = 160
SILENCE = 30.0  # seconds between lines about work that nobody watches on a terminal
STDOUT = 1

Item = TypeVar("Item")
SHOWN = 20  # of a list, without --all

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
ShowAll = Annotated[bool, typer.Option("--all", help=f"Show whole lists, not only the first {SHOWN} of each.")]


class SafeConsole(Console):
    """A console that writes no control characters but its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text, LAYOUT))


def emit(as_json: bool, facts: Mapping[str, Any], *lines: RenderableType) -> None:
    """Print the facts as one JSON object, or the lines and tables for people.

    On standard error where `out` among the facts, the file that was written, leads into the pipe that standard output
    is: whoever reads the bytes there wants no words after them.
    """
    stream = sys.stderr if _is_piped(facts.get("out")) else sys.stdout
    if as_json:
        print(dump_json(facts), file=stream)
        return
    width = None if stream.isatty() else PIPE_WIDTH
    console = SafeConsole(file=stream, soft_wrap=True, highlight=False, width=width)
    for line in lines:
        console.print(printable(line, LAYOUT), markup=False) if isinstance(line, str) else console.print(line)


def _is_piped(out: object) -> bool:
    """Whether that is the name of a pipe, the one that standard output is."""
    try:
        written, shown = os.stat(str(out)), os.fstat(STDOUT)
    except OSError:
        return False
    return stat.S_ISFIFO(written.st_mode) and os.path.samestat(written, shown)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> Table:
    """A plain table; columns of numbers stand to the right."""
    result = Table(title=title and Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        result.add_column(printable(column), justify=_justify(index, rows), overflow="fold")
    for row in rows:
        result.add_row(*(escape(printable(text(cell))) for cell in row))
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
def progress(what: str) -> Iterator[Listener]:
    """A bar on standard error while the block runs, which shows what it is told; a line now and then if that is no
    terminal."""
    if not sys.stderr.isatty():
        yield _now_and_then(what)
        return
    columns = (
        TextColumn(what),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}", markup=False),
    )
    with Bar(*columns, console=SafeConsole(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0, remark="")
        yield lambda now: bar.update(task, completed=now.done, remark=printable(now.remark))


@contextmanager
def activity(what: str) -> Iterator[Listener]:
    """A spinner with the time on standard error while the block runs, which shows the remarks of what it is told; a
    line now and then if that is no terminal."""
    if not sys.stderr.isatty():
        yield _now_and_then(what)
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Bar(*columns, console=SafeConsole(stderr=True), transient=True) as status:
        task = status.add_task(printable(what), total=None)
        yield lambda now: status.update(task, description=printable(f"{what}: {now.remark}"))


def _now_and_then(what: str) -> Listener:
    """Says what it is told where a log keeps it: at most a line in SILENCE seconds."""
    start = last = time.monotonic()

    def heard(now: Progress) -> None:
        nonlocal last
        if (clock := time.monotonic()) - last < SILENCE:
            return
        last = clock
        done = "" if now.done is None else f"{now.done:.0%} done "
        say(f"{what}: {done}after {clock - start:,.0f} s" + (f"; {now.remark}" if now.remark else ""))

    return heard


def say(sentence: str) -> None:
    """A remark beside the result, on standard error. Work goes on where nobody takes it: a full disk, a closed pipe."""
    with suppress(OSError):
        print(f"aigbridge: {printable(' '.join(sentence.split()))}", file=sys.stderr, flush=True)


def some(items: Sequence[Item], everything: bool) -> Sequence[Item]:
    """The first SHOWN items, or everything."""
    return items if everything else items[:SHOWN]


def others(items: Sequence[object], everything: bool) -> list[str]:
    """A line about those that `some` leaves out."""
    return [] if everything or len(items) <= SHOWN else [f"... and {len(items) - SHOWN:,} more; --all shows them"]


def listed(names: Sequence[str], everything: bool) -> str:
    """Names in a cell of a table, and how many are left out."""
    return " ".join([*some(names, everything), *others(names, everything)])


def writable(out: Path, *suffixes: str) -> Path:
    """The path, if a file of such a suffix can be written there: said before any work. InputError if not."""
    if out.suffix.lower() not in suffixes:
        raise InputError(f"{out}: the file to write must end in {' or '.join(suffixes)}")
    if out.is_dir():
        raise InputError(f"{out}: is a folder; name a file to write")
    device = is_device(out)
    place = out if device else followed(out)
    if not place.parent.is_dir():
        raise InputError(f"{out}: the folder {place.parent if out.is_symlink() else out.parent} does not exist")
    if not os.access(place if device else place.parent, os.W_OK):
        raise InputError(f"{out}: cannot write there: permission denied")
    return out
