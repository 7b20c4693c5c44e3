"""What became of a cell, number by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.cell import Cell


def list_changes(before: Cell, after: Cell) -> list[dict[str, Any]]:
    """Every number in which two cells of the same blocks differ: its place and both values; a weight of 0 is gone."""
    changes: list[dict[str, Any]] = []
    for old, new in zip(before.weighted, after.weighted, strict=True):
        matrices, constants = (before.matrix(old), after.matrix(new)), (old.constants, new.constants)
        for field, (one, two) in (("weights", matrices), (old.CONSTANTS, constants)):
            for place in zip(*np.nonzero(one != two), strict=True):
                at = {"block": old.name, "field": field, "place": [int(index) for index in place]}
                changes.append(at | {"before": int(one[place]), "after": int(two[place])})
    if before.head.scale != after.head.scale:
        scales = {"before": before.head.scale, "after": after.head.scale}
        changes.append({"block": before.head.name, "field": "scale", "place": []} | scales)
    return changes
