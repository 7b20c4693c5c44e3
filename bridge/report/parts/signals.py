"""Every signal: the list of all that have a page of their own, see `bridge.report.signals`."""

from __future__ import annotations

from bridge.report.part import Facts, Page, Part
from bridge.report.signals import SignalBook


def _facts(page: Page) -> Facts:
    found = page.found
    count = len(SignalBook(page.subject.aig, page.subject.cell).names)
    return {"count": count, "asked": found.dependence is not None, "measured": found.statistics is not None}


PART = Part("signals", "Every signal", order=70, facts=_facts, live=True)
