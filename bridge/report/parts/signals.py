"""Every signal: the list of all that have a page of their own, see `bridge.report.signals`."""

from __future__ import annotations

from bridge.report.part import Part
from bridge.report.signals import SignalBook

PART = Part("signals", "Every signal", order=70, facts=lambda page: {"count": len(SignalBook(page.subject.aig).names)})
