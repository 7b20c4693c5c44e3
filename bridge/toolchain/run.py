"""Run one script of ABC or Yosys: bytes in, bytes out, and every sign of failure turned into a ToolRunError.

ABC exits 0 for missing files and unknown commands, so success means: exit code 0, no error marker in the log, and
every wanted file there. Whether a file parses, has the right shape and the right function is for the caller to see.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import InputError
from bridge.files.folder import Folder
from bridge.toolchain.locate import Tool, ToolName
from bridge.toolchain.process import LOG, Finished, Limits, ToolRunError, run_process

SCRIPTS: dict[ToolName, str] = {"abc": "script.abc", "yosys": "script.ys", "own": "script.own"}

_ERROR = re.compile(
    r"^ *(\*\* cmd error.*|Error\b.*|ERROR\b.*|Cannot .*|Empty (?:GIA )?network.*|There is no .*"
    r"|.*[Aa]ssertion .*failed.*|terminate called.*|.*std::bad_alloc.*|.*[Oo]ut of memory.*|Segmentation fault.*)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class ToolRun:
    """`files`: what was asked for, as far as it is there; `memory`: peak resident bytes."""

    files: dict[str, bytes]
    log: str
    seconds: float
    memory: int


def run_tool(
    tool: Tool,
    commands: Sequence[str],
    files: Mapping[str, bytes],
    wanted: Sequence[str] = (),
    *,
    optional: Sequence[str] = (),
    step: str,
    folder: Path | None = None,
    limits: Limits | None = None,
) -> ToolRun:
    """Run the commands, one a line, in `folder` (kept, with script and log) or in a temporary one.

    `files` are put into the folder first; those in `wanted` must be there in the end, those in `optional` may be. They
    are plain files, no larger than the tool was allowed to write. `step` says in errors what was going on. Raises
    ToolRunError.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
            inner = Path(temporary)
            return run_tool(tool, commands, files, wanted, optional=optional, step=step, folder=inner, limits=limits)
    script, place, limits = SCRIPTS[tool.name], Folder(folder), limits or Limits()
    try:
        for name, data in files.items():
            place.write(name, data)
        place.write(script, "".join(f"{command}\n" for command in commands))
        finished = run_process(tool.command(script), folder, limits, tool=tool.name, step=step)
    except (InputError, OSError) as error:
        raise ToolRunError(tool.name, step, f"could not be given its files ({error})") from error
    _reject_failure(finished, tool, step)
    produced = {}
    for name in (*wanted, *optional):
        try:
            produced[name] = place.read(name, "a result", limits.file_bytes, shared=True)
        except InputError as error:
            if name in wanted:
                fault = f"ended without writing {name} (see {LOG})"
                raise ToolRunError(tool.name, step, fault, finished.log) from error
    return ToolRun(produced, finished.log, finished.seconds, finished.memory)


def _reject_failure(finished: Finished, tool: Tool, step: str) -> None:
    marker = _ERROR.search(finished.log)
    if marker:
        raise ToolRunError(tool.name, step, "reported an error", finished.log, marker[1])
    if finished.code != 0:
        raise ToolRunError(tool.name, step, f"exited with code {finished.code}", finished.log)
