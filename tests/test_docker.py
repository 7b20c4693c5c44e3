"""The image builds, runs without network as the caller's user, and gives the same bytes as a native run.

Needs a Docker engine: set AIGBRIDGE_DOCKER=1 (CI does), and a missing engine is a failure.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.flow import Flow, load_flow, run_flow
from bridge.flow.container import run_in_image
from bridge.flow.schema import Step
from bridge.formats import write_netlist
from bridge.lowering import lower
from bridge.resources import netlist_path
from support.processes import until

ROOT = Path(__file__).parents[1]
IMAGE = "aigbridge:test"

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(os.environ.get("AIGBRIDGE_DOCKER") != "1", reason="AIGBRIDGE_DOCKER is not 1"),
]


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def image() -> str:
    docker("build", "-q", "--network", "host", "-t", IMAGE, "-f", str(ROOT / "docker" / "Dockerfile"), str(ROOT))
    return IMAGE


@pytest.fixture
def user() -> tuple[int, int]:
    """Never root: tests that root runs stand for some user of another number."""
    return (12345, 12345) if os.getuid() == 0 else (os.getuid(), os.getgid())


def test_a_flow_in_the_container_gives_the_bytes_of_a_native_run(
    image: str, tmp_path: Path, user: tuple[int, int]
) -> None:
    aig = lower(Cell.load(str(netlist_path("tiny.safetensors"))))
    write_netlist(aig, tmp_path / "tiny.aig")
    tmp_path.chmod(0o777)
    mine = ("--user", f"{user[0]}:{user[1]}")
    docker(
        "run", "--rm", "--network", "none", *mine, "-v", f"{tmp_path}:/data", image, "run", "tiny.aig", "compress2rs"
    )
    (result,) = (tmp_path / "runs").glob("*/result.aig")
    assert result.stat().st_uid == user[0]
    native = run_flow(aig, "compress2rs", tmp_path / "native", cached=False)
    assert native.folder is not None
    assert (native.folder / "result.aig").read_bytes() == result.read_bytes()


SEALED = (
    *("--memory", "8g", "--pids-limit", "256", "--network", "none", "--read-only", "--tmpfs", "/tmp"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


def test_all_that_is_done_with_a_cell_is_done_within_limits(image: str, tmp_path: Path) -> None:
    """As docs/cluster.md has it; nobody's number is the image's own user."""
    tmp_path.chmod(0o777)
    text = tmp_path / "text"
    text.write_text("And it came to pass, as it is written.\n" * 100)

    def inside(*command: str) -> str:
        return docker("run", "--rm", *SEALED, "--user", "12345:12345", "-v", f"{tmp_path}:/data", image, *command)

    inside("lower", "tiny", "-o", "tiny.aig")
    inside("run", "tiny.aig", "resyn2")
    inside("check", "tiny.aig", "latest")
    assert "bits per byte" in inside("eval", "latest", "--text", "text")
    inside("report", "tiny", "--quick", "--text", "text", "-o", "page.html")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert json.loads(inside("doctor", "--json"))


def test_a_limit_of_memory_is_one(image: str) -> None:
    """What takes more is ended, and the machine goes on."""
    script = "import numpy; numpy.ones(1 << 30)"
    small = ("--memory", "256m", "--memory-swap", "256m", "--entrypoint", "python")
    command = ["docker", "run", "--rm", *SEALED, *small, image, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 137 or "MemoryError" in done.stderr


def test_nobody_is_root_and_nothing_installs(image: str) -> None:
    python = ("run", "--rm", "--network", "none", "--entrypoint", "python", image, "-c")
    script = "import os, importlib.util as u; print(os.getuid(), [n for n in ('pip', 'setuptools') if u.find_spec(n)])"
    assert docker(*python, script) == "1000 []\n"


def test_the_image_is_small(image: str) -> None:
    """Without what it stands on."""
    sizes = [int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (image, "debian:bookworm-slim")]
    assert sizes[0] - sizes[1] < 700e6


def test_our_own_command_runs_flows_in_the_image(image: str, tmp_path: Path, user: tuple[int, int]) -> None:
    aig = lower(Cell.load(str(netlist_path("tiny.safetensors"))))
    out = tmp_path / "runs"
    out.mkdir()
    os.chown(out, *user)
    mine = Flow(name="mine", steps=(Step(best_of=((Step(abc=("dc2",)),), (Step(abc=("resyn2",), scope="block"),))),))
    ran = run_in_image(aig, [mine, load_flow("fraig")], out, image=image, user=user)
    assert (ran.code, ran.facts["verdict"]) == (0, "equivalent")
    for facts, flow in zip(ran.facts["runs"], (mine, "fraig"), strict=True):
        native = run_flow(aig, flow, tmp_path / "native", cached=False)
        assert native.folder is not None
        assert Path(facts["netlist"]).read_bytes() == (native.folder / "result.aig").read_bytes()
    places = [*out.rglob("*")]
    assert len(places) > 20
    assert {(place.stat().st_uid, place.stat().st_gid) for place in places} == {user}
    sealed = tmp_path / "sealed"
    sealed.mkdir(mode=0o555)
    with pytest.raises(InputError, match=r"in the image .*: .*/sealed.* Permission denied"):
        run_in_image(aig, [mine], sealed, image=image, user=(54321, 54321))


def test_the_command_line_runs_in_the_image(image: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge.cli", "run", "tiny", "fraig", "--docker", "--image", image, "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True)
    result = tmp_path / json.loads(done.stdout)["netlist"]
    assert result.stat().st_uid == os.getuid()
    native = run_flow(lower(Cell.load(str(netlist_path("tiny.safetensors")))), "fraig", tmp_path / "n", cached=False)
    assert native.folder is not None
    assert result.read_bytes() == (native.folder / "result.aig").read_bytes()


def test_ctrl_c_ends_the_container(image: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge.cli", "run", "kjv", "shrink", "--docker", "--image", image]
    child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    until(child, lambda: [*tmp_path.glob("runs/*/01-abc/log.txt")])
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60)[1] == "aigbridge: interrupted\n"
    assert child.returncode == 130
    (record,) = tmp_path.glob("runs/*/run.json")
    assert json.loads(record.read_text())["state"] == "interrupted"
    assert "aigbridge-" not in docker("ps", "--format", "{{.Names}}")
