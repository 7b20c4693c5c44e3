"""Universal Binary JSON, as XGBoost writes it: read strictly, every count held against the bytes that are there."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.files import MAXIMAL_DEPTH

_NUMBERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.data) - self.at:
            raise ValueError(f"it ends at byte {len(self.data)}, within what starts at byte {self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, marker: bytes) -> Any:
        kind = np.dtype(_NUMBERS[marker])
        return np.frombuffer(self.take(kind.itemsize), kind)[0].item()

    def count(self) -> int:
        marker = self.take(1)
        if marker not in _NUMBERS or marker in b"dD":
            raise ValueError(f"byte {self.at - 1} should start a length")
        return int(self.number(marker))

    def text(self) -> str:
        return self.take(self.count()).decode("utf-8")

    def value(self, depth: int) -> Any:
        if depth > MAXIMAL_DEPTH:
            raise ValueError(f"it is nested more than {MAXIMAL_DEPTH} deep")
        marker = self.take(1)
        if marker in _NUMBERS:
            return self.number(marker)
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        match marker:
            case b"S":
                return self.text()
            case b"C":
                return self.take(1).decode("ascii")
            case b"{":
                return self.record(depth)
            case b"[":
                return self.list(depth)
        raise ValueError(f"byte {self.at - 1} starts nothing that is known: {marker!r}")

    def record(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.data[self.at : self.at + 1] != b"}":
            key = self.text()
            if key in found:
                raise ValueError(f"the key {key[:40]!r} comes twice")
            found[key] = self.value(depth + 1)
        self.at += 1
        return found

    def list(self, depth: int) -> Any:
        kind = self._after(b"$")
        if kind is not None:
            kind = self.take(1)
        if self._after(b"#") is None:
            if kind is not None:
                raise ValueError(f"byte {self.at} should start a length")
            return self._open_list(depth)
        count = self.count()
        if kind is None:
            if not 0 <= count <= len(self.data) - self.at:
                raise ValueError(f"a list at byte {self.at} is longer than the file")
            return [self.value(depth + 1) for _ in range(count)]
        if kind not in _NUMBERS:
            raise ValueError(f"a list at byte {self.at} has entries of an unknown type {kind!r}")
        dtype = np.dtype(_NUMBERS[kind])
        array = np.frombuffer(self.take(count * dtype.itemsize), dtype)
        return array.astype(dtype.newbyteorder("="))

    def _open_list(self, depth: int) -> Any:
        found = []
        while self._after(b"]") is None:
            found.append(self.value(depth + 1))
        return found

    def _after(self, mark: bytes) -> bytes | None:
        if self.data[self.at : self.at + 1] != mark:
            return None
        self.at += 1
        return mark


def parse_ubjson(data: bytes) -> Any:
    """Dictionaries, lists, text, numbers; lists of one type of number are arrays. ValueError for anything else."""
    reader = _Reader(data)
    found = reader.value(0)
    if reader.at != len(data):
        raise ValueError(f"there is more after its end, at byte {reader.at}")
    return found
