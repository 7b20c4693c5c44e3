"""Folders of runs as a stranger might hand them over: `python tools/fuzz_runs.py --count 3000`.

A real run is copied and changed: values and keys of its records, nesting, missing and truncated files, and entries that
are links, pipes, devices or hard links to a canary outside. Then one command reads it, or goes on with it. Exit code 1
if one raises what is no error of ours, hangs, changes anything outside the folder, or shows what stands there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fuzz_flows import random_netlist

from bridge.errors import BridgeError
from bridge.flow import Flow, compare, resume_flow, run_flow
from bridge.flow.repeat import repro
from bridge.flow.rerun import rerun
from bridge.flow.schema import Repeat, Step
from bridge.formats import read_netlist
from bridge.formats.aiger_write import format_aiger
from bridge.report.subject import subject_of

SECONDS = 60
TOKEN = "CANARY"
ROUND = Step(repeat=Repeat(at_most=2, until="no_gain", steps=(Step(abc=("resub -K 6",)),)))
COMBINATIONAL = Flow(name="mixed", steps=(Step(abc=("dc2",), scope="block"), ROUND))
SEQUENTIAL = Flow(name="machine", preserves="sequential", steps=(Step(abc=("scleanup",)), Step(abc=("rewrite",))))
JSON_FILES = ("run.json", "metrics.json", "step.json")
WORDS = ["", "x", "../x", "/etc/passwd", "..", "01-abc/../../x", "a\0b", "\ud800", "\x1b[31m", "x" * 5000, "9" * 5000]
STRANGE: list[Any] = [*WORDS, "01-abc", "input.aig", None, True, -1, 0, 1 << 70, 1.5, [], {}, [[]], [1], {"a": 1}]
RAW = [b"", b"{", b"[" * 100_000, b'{"a":' * 50_000, b"[]", b"null", b"\xff\xfe\x00", b"9" * 9999, b"aig 9 9 9 9 9"]
RAW += [b'{"aigbridge_run": 1}', b'{"aigbridge_run": 1, "state": NaN}', b'{"aigbridge_run": 1, "x": 1e999}']


class World:
    """A folder with two runs, and beside it what nobody may touch: another run, a netlist, a text."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.runs = [self._ran(COMBINATIONAL, 2), self._ran(SEQUENTIAL, 3)]
        self.outside = place / "outside"
        self.outside.mkdir()
        (self.outside / "text").write_text(f"{TOKEN} of the user\n" * 9)
        aig = replace(read_netlist(self.runs[0] / "input.aig"), name=TOKEN)
        (self.outside / "netlist").write_bytes(format_aiger(aig))
        strangers = run_flow(aig, COMBINATIONAL.model_copy(update={"name": TOKEN}), place / "runs").folder
        assert strangers is not None
        strangers.rename(self.outside / "run")
        for path in (self.outside / "run").rglob("*.json"):
            path.write_text(path.read_text().replace('"label": "', f'"label": "{TOKEN} '))
        self.before = self.canary()

    def _ran(self, flow: Flow, seed: int) -> Path:
        folder = run_flow(random_netlist(seed), flow, self.place / "runs", cached=False).folder
        assert folder is not None
        return folder

    def canary(self) -> dict[str, tuple[int, bytes]]:
        """Everything outside, by name: its kind and content."""
        found = {}
        for path in sorted(self.outside.rglob("*")):
            facts = path.lstat()
            found[str(path)] = (stat.S_IFMT(facts.st_mode), path.read_bytes() if path.is_file() else b"")
        return found

    def target(self, entry: Path, rng: random.Random) -> Path:
        """Something outside of the kind that is expected there, or of any."""
        there = self.outside / "run" / entry.name
        choices = [self.outside / "text", self.outside / "netlist", there, self.outside / "run" / "run.json"]
        choices += [self.outside / "new"]
        if entry.is_dir():
            choices = [self.outside / "run", self.outside, *(path for path in [there] if path.is_dir())]
        return rng.choice(choices)


