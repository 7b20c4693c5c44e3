"""Wheels and editable installs bring machine code: what common commands compile, done once while they are built.

Without it the first `lower` on a machine compiles for half a minute. The code is for processors of one level
(the last of `bridge.compiled.LEVELS`), lies in `bridge/machine_code` under names with the digests of its sources, and
is left aside wherever it does not fit: other sources, versions of Python or numba, processors. What runs netlists is
there for a better level, too, which the builder need not have. What only compiled code calls is in the code of its
callers, so its own is left out: all commands run twice, the second time to see what code they read. A builder that
cannot make it makes the same wheel without. AIGBRIDGE_MACHINE_CODE=0 leaves it out, which saves some minutes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VARIABLE = "AIGBRIDGE_MACHINE_CODE"
FOLDER = "bridge/machine_code"
LEVELS = "import sys, bridge.compiled as c; print(*c.LEVELS) if c.levels() else sys.exit('no such processor')"
AGAIN = "import sys, bridge.compiled.again as a; a.compile_again(*sys.argv[1:])"
VECTORS = ("bridge.execution.machines.interpreter", "bridge.execution.machines.streams")  # faster on the better level
READ = re.compile(r"\[cache\] data loaded from '(.*\.nbc)'")  # numba says so, if asked to
Done: TypeAlias = "subprocess.CompletedProcess[str]"
# In one folder; the two lists of a pair at once, on two cores, the second pair after the first.
RUNS = (
    (
        (
            "lower tiny -o tiny.aig",
            "lower tiny -o smaller.aig --effort 1",
            "train --corpus text --kind trees --ands 200 -o trained.safetensors",
        ),
        (
            "eval trees --text text",
            "eval tiny --text text",
            "eval serial --text text",
            "generate trees --bytes 20",
            "pack text --model trees -o text.pack",
            "unpack text.pack -o unpacked",
        ),
    ),
    (
        (
            "run tiny.aig resyn2",
            "eval tiny --text text --score",
            "eval tiny.aig --text text --score",
            "neurons tiny",
            "states tiny",
            "report tiny -o page.html",
        ),
        (
            "lower tiny --objective depth -o tiny.blif",
            "lower trees -o trees.aig",
            "lower serial --unroll -o serial.aag",
            "convert tiny.aig tiny.v",
            "convert tiny.aig tables.blif --lut-size 4",
            "stats tables.blif",
            "eval tiny.v --text text",
            "generate tiny.aig --bytes 20",
            "eval tiny.aig --text text --kernel portable",
            "lower kjv -o kjv.aig",
            "eval kjv.aig --text text",
        ),
    ),
)


class MachineCode(BuildHookInterface[Any]):
    """Runs before the files of a wheel are collected, or before an editable install points to them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get(VARIABLE) == "0":
            return
        if fault := make(Path(self.root)):
            self.app.display_warning(f"machine code is missing in this build: {fault}")
        if (Path(self.root) / FOLDER).is_dir():
            build_data["artifacts"].append(f"{FOLDER}/*")
            build_data["pure_python"], build_data["infer_tag"] = False, True


def make(root: Path) -> str:
    """Fill the folder anew; what was in the way, if anything was."""
    shutil.rmtree(root / FOLDER, ignore_errors=True)
    environment = os.environ | {"PYTHONPATH": str(root)}
    asked = subprocess.run([sys.executable, "-c", LEVELS], env=environment, capture_output=True, text=True, check=False)
    if asked.returncode:
        return asked.stderr.strip().rpartition("\n")[2]
    better, level = asked.stdout.split()
    with TemporaryDirectory() as folder:
        work = Path(folder)
        environment |= {"NUMBA_CACHE_DIR": str(work / "code"), "NUMBA_CPU_NAME": level, "NUMBA_CPU_FEATURES": ""}
        faults, _ = _run_all(work / "first", environment)
        _, called = _run_all(work / "second", environment | {"NUMBA_DEBUG_CACHE": "1"})
        for path in (work / "code").rglob("*.nbc"):
            if path.name not in called:
                path.unlink()
        again = [sys.executable, "-c", AGAIN, level, *VECTORS]
        faults += _fault(_done(again, work, environment | {"NUMBA_CPU_NAME": better}))
        (work / "flat").mkdir()
        for index in (work / "code").rglob("*.nbi"):
            if code := [*index.parent.glob(f"{index.stem}.*.nbc")]:
                for path in (index, *code):
                    shutil.copyfile(path, work / "flat" / path.name)
        shutil.copytree(work / "flat", root / FOLDER)
    return "; ".join(faults)


def _run_all(folder: Path, environment: dict[str, str]) -> tuple[list[str], set[str]]:
    """(what went wrong, the files of code that were read); a command that lacks an extra is no reason to leave out the
    others."""
    folder.mkdir()
    (folder / "text").write_text("And it came to pass, as it is written.\n" * 100, encoding="ascii")
    environment = environment | {"AIGBRIDGE_CACHE": str(folder / "results")}  # what is kept would not be run again
    with ThreadPoolExecutor() as pool:
        lanes = [lane for pair in RUNS for lane in pool.map(partial(_run, folder, environment), pair)]
    done = [each for lane in lanes for each in lane]
    read = {Path(path).name for each in done for path in READ.findall(each.stdout)}
    return [fault for each in done for fault in _fault(each)], read


def _run(folder: Path, environment: dict[str, str], commands: tuple[str, ...]) -> list[Done]:
    return [_done([sys.executable, "-m", "bridge.cli", *command.split()], folder, environment) for command in commands]


def _done(call: list[str], folder: Path, environment: dict[str, str]) -> Done:
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _fault(done: Done) -> list[str]:
    if not done.returncode:
        return []
    return [f"`{' '.join(done.args[3:])}` ended with {done.returncode}: {done.stderr.strip()[-200:]}"]


if __name__ == "__main__":
    sys.exit(make(Path(__file__).parent))
