"""`aigbridge pack` and `unpack`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli import pack as command
from support.cells import bigram_cell
from support.command_line import Call, assert_one_line
from support.texts import rambling

TEXT = rambling(6000)
AIGBRIDGE = [sys.executable, "-m", "bridge.cli"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A text and a cell that knows it."""
    (tmp_path / "book.txt").write_bytes(TEXT)
    bigram_cell(TEXT).save(tmp_path / "cell.safetensors")
    return tmp_path


@pytest.mark.parametrize("options", [(), ("--inside",)])
def test_by_a_cell(call: Call, files: Path, options: tuple[str, ...]) -> None:
    told = call("pack", "book.txt", "-o", "book.aigpack", "--model", "cell.safetensors", *options, "--json").json
    assert told["methods"] == {"logic": len(TEXT)}
    assert told["archive"] == (files / "book.aigpack").stat().st_size < len(TEXT)
    assert bool(told["model"]) == bool(options)
    named = () if options else ("--model", "cell.safetensors")
    assert call("unpack", "book.aigpack", "-o", "again.txt", *named).code == 0
    assert (files / "again.txt").read_bytes() == TEXT


@pytest.mark.heavy
def test_by_trees_that_are_trained_on_it(call: Call, files: Path) -> None:
    text = rambling(10_000)
    (files / "book.txt").write_bytes(text)
    told = call("pack", "book.txt", "-o", "book.aigpack", "--ands", 400, "--json").json
    assert told["methods"] == {"logic": len(text)}
    assert 0 < told["model"] < told["archive"]
    assert call("unpack", "book.aigpack", "-o", "again.txt", "--kernel", "oracle").code == 0
    assert (files / "again.txt").read_bytes() == text


