"""What the sums of trees are called."""

from __future__ import annotations

from collections.abc import Sequence

_FORBIDDEN = str.maketrans(dict.fromkeys("[]@'\"\\", "_"))


def labels_of(names: Sequence[object]) -> tuple[str, ...]:
    """Names of classes as labels of a head, which may not hold quotes and brackets; numbers where they are no use."""
    spelled = tuple(str(name).translate(_FORBIDDEN) for name in names)
    usable = len(set(spelled)) == len(spelled) and all(name and name.isprintable() for name in spelled)
    return spelled if usable else tuple(str(index) for index in range(len(names)))


def boosted_labels(scores: int, names: Sequence[object] | None, *, binary: bool, many: bool) -> tuple[str, ...]:
    """Labels of a boosted model, of one score for two classes if `binary`, of one for each class if `many`, else of
    estimates. names: those of the classes, if they are known."""
    if not binary and not many:
        return estimates(scores)
    count = scores + binary
    return labels_of(names if names is not None and len(names) == count else range(count))


def estimates(count: int) -> tuple[str, ...]:
    """Labels of numbers that are no classes."""
    return ("value",) if count == 1 else tuple(f"value{index}" for index in range(count))
