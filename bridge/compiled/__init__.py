"""The decorator of all compiled code: numba, with machine code kept on disk.

Numba's own cache notices a change of the file that defines a function, but not of the functions and constants that it
takes from other files, and would run stale code after an update of a checkout. So the name of a cache file holds the
digest of its module and of all that the module imports from this package.

Wheels bring machine code along (hatch_build.py makes it), in the folder `machine_code`, for processors of the levels
`LEVELS`: elsewhere, and where the sources have changed since, functions are compiled when they are first called. Code
that others could have put there is not run: a cache folder that others may write to, or that belongs to a third person,
is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import llvmlite.binding as llvm
from numba import njit
from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, InTreeCacheLocator
from numba.core.runtime.nrt import rtsys
from numba.extending import intrinsic

import bridge.compiled.boxes  # noqa: F401  # what is returned is made as that says
from bridge.compiled.interrupts import held

_ROOT = Path(__file__).parents[2]
_P = ParamSpec("_P")
_R = TypeVar("_R")
_IMPORT = re.compile(rb"^\s*(?:from|import)\s+(bridge[\w.]*)", re.MULTILINE)


SHIPPED = Path(__file__).parents[1] / "machine_code"
_V3 = ("avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
_V4 = ("avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
LEVELS = {"x86-64-v4": (*_V3, *_V4), "x86-64-v3": _V3}  # the best first; what a processor of the level has


class _Nowhere(InTreeCacheLocator):
    """Where no folder at all may be written to: what is compiled lasts as long as the process."""

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Nowhere:
        return cls(function, file)


class _CacheFile(CompileResultCacheImpl):
    _locator_classes = [*CompileResultCacheImpl._locator_classes, _Nowhere]  # noqa: RUF012  # as numba declares it

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self.digest = digest(Path(inspect.getfile(function)))
        self._filename_base += f"-{self.digest}"


class _Index(IndexDataCacheFile):
    """What cannot be read is not there: files name classes of arguments that have moved since, or end too early where
    a machine has lost its power. Unpickling raises whatever it likes then."""

    def _load_index(self) -> dict[Any, str]:
        try:
            return dict(super()._load_index())  # type: ignore[no-untyped-call]
        except Exception:
            return {}

    def load_first(self, keys: Iterable[Any]) -> Any:
        """What is kept for the first of the keys that there is; None if there is none."""
        names = self._load_index()
        for key in keys:
            with contextlib.suppress(KeyError, OSError):
                return self._load_data(names[key])
        return None

    def _load_data(self, name: str) -> Any:
        try:
            return super()._load_data(name)  # type: ignore[no-untyped-call]
        except Exception as error:
            raise OSError(f"{name} cannot be read") from error


class _Cache(FunctionCache):
    _impl_class = _CacheFile

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        name, stamp = self._impl.filename_base, self._impl.digest
        self._cache_file = _Index(self._cache_path, name, stamp)  # type: ignore[no-untyped-call]
        self._shipped = _Index(str(SHIPPED), name, stamp)  # type: ignore[no-untyped-call]
        if not trusted(Path(self._cache_path), Path(inspect.getfile(function))):
            self.disable()  # type: ignore[no-untyped-call]

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Numba's own reads in all that a compiler needs first; what is compiled needs only counted memory."""
        rtsys.initialize(target)
        with self._guard_against_spurious_io_errors():
            found = self._brought(signature, target) or self._load_overload(signature, target)  # type: ignore[no-untyped-call]
            if found:
                return found
        _tell_once()
        return None

    def _brought(self, signature: Any, target: Any) -> Any:
        # Who asks numba for a certain processor gets it.
        if config.CPU_NAME is not None or not levels():  # type: ignore[attr-defined]
            return None
        signature, (triple, *_), code = self._index_key(signature, target.codegen())  # type: ignore[no-untyped-call]
        found = self._shipped.load_first((signature, (triple, level, ""), code) for level in levels())
        return found and self._impl.rebuild(target, found)

    def save_overload(self, signature: Any, code: Any) -> None:
        with contextlib.suppress(OSError):  # a full disk, or nowhere to write
            super().save_overload(signature, code)  # type: ignore[no-untyped-call]


class _Store:
    """The cache of a function, looked for when the function is first called: most are not."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @cached_property
    def _cache(self) -> _Cache:
        return _Cache(self._function)

    def load_overload(self, signature: Any, target: Any) -> Any:
        return self._cache.load_overload(signature, target)

    def save_overload(self, signature: Any, code: Any) -> None:
        self._cache.save_overload(signature, code)

    def kept(self) -> list[Any]:
        """(types, (triple, processor, features), digests) of all code that is kept."""
        return list(self._cache._cache_file._load_index())  # type: ignore[no-untyped-call]


@cache
def levels() -> tuple[str, ...]:
    """Those whose code this processor can run, and this system lets run, the best first."""
    features = llvm.get_host_cpu_features()
    return tuple(level for level, needed in LEVELS.items() if all(features.get(name) for name in needed))


@cache
def trusted(folder: Path, source: Path) -> bool:
    """May code in there be run? It must belong to whom we believe already, and nobody else may write there."""
    if os.name == "nt" or not folder.exists():
        return True
    found = folder.stat()
    if found.st_uid not in (0, os.geteuid(), source.stat().st_uid) or found.st_mode & stat.S_IWOTH:
        return False
    return not found.st_mode & stat.S_IWGRP or _alone(found.st_uid, found.st_gid)


def _alone(user: int, group: int) -> bool:
    """Is that a group of this user alone, called like them? Where everybody has one, new folders are open to it."""
    import grp  # not everywhere
    import pwd

    try:
        who, members = pwd.getpwuid(user), grp.getgrgid(group)
    except KeyError:
        return False
    return who.pw_gid == group and who.pw_name == members.gr_name and {*members.gr_mem} <= {who.pw_name}


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
    dispatcher._cache = _Store(function)
    dispatcher.compile = held(dispatcher.compile)  # it also loads from the cache; LLVM calls back into Python there
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
