"""The shipped flows, for tests that run them: those that search by the clock take minutes, so one test runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.flow import FlowProgress, load_flow
from bridge.resources import shipped_flows

UNCLOCKED = tuple(name for name in shipped_flows() if load_flow(name).reproducible)
EVERY = [*UNCLOCKED, *(pytest.param(name, marks=pytest.mark.slow) for name in shipped_flows() if name not in UNCLOCKED)]


def begins(labels: list[str]) -> Callable[[FlowProgress], None]:
    """Hears a run, and notes every step that starts a tool."""
    return lambda now: None if now.record else labels.append(now.label)
