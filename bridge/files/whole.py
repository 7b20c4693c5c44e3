"""Reading whole files, and JSON, under bounds; writing files so that nothing half-written is ever seen."""

from __future__ import annotations

import json
import math
import mmap
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from bridge.errors import InputError

GIBIBYTE = 1 << 30
_STEP = 1 << 20
MAXIMAL_DEPTH = 64


def read_bytes(path: str | os.PathLike[str], what: str, limit: int = GIBIBYTE) -> bytes:
    """The content of the file; InputError when it is missing, a directory, empty or above `limit` bytes.

    Takes little more memory than it returns, and than `limit` where a device has no end.
    """
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError(f"{file}: is a directory; expected {what}")
        with file.open("rb") as stream:
            found = os.fstat(stream.fileno())
            known_size = found.st_size if stat.S_ISREG(found.st_mode) else 0
            data = _read_at_most(stream, known_size, limit + 1) if known_size <= limit else None
    except OSError as error:
        raise InputError(f"{file}: cannot read {what}: {error.strerror or error}") from error
    if data is None or len(data) > limit:
        raise InputError(f"{file}: is larger than the {limit:,} bytes allowed for {what}")
    if not data:
        raise InputError(f"{file}: is empty; expected {what}")
    return data


def _read_at_most(stream: BinaryIO, likely: int, count: int) -> bytes:
    """Never asks for much more than there is: Python makes room for all that is asked for.

    All of it is in one buffer: a read of the `likely` size, which is seldom all of a pipe or device, then what follows.
    """
    held = BytesIO(stream.read(min(count, likely + 1)))
    held.seek(0, os.SEEK_END)
    while (room := count - held.tell()) > 0 and (chunk := stream.read(min(room, _STEP))):
        held.write(chunk)
    return held.getvalue()


def map_bytes(path: str | os.PathLike[str], what: str) -> memoryview:
    """The content of a file of any size, read from disk where it is looked at; InputError as for `read_bytes`."""
    try:
        with Path(path).open("rb") as stream:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError as error:
        raise InputError(f"{path}: is empty; expected {what}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot read {what}: {error.strerror or error}") from error


def parse_json(data: bytes | str) -> Any:
    """What JSON says, if it is JSON: every number finite, and nothing nested deeper than what we write. ValueError."""
    try:
        facts = json.loads(data, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError(f"it is nested more than {MAXIMAL_DEPTH} deep") from None
    level = [facts]
    for _ in range(MAXIMAL_DEPTH):
        inner = [value for value in level if isinstance(value, dict | list)]
        level = [entry for value in inner for entry in (value.values() if isinstance(value, dict) else value)]
    if any(isinstance(value, dict | list) for value in level):
        raise ValueError(f"it is nested more than {MAXIMAL_DEPTH} deep")
    return facts


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def write_atomic(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write all of a file, see `writing`."""
    with writing(path) as stream:
        stream.write(data.encode() if isinstance(data, str) else data)


def is_device(path: str | os.PathLike[str]) -> bool:
    """Whether it is there and is no plain file: a device, a pipe, a folder, or a link to one."""
    return os.path.exists(path) and not os.path.isfile(path)


def followed(path: str | os.PathLike[str]) -> Path:
    """The place that all links lead to, which need not exist; InputError for links that lead in a circle."""
    place = Path(os.path.realpath(path))  # Path.resolve raises a RuntimeError for such, or nothing in newer Pythons
    if place.is_symlink():
        raise InputError(f"{path}: links that lead in a circle")
    return place


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write under a temporary name beside `path`, then rename, or remove it when the block fails; InputError when the
    place cannot be written.

    A link is followed; a device or pipe (`/dev/stdout`) is written directly, never replaced.
    """
    temporary: str | None = None
    try:
        if is_device(path):
            with open(path, "wb") as stream:
                yield stream
            return
        file = followed(path)
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name[:64]}.", dir=file.parent)
        with os.fdopen(handle, "wb") as stream:
            yield stream
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
