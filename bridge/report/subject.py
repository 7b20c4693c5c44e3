"""What a page is about: one model, the netlists that came of it, the runs between them, and a text to show it on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.cell import Cell
from bridge.cell.record import Source
from bridge.corpus import NAMED, load_corpus, read_text
from bridge.equivalence import Verdict
from bridge.errors import InputError
from bridge.flow import Table, compare
from bridge.flow.folder import RECORD
from bridge.flow.old_run import read_whole_run
from bridge.flow.result import count
from bridge.lowering import lower
from bridge.metadata import read_metadata
from bridge.resources import netlist_path, shipped_netlists

Item = Cell | Aig | Path

CELL = ".safetensors"


@dataclass(frozen=True)
class Run:
    """One run of a flow, its files as they were recorded. `state`: done, or how far from it; `standing`: a line about
    that, empty for one that is done."""

    name: str
    table: Table
    verdict: Verdict
    state: str
    standing: str
    before: Aig
    after: Aig

    @property
    def proven(self) -> bool:
        return self.verdict.answer == "equivalent"


@dataclass(frozen=True)
class Subject:
    """`aig`: the smallest netlist given, proven ones first; `plain`: what it was made from, or `aig` itself; `run`: the
    run that made `aig`, if one did; `cell`: the cell of both, where known."""

    aig: Aig
    plain: Aig
    cell: Cell | None
    runs: tuple[Run, ...]
    run: Run | None
    netlists: tuple[Aig, ...]

    @property
    def name(self) -> str:
        return self.aig.name or (self.cell.name if self.cell else "netlist")

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the scores that it gives; none for text models."""
        outputs = [parse(output.name) for output in self.aig.outputs]
        return tuple(dict.fromkeys(name.of for name in outputs if name.kind == "class"))

    @property
    def losses(self) -> tuple[str, ...]:
        """What was given up on the way to this netlist, a sentence each."""
        return read_metadata(self.aig).lossy


def subject_of(items: Sequence[Item]) -> Subject:
    """InputError for nothing, two cells, or netlists that were made from different cells."""
    cells = [item for item in items if isinstance(item, Cell)]
    if not items or len(cells) > 1:
        raise InputError("a report is about one model: name one cell, or netlists and runs made from it")
    runs = tuple(_run(item) for item in items if isinstance(item, Path))
    given = tuple(item for item in items if isinstance(item, Aig))
    digest = _common_digest([*given, *(run.before for run in runs)], cells)
    cell = cells[0] if cells else _shipped(digest)
    netlists = (lower(cells[0]), *given) if cells else given
    made = {id(run.after): run for run in runs}
    candidates = [*(run.after for run in runs), *netlists]
    smallest = min(candidates, key=lambda aig: (not _sound(aig, made.get(id(aig))), *count(aig).size))
    run = made.get(id(smallest))
    plain = run.before if run else netlists[0] if netlists else smallest
    return Subject(smallest, plain, cell, runs, run, netlists)


def _sound(aig: Aig, run: Run | None) -> bool:
    return not read_metadata(aig).lossy and (run is None or run.proven)


def _run(folder: Path) -> Run:
    folder = folder.parent if folder.name == RECORD else folder
    run = read_whole_run(folder)
    return Run(run.flow.name, compare(run, structure=True), run.verdict, run.state, run.standing, run.input, run.result)


def _common_digest(netlists: Sequence[Aig], cells: Sequence[Cell]) -> str:
    digests = {cell.digest for cell in cells} | {read_metadata(aig).cell for aig in netlists}
    digests.discard("")
    if len(digests) > 1:
        raise InputError("these runs and netlists were made from different cells; write one report for each")
    return digests.pop() if digests else ""


def _shipped(digest: str) -> Cell | None:
    """The shipped cell with this digest."""
    for name in shipped_netlists() if digest else ():
        if name.endswith(CELL):
            cell = Cell.load(str(netlist_path(name)))
            if cell.digest == digest:
                return cell
    return None


@dataclass(frozen=True)
class Text:
    """`data`: the bytes that everything measured is measured on; `name` and `sha256` say which."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def text_of(name: str | None, cell: Cell | None) -> tuple[Text | None, str]:
    """(the text, or why there is none). A named corpus gives its held-out part, a file all of it.

    Without a name it is the corpus that the cell was trained on, if that is here and unchanged.
    """
    if name is not None:
        if name not in NAMED:
            return Text(Path(name).name, read_text(name)), ""
        return Text(f"held-out {name}", load_corpus(name).heldout), ""
    source = Source.from_facts(cell.record) if cell else None
    if source is None:
        return None, "No text is known for this model; name one with --text."
    try:
        return Text(f"held-out {Path(source.corpus).name}", source.load().heldout), ""
    except InputError as error:
        return None, f"{str(error)[0].upper()}{str(error)[1:]}; name one with --text."