def places_of(facts: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value."""
    inner = facts.items() if isinstance(facts, dict) else enumerate(facts) if isinstance(facts, list) else ()
    return [place, *(way for key, value in inner for way in places_of(value, (*place, key)))]


def change_json(path: Path, rng: random.Random) -> None:
    facts = json.loads(path.read_text())
    *way, last = rng.choice(places_of(facts)[1:])
    holder = facts
    for key in way:
        holder = holder[key]
    what = rng.random()
    if what < 0.2 and isinstance(holder, dict):
        del holder[last]
    elif what < 0.3:
        depth = rng.choice([70, 700, 9000])
        text = json.dumps(facts).replace(json.dumps(holder[last]), "[" * depth + "]" * depth, 1)
        path.write_text(text)
        return
    else:
        holder[last] = rng.choice([*STRANGE, *("running", "done", "interrupted", "failed") * 2])
    path.write_text(json.dumps(facts))


def change_bytes(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    how = rng.randrange(3)
    if how == 0:
        data = bytearray(rng.choice(RAW))
    elif how == 1:
        del data[rng.randrange(len(data)) :]
    else:
        for _ in range(3):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def replace_entry(world: World, path: Path, rng: random.Random) -> str:
    """Put something else where the entry was."""
    kinds = ["symlink"] * 4 + ["fifo", "socket", "device", "folder", "nothing", "loop", "hardlink", "hardlink"]
    kind, target = rng.choice(kinds), world.target(path, rng)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    if kind == "symlink":
        path.symlink_to(target if rng.random() < 0.7 else os.path.relpath(target, path.parent))
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            os.chdir(path.parent)
            server.bind(path.name)
    elif kind == "device":
        try:
            os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        except PermissionError:  # only root may
            path.symlink_to(rng.choice(["/dev/zero", "/dev/full", "/dev/tty", "/dev/stdin"]))
    elif kind == "folder":
        path.mkdir()
    elif kind == "hardlink" and target.is_file():
        os.link(target, path)
    return kind


def mutate(world: World, run: Path, rng: random.Random) -> list[str]:
    """Change a copy of a run; what was done."""
    done = []
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        entries = [path for path in sorted(run.rglob("*")) if path.is_dir() or path.is_file()]
        entries = [path for path in entries if not path.is_symlink() and path.resolve().is_relative_to(run.resolve())]
        files = [path for path in entries if path.is_file() and path.stat().st_nlink == 1 and path.stat().st_size]
        records = [path for path in files if path.name in JSON_FILES]
        kind = rng.choice(["json", "json", "bytes", "entry", "entry", "entry"])
        try:
            if kind == "json" and records:
                path = rng.choice([*records, *[path for path in records if path.name == "run.json"] * 3])
                change_json(path, rng)
            elif kind == "bytes" and files:
                path = rng.choice(files)
                change_bytes(path, rng)
            else:
                path = rng.choice(entries)
                kind = replace_entry(world, path, rng)
        except (ValueError, RecursionError, IndexError, UnicodeError):
            continue  # changed before so that it is no JSON any more
        done.append(f"{kind} {path.relative_to(run)}")
    return done


def show(run: Path) -> str:
    table = compare(run, structure=True)
    return f"{table} {table.to_json()} {table.notes}"


def again(run: Path) -> str:
    steps = [path for path in [*run.glob("*-*"), *run.glob("*-*/*-*")] if path.is_dir()]
    return "".join(_rerun(step) for step in steps[:3])


def _rerun(step: Path) -> str:
    try:
        return str(rerun(step))
    except BridgeError as error:
        return str(error)


COMMANDS: dict[str, Callable[[Path], str]] = {
    "diff": show,
    "report": lambda run: str([(r.name, str(r.table), r.verdict, r.after.name) for r in subject_of([run]).runs]),
    "resume": lambda run: str(resume_flow(run).diff()),
    "repro": lambda run: repro(run).reason,
    "rerun": again,
}


def _hang(_number: int, _frame: object) -> None:
    raise TimeoutError(f"it took more than {SECONDS} s")


def trial(world: World, seed: int) -> tuple[str, str]:
    """(what came of it, what was wrong or nothing)."""
    rng = random.Random(seed)
    run = world.place / "mutant"
    shutil.copytree(rng.choice(world.runs), run)
    done, command = mutate(world, run, rng), rng.choice([*COMMANDS, "diff", "report", "rerun"])
    signal.signal(signal.SIGALRM, _hang)
    signal.alarm(SECONDS)
    outcome, wrong = "answered", ""
    try:
        said = COMMANDS[command](run)
    except BridgeError as error:
        outcome, said = type(error).__name__, str(error)
    except BaseException:
        said, wrong = "", traceback.format_exc()
    finally:
        signal.alarm(0)
        os.chdir(world.place)
    if world.canary() != world.before:
        wrong += "something outside was changed"
    if TOKEN in said or _leaked(run):
        wrong += f"what is outside was shown or copied: {said[:500]}"
    shutil.rmtree(run)
    return f"{command}: {outcome}", wrong and f"seed {seed}, {done}, {command}: {wrong}"


def _leaked(run: Path) -> bool:
    files = [path for path in run.rglob("*") if stat.S_ISREG((facts := path.lstat()).st_mode) and facts.st_nlink == 1]
    return any(TOKEN.encode() in path.read_bytes() for path in files if path.resolve().is_relative_to(run.resolve()))


def main() -> int:
    """Print how often each command ended how, and all that was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000, help="mutants")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    started, found, faults = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as temporary:
        os.environ["AIGBRIDGE_CACHE"] = f"{temporary}/cache"
        world = World(Path(temporary).resolve())
        for seed in range(options.first, options.first + options.count):
            outcome, wrong = trial(world, seed)
            found[outcome] += 1
            if wrong:
                faults += 1
                print(wrong, flush=True)
                world.before = world.canary()
    for outcome, times in sorted(found.items()):
        print(f"{times:6,}  {outcome}")
    print(f"{options.count} mutants, {faults} faults, {time.monotonic() - started:.0f} s")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
