"""Words for literals: a literal is `2 * variable + complement`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

_Literals = TypeVar("_Literals", int, npt.NDArray[Any])
Image = Sequence[int] | npt.NDArray[Any]


def variable_of(literals: _Literals) -> _Literals:
    """Of one or of an array, whose dtype stays."""
    return literals >> 1


@overload
def inverted(literals: int) -> bool: ...
@overload
def inverted(literals: npt.NDArray[Any]) -> npt.NDArray[Any]: ...
def inverted(literals: int | npt.NDArray[Any]) -> bool | npt.NDArray[Any]:
    """The complement bit; 0 or 1 in an array, whose dtype stays."""
    return literals & 1 if isinstance(literals, np.ndarray) else bool(literals & 1)


def larger_first(fanins: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The order of fanin literals in an Aig, [n, 2]."""
    ordered = np.empty_like(fanins)
    np.maximum(fanins[:, 0], fanins[:, 1], out=ordered[:, 0])
    np.minimum(fanins[:, 0], fanins[:, 1], out=ordered[:, 1])
    return ordered


@overload
def through(image: Image, literals: int) -> int: ...
@overload
def through(image: Image, literals: npt.NDArray[Any]) -> npt.NDArray[Any]: ...
def through(image: Image, literals: int | npt.NDArray[Any]) -> int | npt.NDArray[Any]:
    """Literals of one netlist in terms of another: each variable replaced by its image, complements kept.

    image: a literal for each variable (or a value 0 or 1, which gives the value of the literals).
    """
    if isinstance(literals, np.ndarray):
        images: npt.NDArray[Any] = np.asarray(image)[variable_of(literals)] ^ inverted(literals)
        return images
    return int(image[literals >> 1]) ^ (literals & 1)
