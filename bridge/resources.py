"""Where the shipped flows and netlists are: inside the package when installed from a wheel, beside it in a checkout."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from bridge.errors import InputError

CELL = ".safetensors"
RECORD, INPUT = "run.json", "input.aig"  # in the folder of a run

_PACKAGE = Path(__file__).parent


def shipped_flows() -> tuple[str, ...]:
    """The names of the shipped flows, sorted."""
    return tuple(sorted(path.stem for path in _folder("flows").glob("*.yaml")))


def shipped_netlists() -> tuple[str, ...]:
    """The file names of the shipped netlists, sorted."""
    return tuple(sorted(path.name for path in _folder("netlists").glob("*") if path.is_file()))


def flow_path(name: str) -> Path:
    """The file of a shipped flow. InputError, naming the nearest one, if there is none of that name."""
    return _path("flows", name, f"{name}.yaml", shipped_flows(), "flow (a path must end in .yaml)")


def netlist_path(name: str) -> Path:
    """The file of a shipped netlist, by its file name. InputError if there is none of that name."""
    return _path("netlists", name, name, shipped_netlists(), "netlist")


def shipped_cells() -> tuple[str, ...]:
    """The names of the shipped cells, sorted: `kjv`, `tiny`, ..."""
    return tuple(name.removesuffix(CELL) for name in shipped_netlists() if name.endswith(CELL))


def cell_path(name: str | os.PathLike[str]) -> Path:
    """The file of a shipped cell, or the path that was given: a file of that name wins over what is shipped."""
    path = Path(name)
    if os.fspath(name) not in shipped_cells() or path.is_file():
        return path
    return netlist_path(os.fspath(name) + CELL)


def _path(kind: str, name: str, file: str, known: tuple[str, ...], what: str) -> Path:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or 'none'}"
        raise InputError(f"there is no shipped {what} named {name!r}; {hint}")
    return _folder(kind) / file


def _folder(kind: str) -> Path:
    inside = _PACKAGE / kind
    return inside if inside.is_dir() else _PACKAGE.parent / kind
