"""The figures that other people quote: lookup tables, cells of a library, real ANDs."""

from __future__ import annotations

from pathlib import Path

from bridge.flow.figures import Figures, measured
from bridge.flow.result import count
from bridge.formats.mapped.figures import TITLES, Wanted, usual
from bridge.printable import Listener, Progress
from bridge.report.part import Facts, Page, Part, Task

_NAME = "mapped"


def _measure(page: Page, progress: Listener) -> None:
    wanted, subject = _wanted(page), page.subject
    netlists = [subject.plain, subject.aig] if subject.plain is not subject.aig else [subject.aig]
    found = []
    for place, netlist in enumerate(netlists, 1):
        found.append((count(netlist), measured(netlist, wanted, seconds=page.seconds)))
        progress(Progress(place / len(netlists)))
    page.found.more[_NAME] = found


def _wanted(page: Page) -> Wanted:
    return page.figures or usual()


def _facts(page: Page) -> Facts | None:
    found = page.found.more.get(_NAME)
    if found is None:
        return None
    labels = ["before", "after"] if len(found) > 1 else ["the netlist"]
    rows = []
    for label, (counts, figures) in zip(labels, found, strict=True):
        numbers = [figures.numbers.get(name) for name in TITLES]
        rows.append({"label": label, "numbers": [_shown(each) for each in (counts.ands, counts.levels, *numbers)]})
    wanted = _wanted(page)
    named = {**TITLES, "luts": f"{wanted.lut_size}-LUTs"}
    library = Path(wanted.library.name).name if wanted.library else ""
    return {"titles": ["ANDs", "levels", *named.values()], "rows": rows, "inputs": wanted.lut_size, "library": library}


def _claims(page: Page) -> list[Facts]:
    found: list[tuple[object, Figures]] = page.found.more.get(_NAME, [])
    return [
        {
            "what": f"What ABC's {commands} made of the netlist computes the same",
            "status": verdict.answer,
            "how": verdict.method,
        }
        for commands, verdict in (found[-1][1].made if found else ())
    ]


def _shown(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.1f}" if isinstance(number, float) else f"{number:,}"


PART = Part(
    _NAME,
    "Mapped",
    heading="Lookup tables, cells, real ANDs",
    order=12,
    tasks=(Task("the mapped figures", _measure, order=25, share=0.05, long=True),),
    facts=_facts,
    claims=_claims,
)
