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

from bridge.toolchain.locate import Tool, ToolName
from bridge.toolchain.process import LOG, Finished, Limits, ToolRunError, run_process

SCRIPTS: dict[ToolName, str] = {"abc": "script.abc", "yosys": "script.ys"}

_ERROR = re.compile(
    r"^ *(\*\* cmd error.*|Error\b.*|ERROR\b.*|Cannot .*|Empty (?:GIA )?network.*|There is no .*"
    r"|.*[Aa]ssertion .*failed.*|terminate called.*|.*std::bad_alloc.*|.*[Oo]ut of memory.*|Segmentation fault.*)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class ToolRun:
    """`files`: what was asked for; `memory`: peak resident bytes."""

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
    step: str,
    folder: Path | None = None,
    limits: Limits | None = None,
) -> ToolRun:
    """Run the commands, one a line, in `folder` (kept, with script and log) or in a temporary one.

    `files` are put into the folder first; `step` says in errors what was going on. Raises ToolRunError.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
            return run_tool(tool, commands, files, wanted, step=step, folder=Path(temporary), limits=limits)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    script = SCRIPTS[tool.name]
    (folder / script).write_text("".join(f"{command}\n" for command in commands))
    finished = run_process(tool.command(script), folder, limits or Limits(), tool=tool.name, step=step)
    _reject_failure(finished, tool, step)
    for name in wanted:
        file = folder / name
        if not file.is_file() or file.stat().st_size == 0:
            raise ToolRunError(tool.name, step, f"ended without writing {name} (see {LOG})", finished.log)
    produced = {name: (folder / name).read_bytes() for name in wanted}
    return ToolRun(produced, finished.log, finished.seconds, finished.memory)


def _reject_failure(finished: Finished, tool: Tool, step: str) -> None:
    marker = _ERROR.search(finished.log)
    if marker:
        raise ToolRunError(tool.name, step, "reported an error", finished.log, marker[1])
    if finished.code != 0:
        raise ToolRunError(tool.name, step, f"exited with code {finished.code}", finished.log)
