"""What people and programs see: no control characters from files, valid JSON, errors of one line, odd environments."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import cli
from bridge.cli import output
from bridge.cli.output import activity, progress
from bridge.coding.archive import unpack
from bridge.formats import write_netlist
from bridge.formats.aiger import parse_aiger
from bridge.lowering import lower
from bridge.metadata import read_metadata, with_metadata
from bridge.printable import LAYOUT, Progress, counted, dump_json, printable
from support.cells import random_cell
from support.command_line import Call
from support.processes import shown_on

pytestmark = pytest.mark.heavy

HOSTILE = "\x1b]0;pwned\x07\x1b[31mEVIL\x9b2J\x7f\u202e\u200b\u2028"
ESCAPES = f"aag 3 2 0 1 1\n2\n4\n6\n6 2 4\ni0 {HOSTILE}[0]\ni1 b\no0 \x1b[2Jq\nc\n{HOSTILE}\n"


def unseen(text: str) -> list[str]:
    hidden = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
    return [char for char in text if char not in LAYOUT and unicodedata.category(char) in hidden]


@given(st.text())
def test_nothing_unseen_is_left(text: str) -> None:
    shown = printable(text)
    assert not unseen(shown)
    assert "\n" not in shown
    assert printable(shown) == shown
    assert (printable(text, LAYOUT) == text) == (not unseen(text))


@pytest.fixture
def escapes(tmp_path: Path) -> Path:
    path = tmp_path / f"esc{HOSTILE}.aag"
    path.write_text(ESCAPES, encoding="utf-8")
    return path


COMMANDS = [
    ("stats", "FILE"),
    ("check", "FILE", "tiny"),
    ("check", "FILE", "other.aag"),
    ("diff", "FILE", "FILE", "--structure"),
    ("diff", "FILE", "--structure", "--format", "markdown"),
    ("diff", "FILE", "--format", "csv"),
    ("cone", "FILE", "\x1b[2Jq"),
    ("affects", "FILE", "--from", "b", "--to", "\x1b[2Jq"),
    ("affects", "FILE", "--from", "b", "--to", "nothing"),
    ("dependence", "FILE"),
    ("neurons", "FILE"),
    ("compare", "FILE", "FILE"),
    ("convert", "FILE", "out.aag"),
    ("run", "FILE", "fraig"),
    ("eval", "FILE", "--text", "FILE"),
    ("eval", "tiny", "--text", "FILE"),
    ("generate", "tiny\x1b[2J"),
    ("flows", "check", "x\x1b[2J.yaml"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_control_characters_from_files(call: Call, escapes: Path, command: tuple[str, ...]) -> None:
    Path("other.aag").write_text(ESCAPES.replace("6 2 4", "6 2 5"), encoding="utf-8")
    arguments = [escapes if part == "FILE" else part for part in command]
    for more in ([], ["--json"]):
        called = call(*arguments, *more)
        assert called.code in (0, 1, 2)
        assert not unseen(called.out + called.err)
        assert "internal error" not in called.err


def test_a_terminal_sees_only_our_own_escapes(escapes: Path) -> None:
    """Tables are bold on a terminal, and a bar moves there; the file's own escapes are shown, not obeyed."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "bridge.cli", "dependence", str(escapes)]
    with subprocess.Popen(command, stdout=follower, stderr=follower, cwd=escapes.parent) as child:
        os.close(follower)
        seen = shown_on(leader)
    os.close(leader)
    assert child.returncode == 0
    assert b"\x1b[" in seen
    assert b"pwned\x07" not in seen
    assert b"\x1b[31mEVIL" not in seen


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": float("inf"), "b": [float("-inf"), (float("nan"),)]}, {"a": "Infinity", "b": ["-Infinity", ["NaN"]]}),
        ({"a": 1.5, "b": None, "c": "\x1b\x9b\u202e"}, {"a": 1.5, "b": None, "c": "\x1b\x9b\u202e"}),
    ],
)
def test_json_is_valid(value: Any, text: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    dumped = dump_json(value)
    assert json.loads(dumped, parse_constant=refuse) == text
    assert dumped.isascii()
    assert dumped.isprintable()


def test_an_infinite_code_length(call: Call, tmp_path: Path) -> None:
    """A netlist whose readout makes a symbol all but impossible: bits per byte are infinite."""
    aig = lower(random_cell(3))
    readout = read_metadata(aig).readout
    assert readout is not None
    write_netlist(with_metadata(aig, replace(read_metadata(aig), readout=replace(readout, scale=1e306))), "m.aig")
    (tmp_path / "text").write_bytes(readout.symbols * 50)
    found = call("eval", "m.aig", "--text", "text", "--json")
    assert found.code == 0, found.err
    assert found.json["bits_per_byte"] == "Infinity"
    assert found.err == ""
    measured = call("influence", "m.aig", "--text", "text", "--positions", 64, "--json")
    assert (measured.code, measured.err) == (0, "")
    json.loads(measured.out, parse_constant=pytest.fail)


def in_shell(line: str) -> subprocess.CompletedProcess[str]:
    """The program as `$0` in a shell of its own, whose streams can be odd."""
    command = ["bash", "-c", line.replace("aigbridge", '"$0" -m bridge.cli'), sys.executable]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_streams_that_are_closed() -> None:
    done = in_shell("aigbridge chat tiny <&- >&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_one_line() -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("this system has no /dev/full")
    done = in_shell("aigbridge --version >/dev/full")
    assert (done.returncode, done.stderr) == (2, "aigbridge: cannot read or write: No space left on device\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("columns", ["1", "nonsense"])
def test_odd_encodings_and_widths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, columns: str) -> None:
    file = tmp_path / "caf\u00e9.aag"
    file.write_text("aag 1 1 0 1 0\n2\n2\ni0 \u00e9\no0 \u03c8\n", encoding="utf-8")
    monkeypatch.setenv("COLUMNS", columns)

    def shown(*arguments: object) -> tuple[object, str, str]:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "argv", ["aigbridge", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        for stream in streams:
            stream.seek(0)
        return ended.value.code, streams[0].read(), streams[1].read()

    assert shown("diff", file, "--structure")[0] == 0
    assert "caf\u00e9" in json.loads(shown("diff", file, "--json")[1])["rows"][0]["label"]
    code, out, err = shown("affects", file, "--from", "\u00e9", "--to", "no\u03c8")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_group_without_a_command_is_help(call: Call) -> None:
    for group in (("bench",), ("bench", "--help")):
        called = call(*group)
        assert (called.code, called.err) == (0, "")
        assert "Commands:" in called.out


def test_one_thing_is_not_many() -> None:
    assert [counted(count, "step") for count in (0, 1, 2, 3000)] == ["0 steps", "1 step", "2 steps", "3,000 steps"]


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("command", ["lower tiny -o link.aig", "convert tiny link.aig", "pack text -o /dev/stdout"])
def test_words_do_not_follow_the_bytes_into_a_pipe(tmp_path: Path, command: str, more: list[str]) -> None:
    (tmp_path / "link.aig").symlink_to("/dev/stdout")
    (tmp_path / "text").write_bytes(b"In the beginning ")
    started = [sys.executable, "-m", "bridge.cli", *command.split(), *more]
    done = subprocess.run(started, capture_output=True, cwd=tmp_path, timeout=120, check=True)
    out = command.split()[-1]
    assert (f'"out": "{out}"' if more else f"{out}: ") in done.stderr.decode()
    if out == "link.aig":
        assert parse_aiger(done.stdout, "it").latches
    else:
        assert unpack(done.stdout) == b"In the beginning "


def test_work_goes_on_where_nobody_takes_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    monkeypatch.setattr(output, "SILENCE", 0.0)
    with progress("training") as heard:
        heard(Progress(0.5))


def test_the_code_is_right_where_nobody_takes_the_sentence() -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("this system has no /dev/full")
    assert in_shell("aigbridge stats nothing.aig 2>/dev/full").returncode == 2


@pytest.mark.parametrize("shown", [progress, activity])
def test_long_work_without_a_terminal_says_a_line_now_and_then(
    shown: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.0, output.SILENCE, output.SILENCE + 1, 2.5 * output.SILENCE, 9 * output.SILENCE])
    monkeypatch.setattr(output.time, "monotonic", lambda: next(clock))
    with shown("training") as heard:
        for now in (Progress(0.1), Progress(0.25, "tree 3"), Progress(0.26), Progress(None, "\x1btree 9"), Progress()):
            heard(now)
    assert capsys.readouterr() == (
        "",
        "aigbridge: training: 25% done after 30 s; tree 3\n"
        "aigbridge: training: after 75 s; \\x1btree 9\n"
        "aigbridge: training: after 270 s\n",
    )


def test_training_tells_how_far_it_is_without_a_terminal(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "book.txt").write_bytes(b"And it came to pass, as it is written.\n" * 200)
    monkeypatch.setattr(output, "SILENCE", 0.0)
    called = call("train", "--corpus", tmp_path / "book.txt", "--kind", "trees", "--ands", 300, "-o", "c.safetensors")
    assert called.code == 0
    line = r"aigbridge: training: \d+% done after \d+ s; [\d.]+ bits per byte, \d+ trees?\n"
    assert re.fullmatch(f"({line})+", called.err)
