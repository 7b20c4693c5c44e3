"""A small sample of what `tools/fuzz_flows.py` does by the hundreds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from test_toolchain import real

pytestmark = pytest.mark.heavy

SCRIPT = Path(__file__).parents[1] / "tools" / "fuzz_flows.py"


def test_a_sample_of_netlists_and_faults() -> None:
    real("abc")
    real("yosys")
    command = [sys.executable, str(SCRIPT), "--count", "4", "--faults", "4", "--first", "9000"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4  SAT sweeping: different" in run.stdout
    assert "4  shrink: right" in run.stdout
