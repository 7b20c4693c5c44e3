"""What results have for notebooks: frames of pandas, pictures, and a bar for long work.

Nothing here is loaded before it is asked for: pandas is optional, and matplotlib takes its time.
"""

from __future__ import annotations

import importlib.util
import io
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import InputError, MissingExtra
from bridge.files import write_atomic
from bridge.printable.plain import Listener, Progress, either, printable

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

DATES = {".svg": "Date", ".pdf": "CreationDate", ".png": "Creation Time"}  # by the suffix of a picture: left out
_EVERY = 0.2  # seconds between two pictures of a bar
_WIDTH = 30  # of a bar in a terminal


class Framed:
    """A result that is a table, with `columns()`: lists of the same length, by name."""

    def columns(self) -> Mapping[str, Sequence[Any]]:
        """The table, as lists of the same length by name."""
        raise NotImplementedError

    def to_frame(self) -> pandas.DataFrame:
        """The table as a frame of pandas. MissingExtra without pandas."""
        if importlib.util.find_spec("pandas") is None:
            raise MissingExtra("a frame needs pandas: pip install 'aigbridge[notebook]'")
        import pandas

        return pandas.DataFrame(dict(self.columns()))


class Chart:
    """A picture, as a notebook shows it. `figure`: of matplotlib, to go on with."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure

    @classmethod
    def drawn(cls, draw: Callable[[Any], None], size: tuple[float, float] = (8, 4.5)) -> Chart:
        """What `draw` puts on the axes that it is given."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        return cls(figure)

    @classmethod
    def grid(cls, rows: Sequence[str], columns: Sequence[str], values: Any, what: str) -> Chart:
        """A matrix as colours, the first row on top; values that are NaN stay white."""

        def draw(axes: Any) -> None:
            shown = axes.imshow(values, cmap="viridis", vmin=0, aspect="auto")
            axes.set_xticks(range(len(columns)), columns, rotation=60, ha="right", rotation_mode="anchor")
            axes.set_yticks(range(len(rows)), rows)
            axes.figure.colorbar(shown, label=what)

        return cls.drawn(draw, (2.5 + 0.45 * min(len(columns), 30), 2 + 0.3 * min(len(rows), 30)))

    def _repr_svg_(self) -> str:
        return self._bytes(".svg").decode()

    def save(self, path: str | Path) -> None:
        """Write an .svg, .png or .pdf; the same figure gives the same bytes. InputError if it cannot."""
        place = Path(path)
        if place.suffix not in DATES:
            raise InputError(f"{place}: a picture must end in {either([*DATES])}")
        write_atomic(place, self._bytes(place.suffix))

    def _bytes(self, suffix: str) -> bytes:
        import matplotlib

        stream = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": "aigbridge", "svg.fonttype": "path"}):
            self.figure.savefig(stream, format=suffix.removeprefix("."), metadata={DATES[suffix]: None})
        return stream.getvalue()


def progress_bar(what: str) -> Listener:
    """A bar for `progress=` of whatever takes long, in a notebook or a terminal; elsewhere it shows nothing.

    Where nobody knows how much is left, as in a flow, it is a line that says where the work is.
    """
    started, shown = time.monotonic(), -_EVERY
    show = _in_notebook() or (_in_terminal if sys.stderr.isatty() else None)

    def listen(now: Progress) -> None:
        nonlocal shown
        seconds = time.monotonic() - started
        if show is not None and (now.done in (None, 1) or seconds - shown >= _EVERY):  # steps are few, parts many
            shown = seconds
            show(now.done, f"{what}, {seconds:.0f} s  {now.remark}")

    return listen


def _in_notebook() -> Callable[[float | None, str], None] | None:
    """What shows a bar in the cell that runs; None where no notebook does."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)  # type: ignore[no-untyped-call]

    def show(done: float | None, told: str) -> None:
        bar = "" if done is None else f'<progress value="{done:.4f}"></progress> '
        handle.update(HTML(bar + escape(printable(told))))  # type: ignore[no-untyped-call]

    return show


def _in_terminal(done: float | None, told: str) -> None:
    bar = "" if done is None else f"[{'#' * round(_WIDTH * done):{_WIDTH}}] "
    # A line that wraps would stay where the next one should replace it.
    shown = f"{bar}{printable(told)}"[: shutil.get_terminal_size().columns - 1]
    print(f"\r\x1b[K{shown}", end="\n" if done == 1 else "", file=sys.stderr, flush=True)
