"""A text as a caller of a public function gives it."""

from __future__ import annotations

from bridge.errors import InputError


def check_text(text: object) -> None:
    """InputError for a `str`: what is read, asked about or packed is bytes, and which ones, an encoding says."""
    if isinstance(text, str):
        raise InputError("a text is bytes, not str: give text.encode()")
