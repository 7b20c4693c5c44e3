"""`run --docker` without a Docker engine: a fake client says what it was told, and everything that may be missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from support.command_line import Call

CLIENT = """#!{python} -SE
import json, os, sys
if sys.argv[1:3] == ["image", "inspect"]:
    {inspected}
json.dump(sys.argv[1:], open({told!r}, "w"))
{ran}
"""


def client(folder: Path, monkeypatch: pytest.MonkeyPatch, inspected: str = "sys.exit()", ran: str = "") -> Path:
    """Put a fake docker on PATH; the file that receives what it was told."""
    told = folder / "told.json"
    program = folder / "docker"
    program.write_text(CLIENT.format(python=sys.executable, inspected=inspected, ran=ran, told=str(told)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return told


def test_what_is_missing_is_said(call: Call, netlist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = call("run", netlist, "fraig", "--docker")
    assert (found.code, found.err) == (
        4,
        "aigbridge: docker was not found on PATH; install it, or leave out --docker\n",
    )
    client(tmp_path, monkeypatch, 'sys.exit("Error: No such image: aigbridge")')
    found = call("run", netlist, "fraig", "--docker")
    assert found.code == 4
    assert "docker build --network host -t aigbridge -f docker/Dockerfile ." in found.err
    client(tmp_path, monkeypatch, 'sys.exit("Cannot connect to the Docker daemon. Is it running?")')
    found = call("run", netlist, "fraig", "--docker")
    assert found.code == 4
    assert "docker does not answer (Cannot connect to the Docker daemon" in found.err
    assert found.err.count("\n") == 1


def test_what_the_client_is_told(call: Call, netlist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = client(tmp_path, monkeypatch, ran='sys.stderr.write("aigbridge: no such thing\\n"); sys.exit(2)')
    found = call("run", netlist, "fraig", "--docker", "--image", "mine:1", "--second-opinion", "--jobs", "2")
    assert (found.code, found.err) == (2, "aigbridge: in the image 'mine:1': no such thing\n")
    arguments = json.loads(told.read_text())
    assert arguments[:3] == ["run", "--rm", "--read-only"]
    assert arguments[arguments.index("--tmpfs") + 1] == "/tmp"
    assert int(arguments[arguments.index("--pids-limit") + 1]) > 0
    assert arguments[arguments.index("--network") + 1] == "none"
    assert arguments[arguments.index("--user") + 1].count(":") == 1
    assert f"{tmp_path / 'runs'}:/runs" in arguments
    inside = ["run", "/in/netlist.aig", "/in/0.yaml", "--out", "/runs", "--json", "--second-opinion", "--jobs", "2"]
    assert arguments[arguments.index("mine:1") + 1 :] == inside


@pytest.mark.parametrize("ran", ["print('{}')", "pass", "sys.exit(125)", "os.abort()"])
def test_an_image_that_answers_nonsense(
    call: Call,
    netlist: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ran: str,
) -> None:
    client(tmp_path, monkeypatch, ran=ran)
    found = call("run", netlist, "fraig", "--docker")
    assert found.code == 4
    assert found.err.startswith("aigbridge: ")
    assert "image 'aigbridge'" in found.err
    assert found.err.count("\n") == 1
