"""Arrays of an `.npz` file from anybody: no pickles, nothing larger than it says it is, and it says it is bounded."""

from __future__ import annotations

import io
import math
import os
import zipfile
import zlib
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from bridge.errors import InputError
from bridge.files.whole import GIBIBYTE, read_bytes

Array: TypeAlias = npt.NDArray[Any]

_SUFFIX = ".npy"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_KINDS = "iubfU"  # what can be no code: numbers and text
_FAULTS = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, TypeError, RuntimeError, NotImplementedError)


def read_arrays(path: str | os.PathLike[str], *wanted: str, limit: int = GIBIBYTE) -> dict[str, Array]:
    """Those of the wanted arrays that an `.npz` file has, numbers or text; at most `limit` bytes, file and arrays.

    InputError, naming the file and the array, for what is no such file or array.
    """
    data = read_bytes(path, "arrays (.npz)", limit)
    found: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {info.filename.removesuffix(_SUFFIX): info for info in archive.infolist()}
            for name in filter(sizes.__contains__, wanted):
                if sizes[name].file_size > limit - sum(array.nbytes for array in found.values()):
                    raise InputError(f"{path}: its arrays are larger than the {limit:,} bytes allowed")
                with archive.open(sizes[name]) as member:
                    found[name] = _array(member.read(sizes[name].file_size + 1), f"{path}: array {name!r}")
    except _FAULTS as error:
        raise InputError(f"{path}: is no .npz file of arrays: {error}") from error
    return found


def _array(data: bytes, place: str) -> Array:
    """What a `.npy` member holds; its header is believed only if it tells of just the bytes that follow."""
    stream = io.BytesIO(data)
    try:
        shape, fortran, dtype = _HEADERS[npy.read_magic(stream)](stream)
    except (KeyError, ValueError, TypeError, EOFError, SyntaxError, RecursionError, OverflowError) as error:
        raise InputError(f"{place} has no header of numpy: {error}") from error
    if dtype.kind not in _KINDS or not dtype.itemsize:
        raise InputError(f"{place} holds {dtype}, but only numbers and text are read")
    rest = memoryview(data)[stream.tell() :]
    if any(side < 0 for side in shape) or math.prod(shape) * dtype.itemsize != len(rest):
        raise InputError(f"{place} says it is {dtype}{list(shape)}, but has {len(rest):,} bytes")
    flat = np.frombuffer(rest, dtype)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
