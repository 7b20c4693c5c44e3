"""Files are read under a bound and written whole or not at all."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from bridge.cli.output import writable
from bridge.errors import InputError
from bridge.files import make_directory, read_bytes, whole, write_atomic


def test_reading_under_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_bytes(path, "a thing", 5) == b"12345"
    with pytest.raises(InputError, match="larger than the 4 bytes"):
        read_bytes(path, "a thing", 4)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "x").open("wb") as stream:
        stream.truncate(1 << 40)
    monkeypatch.setattr(whole, "_read_at_most", lambda *_: pytest.fail("it was read"))
    with pytest.raises(InputError, match="x: is larger than the 10,000,000 bytes allowed for a thing"):
        read_bytes(tmp_path / "x", "a thing", 10_000_000)


def test_an_endless_file_takes_little_more_than_its_limit() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="larger than the 20,000,000 bytes"):
            read_bytes("/dev/zero", "a thing", 20_000_000)
        assert tracemalloc.get_traced_memory()[1] < 26_000_000
    finally:
        tracemalloc.stop()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    write_atomic(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x"]


def test_a_full_device_is_written_directly_and_never_replaced() -> None:
    with pytest.raises(InputError, match="No space left"):
        write_atomic("/dev/full", b"data")
    assert Path("/dev/full").is_char_device()


def test_a_pipe_is_written_directly(tmp_path: Path) -> None:
    """What `/dev/stdout` leads to then has a name that cannot be opened."""
    reader, writer = os.pipe()
    link = tmp_path / "x.aig"
    link.symlink_to(f"/dev/fd/{writer}")
    try:
        write_atomic(writable(link, ".aig"), "data")
        write_atomic(f"/dev/fd/{writer}", ", more")
        assert os.read(reader, 100) == b"data, more"
    finally:
        os.close(reader)
        os.close(writer)
    assert link.is_symlink()


def test_a_link_is_followed_and_a_folder_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert (tmp_path / "link").is_symlink()
    with pytest.raises(InputError, match="Is a directory"):
        write_atomic(tmp_path, "data")


def test_links_that_lead_in_a_circle(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).symlink_to(other)
    for name in ("one", "two"):
        with pytest.raises(InputError, match="links that lead in a circle"):
            write_atomic(tmp_path / name, "data")
    assert sorted(os.listdir(tmp_path)) == ["one", "two"]
    assert (tmp_path / "one").is_symlink()
    (tmp_path / "nowhere").symlink_to("new")
    write_atomic(tmp_path / "nowhere", "data")
    assert (tmp_path / "new").read_text() == "data"


def test_written_files_have_ordinary_permissions(tmp_path: Path) -> None:
    write_atomic(tmp_path / "x", "data")
    (tmp_path / "y").write_text("data")
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot create the folder"):
        make_directory(tmp_path / "file" / "folder")
    assert make_directory(tmp_path / "a" / "b").is_dir()


def test_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    """Python makes room for all that a read asks for, and the limit is a gibibyte."""
    (tmp_path / "x").write_bytes(b"abc" * 1_000_000)
    tracemalloc.start()
    try:
        assert read_bytes(tmp_path / "x", "anything") == b"abc" * 1_000_000
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()
    with pytest.raises(InputError, match="larger than the 2,999,999 bytes"):
        read_bytes(tmp_path / "x", "anything", 2_999_999)
