"""Options of the questions that are asked under a condition."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Given = Annotated[str | None, typer.Option("--given", help="Only where this holds, such as \"byte@-1 == ' '\".")]
Start = Annotated[Literal["any", "reset"], typer.Option("--start", help="reset: only states reachable from reset.")]
