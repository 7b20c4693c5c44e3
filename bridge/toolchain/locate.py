"""Find ABC and Yosys: explicit option, environment, the pyosys wheel, PATH.

A binary is identified by its sha256, since ABC's version string never changes; what a script runs cannot be told.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bridge.errors import ToolError
from bridge.toolchain.process import Limits, run_process

Program = Literal["abc", "yosys"]
ToolName = Literal[Program, "own"]  # "own": ourselves, see `bridge.flow.own`
Source = Literal["option", "environment", "wheel", "PATH", "package"]

VARIABLES: dict[Program, str] = {"abc": "AIGBRIDGE_ABC", "yosys": "AIGBRIDGE_YOSYS"}
PATH_NAMES: dict[Program, tuple[str, ...]] = {"abc": ("yosys-abc", "abc", "berkeley-abc"), "yosys": ("yosys",)}
ADVICE = "install the pyosys wheel (pip install pyosys), put {names} on PATH, or set {variable} to the program"

_CHILD = Path(__file__).with_name("yosys_child.py")
_PROBE_SECONDS = 5.0
# How ELF and Mach-O files begin, the latter in both orders of bytes, and for one machine or several.
_COMPILED = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe")


@dataclass(frozen=True)
class Tool:
    """A program that was found. `path`: the program (for the wheel's Yosys, its shared library; for steps of our own,
    the code); `sha256`: of that file; `script`: whether it is no compiled program, but may start any other."""

    name: ToolName
    path: Path
    source: Source
    version: str
    sha256: str
    script: bool = False

    @property
    def identity(self) -> str | None:
        """The digest of what really runs, to remember answers by; None where that cannot be told."""
        return None if self.script else self.sha256

    def command(self, script: str) -> list[str]:
        """The command line that runs the script file of that name in the current folder."""
        if self.name == "abc":
            # -s: no abc.rc; -F: echo each command, so that an error can name the one at fault.
            return [str(self.path), "-s", "-F", script]
        if self.source == "wheel":
            return [sys.executable, "-I", str(_CHILD), str(self.path.parent.parent), script]
        return [str(self.path), "-Q", "-T", "-s", script]


def locate(name: Program, option: str | os.PathLike[str] | None = None) -> Tool:
    """The tool of that name. ToolError if there is none, or if an explicit choice is no program."""
    variable = VARIABLES[name]
    if option is not None:
        return _explicit(name, Path(option), "option", f"the path given for {name}")
    if os.environ.get(variable):
        return _explicit(name, Path(os.environ[variable]), "environment", f"the environment variable {variable}")
    found = _in_wheel(name) or _on_path(name)
    if found is None:
        advice = ADVICE.format(names=" or ".join(PATH_NAMES[name]), variable=variable)
        raise ToolError(f"{name} was not found; {advice}")
    return found


def all_of(name: Program) -> tuple[Tool, ...]:
    """Every program of that name that there is, the one that `locate` takes first; none if that finds none."""
    try:
        tools = [locate(name)]
    except ToolError:
        return ()
    wheel = _in_wheel(name)
    tools += [wheel] if wheel else []
    tools += [_at(name, path) for path in map(shutil.which, PATH_NAMES[name]) if path]
    files: dict[Path, Tool] = {}
    for tool in tools:
        files.setdefault(tool.path.resolve(), tool)
    return tuple(files.values())


def _explicit(name: Program, path: Path, source: Source, what: str) -> Tool:
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise ToolError(f"{what} names {path}, which is not an executable file")
    return _tool(name, path.absolute(), source, lambda: _probed_version(name, path.absolute()))


def _in_wheel(name: Program) -> Tool | None:
    spec = importlib.util.find_spec("pyosys")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    if name == "yosys":
        libraries = sorted(folder.glob("libyosys*.so"))
        file = libraries[0] if libraries else folder / "libyosys.so"
    else:
        file = folder / "yosys-abc"
    if not file.is_file():
        return None
    return _tool(name, file, "wheel", lambda: f"pyosys {importlib.metadata.version('pyosys')}")


def _on_path(name: Program) -> Tool | None:
    found = next(filter(None, map(shutil.which, PATH_NAMES[name])), None)
    if found is None:
        return None
    return _at(name, found)


def _at(name: Program, found: str) -> Tool:
    path = Path(found).absolute()
    return _tool(name, path, "PATH", lambda: _probed_version(name, path))


def _tool(name: Program, path: Path, source: Source, version: Callable[[], str]) -> Tool:
    facts = path.stat()
    key = (name, path, source, facts.st_mtime_ns, facts.st_size)
    if key not in _known:
        data = path.read_bytes()
        script = not data.startswith(_COMPILED)
        _known[key] = Tool(name, path, source, version(), hashlib.sha256(data).hexdigest(), script)
    return _known[key]


# Hashing 50 MB and asking for a version takes a while: once per file is enough.
_known: dict[tuple[Program, Path, Source, int, int], Tool] = {}


def _probed_version(name: Program, path: Path) -> str:
    """What the program says about itself, or "unknown"."""
    command = [str(path), "-s", "-q", "version"] if name == "abc" else [str(path), "-V"]
    with tempfile.TemporaryDirectory(prefix="aigbridge-") as folder:
        try:
            log = run_process(
                command, Path(folder), Limits(seconds=_PROBE_SECONDS), tool=name, step="its version query"
            ).log
        except ToolError:
            return "unknown"
    words = ("abc", "yosys")
    return next((line.strip()[:120] for line in log.splitlines() if any(w in line.lower() for w in words)), "unknown")
