"""What predicts bytes in plain integers, and so is an oracle: a cell of text, or a folded network.

All have `reset`, `read`, `ask` and `following`, a `readout`, `serial`, `state_ranges`, `digest`, `record` and `KIND`.
What else any kind can do is registered by its class: `bridge.lowering.any_kind`, `bridge.coding.model_code`,
`bridge.equivalence.certificate.certify`. Whoever takes cells alone asks for a `Cell`, and so refuses all others.
"""

from __future__ import annotations

import os
from typing import TypeAlias

from bridge.cell.folded import Folded, is_folded
from bridge.cell.model import Cell

Predictor: TypeAlias = Cell | Folded


def load_predictor(path: str | os.PathLike[str]) -> Predictor:
    """Of the kind that the file says. InputError if it is of none."""
    return Folded.load(path) if is_folded(path) else Cell.load(path)
