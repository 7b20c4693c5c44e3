"""The image builds, runs without network as the caller's user, and gives the same bytes as a native run.

Needs a Docker engine: set AIGBRIDGE_DOCKER=1 (CI does), and a missing engine is a failure.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bridge.cell import Cell
from bridge.flow import run_flow
from bridge.formats import write_netlist
from bridge.lowering import lower
from bridge.resources import netlist_path

ROOT = Path(__file__).parents[1]
IMAGE = "aigbridge:test"

pytestmark = pytest.mark.skipif(os.environ.get("AIGBRIDGE_DOCKER") != "1", reason="AIGBRIDGE_DOCKER is not 1")


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def image() -> str:
    docker("build", "-q", "--network", "host", "-t", IMAGE, "-f", str(ROOT / "docker" / "Dockerfile"), str(ROOT))
    return IMAGE


def test_a_flow_in_the_container_gives_the_bytes_of_a_native_run(image: str, tmp_path: Path) -> None:
    aig = lower(Cell.load(str(netlist_path("tiny.safetensors"))))
    write_netlist(aig, tmp_path / "tiny.aig")
    tmp_path.chmod(0o777)
    user = ("--user", "12345:12345") if os.getuid() == 0 else ("--user", f"{os.getuid()}:{os.getgid()}")
    docker(
        "run", "--rm", "--network", "none", *user, "-v", f"{tmp_path}:/data", image, "run", "tiny.aig", "compress2rs"
    )
    (result,) = (tmp_path / "runs").glob("*/result.aig")
    assert result.stat().st_uid == int(user[1].split(":")[0])
    native = run_flow(aig, "compress2rs", tmp_path / "native", cached=False)
    assert native.folder is not None
    assert (native.folder / "result.aig").read_bytes() == result.read_bytes()
