"""Turn an argument into a cell or a netlist: a path, or the name of something shipped (`kjv`, `tiny`, `trees`)."""

from __future__ import annotations

from pathlib import Path

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.formats import SUFFIXES, Frontend, read_netlist
from bridge.lowering import lower
from bridge.resources import netlist_path, shipped_netlists
from bridge.truth import SUFFIX, read_truth

CELL = ".safetensors"


def load_model(name: str, reader: Frontend = "pyslang") -> Cell | Aig:
    """A cell (`.safetensors` or a shipped name) or a netlist (`.aig`, `.aag`, `.v`, `.blif`, or the
    truth tables of one, `.truth`)."""
    suffix = Path(name).suffix.lower()
    if not suffix and not Path(name).exists():
        cells = [shipped.removesuffix(CELL) for shipped in shipped_netlists() if shipped.endswith(CELL)]
        if name not in cells:
            raise InputError(f"{name} is neither a file nor a shipped cell ({', '.join(cells)})")
        return Cell.load(str(netlist_path(name + CELL)))
    if suffix == CELL:
        return Cell.load(name)
    if suffix == SUFFIX:
        from bridge.starts import from_table

        return from_table(read_truth(name), name=Path(name).stem)
    if suffix in SUFFIXES:
        return read_netlist(name, reader=reader)
    raise InputError(f"{name}: a cell ends in {CELL}, a netlist in one of {', '.join(SUFFIXES)} or {SUFFIX}")


def load_netlist(name: str, reader: Frontend = "pyslang") -> Aig:
    """A netlist; a cell is lowered."""
    model = load_model(name, reader)
    return lower(model) if isinstance(model, Cell) else model
