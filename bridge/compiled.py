"""The decorator of all compiled code: numba, with machine code cached on disk.

Numba's own cache notices a change of the file that defines a function, but not of the functions and constants that it
takes from other files, and would run stale code after an update of a checkout. So the name of a cache file holds the
digest of its module and of all that the module imports from this package.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile
from numba.extending import intrinsic

_ROOT = Path(__file__).parent.parent
_P = ParamSpec("_P")
_R = TypeVar("_R")
_IMPORT = re.compile(rb"^\s*(?:from|import)\s+(bridge[\w.]*)", re.MULTILINE)


class _CacheFile(CompileResultCacheImpl):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._filename_base += f"-{digest(Path(inspect.getfile(function)))}"


class _Index(IndexDataCacheFile):
    def _load_index(self) -> dict[Any, str]:
        try:
            return dict(super()._load_index())  # type: ignore[no-untyped-call]
        except (ImportError, AttributeError):
            return {}  # it names classes of arguments that have moved since


class _Cache(FunctionCache):
    _impl_class = _CacheFile

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _Index(self._cache_path, self._impl.filename_base, stamp)  # type: ignore[no-untyped-call]

    def load_overload(self, signature: Any, target: Any) -> Any:
        found = super().load_overload(signature, target)  # type: ignore[no-untyped-call]
        if found is None:
            _tell_once()
        return found


@cache
def _tell_once() -> None:
    # People wait for half a minute here, before any command of theirs can say what it is doing.
    if sys.stderr.isatty():
        print("compiling for this machine; later runs will not", file=sys.stderr)


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile on first call for the types it is called with; release the interpreter lock while it runs."""
    return _cached(njit(nogil=True)(function), function)


def compiled_part(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same for what compiled functions call often and what makes no arrays: references to arrays are not counted
    in it. Counting costs more than the work wherever arrays are taken out of tuples, sliced or handed on."""
    return _cached(njit(nogil=True, _nrt=False)(function), function)  # type: ignore[call-overload]


def generated(write: Callable[..., Any]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Compiled code may call the function that stands below, as it is declared; what it does is the machine code that
    `write` makes, an intrinsic of numba."""

    def typed(declared: Callable[_P, _R]) -> Callable[_P, _R]:
        return cast(Callable[_P, _R], intrinsic(write))

    return typed


def _cached(dispatcher: Any, function: Callable[_P, _R]) -> Callable[_P, _R]:
    dispatcher._cache = _Cache(function)
    return cast(Callable[_P, _R], dispatcher)


@cache
def digest(module: Path) -> str:
    """Twelve hexadecimal digits that change with the text of a module or of any module that it imports from here."""
    found = {module}
    waiting = [module]
    while waiting:
        new = _imported(waiting.pop()) - found
        found |= new
        waiting += new
    return hashlib.sha256(b"".join(_sha256(path) for path in sorted(found))).hexdigest()[:12]


@cache
def _imported(module: Path) -> set[Path]:
    places = [_ROOT / name.decode().replace(".", "/") for name in _IMPORT.findall(module.read_bytes())]
    paths = {path for place in places for path in (place.with_suffix(".py"), place / "__init__.py")}
    return {path for path in paths if path.is_file()}


@cache
def _sha256(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
