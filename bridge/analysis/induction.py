"""Latches that equal a constant or another latch in every reachable state: candidates by simulation, then induction.

Candidates come from running random inputs from the reset state. Van Eijk's induction then proves the largest set of
them that holds at reset and, where it holds, still holds a step later: each latch is replaced by what it is claimed to
equal, and SAT must show that the next states agree again; a claim that fails is dropped, and the rest tried anew.
C. A. J. van Eijk, "Sequential equivalence checking based on structural similarities", IEEE TCAD 19(7), 2000.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder
from bridge.analysis.runs import reached_runs
from bridge.equivalence.engines import Clock
from bridge.equivalence.sweep import sweep_each

WORDS = 64
LONG_RUN = 512  # steps from reset that a candidate must survive

Literals = npt.NDArray[np.int64]


def latch_claims(aig: Aig, clock: Clock) -> tuple[Literals, list[int]]:
    """What each latch is proven to equal in every state reachable from reset.

    Returns int64[latches], the literal of the constant or the latch that stands for it (itself, where nothing is
    proven), and the indices of latches for which the time was too short. A latch without a known reset claims nothing.
    """
    return _induction(aig, _candidates(aig), clock)


def _candidates(aig: Aig) -> Literals:
    """int64[latches]: for each latch the literal it may equal: a constant, the first latch of its class, or itself."""
    first_latch, count = 1 + len(aig.inputs), len(aig.latches)
    own = 2 * (first_latch + np.arange(count, dtype=np.int64))
    if not count:
        return own
    runs = [reached_runs(aig, 1, WORDS, seed=1), reached_runs(aig, 1, 4, seed=2, warmup=LONG_RUN)]
    known = np.array([latch.reset is not None for latch in aig.latches])
    reset = np.array([latch.reset == 1 for latch in aig.latches])
    # The reset state goes first; both polarities of a behaviour are filed under the one that is 0 there.
    rows = np.concatenate([run.state for run in runs], axis=1) ^ np.where(reset, ~np.uint64(0), np.uint64(0))[:, None]
    leaders: dict[bytes, int] = {bytes(rows.shape[1] * 8): 0}
    result = own.copy()
    for index in np.flatnonzero(known).tolist():
        leader = leaders.setdefault(rows[index].tobytes(), int(own[index]) ^ int(reset[index]))
        result[index] = leader ^ int(reset[index])
    return result


def _induction(aig: Aig, claims: Literals, clock: Clock) -> tuple[Literals, list[int]]:
    """The claims that are proven (the others stand for themselves), and the latches whose claims were given up."""
    own = 2 * (1 + len(aig.inputs) + np.arange(len(claims), dtype=np.int64))
    given_up: set[int] = set()
    while True:
        claimed = np.flatnonzero(claims != own)
        failed = _failures(aig, claims, claimed, clock) if len(claimed) else {}
        if not failed:
            return claims, sorted(given_up)
        given_up |= {index for index, why in failed.items() if why is None}
        claims = _refined(claims, own, failed)


def _refined(claims: Literals, own: Literals, failed: dict[int, bool | None]) -> Literals:
    """Without the failed claims. Those of one class that failed may still equal each other: the first leads anew."""
    claims = claims.copy()
    leaders: dict[int, int] = {}
    for index, why in failed.items():
        class_of = int(claims[index]) & ~1
        flip = int(claims[index]) & 1
        if why is None:
            claims[index] = own[index]
            continue
        leader = leaders.setdefault(class_of, int(own[index]) ^ flip)
        claims[index] = leader ^ flip
    return claims


def _failures(aig: Aig, claims: Literals, claimed: npt.NDArray[np.int64], clock: Clock) -> dict[int, bool | None]:
    """Claims that do not hold a step later: False for disproven, None when the time was over."""
    ours, theirs = (_next_states(aig, claims, claimed, side) for side in (False, True))
    failed: dict[int, bool | None] = {}
    for index, found in zip(claimed.tolist(), sweep_each(ours, theirs, clock), strict=True):
        if not found.equivalent:
            failed[index] = found.equivalent
    return failed


def _next_states(aig: Aig, claims: Literals, claimed: Sequence[int] | npt.NDArray[np.int64], other: bool) -> Aig:
    """The next states of the claimed latches, or of what they are claimed to equal, under the claims."""
    builder = AigBuilder(aig.name, aig.variables + 1)
    leaves = [0, *(builder.input(name) for name in aig.inputs), *(builder.input(latch.name) for latch in aig.latches)]
    first_latch = 1 + len(aig.inputs)
    leaves[first_latch:] = [leaves[literal >> 1] ^ (literal & 1) for literal in claims.tolist()]
    image = builder.copy(aig, np.array(leaves, np.int64))
    for index in np.asarray(claimed).tolist():
        literal, flip = aig.latches[index].next, 0
        if other:
            flip = int(claims[index]) & 1
            leader = int(claims[index]) >> 1
            literal = 0 if leader == 0 else aig.latches[leader - first_latch].next
        builder.output(str(index), int(image[literal >> 1]) ^ (literal & 1) ^ flip)
    return builder.build()
