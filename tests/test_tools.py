"""Every tool of the repository still starts, and those that make tables make one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cell import Cell
from support.repository import TOOLS, said_by
from support.tools import real

pytestmark = pytest.mark.heavy


def test_a_small_cell_of_the_growth_table_is_proven() -> None:
    real("abc")
    command = [sys.executable, str(TOOLS / "growth.py"), "4000", "--texts"]
    done = subprocess.run(command, cwd=TOOLS.parent, capture_output=True, text=True, timeout=300, check=True)
    *rows, proof = done.stdout.splitlines()
    stages = {row.split()[0]: row for row in rows}
    assert list(stages) == ["stage", "cell", "lower", "certificate", "aiger", "blif", "verilog", "eval", "fraig"]
    assert "equivalent" in stages["certificate"]
    assert proof.split()[0].strip(",") == "equivalent"
    assert all(stages[name].endswith("equal") for name in ("aiger", "blif", "verilog"))


@pytest.mark.parametrize("how", [(), ("--torch",)])
def test_a_small_network_goes_all_the_way(how: tuple[str, ...]) -> None:
    real("abc")
    command = [sys.executable, str(TOOLS / "scale.py"), "20", "8", "4", *how]
    done = subprocess.run(command, cwd=TOOLS.parent, capture_output=True, text=True, timeout=300, check=True)
    stages = {row.split()[0]: row for row in done.stdout.splitlines()}
    assert [*stages][:6] == ["stage", "melt" if how else "cell", "lower", "certificate", "aiger", "fraig"]
    assert [*stages][7:] == ["run", "oracle"]
    assert "equal" in stages["oracle"]


SMALL = {
    "ensembles.py": (["iris", "--rows", "200"], "iris | XGBoost | 36 |"),
    "behaviours.py": (["tiny", "--behaviours", "1", "--fewest", "0"], "' the Lor' 'd' | "),
    "matrices.py": (["1:1:6:3"], "da4ml"),
    "circuits.py": (["100:2", "--flow", "fraig", "--rows", "100"], "100:2 | 0."),
}

NETWORKS = ["conv", "mixed", "dense"]  # of quantized.py

# What torch says of how torchlogix folds the views of its own circuits.
TRACED = pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node:UserWarning")
SLOW = pytest.param("circuits.py", marks=[pytest.mark.slow, TRACED])


@pytest.mark.parametrize("tool", ["behaviours.py", "ensembles.py", "matrices.py", SLOW])
def test_a_table_of_the_documentation_is_made_by_its_command(tool: str) -> None:
    real("abc")
    given, said = SMALL[tool]
    assert said in said_by(tool, *given)


def test_small_networks_are_trained_and_melted(tmp_path: Path) -> None:
    assert [row.split()[0] for row in said_by("quantized.py", str(tmp_path), "--epochs", "1").splitlines()] == NETWORKS
    assert all(Cell.load(tmp_path / f"{name}.safetensors").inputs for name in NETWORKS)


def test_the_table_of_ten_properties() -> None:
    said = said_by("properties.py", "tiny", "--only", "1", "10", "--seconds", "30")
    rows = [line.split("|") for line in said.splitlines()[2:]]
    assert [row[3].strip() for row in rows] == ["broken", "proven"]


@pytest.mark.parametrize("tool", sorted(path.name for path in TOOLS.glob("*.py")))
def test_it_says_what_it_is_for(tool: str) -> None:
    assert f"usage: {tool}" in said_by(tool, "--help")
