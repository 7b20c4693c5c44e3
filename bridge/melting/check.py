"""A melted cell beside the model that it was made of: its own library, our oracle and the netlist on the same rows.

The exact reading is ours. Where the reference's own float rounding decides otherwise, or a stated bound is not
exceeded, its importer says so: such rows are close; all others must be equal, in every number that it can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Floats
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.beside import Beside
from bridge.execution.rows import integers_given
from bridge.lowering import lower
from bridge.melting import check_options, importer_of
from bridge.melting.source import Comparison, opened
from bridge.printable import Listener, Progress, counted, unheard
from bridge.printable.notebook import Single

AT_ONCE = 1 << 22  # integers of all blocks that are in memory at once, about
SHOWN = 8  # close rows
MANY = 0.05  # of the rows that are compared, to be warned of
MORE_BITS = "more `--leaf-bits` make the bound smaller"
MEND = "values often lie between two levels, and scales that are powers of two make that exact"
MOST_ROWS = 4096  # that a reference is shown at once


@dataclass(frozen=True, repr=False)
class Checked(Single):
    """`reference`: what ran the model; `rows`: how many; `equal`: of these, rows where every number is equal; `close`:
    rows in which it may differ, for the reason `why`, `where` the first of these, and `strayed` those of them in which
    it does; `first`: the first difference in a row that is not close; `ands`: of the netlist; `astray`: the first
    difference between the netlist and the oracle, which would be a fault of ours."""

    reference: str
    rows: int = 0
    equal: int = 0
    close: int = 0
    strayed: int = 0
    why: str = ""
    where: tuple[int, ...] = ()
    first: str | None = None
    ands: int = 0
    astray: str | None = None

    @property
    def good(self) -> bool:
        """Is every row equal, or close, but not all of them apart, and the netlist what the cell is?"""
        return 0 < self.equal == self.rows - self.strayed and self.first is None and self.astray is None

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, bounded: bool = False) -> list[str]:
        """What was found; `bounded`: scores may be off by a bound."""
        equal = "equal, scores within that bound" if bounded else "equal"
        lines = [f"checked against {self.reference}: {self.equal:,} of {counted(self.rows, 'row')} {equal}"]
        if self.close:
            some = ", ".join(map(str, self.where)) + ", ..." * (self.close > len(self.where))
            lines.append(f"close rows: {self.close:,} ({some}), of which {self.strayed:,} differ: {self.why}")
        if self.strayed > self.rows * MANY:
            decides, mend = ("rounded leaves decide", MORE_BITS) if bounded else ("float rounding decides", MEND)
            share = f"{self.strayed / self.rows:.0%}"
            lines.append(f"warning: {decides} {share} of these rows, so that little is compared: {mend}")
        if self.first:
            lines.append(f"different: {self.first}")
        same = f"differs from the cell: {self.astray}" if self.astray else "gives what the cell gives on all of them"
        return [*lines, f"the netlist of {self.ands:,} ANDs {same}"]

    def to_json(self) -> dict[str, Any]:
        """The fields, and `good`."""
        return vars(self) | {"where": [*self.where], "good": self.good}


def check(
    source: Any,
    cell: Cell,
    data: int | Floats,
    options: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    netlist: Aig | None = None,
    progress: Listener = unheard,
) -> Checked:
    """Compare a cell that `melt(source, **options)` made with its source, on so many random rows, or on float[rows,
    features], raw; and the cell with its netlist, by default as it is lowered.

    MissingExtra without the library that runs the model. InputError for cells that are no functions of their inputs.
    """
    if not cell.pure or not cell.inputs:
        raise InputError(f"cell {cell.name!r} has state or reads bytes: only functions of inputs are checked by rows")
    chosen = dict(options or {})
    original = opened(source)
    importer = importer_of(original)
    check_options(importer, chosen)
    reference = importer.reference(original, chosen, cell)
    raw = reference.rows(data, seed) if isinstance(data, int) else np.asarray(data, np.float64)
    if not len(raw):
        raise InputError("there are no rows to check the cell on")
    aig = lower(cell) if netlist is None else netlist
    beside = Beside.of(cell, aig)
    size = max(64, min(MOST_ROWS, AT_ONCE // sum(cell.widths.values())))
    found = Checked(reference.name, ands=len(aig.ands))
    for start in range(0, len(raw), size):
        part = raw[start : start + size]
        given = {each.name: integers_given(each, part) for each in cell.inputs}
        values = cell.read(cell.reset(len(part)), given)
        values[cell.last.name] = cell.ask(values)
        compared = reference.compare(cell, part, values)
        found = _counted(found, compared)
        if found.astray is None and (astray := beside.difference(values)):
            found = replace(found, astray=f"row {start + astray[0]}: {astray[1]}")
        progress(Progress((start + len(part)) / len(raw), counted(found.rows, "row")))
    return found


def _counted(so_far: Checked, more: Comparison) -> Checked:
    """With what a reference said of more rows."""
    equal, close, told = more.equal, more.close, so_far.first
    apart = ~(equal | close)
    if told is None and apart.any():
        told = f"row {so_far.rows + int(apart.argmax())}: {more.first or 'its numbers differ'}"
    return replace(
        so_far,
        rows=so_far.rows + len(equal),
        equal=so_far.equal + int(equal.sum()),
        close=so_far.close + int(close.sum()),
        strayed=so_far.strayed + int((close & ~equal).sum()),
        why=so_far.why or more.why,
        where=(*so_far.where, *(so_far.rows + np.flatnonzero(close)[:SHOWN]).tolist())[:SHOWN],
        first=told,
    )
