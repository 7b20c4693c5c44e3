"""Commands called in this process, see the fixture `call` in `conftest.py`; and patience with those in others."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True)
class Called:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Called]

T = TypeVar("T")
PATIENCE = 60.0


def until(child: subprocess.Popen[Any], found: Callable[[], T]) -> T:
    """What `found` returns once that is true; fails when the child ends before, or nothing comes of it."""
    deadline = time.monotonic() + PATIENCE
    while not (result := found()):
        assert child.poll() is None, f"ended with {child.returncode} before that"
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s"
        time.sleep(0.02)
    return result
