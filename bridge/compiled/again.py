"""Compiling once more, for processors of another level, what was compiled already."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from numba.core.registry import CPUDispatcher


def compile_again(level: str, *modules: str) -> None:
    """Compile the functions of these modules for the types for which the cache has code of `level`.

    The code is for the processor that numba is asked for (NUMBA_CPU_NAME) and joins the other in the cache. It is not
    run, so this processor need not be of that kind.
    """
    for name in modules:
        for function in vars(import_module(name)).values():
            if isinstance(function, CPUDispatcher) and function.__module__ == name:
                _compile_again(function, level)


def _compile_again(function: Any, level: str) -> None:
    for signature, (_, processor, _), _ in function._cache.kept():
        if processor == level:
            function.compile(signature)
