"""One external process under limits: the only place that starts one.

Exit codes of the tools here mean little, so a caller reads the log and the files that were left.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import secrets
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import index
from pathlib import Path
from typing import IO, Any

from bridge.errors import ToolError
from bridge.toolchain.allowance import Allowance

LOG = "log.txt"
_LOG_KEPT = 8 << 20
_LAST_LINES = 6
MARK = "AIGBRIDGE_STARTED_BY"
_ROUNDS = 20
_LEAST_SECONDS = 0.001
_ENVIRONMENT_BYTES = 64 << 10
_ECHO = re.compile(r"^abc - > (.*)$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Limits:
    """What one process may use: seconds of work (see Allowance), bytes of address space, bytes of any file that it
    writes (its log too). `whole`: what it shares with others; it is ended when that is over."""

    seconds: float = 600.0
    memory: int = 8 << 30
    file_bytes: int = 1 << 30
    whole: Allowance | None = field(default=None, compare=False)

    def alone(self) -> Limits:
        """The same for one who cannot see the whole: the seconds that are left of it, if those are fewer."""
        if self.whole is None:
            return self
        return replace(self, seconds=min(self.seconds, max(self.whole.left, _LEAST_SECONDS)), whole=None)

    def to_json(self) -> dict[str, float | int]:
        """All but the whole, which only this process knows."""
        return {"seconds": self.seconds, "memory": self.memory, "file_bytes": self.file_bytes}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Limits:
        """Undo `to_json`. KeyError, TypeError or ValueError for what are no such limits."""
        limits = cls(float(facts["seconds"]), index(facts["memory"]), index(facts["file_bytes"]))
        if not all(0 < limit < 1 << 62 for limit in limits.to_json().values()):
            raise ValueError(f"no process can be held to {limits}")
        return limits


@dataclass(frozen=True)
class Finished:
    """`code`: the exit code, negative for a signal; `log`: both streams; `memory`: peak resident bytes."""

    code: int
    log: str
    seconds: float
    memory: int


class ToolRunError(ToolError):
    """A run that cannot be trusted. `tool`: the program; `step`: what it was asked to do; `command`: the last command
    that its log echoes; `lines`: the last it said; `fault`: all of that but the step, in words; `seconds`: how long
    it ran."""

    def __init__(self, tool: str, step: str, fault: str, log: str = "", said: str = "", seconds: float = 0.0) -> None:
        self.tool, self.step, self.seconds = tool, step, seconds
        self.lines = tuple(line.strip() for line in log.splitlines() if line.strip())[-_LAST_LINES:]
        echoed = _ECHO.findall(log)
        self.command = echoed[-1].strip() if echoed else ""
        where = f" at {self.command!r}" if self.command else ""
        said = said or next((line for line in self.lines[::-1] if not _ECHO.match(line)), "")
        self.fault = f"{tool} {fault}{where}" + (f", saying: {said.strip()[:300]}" if said else "")
        super().__init__(f"{self.fault} (while running {step})")


class NotTaken(ToolRunError):
    """A run that did not fail: the program does not take such netlists, and says so at once, whenever it is asked."""


class OutOfTime(ToolRunError):
    """A run that did not fail: what it shares with others, the `whole` of its limits, is over."""


def run_process(
    command: Sequence[str | Path],
    folder: Path,
    limits: Limits,
    *,
    tool: str,
    step: str,
) -> Finished:
    """Run `command` in `folder`, both streams into its `log.txt`; whatever it started is gone when this returns, and
    when we are killed: its process group, and on Linux also what left that.

    Raises ToolRunError when it cannot be started, passes a limit (OutOfTime: the whole's), or is killed by a signal;
    KeyboardInterrupt in a thread that `interrupt_threads` has named.
    """
    started = time.monotonic()
    check_interrupt()
    mark = f"{MARK}={secrets.token_hex(16)}"
    with (folder / LOG).open("w+b") as log:
        try:
            process = _start(command, folder, log, mark)
        except OSError as error:
            raise ToolRunError(tool, step, f"could not be started ({error.strerror or error})") from error
        try:
            _children[threading.get_ident()] = process.pid
            restrict(process.pid, limits)
            with guarded(process.pid, mark):
                ended = _ended(process.pid, Allowance(limits.seconds, process.pid, limits.whole))
        finally:
            _children.pop(threading.get_ident(), None)
            memory = end_group(process, mark)
        said = _read_log(log)
    check_interrupt()
    finished = Finished(process.returncode, said, time.monotonic() - started, memory)
    if not ended:
        kind = OutOfTime if limits.whole and limits.whole.over else ToolRunError
        raise kind(tool, step, f"passed the limit of {limits.seconds:g} s", finished.log, seconds=finished.seconds)
    _reject_signals(finished, limits, tool, step)
    return finished


def _start(command: Sequence[str | Path], folder: Path, log: IO[bytes], mark: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=environment_for(folder, mark),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _read_log(log: IO[bytes]) -> str:
    """What the process printed, even if it removed the file; only the first and the last megabytes of very much."""
    size = log.seek(0, os.SEEK_END)
    log.seek(0)
    data = log.read(_LOG_KEPT)
    if size > 2 * _LOG_KEPT:
        log.seek(size - _LOG_KEPT)
        data += b"\n[...]\n"
    data += log.read(_LOG_KEPT)
    return _COLOUR.sub("", data.decode(errors="replace"))


def environment_for(folder: Path, mark: str) -> Mapping[str, str]:
    name, value = mark.split("=")
    # Yosys gives the name of its temporary folder to shells and scripts, unquoted: it must be a plain one.
    places = {"HOME": os.path.realpath(folder), "TMPDIR": "."}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **places, "LC_ALL": "C", name: value}


def restrict(pid: int, limits: Limits) -> None:
    # Set from outside: code between fork and exec is unsafe in a process with threads.
    if not hasattr(resource, "prlimit"):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        for kind, value in (
            (resource.RLIMIT_AS, limits.memory),
            (resource.RLIMIT_FSIZE, limits.file_bytes),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.prlimit(pid, kind, (value, value))


def interrupt_threads(threads: Collection[int]) -> None:
    """Kill what these threads (by identifier) wait for, and let them start nothing more; call it until they ended."""
    _interrupted.update(threads)
    for thread in threads:
        process = _children.get(thread)
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process, signal.SIGKILL)


def forget_threads(threads: Collection[int]) -> None:
    """Undo `interrupt_threads`, since identifiers are used again."""
    _interrupted.difference_update(threads)


_children: dict[int, int] = {}
_interrupted: set[int] = set()


def check_interrupt() -> None:
    """KeyboardInterrupt in a thread that `interrupt_threads` has named."""
    if threading.get_ident() in _interrupted:
        raise KeyboardInterrupt


@contextlib.contextmanager
def guarded(group: int, mark: str) -> Iterator[None]:
    """If we are killed in here, so is what we started: a shell waits until our end of its pipe is closed.

    The kernel's own way (PR_SET_PDEATHSIG) needs code between fork and exec, and spares the children of a tool.
    """
    left = f"grep -ls {mark} /proc/[0-9]*/environ | cut -d / -f 3"
    script = f"read line; kill -s KILL -- -{group}; for pid in $({left}); do kill -s KILL $pid; done"
    try:
        guard = subprocess.Popen(
            ["/bin/sh", "-c", script],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # a system without a shell
        yield
        return
    try:
        yield
    finally:
        guard.kill()  # before the pipe is closed, and before the group's id can be another's
        guard.communicate()


def _ended(pid: int, allowance: Allowance) -> bool:
    """Wait without reaping, so that the group's id stays ours until it has been killed."""
    pause = 0.0005
    with _pauses(pid) as rest:
        while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            left = allowance.left
            if left <= 0:
                return False
            rest(min(pause, left))
            pause = min(pause * 1.5, 0.05)
    return True


@contextlib.contextmanager
def _pauses(pid: int) -> Iterator[Callable[[float], object]]:
    """Something that sleeps for so many seconds, and wakes up early when the process ends, where the system can tell.

    Not every kernel tells in time, so nobody may rely on it.
    """
    try:
        handle = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield time.sleep
        return
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        yield lambda seconds: poll.poll(1000 * seconds)
    finally:
        os.close(handle)


def end_group(process: subprocess.Popen[bytes], mark: str) -> int:
    """Kill whatever is left of what the process started and reap it; its peak resident bytes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for _ in range(_ROUNDS):  # a process may start another one while it is looked for
        left = _marked(mark.encode())
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not left:
            break
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024


def _marked(mark: bytes) -> list[int]:
    """The live processes with that mark in their environment, where the system shows it: those that a tool started and
    that left its process group. One that ended, or was killed, shows none."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environment:
            if mark in environment.read(_ENVIRONMENT_BYTES):
                found.append(int(pid))
    return found


def _reject_signals(finished: Finished, limits: Limits, tool: str, step: str) -> None:
    # A shell in between reports signal n as exit code 128 + n.
    number = -finished.code if finished.code < 0 else finished.code - 128
    if number <= 0:
        return
    if number == signal.SIGXFSZ:
        raise ToolRunError(tool, step, f"wrote a file above {limits.file_bytes:,} bytes", finished.log)
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "unknown signal"
    raise ToolRunError(tool, step, f"crashed (signal {number}, {name})", finished.log)
