"""The shipped flows, for tests that run them: those that search by the clock take minutes, so one test runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.flow import Flow, FlowProgress, FlowResult, load_flow
from bridge.flow.schema import Step
from bridge.resources import shipped_flows

UNCLOCKED = tuple(name for name in shipped_flows() if load_flow(name).reproducible)
EVERY = [*UNCLOCKED, *(pytest.param(name, marks=pytest.mark.slow) for name in shipped_flows() if name not in UNCLOCKED)]
DC2 = Flow(name="small", steps=(Step(abc=("dc2",)),))


def folder_of(result: FlowResult) -> Path:
    assert result.folder is not None
    return result.folder


def begins(labels: list[str]) -> Callable[[FlowProgress], None]:
    """Hears a run, and notes every step that starts a tool."""
    return lambda now: None if now.record else labels.append(now.label)


STEPS = (Step(abc=("dc2",)), Step(abc=("balance", "resub -K 6", "balance")), Step(abc=("rewrite -z",)))
FLOW = Flow(name="three", steps=STEPS)
