"""What predicts bytes in plain integers, and so is an oracle: a cell of text, or a folded network.

Both have `reset`, `read`, `ask` and `following`, a `readout`, `serial`, `state_ranges`, `digest` and `record`.
"""

from __future__ import annotations

from typing import TypeAlias

from bridge.cell.folded import Folded
from bridge.cell.model import Cell

Predictor: TypeAlias = Cell | Folded
