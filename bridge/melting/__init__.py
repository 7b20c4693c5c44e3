"""Other people's networks become cells: `melt`. A new kind of network is a new folder here, see `source.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.melting.factor import factored
from bridge.melting.source import START, File, Importer, importers, opened

__all__ = ["Importer", "importer_of", "melt"]


def melt(source: Any, *, name: str | None = None, labels: Sequence[str] | None = None, **options: Any) -> Cell:
    """A cell that is an exact integer reading of a network, of a file or of a library's own object.

    The kind of a file is told by what it holds. `labels`: names for the numbers that it gives, in the place of its own.
    `options`: those of the importer, see its page in the documentation. `cell.record["melt"]` says what it was made of,
    and what is not exact. InputError, in one sentence, for what is not supported, with the node or tree at fault.
    """
    given = opened(source)
    path = given.path if isinstance(given, File) else None
    importer = importer_of(given)
    check_options(importer, options)
    try:
        cell = factored(importer.melt(given, options))
    except InputError as error:
        raise InputError(f"{path}: {error}" if path and str(path) not in str(error) else str(error)) from error
    origin: dict[str, Any] = {"kind": importer.kind} | dict(cell.record.get("melt", {}))
    if isinstance(given, File):
        origin["sha256"] = hashlib.sha256(given.data).hexdigest()
    cell = cell if labels is None else cell.with_labels(labels)
    chosen = name or (path.stem if path else cell.name)
    return replace(cell, name=chosen, record={**cell.record, "melt": origin})


def importer_of(source: Any) -> Importer:
    """Who reads a file, told by its content, or an object, told by the first of its classes that someone knows."""
    if isinstance(source, File):
        for importer in importers():
            if importer.recognises is not None and importer.recognises(source.data[:START]):
                return importer
        kinds = ", ".join(importer.kind for importer in importers() if importer.recognises)
        beside = "modules of torch and models of scikit-learn come from Python, through bridge.melt"
        raise InputError(f"{source.path}: holds no network of a known kind ({kinds}); {beside}")
    for kind in type(source).__mro__[:-1]:
        for importer in importers():
            if any(f"{kind.__module__}.".startswith(f"{package}.") for package in importer.packages):
                return importer
    known = ", ".join(sorted({package for importer in importers() for package in importer.packages}))
    raise InputError(f"an object of the class {type(source).__name__!r} is no network of a known package ({known})")


def check_options(importer: Importer, options: dict[str, Any]) -> None:
    """InputError for the first option that it does not know."""
    for option in sorted(set(options) - set(importer.options)):
        known = ", ".join(sorted(importer.options)) or "none"
        raise InputError(f"{importer.kind}: has no option {option!r} (options: {known})")
