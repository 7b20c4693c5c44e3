"""The commands and programs of the documentation run as they stand, in the order of the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_group

import bridge
from bridge.cli.app import app

DOCS = Path(bridge.__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# An index, and a page about files that are not here (tests/test_melting_onnx.py makes them).
ELSEWHERE = {"README.md", "melt-qonnx.md"}
WORDS_ONLY = {"glossary.md", "limits.md"}
# Lines for a model of the reader's own are fenced as `py` instead.
RUN = sorted(page.name for page in DOCS.glob("*.md") if page.name not in ELSEWHERE | WORDS_ONLY)
# What a reader waits for goes the same way with less of it; tests/test_readme.py trains 20,000 ANDs.
LESS = {"--ands 20000": "--ands 7000", "--ands 8000": "--ands 2000", "deep --seconds 5": "deep --seconds 2"}


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text()
    assert [
        page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"]({page.name})" not in index
    ] == []


def test_pages_of_words_have_nothing_to_run() -> None:
    assert [page for page in WORDS_ONLY if BLOCK.search((DOCS / page).read_text())] == []


def test_the_page_on_interventions_names_all_commands_that_take_them() -> None:
    (told,) = re.findall(r"^(`eval`[^:]*) take\s`--do`", (DOCS / "interventions.md").read_text(), re.MULTILINE)
    commands = get_group(app).commands.items()
    assert set(re.findall(r"`(\w+)`", told)) == {
        name for name, command in commands if any("--do" in parameter.opts for parameter in command.params)
    }


def test_what_is_done_with_less_is_on_a_page() -> None:
    pages = [(DOCS / page).read_text() for page in RUN]
    assert [long for long in LESS if not any(long in page for page in pages)] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_what_a_page_says_runs(page: str, aigbridge: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS / page).read_text())
    assert blocks
    environment = os.environ | {"PYTHONPATH": str(DOCS.parent)}
    for kind, text in blocks:
        for long, short in LESS.items():
            text = text.replace(long, short)
        script = tmp_path / "block"
        script.write_text(text if kind == "python" else aigbridge + text)
        call = [sys.executable] if kind == "python" else ["bash", "-e"]
        done = subprocess.run(
            [*call, script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
