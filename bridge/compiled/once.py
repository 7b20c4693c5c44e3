"""Compiled code that is the same for all constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba.core.types import unliteral

from bridge.compiled import compiled_part

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compiled_once(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """`compiled_part`, once for each type of arguments. Of others, numba makes one more for every constant that they
    are called with, and likewise of all that they call: worth it only for few constants, in innermost loops."""
    part: Any = compiled_part(function)
    compile_for = part.compile
    part.compile = lambda types: compile_for(tuple(map(unliteral, types)))
    return cast(Callable[_P, _R], part)
