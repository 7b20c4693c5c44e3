"""Which merges are worth it: group tests, since a few bad ones among thousands would spoil all."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.aig import Aig
from bridge.execution import bits_per_byte
from bridge.lossy.merges import Merge, merged

GROUPS = 64  # tested whole at first
TESTS = 300  # at most
MEASURED = 1 << 16  # bytes, the last ones of the text
WISH = 0.15  # of the ANDs, for the whole budget


def worthwhile(aig: Aig, merges: Sequence[Merge], text: bytes, budget: float) -> list[Merge]:
    """Those that save enough ANDs for the bits that they cost on the text: WISH of all ANDs for the whole budget.

    A group is tested together with what was taken before it; one that costs more is tested again in halves.
    """
    price = budget / (WISH * max(1, len(aig.ands)))
    size = -(-len(merges) // GROUPS) or 1
    waiting = [list(merges[start : start + size]) for start in range(0, len(merges), size)][::-1]
    taken: list[Merge] = []
    text = text[-MEASURED:]
    lost, ands = bits_per_byte(aig, text), len(aig.ands)
    for _ in range(TESTS):
        if not waiting:
            break
        group = waiting.pop()
        candidate = merged(aig, [*taken, *group])
        found = bits_per_byte(candidate, text)
        if found - lost <= price * (ands - len(candidate.ands)):
            taken, lost, ands = [*taken, *group], found, len(candidate.ands)
        elif len(group) > 1:
            waiting += [group[len(group) // 2 :], group[: len(group) // 2]]
    return taken
