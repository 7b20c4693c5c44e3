"""Commands called in this process, see the fixture `call` in `conftest.py`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Called:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Called]


def assert_one_line(called: Called, code: int = 2) -> None:
    assert called.code == code, called.err
    assert called.err.startswith("aigbridge: ")
    assert called.err.count("\n") == 1
    assert "Traceback" not in called.err
    assert "internal error" not in called.err
    assert not called.out
