"""What became of latches that a sequential flow removed: a constant, another latch, or nothing that matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

# 0 or 1: stuck at it; (name, complement): always that kept latch, or its complement; None: no output depends on it.
Image = int | tuple[str, bool] | None
LatchMap = Mapping[str, Image]

_KINDS = ("constant", "equivalent", "complementary", "unobservable")


def followed(first: LatchMap, second: LatchMap) -> dict[str, Image]:
    """The map of two removals one after the other, with images among the latches that are left in the end."""
    return {name: _onward(image, second) for name, image in first.items()} | dict(second)


def _onward(image: Image, second: LatchMap) -> Image:
    if not isinstance(image, tuple) or image[0] not in second:
        return image
    further, complement = second[image[0]], image[1]
    if isinstance(further, tuple):
        return further[0], further[1] ^ complement
    return None if further is None else further ^ complement


def kind_of(image: Image) -> str:
    """How a latch was removed: constant, equivalent, complementary or unobservable."""
    if isinstance(image, tuple):
        return "complementary" if image[1] else "equivalent"
    return "unobservable" if image is None else "constant"


def removal(latches: LatchMap, before: int) -> str:
    """One line, such as "removed 12 of 752 latches: 3 constant, 7 equivalent, 2 unobservable"; nothing for no latch."""
    counts = Counter(map(kind_of, latches.values()))
    kinds = ", ".join(f"{counts[kind]:,} {kind}" for kind in _KINDS if counts[kind])
    return f"removed {len(latches):,} of {before:,} latches: {kinds}" if latches else ""


def to_json(latches: LatchMap) -> dict[str, Any]:
    """Every image as 0, 1, null, or [name, 0 or 1 for the complement]."""
    return {name: [image[0], int(image[1])] if isinstance(image, tuple) else image for name, image in latches.items()}


def from_json(facts: Any) -> dict[str, Image]:
    """Undo `to_json`. ValueError for anything else."""
    if not isinstance(facts, dict):
        raise ValueError("the latches must be an object")
    return {name: _image(value) for name, value in facts.items()}


def _image(value: Any) -> Image:
    if value is None or (type(value) is int and value in (0, 1)):
        return value
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[1] in (0, 1):
        return value[0], bool(value[1])
    raise ValueError(f"a latch cannot have become {value!r}")
