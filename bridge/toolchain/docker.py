"""Run our own image: the caller's user, the caller's files, no network, nothing else to write to, a bound on processes.

How much memory it may have, the machine's owner says (docs/cluster.md); what each tool may have, the run does.
"""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import ToolError

BUILD = "docker build --network host -t {image} -f docker/Dockerfile ."
_MOST_PROCESSES = 4096  # and threads, of which libraries start one for each core
_QUICK_SECONDS = 60
_STOP_SECONDS = 10


@dataclass(frozen=True)
class Mount:
    """A folder of ours that the container sees at `inside`."""

    outside: Path
    inside: str
    writable: bool = False

    def option(self) -> str:
        return f"{self.outside.resolve()}:{self.inside}" + ("" if self.writable else ":ro")


@dataclass(frozen=True)
class Ended:
    """What a container left."""

    code: int
    out: str
    err: str


def run_image(image: str, arguments: Sequence[str], mounts: Sequence[Mount], user: tuple[int, int]) -> Ended:
    """Run the image's entry point with these arguments as that user and group; the container is gone afterwards.

    Ctrl-C asks the container to end, and waits for it. ToolError without docker, its engine, or the image.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise ToolError("docker was not found on PATH; install it, or leave out --docker")
    _check_image(docker, image)
    name = f"aigbridge-{uuid.uuid4().hex[:12]}"
    options = {"--name": name, "--network": "none", "--user": f"{user[0]}:{user[1]}", "--env": "HOME=/tmp"}
    options |= {"--cap-drop": "ALL", "--security-opt": "no-new-privileges"}
    options |= {"--pids-limit": str(_MOST_PROCESSES), "--tmpfs": "/tmp"}
    command = [docker, "run", "--rm", "--read-only", *_flat(options)]
    for mount in mounts:
        command += ["--volume", mount.option()]
    # A session of its own: the terminal's Ctrl-C must reach us, not the client.
    process = subprocess.Popen(
        [*command, image, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        out, err = process.communicate()
    except BaseException:
        stop = [docker, "stop", "-t", str(_STOP_SECONDS), name]
        subprocess.run(stop, capture_output=True, check=False, timeout=_QUICK_SECONDS)
        process.kill()
        process.wait()
        raise
    return Ended(process.returncode, out, err)


def _check_image(docker: str, image: str) -> None:
    command = [docker, "image", "inspect", "--format", "{{.Id}}", image]
    try:
        found = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_QUICK_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{docker} does not work: {error}") from error
    if found.returncode == 0:
        return
    said = " ".join(found.stderr.split()) or f"exit code {found.returncode}"
    if "no such image" in said.lower():
        build = BUILD.format(image=image)
        raise ToolError(f"docker has no image {image!r}; build it in a checkout of aigbridge: {build}")
    raise ToolError(f"docker does not answer ({said[:300]}); start its engine, or set DOCKER_HOST")


def _flat(options: Mapping[str, str]) -> list[str]:
    return [part for pair in options.items() for part in pair]
