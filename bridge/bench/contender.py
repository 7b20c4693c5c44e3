"""What takes part in a bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """`ready`: seconds from the netlist to code that runs; `measure`: runs a while, returns the processor's seconds
    for one step of one stream."""

    name: str
    ready: float
    measure: Callable[[], float]


class Absent(Exception):
    """A peer that is not installed, or cannot do this; the text says why."""
