"""Random numbers for compiled code: the same from the same seed, everywhere."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.compiled import compiled_part


@compiled_part
def random(chance: npt.NDArray[np.uint64], below: int | np.int64) -> np.int64:
    """A number from 0 on; xorshift64 (Marsaglia 2003). chance: uint64[1], the state, not 0."""
    state = chance[0]
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    chance[0] = state
    return np.int64((state >> np.uint64(32)) * np.uint64(below) >> np.uint64(32))
