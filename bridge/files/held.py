"""Bytes that may turn out not to be wanted: held back until somebody says where they go."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from bridge.errors import InputError

_IN_MEMORY = 1 << 22  # bytes; more are kept on disk
_PIECE = 1 << 20


class Held:
    """A stream to write to, whose bytes are kept in a temporary file until `release`, and go on from there at once
    afterwards. InputError where there is no room for such a file."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed by `close`)
        self._onward: Callable[[bytes], object] | None = None

    def write(self, data: bytes) -> None:
        if self._onward is not None:
            self._onward(data)
            return
        with _blamed():
            self._file.write(data)

    def release(self, write: Callable[[bytes], object]) -> None:
        """Write there what was held; what comes later goes there, too. Once is enough."""
        if self._onward is not None:
            return
        with _blamed():
            self._file.seek(0)
        while piece := self._piece():
            write(piece)
        self.close()
        self._onward = write

    def _piece(self) -> bytes:
        with _blamed():
            return self._file.read(_PIECE)

    def close(self) -> None:
        """Forget what is held."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _blamed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot keep a temporary file: {error.strerror or error}") from error
