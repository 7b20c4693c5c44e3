"""The price of an AND at which a cell has the size that is wanted, found by trial."""

from __future__ import annotations

import math
from dataclasses import dataclass

GROWTH = 1.5  # with the size to this power the price falls, about
FALL, RAISE = 0.4, 2.0  # of the price, when it must change more
NEAR = 0.985  # of the budget is enough; the room that is left above
FULL = 0.97  # is filled,
CLOSE = 1.02  # and so is what prices so near to each other leave


@dataclass
class Search:
    """`price`: to be tried next; `enough`: the lowest at which the cell was within the budget; `short`: the highest at
    which it was too large, or full enough. Where they are close, the price is that of the trees that fill the room."""

    price: float
    enough: float = math.inf
    short: float = 0.0
    used: float = 0.0  # of the budget, last

    def found(self, used: float) -> None:
        """So much of the budget at this price; go on to the next one."""
        stuck, self.used = used == self.used, used
        if used <= 1:
            self.enough = min(self.enough, self.price)
        if used >= FULL:
            self.short = max(self.short, self.price)
        if self.close:
            self.price = self.short
            return
        if used <= 1:  # where nothing is left to gain, there may be something much further down
            self.price *= FALL if stuck else max((used / NEAR) ** GROWTH, FALL)
        else:
            self.price *= RAISE if stuck else min((used / NEAR) ** GROWTH, RAISE)
        if self.short and not self.short < self.price < self.enough:
            self.price = math.sqrt(self.enough * self.short)

    @property
    def close(self) -> bool:
        return bool(self.short) and self.enough < CLOSE * self.short
