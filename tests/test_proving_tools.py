"""The table of ten properties."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "properties.py"


@pytest.mark.heavy
def test_the_table() -> None:
    call = [sys.executable, str(TOOL), "tiny", "--only", "1", "10", "--seconds", "30"]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    rows = [line.split("|") for line in done.stdout.splitlines()[2:]]
    assert [row[3].strip() for row in rows] == ["broken", "proven"]
