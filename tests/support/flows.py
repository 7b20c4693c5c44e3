"""The shipped flows, for tests that run them: those that search by the clock take minutes, so one test runs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.flow import Flow, FlowProgress, FlowResult, load_flow
from bridge.flow.schema import Step, parse_flow
from bridge.resources import flow_path, shipped_flows

UNCLOCKED = tuple(name for name in shipped_flows() if load_flow(name).reproducible)
EVERY = [*UNCLOCKED, *(pytest.param(name, marks=pytest.mark.slow) for name in shipped_flows() if name not in UNCLOCKED)]
DC2 = Flow(name="small", steps=(Step(abc=("dc2",)),))


def brief(name: str) -> Flow:
    """A shipped flow with all its commands, in one round and with walks of a thousand moves; tests/test_flow.py runs
    them as they stand, all but `search`."""
    text = re.sub(r"at_most: \d+", "at_most: 1", flow_path(name).read_text())
    return parse_flow(re.sub(r"-I \d{4,}", "-I 1000", text).encode(), name)


def folder_of(result: FlowResult) -> Path:
    assert result.folder is not None
    return result.folder


def begins(labels: list[str]) -> Callable[[FlowProgress], None]:
    """Hears a run, and notes every step that starts a tool."""
    return lambda now: None if now.record else labels.append(now.label)


STEPS = (Step(abc=("dc2",)), Step(abc=("balance", "resub -K 6", "balance")), Step(abc=("rewrite -z",)))
FLOW = Flow(name="three", steps=STEPS)
