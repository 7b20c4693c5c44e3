"""What predicts bytes in plain integers, and so is an oracle: a `Cell` of text, or a `Folded` network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bridge.arrays import Bits, Ints
from bridge.cell.ranges import Ranges
from bridge.readout import Readout


class Predictor(Protocol):
    """`read` takes a byte of each of many streams, `ask` says what the numbers of the head are then, `following` what
    is held afterwards: see `Cell`, where they come from."""

    @property
    def readout(self) -> Readout: ...

    @property
    def serial(self) -> bool: ...

    @property
    def digest(self) -> str: ...

    @property
    def record(self) -> Mapping[str, Any]: ...

    @property
    def state_ranges(self) -> Ranges: ...

    def reset(self, batch: int, /) -> Any:
        """The state before any byte, of so many streams."""

    def read(self, state: Any, given: Bits, /) -> dict[str, Any]:
        """Read uint8[batch]; what `ask` and `following` need."""

    def ask(self, values: dict[str, Any], nodes: Ints | None = None, /) -> Ints:
        """int64[batch, numbers], of a serial head those of nodes int64[batch]: int64[batch, 1]."""

    def following(self, values: dict[str, Any], /) -> Any:
        """The state after the bytes."""
