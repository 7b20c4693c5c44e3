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
from bridge.files import make_directory
from bridge.files.folder import Folder

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
        place = self._entries.below(key[:2])
        try:
            entry = place.read(key, "a result of an earlier run")
            place.touch(key)
        except InputError:
            return None
        data = entry[_DIGEST_BYTES:]
        return data if hashlib.sha256(data).digest() == entry[:_DIGEST_BYTES] else None

    def put(self, key: str, data: bytes) -> None:
        with contextlib.suppress(InputError):
            make_directory(self.folder)
            place = Folder(self.folder).make(_VERSION).make(key[:2])
            place.write(key, hashlib.sha256(data).digest() + data)

    def usage(self) -> Usage:
        sizes = [size for _, size, _ in self._found()]
        return Usage(len(sizes), sum(sizes))

    def trim(self) -> None:
        """Throw away the oldest entries once they are too many, so many that it need not be done again soon."""
        entries = self._found()
        excess = sum(size for _, size, _ in entries) - self.limit
        if excess > 0:
            self._drop(entries, excess + int((1 - _TRIMMED) * self.limit))

    def clear(self) -> None:
        entries = self._found()
        self._drop(entries, sum(size for _, size, _ in entries) + 1)

    @property
    def _entries(self) -> Folder:
        return Folder(self.folder, (_VERSION,))

    def _drop(self, entries: list[tuple[int, int, str]], wanted: int) -> None:
        for _, size, key in sorted(entries):
            if wanted <= 0:
                return
            self._entries.below(key[:2]).remove(key)
            wanted -= size

    def _found(self) -> list[tuple[int, int, str]]:
        """(time of last use, bytes, key)."""
        found = []
        with contextlib.suppress(InputError):  # an empty cache has no folder
            for start in self._entries.listing():
                with contextlib.suppress(InputError):  # what is no folder of ours
                    facts = self._entries.below(start).listing()
                    found += [(fact.st_mtime_ns, fact.st_size, key) for key, fact in facts.items() if key[:2] == start]
        return found


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
