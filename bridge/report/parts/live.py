"""The logic itself, which the page runs: see `bridge.report.live` and `web/live`."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.arrays import Bits
from bridge.printable import Listener
from bridge.report.live.diagram import diagram_facts
from bridge.report.live.drawn import Drawn, drawn_of
from bridge.report.live.facts import Live, live_of
from bridge.report.live.told import what_runs
from bridge.report.part import Facts, Page, Part, Task, web_files

LEADS = {
    "text": "Type, and it reads along. Switch a part of it off: see what it says instead, and why.",
    "numbers": "Change what it is given, or switch a part of it off: see what it says then, and why.",
    "bits": "Set the switches, and see what comes of it. Hold or flip anything inside.",
}
PASSAGE = 160  # bytes of the text that the page begins with, where one is known


def _make(page: Page, _progress: Listener) -> None:
    page.found.more["live"] = live_of(page.asked)


def _facts(page: Page) -> Facts | None:
    live = _live(page)
    if live is None:
        return None
    return {
        "diagram": diagram_facts(page.subject.aig, page.subject.cell),
        "lead": LEADS[live.facts["kind"]],
        "told": what_runs(page, live.facts["operations"]),
    }


def _live(page: Page) -> Live | None:
    found: Live | None = page.found.more.get("live")
    return found


def _draw(page: Page, _progress: Listener) -> None:
    if page.subject.cell is not None:
        page.found.more["drawn"] = drawn_of(page.subject.cell)


def _drawn(page: Page) -> Drawn:
    found: Drawn = page.found.more.get("drawn", Drawn((), {}))
    return found


def _data(page: Page) -> Facts:
    live = _live(page)
    if live is None:
        return {}
    passage = {"text": list(_passage(page.text.data))} if page.text else {}
    samples = {"samples": page.samples} if page.samples else {}
    return {"live": live.facts, "drawn": _drawn(page).facts} | passage | samples


def _passage(text: bytes) -> bytes:
    """Words from a line's beginning near the middle of a text."""
    half = len(text) // 2
    start = text.find(b"\n", half, max(half, len(text) - PASSAGE)) + 1
    passage = text[start : start + PASSAGE]
    return passage[: passage.rfind(b" ")] if b" " in passage else passage


def _arrays(page: Page) -> Mapping[str, Bits]:
    live = _live(page)
    return {} if live is None else {"program": live.code, **_drawn(page).arrays}


PART = Part(
    "live",
    "Run it",
    heading="Run it",
    order=5,
    tasks=(Task("drawings", _draw, order=13, share=0.02), Task("live", _make, order=12, share=0.02)),
    facts=_facts,
    data=_data,
    arrays=_arrays,
    live=True,
    scripts=web_files("live", ".js"),
    styles=web_files("live", ".css"),
)
