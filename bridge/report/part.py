"""What a part of the page is: a section with its template, what is computed for it, and what its script reads.

A part is a file in `bridge/report/parts` that has a `PART`, with its template beside it (`NAME.html`, unless it is
given as text). Its script, if it has one, is `web/parts/NAME.js`, unless it is given as text. Nothing else knows it by
name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from bridge.aig import Aig
from bridge.arrays import Bits
from bridge.cell import Cell
from bridge.formats.mapped.figures import Wanted
from bridge.metadata import read_metadata
from bridge.printable import Listener
from bridge.report.findings import Findings
from bridge.report.subject import Subject, Text

if TYPE_CHECKING:
    from bridge.report.signals import SignalBook

Facts = dict[str, Any]

PROOF_SECONDS = 120.0
A_TEXT = "a text"  # what tasks may need beside each other
WEB = resources.files("bridge.report").joinpath("web")


def web_files(folder: str, suffix: str) -> tuple[str, ...]:
    """All of a folder of `web/`, by name: no script may need another one before the page is ready."""
    return tuple(
        sorted(f"{folder}/{file.name}" for file in WEB.joinpath(folder).iterdir() if file.name.endswith(suffix))
    )


@dataclass(frozen=True)
class Page:
    """What a page is about, what its parts are, and what was found. `why_no_text`: a sentence where `text` is None;
    `samples`: see `bridge.report.live.samples`; `quick`, `seconds`, `figures`: see `bridge.report.write_report`."""

    subject: Subject
    text: Text | None = None
    why_no_text: str = ""
    parts: tuple[Part, ...] = ()
    found: Findings = field(default_factory=Findings)
    quick: bool = False
    seconds: float = PROOF_SECONDS
    samples: Facts | None = None
    figures: Wanted | None = None

    @property
    def asked(self) -> Cell | Aig:
        """Whom to ask who reads and affects whom: the cell, where every name is a place of its own, if the netlist is
        proven to be it, with all its state bits; else the netlist, whose names may share nodes."""
        aig, plain, run, cell = self.subject.aig, self.subject.plain, self.subject.run, self.subject.cell
        proven = aig is plain or (run is not None and run.proven and len(aig.latches) == len(plain.latches))
        whole = not self.subject.losses and read_metadata(plain).care == "all"
        return cell if cell is not None and self.certified and whole and proven else aig

    @property
    def certified(self) -> bool:
        """Does the netlist before any flow do what the cell says, by the certificate?"""
        return self.found.lowering is not None and self.found.lowering.answer == "equivalent"


@dataclass(frozen=True)
class Task:
    """Something computed once. `compute`: puts what it finds into `Page.found`; a BridgeError leaves it out, and says
    why. `order`: when, the smallest first; `share`: of the time, roughly; `needs`: another task, or A_TEXT, without
    which it is left out for the same reason; `long`: left out of the quick page; `when`: is it asked for at all?"""

    name: str
    compute: Callable[[Page, Listener], None]
    order: int = 200
    share: float = 0.0
    needs: str = ""
    long: bool = False
    when: Callable[[Page], bool] = lambda _page: True


@dataclass(frozen=True)
class Part:
    """A section. `title`: in the list of contents; `heading`: its own, by default the same; `order`: where it stands,
    the smallest first.

    `facts`: what the template reads under the part's name; None where there is nothing to show, and then the page says
    why the last of the `tasks` was left out, or `absent`. `data`: what the script reads, merged into its `data`;
    `arrays`: bytes that it finds in `data.arrays`. `claims`: rows for what is proven: `what status how`. `records`:
    adds to the records of the signals, by name (see `bridge.report.signals`). `about`: is it about such a model at all?
    `scripts`, `styles`: files of `web/` that it needs. `live`: is it on the small page,
    which only runs, too?
    """

    name: str
    title: str
    order: int
    facts: Callable[[Page], Facts | None]
    heading: str = ""
    tasks: tuple[Task, ...] = ()
    absent: str = ""
    data: Callable[[Page], Facts] = lambda _page: {}
    arrays: Callable[[Page], Mapping[str, Bits]] = lambda _page: {}
    claims: Callable[[Page], list[Facts]] = lambda _page: []
    records: Callable[[Page, SignalBook, dict[str, Facts]], None] = lambda _page, _book, _records: None
    about: Callable[[Subject], bool] = lambda _subject: True
    template: str = ""
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    script: str = ""
    live: bool = False
