"""Results of tools and proofs, kept between runs under the digest of all that they depend on.

An entry is a file of its own that appears whole or not at all, so any number of runs may share the folder; one whose
content does not fit its digest counts as missing. The cache never stops a run: where it cannot be written, it is empty.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import InputError
from bridge.files import write_atomic

VARIABLE = "AIGBRIDGE_CACHE"
MAXIMAL_BYTES = 2 << 30
_VERSION = "v1"
_DIGEST_BYTES = 32
_TRIMMED = 0.8


@dataclass(frozen=True)
class Usage:
    """`bytes`: the sum of the files."""

    entries: int
    bytes: int


@dataclass(frozen=True)
class Cache:
    """A folder of entries, the least recently used thrown away by `trim` when they take more than `limit` bytes."""

    folder: Path
    limit: int = MAXIMAL_BYTES

    def get(self, key: str) -> bytes | None:
        """The bytes put under that key, if they are still there and whole."""
        path = self._path(key)
        try:
            entry = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        data = entry[_DIGEST_BYTES:]
        return data if hashlib.sha256(data).digest() == entry[:_DIGEST_BYTES] else None

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        with contextlib.suppress(OSError, InputError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, hashlib.sha256(data).digest() + data)

    def usage(self) -> Usage:
        sizes = [size for _, size, _ in self._entries()]
        return Usage(len(sizes), sum(sizes))

    def trim(self) -> None:
        """Throw away the oldest entries once they are too many, so many that it need not be done again soon."""
        entries = self._entries()
        excess = sum(size for _, size, _ in entries) - self.limit
        if excess > 0:
            self._drop(entries, excess + int((1 - _TRIMMED) * self.limit))

    def clear(self) -> None:
        entries = self._entries()
        self._drop(entries, sum(size for _, size, _ in entries) + 1)

    def _drop(self, entries: list[tuple[int, int, Path]], wanted: int) -> None:
        for _, size, path in sorted(entries):
            if wanted <= 0:
                return
            path.unlink(missing_ok=True)
            wanted -= size

    def _entries(self) -> list[tuple[int, int, Path]]:
        """(time of last use, bytes, path)."""
        found = []
        for path in self.folder.glob(f"{_VERSION}/??/*"):
            with contextlib.suppress(FileNotFoundError):  # another run may have thrown it away
                facts = path.stat()
                found.append((facts.st_mtime_ns, facts.st_size, path))
        return found

    def _path(self, key: str) -> Path:
        return self.folder / _VERSION / key[:2] / key


def default_cache() -> Cache | None:
    """The cache of this user, at AIGBRIDGE_CACHE if that is set; None for a user without a home."""
    if os.environ.get(VARIABLE):
        return Cache(Path(os.environ[VARIABLE]))
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return Cache((Path(base) if base else Path.home() / ".cache") / "aigbridge")
    except RuntimeError:
        return None


def key_of(*parts: str | bytes) -> str:
    """A digest of the parts; no two lists of parts are confused."""
    digests = [hashlib.sha256(part.encode() if isinstance(part, str) else part).hexdigest() for part in parts]
    return hashlib.sha256(json.dumps(digests).encode()).hexdigest()
