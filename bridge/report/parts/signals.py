"""Every signal: the list of all that have a page of their own, see `bridge.report.signals`."""

from __future__ import annotations

from bridge.report.part import Facts, Page, Part
from bridge.report.signals import SignalBook


def _facts(page: Page) -> Facts:
    return {"count": len(SignalBook(page.subject.aig, page.subject.cell).names), "text": page.text is not None}


PART = Part("signals", "Every signal", order=70, facts=_facts, live=True)
