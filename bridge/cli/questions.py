"""Options that questions share: what is done to a model before it is asked, and how long and how large an answer may
be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, overload

import typer

from bridge.aig import Aig
from bridge.analysis.places import VALUES
from bridge.cell import Cell
from bridge.cell.predictor import Predictor
from bridge.errors import InputError

Do = Annotated[
    list[str] | None,
    typer.Option(
        "--do",
        metavar="NAME=VALUE",
        help=f"Change a signal or a group, NAME, or at one position of a text, NAME@17: {VALUES}. May come again.",
    ),
]
Seconds = Annotated[float, typer.Option(min=0.1, max=86400, help="Give up on what is open after so many seconds.")]
Memory = Annotated[
    float | None, typer.Option(min=64, max=1 << 24, help="Give up when so many MiB are used (default: no limit).")
]

Given = Annotated[str | None, typer.Option("--given", help="Only where this holds, such as \"byte@-1 == ' '\".")]
Start = Annotated[Literal["any", "reset"], typer.Option("--start", help="Where runs start: at reset, or anywhere.")]

Proof = Annotated[
    Path | None, typer.Option(help="Write a DRAT proof that what is kept suffices, and its clauses beside it.")
]
Steps = Annotated[int, typer.Option("--steps", "-k", help="How many steps, 1 to 64.")]
Jobs = Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes for SAT.")]
EXIT_CODES = {"yes": 0, "proven": 0, "measured": 0, "equal": 0, "no": 1, "broken": 1, "different": 1, "undecided": 3}

_CHANGE = re.compile(r"((?:'.'|'[^']*'|[^=])+?)=(.*)", re.DOTALL)  # a symbol may be '='


@overload
def edited(model: Cell | Aig, do: Sequence[str] | None, text: bytes | None = None) -> Cell | Aig: ...
@overload
def edited(model: Predictor | Aig, do: Sequence[str] | None, text: bytes | None = None) -> Predictor | Aig: ...
def edited(model: Predictor | Aig, do: Sequence[str] | None, text: bytes | None = None) -> Predictor | Aig:
    """The model with all of that done to it; itself where nothing is. text: what a plain `resample` draws from.
    InputError for what is neither, to which nothing can be done."""
    if not do:
        return model
    if not isinstance(model, Cell | Aig):
        raise InputError(f"--do changes cells and netlists: nothing can be done to a {model.KIND}")
    from bridge.analysis.edits import edit_all  # with all that proves

    return edit_all(model, [_split(change) for change in do], text=text)


def _split(change: str) -> tuple[str, str]:
    found = _CHANGE.fullmatch(change)
    if found is None or not found[1].strip() or not found[2].strip():
        raise InputError(f"--do {change!r}: write NAME=VALUE, where a value is {VALUES}")
    return found[1].strip(), found[2].strip()
