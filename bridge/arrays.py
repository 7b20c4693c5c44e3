"""Names for arrays by what they hold, each told once. What a module means by one stands in its docstrings."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Ints32: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float64]
Floats32: TypeAlias = npt.NDArray[np.float32]
Flags: TypeAlias = npt.NDArray[np.bool_]
Bits: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]
Objects: TypeAlias = npt.NDArray[np.object_]  # whole numbers of any size
Ands: TypeAlias = npt.NDArray[np.uint32]  # fanin literals, uint32[n, 2]
Int: TypeAlias = int | np.int64  # what compiled code counts with
