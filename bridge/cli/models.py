"""One noun for all commands: the path of a cell, a netlist or a run; the newest run; or the name of a shipped cell.

A folded network is meant where a command says so; all others refuse it here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cell.predictor import Predictor
from bridge.cell.predictor import load_predictor as load_file
from bridge.cli.output import say
from bridge.errors import InputError
from bridge.formats import FORMATS, SUFFIXES, Frontend, read_netlist
from bridge.formats.aiger import read_aiger
from bridge.formats.mapped.library import Library
from bridge.lowering.any_kind import logic_of
from bridge.metadata import read_metadata
from bridge.printable import either
from bridge.resources import CELL, INPUT, RECORD, netlist_path, shipped_cells

RUNS, LATEST = Path("runs"), "latest"
SHIPPED = ", ".join(shipped_cells())
MODEL_HELP = f"A netlist ({' '.join(SUFFIXES)}), a cell (.safetensors), a run folder, latest, or {SHIPPED}."
CELL_HELP = f"A cell (.safetensors), the folder of a run of a shipped one, latest, or {SHIPPED}."
FOLDED_HELP = " Or a folded network (.safetensors)."
_AIGER = (b"aig ", b"aag ")

Model = Annotated[str, typer.Argument(help=MODEL_HELP)]
AnyModel = Annotated[str, typer.Argument(help=MODEL_HELP + FOLDED_HELP)]


def load_model(name: str, reader: Frontend = "pyslang", library: Library | None = None) -> Cell | Aig:
    """What the argument of a command names; the result of a run. InputError says what is accepted."""
    model = load_any(name, reader, library)
    if not isinstance(model, Cell | Aig):
        raise InputError(_other_kind(name, model))
    return model


def load_any(name: str, reader: Frontend = "pyslang", library: Library | None = None) -> Predictor | Aig:
    """The same, or a folded network."""
    if run := run_folder(name):
        from bridge.flow.old_run import read_run  # with all that runs flows

        found = read_run(run)
        if found.fruitless:
            raise InputError(
                f"{run}: failed before it made any netlist: {found.failure}; name another run or its input"
            )
        if found.standing:
            say(found.standing)
        return found.result
    path = resolved(name)
    if name in shipped_cells() and not path.is_file():
        return Cell.load(netlist_path(name + CELL))
    suffix = path.suffix.lower()
    if suffix == CELL:
        return load_file(path)
    if suffix in FORMATS:
        return read_netlist(path, reader=reader, library=library)
    if name in shipped_cells() and path.is_file():
        say(f"{name}: the file of that name here, not the shipped cell")
        with path.open("rb") as file:
            start = file.read(4)
        return read_aiger(path) if start in _AIGER else Cell.load(path)
    raise InputError(_unfit(name, path))


def load_netlist(name: str, reader: Frontend = "pyslang", library: Library | None = None) -> Aig:
    """A netlist; a cell or a folded network is lowered."""
    return as_netlist(load_any(name, reader, library))


def as_netlist(model: Predictor | Aig) -> Aig:
    """Lowered, unless it is one."""
    return model if isinstance(model, Aig) else logic_of(model)


def onward(model: Predictor | Aig) -> str:
    """The next command (`bridge.cli.guide`) that takes any model, towards smaller logic."""
    return "run {model} shrink" if isinstance(model, Aig) else "lower {model} -o net.aig"


def load_cell(name: str) -> Cell:
    """A cell; that of a run, if it is shipped. InputError for netlists: they do not hold the cell they came from."""
    model = load_predictor(name)
    if not isinstance(model, Cell):
        raise InputError(_other_kind(name, model))
    return model


def load_predictor(name: str) -> Predictor:
    """The same, or a folded network."""
    if not (run := run_folder(name)):
        model = load_any(name)
        if not isinstance(model, Aig):
            return model
        some = f"{CELL}, or {', '.join(shipped_cells())}"
        raise InputError(f"{name}: is already a netlist (see `convert`); a cell is needed here ({some})")
    from bridge.flow.old_run import read_run

    digest = read_metadata(read_run(run).input).cell
    for known in map(Cell.load, map(netlist_path, (f"{each}{CELL}" for each in shipped_cells()))):
        if known.digest == digest:
            return known
    raise InputError(f"{run}: a cell is needed here, and that of this run is not one of the shipped; name its file")


def run_folder(name: str) -> Path | None:
    """The folder, if the argument names a run: its folder, its record, or `latest`."""
    path = resolved(name)
    if path.name == RECORD and path.is_file():
        return path.parent
    return path if (path / RECORD).is_file() else None


def resolved(name: str) -> Path:
    """A path whose first part may be `latest`, the newest run in ./runs, unless there is a file of that name here."""
    path = Path(name)
    if path.parts[:1] != (LATEST,) or Path(LATEST).exists():
        return path
    runs = [record.with_name(INPUT) for record in RUNS.glob(f"*/{RECORD}")]
    started = {place.stat().st_mtime_ns: place.parent for place in sorted(runs) if place.is_file()}
    if not started:
        raise InputError(f"{name}: there is no run in the folder {RUNS} yet; make one with `aigbridge run`")
    return started[max(started)].joinpath(*path.parts[1:])


def _other_kind(name: str, model: Predictor) -> str:
    return (
        f"{name}: is a {model.KIND} (docs/folded.md), and a cell or a netlist is needed here; eval, generate, chat, "
        "pack, unpack, lower, run, sweep, diff, check, stats and describe take one"
    )


def _unfit(name: str, path: Path) -> str:
    kinds = f"a cell ends in {CELL}, a netlist in one of {either(SUFFIXES)}; {LATEST} is the newest run"
    if not path.exists():
        what = f"is no file, no run folder and no shipped cell ({', '.join(shipped_cells())})"
    else:
        what = f"is a folder, but not that of a run (no {RECORD})" if path.is_dir() else "is no model by its name"
    return f"{name or repr(name)}: {what}; {kinds}"
