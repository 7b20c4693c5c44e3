"""Parts of a file in JSON that must be what they are said to be."""

from __future__ import annotations

from typing import Any

from bridge.errors import InputError


def whole(value: object, place: str, low: int, high: int) -> int:
    """The integer that a file must have there; InputError otherwise."""
    if type(value) is not int or not low <= value <= high:
        raise InputError(f"{place} must be an integer from {low} to {high:,}, not {value!r:.40}")
    return value


def entries(value: object, place: str, most: int) -> list[Any]:
    """The list that a file must have there; InputError otherwise."""
    if not isinstance(value, list) or len(value) > most:
        raise InputError(f"{place} must be a list of at most {most:,} entries")
    return value
