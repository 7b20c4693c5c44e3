"""What first and later commands take, in seconds of the processor.

Each command runs with an empty cache of machine code, and then once more with what that left. `first`: as installed;
`later`: again; with --compile also `compiled`: as if nothing had been shipped, so that all is compiled. The number of
functions compiled stands beside it. Commands run in a folder with `text` and `tiny.aig` in it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import llvmlite.binding as llvm

from bridge.compiled import SHIPPED

COMMANDS = (
    "--help",
    "stats tiny",
    "lower tiny -o out.aig",
    "lower kjv -o out.aig",
    "lower tiny -o out.aig --effort 1",
    "run tiny.aig resyn2",
    "eval trees --text text",
    "eval tiny.aig --text text",
    "eval tiny.aig --text text --score",
    "train --corpus text --kind trees --ands 200 -o out.safetensors",
)
# Who asks for a certain processor gets no shipped code (bridge/compiled).
COMPILED = {"NUMBA_CPU_NAME": llvm.get_host_cpu_name(), "NUMBA_CPU_FEATURES": llvm.get_host_cpu_features().flatten()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="*", default=COMMANDS, metavar="COMMAND", help="in one word each, by quotes")
    parser.add_argument("--compile", action="store_true", help="also as if nothing had been shipped")
    options = parser.parse_args()
    compiling = options.compile
    shipped = len([*SHIPPED.glob("*.nbc")])
    print(f"{shipped} functions shipped" if shipped else "nothing shipped: see hatch_build.py")
    print(f"{'command':28} {'first':>12} {'later':>7}" + compiling * f"{'compiled':>16}")
    with TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "text").write_text("And it came to pass, as it is written.\n" * 100, encoding="ascii")
        seconds(work, "lower tiny -o tiny.aig", {})
        for command in options.commands:
            row = f"{command:28.28} {_shown(*cold(work, command, {}))} {seconds(work, command, {}):7.2f}"
            print(row + (f"    {_shown(*cold(work, command, COMPILED))}" if compiling else ""), flush=True)


def cold(work: Path, command: str, environment: dict[str, str]) -> tuple[float, int]:
    """(seconds, functions compiled) from an empty cache."""
    for place in ("code", "results"):
        shutil.rmtree(work / place, ignore_errors=True)
    taken = seconds(work, command, environment)
    return taken, len([*(work / "code").rglob("*.nbc")])


def _shown(taken: float, compiled: int) -> str:
    return f"{taken:6.2f} ({compiled:3})"


def seconds(work: Path, command: str, environment: dict[str, str]) -> float:
    """Of the processor, children included."""
    places = {"NUMBA_CACHE_DIR": str(work / "code"), "AIGBRIDGE_CACHE": str(work / "results")}
    # As where it is installed: Python keeps the byte code of what it has read.
    places |= {"PYTHONDONTWRITEBYTECODE": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-m", "bridge.cli", *command.split()]
    subprocess.run(call, cwd=work, env=os.environ | places | environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
