"""Other people's networks become cells: `melt`. A new kind of network is a new folder here, see `source.py`."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.melting.source import MAX_BYTES, START, Importer, importers

__all__ = ["Importer", "melt"]


def melt(source: Any, *, name: str | None = None, **options: Any) -> Cell:
    """A cell that is an exact integer reading of a network, of a file or of a library's own object.

    The kind of a file is told by what it holds. `options`: those of the importer, see its page in the documentation.
    `cell.record["melt"]` says what it was made of, and what is not exact. InputError, in one sentence, for what is not
    supported, with the node or tree at fault.
    """
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    importer = importer_of(source)
    for option in sorted(set(options) - set(importer.options)):
        known = ", ".join(sorted(importer.options)) or "none"
        raise InputError(f"{importer.kind}: has no option {option!r} (options: {known})")
    try:
        cell = importer.melt(source if path is None else path, options)
    except InputError as error:
        raise InputError(f"{path}: {error}" if path and str(path) not in str(error) else str(error)) from error
    origin: dict[str, Any] = {"kind": importer.kind} | dict(cell.record.get("melt", {}))
    if path is not None:
        origin["sha256"] = hashlib.sha256(read_bytes(path, "a network", MAX_BYTES)).hexdigest()
    chosen = name or (path.stem if path is not None else cell.name)
    return replace(cell, name=chosen, record={**cell.record, "melt": origin})


def importer_of(source: Any) -> Importer:
    """Who reads a file, told by its content, or an object, told by the package that it comes from."""
    if isinstance(source, str | os.PathLike):
        start = read_bytes(source, "a network", MAX_BYTES)[:START]
        for importer in importers():
            if importer.recognises is not None and importer.recognises(start):
                return importer
        kinds = ", ".join(importer.kind for importer in importers() if importer.recognises)
        raise InputError(f"{source}: holds no network of a known kind ({kinds})")
    for kind in type(source).__mro__:  # its own package before those that it builds on
        for importer in importers():
            if kind.__module__.split(".")[0] in importer.packages:
                return importer
    known = ", ".join(sorted({package for importer in importers() for package in importer.packages}))
    raise InputError(f"a {type(source).__name__} is no network of a known package ({known})")
