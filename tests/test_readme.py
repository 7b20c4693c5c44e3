"""Everything that the README has one type runs, in its order and in one folder, and says the figures that it states."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bridge
from bridge.corpus import read_text
from support.onnx_models import multilayer

ROOT = Path(bridge.__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_LINES = 120
UNDECIDED = 3


def typed() -> Iterator[tuple[str, str]]:
    """Commands and programs, in their order; `make` is run by .ci/run, and pip fetches a release."""
    for command, program in re.findall(
        r"^    (aigbridge [^\n]*)$|^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL
    ):
        yield ("bash", command) if command else (sys.executable, program)


def test_it_is_short_and_begins_with_five_commands() -> None:
    assert len(README.splitlines()) <= MOST_LINES
    words = [text.split()[1] for kind, text in typed() if kind == "bash"]
    assert words[:5] == ["train", "lower", "run", "eval", "explain"]
    assert {"melt", "affects", "prove", "influence", "report"} <= set(words)


@pytest.mark.slow
def test_what_it_has_one_type_runs_and_says_what_it_states(aigbridge: str, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_bytes(read_text("kjv"))
    multilayer(2, 2).save(tmp_path / "theirs.onnx")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "AIGBRIDGE_CACHE": str(tmp_path / "cache")}
    said = ""
    for kind, text in typed():
        (tmp_path / "typed").write_text(aigbridge + text if kind == "bash" else text)
        call = [kind, "typed"]
        done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1800)
        answers = (0, 1, UNDECIDED) if re.search(r"aigbridge (prove|affects) ", text) else (0,)
        assert done.returncode in answers, f"{text}\n{done.stdout}{done.stderr}"
        said += done.stdout + done.stderr
    (stated,) = re.findall(r"^```text\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert [line for line in stated.splitlines() if not re.search(as_pattern(line), said, re.MULTILINE)] == [], said


def as_pattern(line: str) -> str:
    """A line of output as the README shows it: columns as wide as they are, and `...` for what it leaves out."""
    return "^" + ".*".join(r"\s+".join(map(re.escape, part.split())) for part in line.split("..."))


def test_a_shown_line_matches_what_it_was_taken_from() -> None:
    assert re.search(
        as_pattern("result  18  -9 (-4 %)  ...  equivalent"), "result 18   -9 (-4 %) 3.2 equivalent, alone"
    )
    assert not re.search(as_pattern("result  18  ...  equivalent"), "result 18  3.2 different")
