"""Every tool of the repository still starts."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from support.tools import real

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parent.parent


def test_a_small_cell_of_the_growth_table_is_proven() -> None:
    real("abc")
    command = [sys.executable, str(ROOT / "tools" / "growth.py"), "4000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert "certificate; equivalent" in done.stdout


def test_a_small_network_goes_all_the_way() -> None:
    real("abc")
    command = [sys.executable, str(ROOT / "tools" / "scale.py"), "20", "8", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["lower", "certificate", "fraig", "run"]
    assert "equal to the oracle" in done.stdout


SMALL = {
    "ensembles": (["iris", "--rows", "200"], "iris | XGBoost | 36 |"),
    "behaviours": (["tiny", "--behaviours", "1", "--fewest", "0"], "' the Lor' 'd' | "),
    "matrices": (["1:1:6:3"], "da4ml"),
    "circuits": (["100:2", "--flow", "fraig", "--rows", "100"], "100:2 | 0."),
}


SLOW = pytest.param("circuits", marks=pytest.mark.slow)


@pytest.mark.parametrize("tool", ["behaviours", "ensembles", "matrices", SLOW])
def test_a_table_of_the_documentation_is_made_by_its_command(tool: str) -> None:
    real("abc")
    given, said = SMALL[tool]
    command = [sys.executable, str(ROOT / "tools" / f"{tool}.py"), *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert said in done.stdout


@pytest.mark.parametrize("tool", sorted((ROOT / "tools").glob("*.py")), ids=lambda path: path.stem)
def test_it_says_what_it_is_for(
    tool: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, which knows what most of them import."""
    monkeypatch.setattr(sys, "argv", [str(tool), "--help"])
    monkeypatch.syspath_prepend(tool.parent)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(tool), run_name="__main__")
    assert not ended.value.code
    assert f"usage: {tool.name}" in capsys.readouterr().out
