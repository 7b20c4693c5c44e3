"""What it takes to add a kind of thing: real changes, each made to a copy of the package.

There its own test passes, and those over all kinds do as they are.

CONTRIBUTING.md shows them under "Where new kinds go". A change that no longer applies is made anew: apply it by hand in
a checkout, `git add` it, and write `git diff --cached` over the old one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bridge

ROOT = Path(bridge.__file__).parents[1]
TOYS = Path(__file__).parent / "support" / "toys"
MOST = {"block": 2, "format": 2, "analysis": 2, "command": 1}  # files of bridge/
ASKED = {  # tests over all kinds, which must need no change
    "block": ("test_kinds.py", "test_face.py::test_all_kinds_of_blocks_and_errors_are_there"),
    "format": ("test_formats.py",),
    "analysis": ("test_report_parts.py::test_a_part_is_two_files",),
    "command": ("test_flow_schema.py",),
}


def changed(toy: str) -> list[str]:
    return re.findall(r"^\+\+\+ b/(\S+)", (TOYS / f"{toy}.diff").read_text(), re.MULTILINE)


def test_every_change_is_counted_and_explained() -> None:
    assert {path.stem for path in TOYS.glob("*.diff")} == set(MOST)
    explained = (ROOT / "CONTRIBUTING.md").read_text()
    assert [toy for toy in MOST if f"tests/support/toys/{toy}.diff" not in explained] == []


@pytest.mark.parametrize("toy", MOST)
def test_a_new_kind_touches_few_files(toy: str) -> None:
    parts = [name.split("/")[0] for name in changed(toy)]
    assert parts.count("tests") == 1
    assert 0 < parts.count("bridge") <= MOST[toy]
    assert set(parts) == {"tests", "bridge"}


@pytest.mark.heavy
@pytest.mark.parametrize("toy", MOST)
def test_a_new_kind_passes_its_own_test_and_those_over_all_kinds(toy: str, tmp_path: Path) -> None:
    for folder in ("bridge", "flows", "netlists", "tests/support"):
        # With its machine code: what is the same need not be compiled again.
        shutil.copytree(ROOT / folder, tmp_path / folder)
    asked = [f"tests/{name}" for name in ASKED[toy]]
    for file in ("pyproject.toml", "tests/conftest.py", *(name.split("::")[0] for name in asked)):
        shutil.copy2(ROOT / file, tmp_path / file)
    subprocess.run(["git", "apply", "-C1", str(TOYS / f"{toy}.diff")], cwd=tmp_path, check=True)
    test = next(name for name in changed(toy) if name.startswith("tests/"))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", test, *asked]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
