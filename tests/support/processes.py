"""Patience with other processes."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 60.0


def until(child: subprocess.Popen[Any], found: Callable[[], T]) -> T:
    """What `found` returns once that is true; fails when the child ends before, or nothing comes of it."""

    def alive() -> T:
        result = found()
        assert result or child.poll() is None, f"ended with {child.returncode} before that"
        return result

    return eventually(alive)


def eventually(found: Callable[[], T], what: str = "it") -> T:
    """What `found` returns once that is true; fails when nothing comes of it."""
    deadline = time.monotonic() + PATIENCE
    while not (result := found()):
        assert time.monotonic() < deadline, f"{what} did not come true within {PATIENCE:g} s"
        time.sleep(0.02)
    return result


def shown_on(terminal: int, end: bytes | None = None) -> bytes:
    """What comes out of a pseudo-terminal until its other side closes, or until that end."""
    text, deadline = b"", time.monotonic() + PATIENCE
    while select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # Linux ends it so
            return text
        text += part
        if not part or (end is not None and text.endswith(end)):
            return text
    raise AssertionError(f"{text[-500:]!r}, and no end within {PATIENCE:g} s")


def ended(process: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
