"""Results by revision: a file that only grows, one JSON object a line."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import InputError
from bridge.files import parse_json, read_bytes, write_atomic
from bridge.printable import dump_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LEDGER_BYTES = 1 << 24


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """All lines, none if there is no such file; InputError when one is no JSON object."""
    data = read_bytes(path, "a ledger", LEDGER_BYTES) if path.exists() else b""
    try:
        lines = [parse_json(line) for line in data.decode().splitlines()]
    except ValueError as error:
        raise InputError(f"{path}: is no ledger, a line is not JSON: {error}") from error
    if not all(isinstance(line, dict) for line in lines):
        raise InputError(f"{path}: is no ledger, a line is not an object")
    return lines


def append_ledger(path: Path, rows: Sequence[DataclassInstance], **facts: Any) -> None:
    """Add a line for each row, after these facts and the kind of machine; InputError when it cannot be written."""
    old = read_bytes(path, "a ledger", LEDGER_BYTES).decode() if path.exists() else ""
    facts["machine"] = f"{platform.machine()}, {platform.system()}"
    write_atomic(path, old + "".join(dump_json({**facts, **asdict(row)}) + "\n" for row in rows))
