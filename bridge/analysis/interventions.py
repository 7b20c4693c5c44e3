"""Looking for pairs of runs: one as it is and one with something changed in step 1, apart in a target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from bridge.analysis.replay import Witness, shortest
from bridge.analysis.runs import Change, Runs, Switched


def find_pair(prepared: Switched, runs: Runs, changes: Iterable[Change]) -> Witness | None:
    """The first of these runs in which one of the changes changes a target, replayed."""
    base = prepared.base(runs)
    for some in changes:
        apart = prepared.changed(runs, [some])[:, :, 0] ^ base
        changed = np.bitwise_or.reduce(apart, axis=(0, 1)) & runs.mask
        for word in np.flatnonzero(changed)[:1].tolist():
            stream = 64 * word + (int(changed[word]) & -int(changed[word])).bit_length() - 1
            bits = [prepared.sources[place] for place in some.single(stream)]
            witness = shortest(prepared.aig, bits, prepared.targets, *runs.single(stream))
            if witness is None:
                raise AssertionError("a pair of runs that simulation found does not replay")
            return replace(witness, origin=runs.origin(stream))
    return None
