"""When the logic of a folded network computes what: its steps, and where its numbers stand."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.cell.folded import ROWS, Folded
from bridge.errors import InputError

LANES = 32  # weights that are multiplied in a step
READY, NUMBER = "ready", "number"  # the outputs: is there a logit in this step, its bits


@dataclass(frozen=True)
class Passes:
    """A pass goes through all slots of values that rows read, one a step. `held`, `codes`: slots of units and of the
    codes of a byte; `units`, `symbols`: how many rows there are."""

    held: int
    codes: int
    units: int
    symbols: int

    @property
    def slots(self) -> int:
        return self.held + self.codes

    @property
    def passes(self) -> int:
        """Of a byte: its codes come in, three rows a unit, the new state comes in, a row a symbol."""
        return 2 + ROWS * self.units + self.symbols

    @property
    def steps(self) -> int:
        """Of a byte: how often the logic is evaluated."""
        return self.slots * self.passes


def check_sizes(units: int, codes: int) -> None:
    """InputError if units or codes do not fill their slots."""
    for name, count in (("units", units), ("codes", codes)):
        if count < LANES or count % LANES:
            raise InputError(f"{name} must be a multiple of {LANES}, not {count}")


def passes_of(net: Folded) -> Passes:
    """InputError if units or codes do not fill their slots."""
    codes = net.embedding.shape[1]
    check_sizes(net.units, codes)
    return Passes(net.units // LANES, codes // LANES, net.units, len(net.symbols))
