"""Small samples of what the fuzzers in `tools` do by the thousands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from test_toolchain import real

TOOLS = Path(__file__).parents[1] / "tools"


def test_a_sample_of_netlists_and_faults() -> None:
    real("abc")
    real("yosys")
    command = [sys.executable, str(TOOLS / "fuzz_flows.py"), "--count", "4", "--faults", "4", "--first", "9000"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4  SAT sweeping: different" in run.stdout
    assert "4  shrink: right" in run.stdout


def test_a_sample_of_hostile_runs() -> None:
    real("abc")
    command = [sys.executable, str(TOOLS / "fuzz_runs.py"), "--count", "24", "--first", "9000"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "24 mutants, 0 faults" in run.stdout
