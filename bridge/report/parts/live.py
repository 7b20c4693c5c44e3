"""The logic itself, which the page runs: see `bridge.report.live` and `web/live`."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.arrays import Bits
from bridge.printable import Listener
from bridge.report.live.diagram import diagram_facts
from bridge.report.live.facts import Live, live_of
from bridge.report.part import Facts, Page, Part, Task

SCRIPTS = (
    "program",
    "webassembly",
    "machine",
    "readout",
    "reading",
    "elements",
    "edits",
    "live",
    "effects",
    "random",
    "values",
    "diagram",
    "bytes",
    "costs",
    "generating",
    "typing",
    "expecting",
    "roving",
    "encoding",
    "given",
    "steps",
    "starting",
    "scores",
    "inputs",
    "causes",
    "terms",
    "why",
    "waves",
    "following",
    "filling",
    "hovering",
)
STYLES = ("diagram", "typing", "inputs", "why", "following", "hovering")
PASSAGE = 160  # bytes of the text that the page begins with, where one is known


def _make(page: Page, _progress: Listener) -> None:
    page.found.more["live"] = live_of(page.asked)


def _facts(page: Page) -> Facts | None:
    live = _live(page)
    if live is None:
        return None
    diagram = diagram_facts(page.subject.aig, page.subject.cell)
    return {"kind": live.facts["kind"], "serial": live.facts["serial"], "diagram": diagram}


def _live(page: Page) -> Live | None:
    found: Live | None = page.found.more.get("live")
    return found


def _data(page: Page) -> Facts:
    live = _live(page)
    if live is None:
        return {}
    return {"live": live.facts} | ({"text": list(_passage(page.text.data))} if page.text else {})


def _passage(text: bytes) -> bytes:
    """Words from a line's beginning near the middle of a text."""
    half = len(text) // 2
    start = text.find(b"\n", half, max(half, len(text) - PASSAGE)) + 1
    passage = text[start : start + PASSAGE]
    return passage[: passage.rfind(b" ")] if b" " in passage else passage


def _arrays(page: Page) -> Mapping[str, Bits]:
    live = _live(page)
    return {} if live is None else {"program": live.code}


PART = Part(
    "live",
    "Run it",
    heading="Run it",
    order=5,
    tasks=(Task("live", _make, order=12, share=0.02),),
    facts=_facts,
    data=_data,
    arrays=_arrays,
    scripts=tuple(f"live/{name}.js" for name in SCRIPTS),
    styles=tuple(f"live/{name}.css" for name in STYLES),
)
