"""The command cache: what earlier runs left for later ones."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.output import AsJson, emit, text
from bridge.errors import InputError
from bridge.files.cache import VARIABLE, default_cache


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Throw everything away.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the folder and the size of the cache of tool results and proofs."""
    found = default_cache()
    if found is None:
        raise InputError(f"there is no home folder for a cache; set {VARIABLE} to a folder")
    if clear:
        found.clear()
    usage = found.usage()
    facts = {"folder": str(found.folder), "entries": usage.entries, "bytes": usage.bytes, "limit": found.limit}
    emit(
        as_json,
        facts,
        f"{found.folder}: {text(usage.entries)} entries, {text(usage.bytes)} of {text(found.limit)} bytes",
    )
