"""Texts are made of packages byte for byte, and a package that is broken, hostile or another says so in a sentence."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.corpus import PACKAGED, Packaged, packages, text_of
from bridge.corpus.packages import Source
from bridge.errors import InputError
from support.command_line import Call

FILES = {"doc/b.txt": b"second\n", "doc/a.txt.gz": gzip.compress(b"first\n" * 50), "doc/c.html": b"<p>", "x.txt": b"no"}
WHOLE = b"first\n" * 50 + b"second\n"


def wanted(files: str = "doc/*.txt*", text: bytes = WHOLE) -> Packaged:
    digest = hashlib.sha256(text).hexdigest()
    source = Source("toy-doc", "1.0", "apt-get download toy-doc=1.0")
    return Packaged("toy", "a toy", source, "MIT", files, len(text), digest)


def deb(data: bytes, name: bytes = b"data.tar.xz") -> bytes:
    """A package of Debian, as `ar` writes it."""
    made = b"!<arch>\n"
    for member, content in ((b"debian-binary", b"2.0\n"), (b"odd", b"odd"), (name, data)):
        head = member.ljust(16) + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6) + b"100644".ljust(8)
        made += head + str(len(content)).encode().ljust(10) + b"`\n" + content + b"\n" * (len(content) % 2)
    return made


def tarred(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo("./" + name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("./doc/link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return stream.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("package", [deb(tarred(FILES)), zipped(FILES)], ids=["deb", "wheel"])
def test_files_in_the_order_of_their_paths(tmp_path: Path, package: bytes) -> None:
    (tmp_path / "toy").write_bytes(package)
    assert text_of(wanted(), tmp_path / "toy") == WHOLE


@pytest.mark.parametrize("files", [FILES | {"doc/b.txt": b"changed"}, FILES | {"doc/d.txt": b"more" * 1000}, {}])
def test_another_version_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "toy").write_bytes(deb(tarred(files)))
    with pytest.raises(InputError, match=r"toy-doc 1\.0, and this is another package or version: get it with `apt-get"):
        text_of(wanted(), tmp_path / "toy")


@pytest.mark.parametrize(
    "package",
    [b"nonsense", b"!<arch>\n", deb(b"no tar"), deb(lzma.compress(b"no tar" * 999)), deb(b"", b"data.tar.zst")],
)
def test_what_is_no_package(tmp_path: Path, package: bytes) -> None:
    (tmp_path / "toy").write_bytes(package)
    with pytest.raises(InputError, match="toy: is no package that can be read: "):
        text_of(wanted(), tmp_path / "toy")


@given(st.integers(0, 1 << 30), st.sampled_from([deb(tarred(FILES)), zipped(FILES)]))
@settings(max_examples=100)
def test_broken_packages_are_one_sentence_or_the_text(
    tmp_path_factory: pytest.TempPathFactory, seed: int, package: bytes
) -> None:
    place = seed % len(package)
    broken = package[:place] + bytes([package[place] ^ (seed >> 8 & 255 or 1)]) + package[place + 1 :]
    path = tmp_path_factory.mktemp("broken") / "toy"
    path.write_bytes(broken if seed % 3 else package[:place] or b"x")
    try:
        said = text_of(wanted(), path).decode()
    except InputError as error:
        said = str(error)
    assert said == WHOLE.decode() or said.startswith(f"{path}: ")


def test_a_small_file_that_unpacks_to_very_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "UNPACKED", 1 << 20)
    (tmp_path / "toy").write_bytes(deb(tarred({"other": bytes(1 << 22)} | FILES)))
    with pytest.raises(InputError, match="unpacks to more than"):
        text_of(wanted(), tmp_path / "toy")
    (tmp_path / "toy").write_bytes(zipped({f"doc/{number}.txt": bytes(1 << 20) for number in range(50)}))
    with pytest.raises(InputError, match="another package"):
        text_of(wanted(), tmp_path / "toy")


def test_the_command_lists_and_makes(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = call("data")
    assert all(text.name in shown.out and text.source.get in shown.out for text in PACKAGED)
    assert {text["name"] for text in call("data", "--json").json["texts"]} == {text.name for text in PACKAGED}
    monkeypatch.setattr(packages, "PACKAGED", (wanted(),))
    (tmp_path / "toy.deb").write_bytes(deb(tarred(FILES)))
    assert call("data", "toy", "toy.deb", "-o", "toy.txt", "--json").json["sha256"] == wanted().sha256
    assert (tmp_path / "toy.txt").read_bytes() == WHOLE
    for arguments, words in (
        (("klingon",), "there is no text named 'klingon'; there are toy"),
        (("toy",), "`apt-get download toy-doc=1.0`, then `aigbridge data toy FILE -o toy.txt`"),
        (("toy", "missing.deb", "-o", "t.txt"), "cannot read a package"),
        (("toy", "toy.deb", "-o", "no/folder/t.txt"), "cannot write"),
    ):
        refused = call("data", *arguments)
        assert (refused.code, words in refused.err) == (2, True), refused.err


@pytest.mark.slow
def test_a_real_package(tmp_path: Path) -> None:
    """From Debian's archive, where this machine reaches one that has the version."""
    if shutil.which("apt-get") is None:
        pytest.skip("this system has no apt-get")
    wordnet = next(text for text in PACKAGED if text.name == "wordnet")
    done = subprocess.run(wordnet.source.get.split(), cwd=tmp_path, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"no {wordnet.source.package} {wordnet.source.version} here: {done.stderr[-200:]}")
    (package,) = tmp_path.glob("*.deb")
    assert len(text_of(wordnet, package)) == wordnet.bytes
