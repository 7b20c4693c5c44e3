"""Truth tables as netlist files: functions only, without names, latches and metadata."""

from __future__ import annotations

import os
from pathlib import Path

from bridge.aig import Aig
from bridge.truth import read_truth as read_table
from bridge.truth import write_truth

__all__ = ["read_truth", "write_truth"]


def read_truth(path: str | os.PathLike[str]) -> Aig:
    """The smallest netlist that we start from for these tables. InputError with the line at fault."""
    from bridge.truth.starts import from_table

    return from_table(read_table(path), name=Path(path).stem)
