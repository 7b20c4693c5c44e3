"""Run flows in our Docker image: the same netlists byte for byte, with the tools that the image was built with."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.errors import BridgeError, InputError, ToolError
from bridge.files import make_directory
from bridge.flow.schema import Flow
from bridge.formats.aiger_write import write_aiger
from bridge.toolchain.docker import Mount, run_image

IMAGE = "aigbridge"
_IN, _OUT = "/in", "/runs"
_ANSWERED = (0, 3)


@dataclass(frozen=True)
class ContainerRun:
    """`code`: the exit code of `aigbridge run` inside; `facts`: what it printed, with our paths."""

    code: int
    facts: dict[str, Any]


def run_in_image(
    aig: Aig,
    flows: Sequence[Flow],
    out: Path,
    options: Sequence[str] = (),
    *,
    image: str = IMAGE,
    user: tuple[int, int] | None = None,
) -> ContainerRun:
    """Run the flows on the netlist in a container without network, as `user` (default: the caller); the folders of the
    runs are left below `out`. `options`: more of `aigbridge run`.

    ToolError without docker, its engine or the image; InputError and ToolError as the runs inside.
    """
    make_directory(out)
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        write_aiger(aig, folder / "netlist.aig")
        names = [f"{number}.yaml" for number in range(len(flows))]
        for name, flow in zip(names, flows, strict=True):
            # JSON is YAML; the image may know other flows by these names.
            (folder / name).write_text(flow.model_dump_json(exclude_none=True))
        arguments = ["run", f"{_IN}/netlist.aig", *(f"{_IN}/{name}" for name in names), "--out", _OUT, "--json"]
        mounts = [Mount(folder, _IN), Mount(out, _OUT, writable=True)]
        ended = run_image(image, [*arguments, *options], mounts, user or (os.getuid(), os.getgid()))
    if ended.code not in _ANSWERED:
        said = " ".join(ended.err.split()).removeprefix("aigbridge: ") or f"exit code {ended.code}"
        kind: type[BridgeError] = InputError if ended.code == InputError.exit_code else ToolError
        raise kind(f"in the image {image!r}: {said.replace(_OUT, str(out))}")
    try:
        facts = json.loads(ended.out)
        for run in (facts, *facts["runs"]):
            run |= {key: str(_outside(run[key], out)) for key in ("run", "netlist")}
    except (KeyError, TypeError, ValueError) as error:
        raise ToolError(f"the image {image!r} answered what this version does not understand: {error!r}") from error
    return ContainerRun(ended.code, facts)


def _outside(inside: str, out: Path) -> Path:
    """Where a path of the container is here. ValueError if it is not in the folder of the runs."""
    path = Path(inside).relative_to(_OUT)
    if ".." in path.parts:
        raise ValueError(f"{inside[:100]!r} is not below {_OUT}")
    return out / path
