"""The notebooks of the documentation run from an empty state, and what is stored in them was made by such a run."""

from __future__ import annotations

import importlib.util
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bridge
from support.tools import skip_or_fail

ROOT = Path(bridge.__file__).parents[1]
FOLDER = ROOT / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 400_000


def code_of(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def test_there_are_four() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["first-cell", "flows", "own-network", "take-apart"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_stored_was_run_in_order_and_without_errors(path: Path) -> None:
    code = code_of(path)
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    kinds = {output["output_type"] for cell in code for output in cell["outputs"]}
    assert "execute_result" in kinds
    assert "error" not in kinds
    streams = [output for cell in code for output in cell["outputs"] if output["output_type"] == "stream"]
    assert not [output for output in streams if "\r" in "".join(output["text"])], "a bar as it moved: make notebooks"
    assert path.stat().st_size < MOST_BYTES
    assert [word for word in ("/home/", "/work/", "/tmp/", "/root/") if word in path.read_text()] == []


def test_pictures_are_what_the_notebooks_show_and_stand_on_a_page() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "pictures.py"))["pictures"]()
    stored = {path: path.read_text() for path in FOLDER.glob("*.svg")}
    assert stored == dict(made), "make notebooks"
    pages = "".join(page.read_text() for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    assert [path.name for path in stored if f"notebooks/{path.name})" not in pages] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    for package in ("nbconvert", "ipykernel", "pandas"):
        if importlib.util.find_spec(package) is None:
            skip_or_fail(f"{package} is not installed")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    call = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", path.name]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    again, stored = ([cell["source"] for cell in code_of(each)] for each in (tmp_path / path.name, path))
    assert again == stored
