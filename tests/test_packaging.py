"""The wheel holds flows and netlists, finds them, and needs no torch; both distributions can be published."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import bridge
from bridge.compiled import levels
from support.tools import skip_or_fail

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[1]
WEB = "bridge/report/web"
PORTABLE = os.environ | {"AIGBRIDGE_MACHINE_CODE": "0"}
FIND = """
import sys
import bridge
from bridge.resources import shipped_flows
from bridge.cell import Cell
from bridge.flow import load_flow
assert "shrink" in shipped_flows()
load_flow("shrink")
Cell.load("tiny")
assert "torch" not in sys.modules
print(bridge.__file__)
"""


def test_the_wheel_is_complete(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, env=PORTABLE, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert "bridge/flows/shrink.yaml" in names
    assert "bridge/netlists/kjv.safetensors" in names
    assert {f"bridge/report/{file.name}" for file in (ROOT / "bridge" / "report").glob("*.*")} <= set(names)
    scripts = {str(file.relative_to(ROOT)) for file in (ROOT / WEB).rglob("*.js") if "node_modules" not in file.parts}
    assert scripts <= set(names)
    assert {Path(name).suffix for name in names if name.startswith(WEB)} == {".js", ".css", ".html"}, "no npm"
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    found = subprocess.run(
        [sys.executable, "-c", FIND],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.stdout.strip().startswith(str(tmp_path / "site"))


@pytest.mark.skipif(not levels(), reason="machine code is shipped for newer processors")
def test_machine_code_is_made_once(tmp_path: Path) -> None:
    """The hook of wheels and editable installs, on a copy and with a command that compiles little."""
    unwanted = shutil.ignore_patterns("__pycache__", "node_modules", "machine_code")
    for part in ("bridge", "flows", "netlists"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=unwanted)
    (tmp_path / "a.aag").write_text("aag 3 2 0 1 1\n2\n4\n6\n6 4 2\n")
    command = f"convert {tmp_path}/a.aag b.aig"
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    hook.RUNS = (((command, "convert nothing.aag b.aig"),),)
    hook.VECTORS = ("bridge.formats.aiger_bytes",)
    assert "`convert nothing.aag b.aig` ended with 2" in hook.make(tmp_path), "one that fails does not stop the others"
    files = {path.name for path in (tmp_path / hook.FOLDER).glob("aiger_bytes.*.nbc")}
    levels_of = {name: name.replace(".1.nbc", ".2.nbc") for name in files if name.endswith(".1.nbc")}
    assert levels_of
    assert {*levels_of, *levels_of.values()} == files, "each once for both levels"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "own")}
    call = [sys.executable, "-m", "bridge.cli", *command.split()]
    subprocess.run(call, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=120)
    assert not [*(tmp_path / "own").rglob("*.nbc")]


def test_both_distributions_can_be_published(tmp_path: Path) -> None:
    if importlib.util.find_spec("twine") is None:
        skip_or_fail("twine is not installed")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, env=PORTABLE, check=True, capture_output=True, timeout=120)
    made = sorted(tmp_path.iterdir())
    assert [path.name.removeprefix(f"aigbridge-{bridge.__version__}") for path in made] == [
        "-py3-none-any.whl",
        ".tar.gz",
    ]
    check = [sys.executable, "-m", "twine", "check", "--strict", *map(str, made)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(made[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60).stdout.split("\n")
    sources = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["sdist"][
        "include"
    ]
    wanted = {name for name in kept if name.split("/")[0] in sources}
    assert wanted - names == set()
    assert names - {*kept, "PKG-INFO"} == set()


def test_the_citation_names_this_version() -> None:
    facts = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (facts["title"].split(":")[0], facts["version"], facts["license"]) == (
        "aigbridge",
        bridge.__version__,
        "MIT",
    )


def test_folders_of_npm_stay_out(tmp_path: Path) -> None:
    """Also where no version control says so."""
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for part in ("bridge", "flows", "netlists"):
        unwanted = shutil.ignore_patterns("__pycache__", "node_modules", "machine_code")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=unwanted)
    (tmp_path / WEB / "node_modules").mkdir()
    (tmp_path / WEB / "node_modules" / "theirs.js").write_text("")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(build, cwd=tmp_path, env=PORTABLE, check=True, capture_output=True, timeout=120)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if "node_modules" in name]
