"""Commands called wrongly, on broken files, without tools, and interrupted: one clear line, the right exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.aig import Aig, Output
from bridge.cli import hear_interrupts
from bridge.formats import write_netlist
from support.command_line import Call, assert_one_line
from support.tools import skip_or_fail

FILES: dict[str, tuple[str, bytes]] = {
    "empty": ("x.aig", b""),
    "truncated": ("x.aig", b"aig 10 2 0 1 8\n8\n\x01"),
    "cyclic": ("x.aag", b"aag 3 1 0 1 2\n2\n4\n4 6 2\n6 4 2\n"),
    "counts": ("x.aag", b"aag 9 5 0 1 1\n2\n4\n6\n6 4 2\n"),
    "huge": ("x.aag", b"aag 1000000000000000000 1 0 1 1000000000000000000\n2\n2\n"),
    "huge binary": ("x.aig", b"aig 1000000000000000000 1 0 1 999999999999999999\n2\n"),
    "crlf": ("x.aig", b"aig 3 2 0 1 1\r\n6\r\n\x02\x02"),
    "verilog": ("x.v", b"module m (a, y);\n input a; output y;\n assign y = a * a;\nendmodule\n"),
    "undriven": ("x.v", b"module m (a, y);\n input a; output y; wire w;\n assign y = a & w;\nendmodule\n"),
    "not verilog": ("x.v", b"hello\n"),
    "blif": ("x.blif", b".model m\n.inputs a\n.outputs y\n.gate nand2 A=a O=y\n.end\n"),
    "suffix": ("x.txt", b"hello\n"),
    "not a cell": ("x.safetensors", b"hello, this is no cell at all\n"),
}


@pytest.mark.heavy
@pytest.mark.parametrize("case", FILES)
def test_bad_files(call: Call, tmp_path: Path, case: str) -> None:
    name, content = FILES[case]
    (tmp_path / name).write_bytes(content)
    before = sorted(os.listdir(tmp_path))
    for arguments in (
        ("stats", name),
        ("convert", name, "out.aig"),
        ("run", name, "fraig"),
        ("eval", name, "--text", "kjv"),
    ):
        called = call(*arguments)
        assert_one_line(called)
        assert name in called.err
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.heavy
def test_bad_arguments(call: Call, cell: Path, netlist: Path, text: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "folder.aig").mkdir()
    (tmp_path / "bad.yaml").write_text("name: x\nsteps:\n  - abc: [strash]\n    spice: hot\n")
    (tmp_path / "evil.yaml").write_text("name: x\nsteps:\n  - abc: ['!touch pwned']\n")
    for arguments in (
        ("stats", "missing.aig"),
        ("stats", "folder.aig"),
        ("stats", "nonsense"),
        ("lower", netlist, "-o", "out.aig"),
        ("lower", cell, "-o", "out.xyz"),
        ("lower", cell, "-o", "no/such/folder/out.aig"),
        ("lower", cell, "-o", "/dev/full.aig/x.aig"),
        ("run", netlist, "nonsense"),
        ("run", netlist, "missing.yaml"),
        ("run", netlist, "bad.yaml"),
        ("run", netlist, "evil.yaml"),
        ("run", netlist, "fraig", "--out", text),
        ("eval", netlist, "--text", "empty.txt"),
        ("eval", netlist, "--text", "missing.txt"),
        ("eval", netlist, "--text", tmp_path),
        ("eval", netlist),
        ("generate", netlist, "--bytes", "-1"),
        ("generate", netlist, "--temperature", "nan"),
        ("diff", tmp_path),
        ("train", "--corpus", "empty.txt", "--out", "c.safetensors"),
        ("train", "--corpus", "missing.txt", "--out", "c.safetensors"),
        ("train", "--corpus", text, "--out", "no/folder/c.safetensors"),
        ("train", "--corpus", text, "--minutes", "-3", "--out", "c.safetensors"),
        ("nonsense",),
        ("stats", netlist, "--nonsense"),
    ):
        assert_one_line(call(*arguments))
    assert not (tmp_path / "pwned").exists()
    assert "spice" in call("run", netlist, "bad.yaml").err
    assert "bad.yaml:4" in call("run", netlist, "bad.yaml").err


def test_a_full_disk_leaves_no_half_file(call: Call, cell: Path) -> None:
    if not Path("/dev/full").is_char_device():
        skip_or_fail("this system has no /dev/full")
    Path("out.aig").symlink_to("/dev/full")
    called = call("lower", cell, "-o", "out.aig")
    assert_one_line(called)
    assert "No space left" in called.err


def test_links_that_lead_in_a_circle(call: Call, netlist: Path, cell: Path, text: Path) -> None:
    for name in ("x.aig", "x.html", "x.pack", "x.safetensors"):
        Path(name).symlink_to(name)
    for name, arguments in {
        "x.aig": ("lower", cell, "-o", "x.aig"),
        "x.html": ("report", cell, "-o", "x.html", "--live-only"),
        "x.pack": ("pack", text, "-o", "x.pack"),
        "x.safetensors": ("train", "--corpus", text, "--kind", "trees", "--ands", 300, "--out", "x.safetensors"),
    }.items():
        called = call(*arguments)
        assert_one_line(called)
        assert name in called.err
        assert Path(name).is_symlink()
    assert_one_line(call("convert", netlist, "-o", "x.aig"))
    assert_one_line(call("stats", "x.aig"))
    assert_one_line(call("sweep", "shrink", "--on", "x.aig"))


def test_whatever_cannot_be_read_or_written_is_named(call: Call, cell: Path, netlist: Path) -> None:
    long = "x" * 300 + ".aig"  # longer than names of files may be
    for arguments in (
        ("stats", long),
        ("lower", long, "-o", "out.aig"),
        ("lower", cell, "-o", long),
        ("convert", netlist, "-o", long),
        ("eval", netlist, "--text", long),
        ("describe", long),
        ("diff", netlist, long),
        ("train", "--corpus", long, "--out", "out.safetensors"),
    ):
        called = call(*arguments)
        assert_one_line(called)
        assert called.err.startswith(f"aigbridge: {long}")
        assert "cannot " in called.err


def test_a_netlist_without_logits_cannot_be_evaluated(call: Call, tmp_path: Path, text: Path) -> None:
    aig = Aig(("a",), (), [], (Output("y", 2),))
    write_netlist(aig, tmp_path / "x.aig")
    assert_one_line(call("eval", "x.aig", "--text", text))


def test_an_escape_beyond_unicode_in_a_flow(call: Call, tmp_path: Path) -> None:
    (tmp_path / "u.yaml").write_text('name: x\nsummary: "\\U00110000"\nsteps: [{abc: [dc2]}]\n')
    assert_one_line(call("flows", "show", "u.yaml"))


def test_a_wrong_choice_is_told_without_words_of_libraries(call: Call, netlist: Path, text: Path) -> None:
    wrong = call("eval", netlist, "--text", text, "--part", "held-out")
    assert_one_line(wrong)
    assert "'--part': 'held-out' is not one of 'heldout', " in wrong.err


def test_no_arguments_is_help(call: Call) -> None:
    assert {"Usage:", "lower", "prove"} <= {*call().out.split()}


def test_missing_tool_is_code_4(call: Call, netlist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGBRIDGE_ABC", "/nowhere/abc")
    assert_one_line(call("run", netlist, "fraig"), code=4)


@pytest.mark.heavy
def test_interruption_is_code_130(netlist: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge.cli", "generate", str(netlist), "--bytes", "1000000000"]
    child = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.read(1)  # so it is at work, with more to say than the pipe holds
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err.strip() == b"aigbridge: interrupted"


def test_an_interruption_while_an_object_is_freed_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    class Solver:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    def work() -> None:
        with hear_interrupts():
            Solver()
            time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not capsys.readouterr().err


@pytest.mark.heavy
def test_a_closed_pipe_is_no_error(netlist: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} -m bridge.cli generate plain.aig --bytes 100000 2>err | head -c 10 >/dev/null"
    command += "; exit ${PIPESTATUS[0]}"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ("unpack x", "unpack"),
        ("lower tiny -o x.aig --effort 101", "lower"),
        ("flows show", "flows show"),
        ("nosuch", ""),
    ],
)
def test_wrong_use_names_the_help_of_the_very_command(call: Call, given: str, command: str) -> None:
    called = call(*given.split())
    assert_one_line(called)
    assert called.err.endswith(f". See {' '.join(['aigbridge', *command.split()])} --help.\n")
