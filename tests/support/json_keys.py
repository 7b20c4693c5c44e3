"""The keys that docs/json.md tells of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bridge

KEYS = (Path(bridge.__file__).parents[1] / "docs" / "json.md").read_text()


def keys_in(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def assert_told(name: str, found: dict[str, Any]) -> None:
    told = re.search(rf"^\| `{name}` \| (.*?) \| (.*?) ?\|$", KEYS, re.MULTILINE)
    assert told, name
    always, perhaps = map(keys_in, told.groups())
    assert always <= found.keys() <= always | perhaps


def keys_inside(what: str) -> set[str]:
    told = re.search(rf"^\| {re.escape(what)} \| (.*?) \|$", KEYS, re.MULTILINE)
    assert told, what
    return keys_in(told[1])
