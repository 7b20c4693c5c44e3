"""Reading whole files under a size bound and writing them so that nothing half-written is ever seen."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from bridge.errors import InputError

GIBIBYTE = 1 << 30
_STEP = 1 << 20


def read_bytes(path: str | os.PathLike[str], what: str, limit: int = GIBIBYTE) -> bytes:
    """The content of the file; InputError when it is missing, a directory, empty or above `limit` bytes."""
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError(f"{file}: is a directory; expected {what}")
        with file.open("rb") as stream:
            data = _read_at_most(stream, limit + 1)
    except OSError as error:
        raise InputError(f"{file}: cannot read {what}: {error.strerror or error}") from error
    if not data:
        raise InputError(f"{file}: is empty; expected {what}")
    if len(data) > limit:
        raise InputError(f"{file}: is larger than the {limit:,} bytes allowed for {what}")
    return data


def _read_at_most(stream: BinaryIO, count: int) -> bytes:
    """Never asks for much more than there is: Python makes room for all that is asked for."""
    step = max(os.fstat(stream.fileno()).st_size + 1, _STEP)
    chunks: list[bytes] = []
    while count > 0 and (chunk := stream.read(min(count, step))):
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def map_bytes(path: str | os.PathLike[str], what: str) -> memoryview:
    """The content of a file of any size, read from disk where it is looked at; InputError as for `read_bytes`."""
    try:
        with Path(path).open("rb") as stream:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError as error:
        raise InputError(f"{path}: is empty; expected {what}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot read {what}: {error.strerror or error}") from error


def write_atomic(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write under a temporary name beside `path`, then rename; InputError when the place cannot be written.

    A link is followed; a device or pipe (`/dev/stdout`) is written directly, never replaced.
    """
    file = Path(path).resolve()
    raw = data.encode() if isinstance(data, str) else data
    temporary: str | None = None
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(raw)
            return
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name[:64]}.", dir=file.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, file)
        temporary = None
    except OSError as error:
        raise InputError(f"{path}: cannot write: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def make_directory(path: str | os.PathLike[str]) -> Path:
    """Create a folder and its parents; InputError when that is impossible."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot create the folder: {error.strerror or error}") from error
    return folder


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
