"""The shape of the code: imports point down, torch and subprocess each have one home."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bridge

ROOT = Path(bridge.__file__).parent
TESTS = Path(__file__).parent
# Lowest first: a module may import from its own part and from the lines above it.
LEVELS = [
    {"errors", "compiled", "printable", "arrays"},
    {"files"},
    {"aig"},
    {"readout", "resources", "corpus"},
    {"cell"},
    {"metadata"},
    {"lowering", "formats", "toolchain", "execution"},
    {"equivalence", "training", "boosting", "truth"},
    {"flow", "analysis", "lossy"},
    {"bench", "report"},
    {"cli"},
]
RANK = {part: rank for rank, parts in enumerate(LEVELS) for part in parts}
ONLY_HOME = {"torch": {"training", "bench"}, "subprocess": {"toolchain"}}


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def modules() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("*.py")) if path.parent != ROOT or path.name != "__init__.py"]


def test_every_part_has_a_level() -> None:
    assert {part_of(path) for path in modules()} == set(RANK)


def test_imports_point_down() -> None:
    for path in modules():
        mine = part_of(path)
        for name in imports(path):
            if name.startswith("bridge."):
                other = name.split(".")[1]
                if other in RANK:
                    assert other == mine or RANK[other] < RANK[mine], f"{path} ({mine}) imports {name}"


@pytest.mark.heavy
def test_torch_and_subprocess_have_one_home() -> None:
    for path in modules():
        for name in imports(path):
            homes = ONLY_HOME.get(name.split(".")[0])
            assert homes is None or part_of(path) in homes, f"{path} imports {name}"


@pytest.mark.heavy
def test_no_command_waits_for_what_only_some_need() -> None:
    script = "import sys, bridge.cli.app; print([name for name in sys.argv[1:] if name in sys.modules])"
    some = ["torch", "matplotlib", "scipy.optimize", "distributed", "pyverilog", "pyslang", "plotly"]
    done = subprocess.run([sys.executable, "-c", script, *some], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_tests_do_not_import_tests() -> None:
    """What two of them need stands in tests/support, a fixture in tests/conftest.py."""
    for path in sorted(TESTS.rglob("*.py")):
        for name in imports(path):
            assert not name.startswith(("test_", "conftest", "tests.")), f"{path} imports {name}"


WAITS = {"sleep", "read", "poll", "wait", "recv", "execute_script"}


def test_tests_do_not_wait_for_ever() -> None:
    """A loop that waits for others has a deadline."""
    for path in sorted(TESTS.rglob("*.py")):
        for loop in ast.walk(ast.parse(path.read_text())):
            if isinstance(loop, ast.While):
                called = {getattr(node.func, "attr", "") for node in ast.walk(loop) if isinstance(node, ast.Call)}
                assert not called & WAITS or "deadline" in ast.unparse(loop), f"{path}:{loop.lineno}"