@pytest.mark.heavy
def test_what_suits_the_text(call: Call, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short one is not worth a model, and it is said which way was taken."""
    called = call("pack", "book.txt", "-o", "short")
    assert called.code == 0
    assert "(lzma)" in called.out
    assert "too short" in called.err
    assert called.err.count("\n") == 1
    monkeypatch.setattr(command, "SMALLEST", 100)
    tried = call("pack", "book.txt", "-o", "long")
    assert "(logic)" in tried.out or "at most 100 ANDs, saves less" in tried.err
    assert (files / "long").stat().st_size <= (files / "short").stat().st_size


@pytest.mark.parametrize("options", [(), ("--inside",)])
@pytest.mark.parametrize("text", [b"", bytes(range(128, 256)) * 20, TEXT[:300]])
def test_a_cell_that_is_left_out_is_told(call: Call, files: Path, options: tuple[str, ...], text: bytes) -> None:
    (files / "foreign").write_bytes(text)
    called = call("pack", "foreign", "-o", "packed", "--model", "cell.safetensors", *options)
    if text == TEXT[:300] and not options:  # 32 bytes are soon saved
        assert "(logic)" in called.out
        assert not called.err
        return
    assert "a model of" not in called.out
    assert "logic" not in called.out
    assert called.err.count("\n") == 1
    assert "cell.safetensors saves less of this text than it takes: it is left out" in called.err
    assert call("pack", "foreign", "-o", "plain").code == 0
    assert (files / "packed").read_bytes() == (files / "plain").read_bytes()


@pytest.mark.heavy
def test_trees_that_save_less_than_they_take_are_left_out_and_told(call: Call, files: Path) -> None:
    (files / "book.txt").write_bytes(rambling(3000))
    called = call("pack", "book.txt", "-o", "packed", "--ands", 20_000)
    assert "(lzma)" in called.out
    assert "at most 20,000 ANDs, saves less" in called.err
    told = call("pack", "book.txt", "-o", "packed", "--ands", 20_000, "--json").json
    assert told["archive"] == (files / "packed").stat().st_size <= told["with_model"]


@pytest.mark.heavy
@pytest.mark.parametrize("text", [bytes(12_000), b"\n", os.urandom(12_000)])
def test_any_bytes_are_packed_without_options(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    """Also where there is nothing to learn, for trees either."""
    monkeypatch.setattr(command, "SMALLEST", 100)
    (tmp_path / "text").write_bytes(text)
    called = call("pack", "text", "-o", "packed")
    assert called.code == 0
    assert called.err
    assert (tmp_path / "packed").stat().st_size <= len(text) + 80
    assert call("unpack", "packed", "-o", "again").code == 0
    assert (tmp_path / "again").read_bytes() == text


@pytest.mark.parametrize("text", [b"", b"x", os.urandom(200)])
def test_texts_with_nothing_in_them(call: Call, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "text").write_bytes(text)
    assert call("pack", "text", "-o", "packed").code == 0
    assert (tmp_path / "packed").stat().st_size <= len(text) + 80
    assert call("unpack", "packed", "-o", "again").code == 0
    assert (tmp_path / "again").read_bytes() == text


@pytest.mark.heavy
def test_from_standard_input_to_standard_output(files: Path) -> None:
    def run(*words: str, given: bytes) -> bytes:
        done = subprocess.run([*AIGBRIDGE, *words], input=given, capture_output=True, cwd=files, timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count(b"\n") == 1
        return done.stdout

    packed = run("pack", "-", "-o", "-", "--model", "cell.safetensors", "--inside", given=TEXT)
    assert len(packed) < len(TEXT) / 2
    assert run("unpack", "-", "-o", "-", given=packed) == TEXT


@pytest.mark.heavy
@pytest.mark.parametrize(("redirected", "said"), [(">/dev/full", "No space"), (">&-", "closed"), ("| true", "Broken")])
def test_output_that_takes_nothing_is_an_error_about_it(files: Path, redirected: str, said: str) -> None:
    waiting = "(sleep 0.3; cat book.txt)" if redirected.startswith("|") else "cat book.txt"
    line = f'set -o pipefail; {waiting} | "$0" -m bridge.cli pack - -o - --model cell.safetensors {redirected}'
    done = subprocess.run(["bash", "-c", line, sys.executable], capture_output=True, text=True, cwd=files, timeout=120)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("aigbridge: standard output")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_text_that_is_too_long_to_hold_is_told(call: Call, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MOST", len(TEXT) - 1)
    called = call("pack", "book.txt", "-o", "x")
    assert_one_line(called)
    assert "--model" in called.err
    assert not (files / "x").exists()


def test_errors_are_one_line_and_leave_nothing(call: Call, files: Path) -> None:
    assert call("pack", "book.txt", "-o", "good", "--model", "cell.safetensors").code == 0
    good = (files / "good").read_bytes()
    (files / "cut").write_bytes(good[:-50])
    (files / "empty").write_bytes(b"")
    (files / "zeros").write_bytes(bytes(9))
    (files / "changed").write_bytes(good[:90] + bytes([good[90] ^ 1]) + good[91:])
    before = sorted(os.listdir(files))
    for arguments, said in {
        ("pack", "none.txt", "-o", "x"): "none.txt",
        ("pack", "book.txt", "-o", "no/x"): "does not exist",
        ("pack", "book.txt", "-o", "x", "--inside"): "--inside",
        ("pack", "book.txt", "-o", "x", "--model", "tiny", "--ands", 9): "one of them",
        ("pack", "empty", "-o", "x", "--ands", 9): "at least two different bytes, and this one has 0",
        ("pack", "zeros", "-o", "x", "--ands", 9): "at least two different bytes, and this one has 1",
        ("unpack", "book.txt", "-o", "x"): "no archive",
        ("unpack", "good", "-o", "x"): "--model",
        ("unpack", "good", "-o", "x", "--model", "tiny"): "is",
        ("unpack", "cut", "-o", "x", "--model", "cell.safetensors"): "cut off",
        ("unpack", "changed", "-o", "x", "--model", "cell.safetensors"): "damaged",
    }.items():
        called = call(*arguments)
        assert_one_line(called)
        assert said in called.err
    assert sorted(os.listdir(files)) == before
