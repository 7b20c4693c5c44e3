"""The decorator of all compiled code: numba, with machine code cached on disk.

Numba's own cache notices a change of the file that defines a function, but not of the functions it calls in other
files, and would run stale code after an update of a checkout. So the name of a cache file holds the digest of all
compiled modules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache

_FOLDER = Path(__file__).parent
_TABLES = ("strash.py", "execution/operations.py", "execution/micro.py")
_MODULES = sorted([*(_FOLDER / name for name in _TABLES), *_FOLDER.glob("**/*kernels.py")])
SOURCES = hashlib.sha256(b"".join(path.read_bytes() for path in _MODULES)).hexdigest()


class _CacheFile(CompileResultCacheImpl):
    @property
    def filename_base(self) -> str:
        return f"{super().filename_base}-{SOURCES[:12]}"


class _Cache(FunctionCache):
    _impl_class = _CacheFile


def compiled(function: Callable[..., Any]) -> Any:
    """Compile on first call for the types it is called with; release the interpreter lock while it runs."""
    dispatcher: Any = njit(nogil=True)(function)
    dispatcher._cache = _Cache(function)  # type: ignore[no-untyped-call]
    return dispatcher
