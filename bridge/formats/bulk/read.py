"""Whether a bulk reader can read a file."""

from __future__ import annotations

from importlib import import_module
from typing import Literal

from bridge.aig import Aig
from bridge.errors import InputError

# Smaller files are read before the compiled code would be loaded, or on a new machine made.
BULK_BYTES = 1 << 22


class NotBulk(Exception):
    """The file has something that the full reader must look at."""


def read_bulk(data: bytes, path: str, language: Literal["blif", "verilog"]) -> Aig | None:
    """The netlist of a large file; None for small ones, and for what the full reader must look at."""
    if len(data) < BULK_BYTES:
        return None
    try:
        aig: Aig = import_module(f"bridge.formats.bulk.{language}").read(data, path)
    except (NotBulk, InputError):
        return None
    return aig
