"""Machine code is cached on disk, under a name that changes with every compiled module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

import bridge
from bridge.compiled import _MODULES, SOURCES, compiled

PROGRAM = """
import numpy as np
from bridge.aig import AigBuilder
builder = AigBuilder()
builder.output("y", builder.and_(builder.input("a"), builder.input("b")))
print(len(builder.build().ands))
"""


def total(values):  # type: ignore[no-untyped-def]
    result = 0
    for value in values:
        result += value
    return result


def test_the_digest_covers_every_module_with_compiled_code() -> None:
    modules = Path(bridge.__file__).parent.rglob("*.py")
    assert {path for path in modules if "\n@compiled\n" in path.read_text()} <= set(_MODULES)


def test_compiled_code_computes() -> None:
    assert compiled(total)(np.arange(10)) == 45


def test_cache_files_carry_the_digest_and_are_reused(tmp_path: Path) -> None:
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        assert done.stdout.strip() == "1"
        names = sorted(path.name for path in tmp_path.rglob("*.nbc"))
        assert names
        assert all(SOURCES[:12] in name for name in names)
    stamps = {path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, capture_output=True, timeout=120)
    assert {path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == stamps


def test_an_unwritable_cache_is_no_error() -> None:
    environment = {"NUMBA_CACHE_DIR": "/proc/nowhere", "PATH": "/usr/bin:/bin", "HOME": "/proc/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == "1", done.stderr[-500:]
