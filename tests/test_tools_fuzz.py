"""Small samples of what the fuzzers in `tools` do by the thousands."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BridgeError
from support import flows
from support.tools import real

pytestmark = pytest.mark.heavy

TOOLS = Path(__file__).parents[1] / "tools"
READERS = ("aag", "aig", "verilog", "blif", "bristol", "truth", "cell", "flow")


def fuzz_readers() -> Any:
    spec = importlib.util.spec_from_file_location("fuzz_readers", TOOLS / "fuzz_readers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_readers"] = module
    spec.loader.exec_module(module)
    return module


def test_a_sample_of_netlists_and_faults() -> None:
    """But for the flows that walk half a million moves; tests/test_flow_sequential.py has random machines for those."""
    real("abc")
    real("yosys")
    command = [sys.executable, str(TOOLS / "fuzz_flows.py"), "--count", "4", "--faults", "4", "--first", "9000"]
    command += ["--flows", *(name for name in flows.UNCLOCKED if name not in ("deep", "windows"))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4  SAT sweeping: different" in run.stdout
    assert "4  shrink: right" in run.stdout


@pytest.mark.parametrize("name", READERS)
def test_a_sample_of_broken_files(name: str, tmp_path: Path) -> None:
    """Every good file is read, and every broken one gives an object or one sentence."""
    fuzz = fuzz_readers()
    assert tuple(fuzz.KINDS) == READERS
    kind = fuzz.KINDS[name]
    seeds = kind.seeds()
    path = tmp_path / f"x{kind.suffix}"
    for data in seeds:
        path.write_bytes(data)
        kind.read(path)
    sentences = []
    count = 600 if name == "bristol" else 60  # hardly a mutant of it can be read
    for seed in range(count):
        path.write_bytes(fuzz.mutant(seeds, seed) or b"\n")
        try:
            kind.read(path)
        except BridgeError as error:
            sentences.append(str(error))
    assert 0 < len(sentences) < count
    assert not any("\n" in sentence for sentence in sentences)


def test_a_sample_of_hostile_runs() -> None:
    real("abc")
    command = [sys.executable, str(TOOLS / "fuzz_runs.py"), "--count", "24", "--first", "9000"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "24 mutants, 0 faults" in run.stdout
