"""Values of the command line that need no conversion are taken as they stand.

Typer converts all of them by pydantic, whose import takes a small command one fifteenth longer, and lets nobody choose
(0.29). What must be checked is left to it: numbers, choices that there are not, files that cannot be read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

from typer.core import TyperArgument, TyperOption

UNFIT = object()


def take_plain() -> None:
    """Let the parameters of all commands take plain values themselves. A typer that asks them in another way converts
    all values, as it does by itself."""
    for kind in (TyperOption, TyperArgument):
        if convert := getattr(kind, "get_runtime_param", None):
            setattr(kind, "get_runtime_param", lambda param, convert=convert: _Plain(param, convert))  # noqa: B010


class _Plain:
    """What typer asks to convert a value of a parameter."""

    def __init__(self, param: Any, convert: Any) -> None:
        self._param, self._convert = param, convert

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        plain = taken(value, param.type_descriptor.annotation, param.multiple or param.nargs == -1)
        return self._convert(self._param).coerce(value, param=param, ctx=ctx) if plain is UNFIT else plain


def taken(value: Any, kind: Any, many: bool) -> Any:
    """What the value is for an annotation, with many for a list of such; UNFIT if that is not plain."""
    if value is None:
        return () if many else None
    if many:
        if not isinstance(value, list | tuple) or len(get_args(kind)) != 1:
            return UNFIT
        items = [taken(item, get_args(kind)[0], False) for item in value]
        return UNFIT if UNFIT in items else items
    if isinstance(value, str) and not value.isprintable():
        return UNFIT  # bytes that are no text
    if kind is Path and isinstance(value, str):
        return Path(value) if os.access(value, os.R_OK) or not os.path.lexists(value) else UNFIT
    # A default, or a text where one is wanted, or a choice.
    return value if type(value) is kind or value in get_args(kind) else UNFIT
