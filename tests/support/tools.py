"""The real tools: ABC and Yosys of the pyosys wheel, also run plainly as second readers and writers of our files."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bridge.errors import ToolError
from bridge.toolchain import Tool, locate

YOSYS = """
import sys
from pyosys import libyosys as ys
design = ys.Design()
for command in sys.argv[1].split("; "):
    ys.run_pass(command, design)
"""


def skip_or_fail(reason: str) -> None:
    """Skip on a developer's machine; fail where CI promises that everything is there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def convert_all(folder: Path, commands: list[str]) -> None:
    """Run commands of the wheel's Yosys in this folder."""
    if importlib.util.find_spec("pyosys") is None:
        skip_or_fail("pyosys is not installed")
    call = [sys.executable, "-c", YOSYS, "; ".join(commands)]
    run = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr


def convert(tool: str, source: str | bytes, suffix: str, commands: str, result: str) -> bytes:
    """Give the tool the source as `in<suffix>` in a folder of its own; the bytes of the file `result`."""
    wheel = importlib.util.find_spec("pyosys")
    if wheel is None or wheel.origin is None:
        skip_or_fail("pyosys is not installed")
        raise AssertionError
    call = [sys.executable, "-c", YOSYS] if tool == "yosys" else [str(Path(wheel.origin).with_name("yosys-abc")), "-q"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"in{suffix}").write_bytes(source.encode() if isinstance(source, str) else source)
        run = subprocess.run([*call, commands], cwd=folder, capture_output=True, text=True, timeout=60)
        assert (folder / result).is_file(), run.stdout + run.stderr
        return (folder / result).read_bytes()


def real(name: str) -> Tool:
    """The real tool; without it a skip, or a failure where it was promised."""
    try:
        return locate(name)  # type: ignore[arg-type]
    except ToolError as error:
        if os.environ.get("AIGBRIDGE_REQUIRE_TOOLS") == "1" or os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
