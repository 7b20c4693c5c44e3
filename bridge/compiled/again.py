"""Compiling once more, for processors of another level, what was compiled already."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from numba.core.registry import CPUDispatcher


def compile_again(level: str, *modules: str) -> None:
    """Compile the functions of these modules for the types for which the cache has code of `level`.

    The code is for the processor that numba is asked for (NUMBA_CPU_NAME) and joins the other in the cache. It is not
    run, so this processor need not be of that kind. Of functions that these call no code is kept: it is in theirs.
    """
    found = [_of_module(name) for name in modules]
    functions = [function for those in found for function in those]
    wanted = {function: _wanted(function, level) for function in functions}
    for function, signatures in wanted.items():
        for signature in signatures:
            function.compile(signature)
    for function, signatures in wanted.items():
        for key in function._cache.kept():
            if key[0] not in signatures:
                _file(function, key).unlink(missing_ok=True)


def _of_module(name: str) -> list[Any]:
    functions = vars(import_module(name)).values()
    return [each for each in functions if isinstance(each, CPUDispatcher) and each.__module__ == name]


def _wanted(function: Any, level: str) -> list[Any]:
    """The types for which there is code of that level."""
    keys = [key for key in function._cache.kept() if key[1][1] == level]
    return [key[0] for key in keys if _file(function, key).exists()]


def _file(function: Any, key: Any) -> Path:
    """Where the cache has, or had, the code of a function for that key."""
    kept = function._cache._cache._cache_file
    return Path(kept._data_path(kept._load_index()[key]))
