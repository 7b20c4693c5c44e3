"""Results by revision: a file that only grows, one JSON object a line."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.files import read_bytes, write_atomic

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LEDGER_BYTES = 1 << 24


def append_ledger(path: Path, rows: Sequence[DataclassInstance], **facts: Any) -> None:
    """Add a line for each row, after these facts and the kind of machine; InputError when it cannot be written."""
    old = read_bytes(path, "a ledger", LEDGER_BYTES).decode() if path.exists() else ""
    facts["machine"] = f"{platform.machine()}, {platform.system()}"
    write_atomic(path, old + "".join(json.dumps({**facts, **asdict(row)}) + "\n" for row in rows))
