"""The subsets of categories that splits may ask about, by group of fields, and what using each one costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Flags, Floats32, Ints

CATEGORIES = 256
State = Mapping[str, npt.NDArray[Any]]


class Listed(NamedTuple):
    """All subsets. `members`: float32[groups, CATEGORIES, subsets]; `costs`: float32[groups, subsets], ANDs that using
    one adds now; `counts`: int64[groups], how many are listed; `fresh`: float32[groups], ANDs of a new subset per
    member or non-member, negative where none may be made."""

    members: Floats32
    costs: Floats32
    counts: Ints
    fresh: Floats32


class Dictionary:
    """Subsets shared by the fields of a group. The first use of one costs gates, every further use is free.

    A subset with category 0 is kept as its complement, which splits alike and costs the same gates.

    fresh: ANDs per member of a subset that is not listed yet, negative where only listed ones may be used.
    """

    def __init__(self, fresh: Iterable[float], capacity: int) -> None:
        self.fresh = np.array(list(fresh), np.float32)
        groups = len(self.fresh)
        self.members = np.zeros((groups, CATEGORIES, capacity), np.float32)
        self.costs = np.zeros((groups, capacity), np.float32)
        self.counts = np.zeros(groups, np.int64)
        self.used = np.zeros((groups, capacity), np.bool_)

    @property
    def listed(self) -> Listed:
        return Listed(self.members, self.costs, self.counts, self.fresh)

    def list(self, group: int, categories: Iterable[int], cost: float) -> None:
        """Offer a subset."""
        self._add(group, _without_0(np.isin(np.arange(CATEGORIES), list(categories))), cost)

    def use(self, group: int, subset: int, found: Flags) -> int:
        """Use a listed subset, or (-1) that of the flags; its index, or -1 if there is no room."""
        if subset < 0:
            found = _without_0(found)
            own = self.members[group, :, : self.counts[group]].astype(bool)
            same = np.flatnonzero((own == found[:, None]).all(axis=0))
            subset = int(same[0]) if len(same) else self._add(group, found, 0.0)
        if subset >= 0:
            self.used[group, subset] = True
            self.costs[group, subset] = 0.0
        return subset

    def mask(self, group: int, subset: int) -> Flags:
        """bool[CATEGORIES]."""
        return self.members[group, :, subset].astype(bool)

    def masks(self) -> dict[tuple[int, int], Flags]:
        """Of all subsets in use, by (group, subset)."""
        places = zip(*np.nonzero(self.used), strict=True)
        return {(int(group), int(subset)): self.mask(int(group), int(subset)) for group, subset in places}

    def state(self) -> State:
        """All that changes while trees grow, a bit per member; `restore` takes it back."""
        members = np.packbits(self.members.astype(bool), axis=1)
        counts, used = self.counts.copy(), self.used.astype(np.uint8)
        return {"members": members, "costs": self.costs.copy(), "counts": counts, "used": used}

    def restore(self, state: State) -> None:
        self.members = np.unpackbits(state["members"], axis=1).astype(np.float32)
        self.costs, self.counts = state["costs"].copy(), state["counts"].copy()
        self.used = state["used"].astype(bool)

    def _add(self, group: int, flags: Flags, cost: float) -> int:
        subset = int(self.counts[group])
        if subset == self.members.shape[2]:
            return -1
        self.members[group, :, subset] = flags
        self.costs[group, subset] = cost
        self.counts[group] += 1
        return subset


def _without_0(flags: Flags) -> Flags:
    return ~flags if flags[0] else flags
