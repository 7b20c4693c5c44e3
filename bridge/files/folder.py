"""A folder whose content may come from a stranger: the folder of a run, of one of its steps, of the cache.

The way to the folder is the user's, links and all. Below it there are only plain files and real folders for us: nothing
is read, written or removed through a link, a device or a pipe, and none is waited for. A file that has a name elsewhere
too (a hard link) is not read; writing puts a new file in its place.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.files import GIBIBYTE, parse_json

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
}


@dataclass(frozen=True)
class Folder:
    """`root`: the folder that the user named; `parts`: the names of real folders on the way from there to this one.

    Every error is an InputError that names the file.
    """

    root: Path
    parts: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return self.root.joinpath(*self.parts)

    @property
    def name(self) -> str:
        return self.path.name

    def below(self, name: str) -> Folder:
        """The folder of that name in here; whether there is one is seen when it is used."""
        return replace(self, parts=(*self.parts, self._checked(name)))

    def listing(self) -> dict[str, os.stat_result]:
        """What is in here, links not followed, in the order of the names."""
        with self._opened() as handle, os.scandir(handle) as entries:
            found = {}
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # another process may have removed it
                    found[entry.name] = entry.stat(follow_symlinks=False)
            return dict(sorted(found.items()))

    def holds(self, name: str) -> bool:
        """Whether anything in here has that name."""
        with self._opened(self._checked(name)) as folder:
            try:
                os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return False
        return True

    def read(self, name: str, what: str, limit: int = GIBIBYTE, *, shared: bool = False) -> bytes:
        """The content of a file that is not empty and has at most `limit` bytes; `shared`: a hard link will do."""
        with self._opened(self._checked(name), f"read {what}") as folder:
            self._check_file(name, what, os.stat(name, dir_fd=folder, follow_symlinks=False), shared)
            handle = os.open(name, _OPEN_FILE, dir_fd=folder)
            with os.fdopen(handle, "rb") as stream:
                facts = os.fstat(handle)
                self._check_file(name, what, facts, shared)  # it may be another one by now
                data = stream.read(min(limit, facts.st_size) + 1)
        if not data:
            raise InputError(f"{self.path / name}: is empty; expected {what}")
        if len(data) > limit:
            raise InputError(f"{self.path / name}: is larger than the {limit:,} bytes allowed for {what}")
        return data

    def read_json(self, name: str, what: str, limit: int) -> dict[str, Any]:
        """The JSON object in a file."""
        try:
            facts = parse_json(self.read(name, what, limit))
        except ValueError as error:
            raise InputError(f"{self.path / name}: is not JSON: {error}") from error
        if not isinstance(facts, dict):
            raise InputError(f"{self.path / name}: is not {what}")
        return facts

    def write(self, name: str, data: bytes | str) -> None:
        """Write under a temporary name, then rename: what had the name is replaced, whatever it was, but no folder."""
        raw = data.encode() if isinstance(data, str) else data
        temporary = f".{self._checked(name)[:64]}.{secrets.token_hex(6)}"
        with self._opened(name, "write") as folder:
            try:
                with os.fdopen(os.open(temporary, _NEW_FILE, 0o666, dir_fd=folder), "wb") as stream:
                    stream.write(raw)
                os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=folder)
                raise

    def check_plain(self) -> None:
        """InputError for an entry that is neither a folder nor a file of its own."""
        for name, facts in self.listing().items():
            if not stat.S_ISDIR(facts.st_mode):
                self._check_file(name, "data of ours", facts)

    def touch(self, name: str) -> None:
        """Say that the entry was used now."""
        with self._opened(self._checked(name)) as folder:
            os.utime(name, dir_fd=folder, follow_symlinks=False)

    def remove(self, name: str) -> None:
        """Remove an entry, with all below it; nothing if there is none."""
        with self._opened(self._checked(name), "remove") as folder:
            try:
                kind = stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
                shutil.rmtree(name, dir_fd=folder) if kind == stat.S_IFDIR else os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                pass
            except RecursionError as error:
                raise InputError(f"{self.path / name}: is nested too deeply; remove it yourself") from error

    def make(self, name: str) -> Folder:
        """The folder of that name in here, made if there is none."""
        with self._opened(self._checked(name), "create") as folder, contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
        return self.below(name)

    def anew(self, name: str) -> Folder:
        """A new, empty folder of that name in here, whatever had it before."""
        self.remove(name)
        with self._opened(name, "create") as folder:
            os.mkdir(name, dir_fd=folder)
        return self.below(name)

    def _checked(self, name: str) -> str:
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise InputError(f"{self.path}: {name[:100]!r} is no name of a file in here")
        return name

    @contextlib.contextmanager
    def _opened(self, name: str = "", verb: str = "read") -> Iterator[int]:
        """A handle of this folder; an OSError in the block is one of the entry called `name`."""
        place = self.root
        try:
            handle = os.open(self.root, _OPEN_FOLDER)
            try:
                for part in self.parts:
                    place /= part
                    self._check_folder(place, os.stat(part, dir_fd=handle, follow_symlinks=False))
                    inner = os.open(part, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=handle)
                    os.close(handle)
                    handle = inner
                place /= name
                yield handle
            finally:
                os.close(handle)
        except OSError as error:
            raise InputError(f"{place}: cannot {verb}: {error.strerror or error}") from error

    def _check_folder(self, place: Path, facts: os.stat_result) -> None:
        if not stat.S_ISDIR(facts.st_mode):
            raise InputError(f"{place}: is {_kind(facts)}, not a folder; what is not in {self.root} itself is not used")

    def _check_file(self, name: str, what: str, facts: os.stat_result, shared: bool = False) -> None:
        place = self.path / name
        if not stat.S_ISREG(facts.st_mode):
            raise InputError(f"{place}: is {_kind(facts)}, not a file with {what}; it is neither followed nor read")
        if facts.st_nlink > 1 and not shared:
            raise InputError(
                f"{place}: is a hard link, so the file may belong elsewhere; copy the folder (cp -r) to use it"
            )


def _kind(facts: os.stat_result) -> str:
    return _KINDS.get(stat.S_IFMT(facts.st_mode), "something else")
