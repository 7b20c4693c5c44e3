"""A file of sections, each of which ends with a check over the whole file so far and all that it stands for.

A check is the start of a sha256, so it is right only if all before it is as it was written, and was decoded to what was
encoded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from bridge.errors import InputError

if TYPE_CHECKING:
    from hashlib import _Hash

CHECK = 8  # bytes

Read: TypeAlias = Callable[[int], bytes]  # of a stream: at most so many bytes, none at its end
Write: TypeAlias = Callable[[bytes], object]


@dataclass
class Sink:
    """Writes sections. `place`: bytes written."""

    write: Write
    place: int = 0
    digest: _Hash = field(default_factory=hashlib.sha256)

    def put(self, *parts: bytes) -> None:
        for part in parts:
            self.digest.update(part)
            self.write(part)
            self.place += len(part)

    def seal(self, text: bytes = b"") -> None:
        """The end of a section, which stands for a text."""
        self.digest.update(text)
        self.put(self.digest.digest()[:CHECK])


@dataclass
class Source:
    """Reads sections; InputError where the file is not as it was written. `place`: bytes read."""

    read: Read
    place: int = 0
    digest: _Hash = field(default_factory=hashlib.sha256)

    def take(self, count: int) -> bytes:
        parts, missing = list[bytes](), count
        while missing and (part := self.read(missing)):
            parts.append(part)
            missing -= len(part)
        self.place += count - missing
        if missing:
            raise InputError(f"the archive is cut off after {self.place:,} bytes")
        found = b"".join(parts)
        self.digest.update(found)
        return found

    def verify(self, text: bytes = b"") -> None:
        """The end of a section, which stands for a text."""
        self.digest.update(text)
        wanted = self.digest.digest()[:CHECK]
        if self.take(CHECK) != wanted:
            raise self.damaged("what stands there has another checksum")

    def end(self) -> None:
        if self.read(1):
            raise InputError(f"the archive ends after {self.place:,} bytes, but the file goes on")

    def damaged(self, how: str) -> InputError:
        return InputError(f"the archive is damaged before byte {self.place:,}: {how}")
