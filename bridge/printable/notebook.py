"""What results have for notebooks: frames of pandas, pictures, and a bar for long work.

Nothing here is loaded before it is asked for: pandas is optional, and matplotlib takes its time.
"""

from __future__ import annotations

import importlib.util
import io
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bridge.errors import InputError, MissingExtra
from bridge.files import write_atomic
from bridge.printable.plain import Listener, Progress, counted, either, html_table, printable, unheard

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure
    from tqdm import tqdm

MOST = 240  # characters of a line that stands for a result
DATES = {".svg": "Date", ".pdf": "CreationDate", ".png": "Creation Time"}  # by the suffix of a picture: left out


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

    def __repr__(self) -> str:
        """One line: the first that `str` has, or else what there is."""
        said = self._in_short() if type(self).__str__ is object.__str__ else str(self).split("\n")[0]
        return f"<{type(self).__name__}: {printable(said):.{MOST}}>"

    def _in_short(self) -> str:
        columns = self.columns()
        rows = max(map(len, columns.values()), default=0)
        return f"{counted(rows, 'row')} of {', '.join(columns)}"

    def _repr_html_(self) -> str:
        columns = self.columns()
        return html_table(zip(*columns.values(), strict=True), [*columns])


class Single(Framed):
    """A result that is one answer, with `to_json()`: a row of a frame, so that many of them make a table."""

    def to_json(self) -> Mapping[str, Any]:
        """What there is to tell, by name."""
        raise NotImplementedError

    def columns(self) -> dict[str, list[Any]]:
        """One row: what `to_json()` tells."""
        return {name: [value] for name, value in self.to_json().items()}

    def _in_short(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.to_json().items())

    def _repr_html_(self) -> str:
        return html_table(self.to_json().items())


class Chart:
    """A picture, as a notebook shows it. `figure`: of matplotlib, to go on with."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure

    def __repr__(self) -> str:
        return "<Chart>"

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
    """A bar of tqdm for `progress=` of whatever takes long, in a notebook or a terminal; elsewhere it shows nothing.

    Where nobody knows how much is left, as in a flow, it is a line that says where the work is.
    """
    if not (sys.stderr.isatty() or _in_notebook()):
        return unheard
    bar: tqdm[NoReturn] | None = None

    def listen(now: Progress) -> None:
        nonlocal bar
        if bar is None:
            bar = _bar(printable(what), now.done is not None)
        bar.n = bar.n if now.done is None else now.done
        bar.set_postfix_str(printable(now.remark), refresh=now.done in (None, 1))  # steps are few, parts many
        bar.update(0)

    return listen


def _in_notebook() -> bool:
    return "IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel")


def _bar(what: str, known: bool) -> tqdm[NoReturn]:
    """Shown at once, and closed when nobody is left to move it. `known`: how much there is to do."""
    with warnings.catch_warnings():  # in a notebook without ipywidgets it draws with letters, and need not say so
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    if known:
        layout = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
        return tqdm(desc=what, total=1, miniters=0, dynamic_ncols=True, bar_format=layout)
    return tqdm(desc=what, miniters=0, bar_format="{desc}: {elapsed}{postfix}{bar}")  # the bar: blanks up to the edge
