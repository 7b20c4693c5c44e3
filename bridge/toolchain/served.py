"""A script of ours that stays as a process and answers, under limits: numbers go out and come back through pipes.

A message has a head of two int32, kind and count, then so many int32, in the byte order of the machine.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bridge.arrays import Ints
from bridge.toolchain.process import (
    MARK,
    Limits,
    ToolRunError,
    check_interrupt,
    end_group,
    environment_for,
    guarded,
    restrict,
)

_PIECE = 1 << 16
_HEAD = 8
_PATIENCE = 0.05  # seconds between two looks at whether we are interrupted, or over


class Died(ToolRunError):
    """It ended without an answer. `code`: its exit code, negative for a signal."""

    def __init__(self, tool: str, step: str, code: int) -> None:
        super().__init__(tool, step, f"ended with {code} instead of an answer")
        self.code = code


class Served:
    """The process of a script; `close` it, which kills it. Of `limits` only the memory counts."""

    def __init__(self, script: Path, argument: str, limits: Limits, *, step: str) -> None:
        self.tool, self.step = argument, step
        self._mark = f"{MARK}={secrets.token_hex(16)}"
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(script), argument],
            cwd="/",
            env=environment_for(Path("/"), self._mark),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        self._guard = contextlib.ExitStack()
        self._guard.enter_context(guarded(self._process.pid, self._mark))
        restrict(self._process.pid, limits)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)

    def tell(self, kind: int, numbers: Ints, over: Callable[[], bool]) -> bool:
        """Send a message; False when it is over before that: it must be closed then. Raises Died."""
        data = np.concatenate([[kind, len(numbers)], numbers]).astype(np.int32).tobytes()
        view = memoryview(data)
        while view:
            if not self._ready(self._in, select.POLLOUT, over):
                return False
            try:
                view = view[os.write(self._in, view[:_PIECE]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._died() from None
        return True

    def hear(self, over: Callable[[], bool]) -> tuple[int, Ints] | None:
        """The next message; None when it is over before that: it must be closed then. Raises Died."""
        head = self._read(_HEAD, over)
        if head is None:
            return None
        kind, count = np.frombuffer(head, np.int32).tolist()
        body = self._read(4 * count, over)
        return None if body is None else (kind, np.frombuffer(body, np.int32).astype(np.int64))

    def close(self) -> None:
        """Kill it. Twice is once."""
        self._guard.close()
        if self._process.returncode is None:
            end_group(self._process, self._mark)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _read(self, count: int, over: Callable[[], bool]) -> bytes | None:
        data = bytearray()
        while len(data) < count:
            if not self._ready(self._out, select.POLLIN, over):
                return None
            piece = os.read(self._out, min(count - len(data), 1 << 20))
            if not piece:
                raise self._died()
            data += piece
        return bytes(data)

    def _ready(self, handle: int, event: int, over: Callable[[], bool]) -> bool:
        poll = select.poll()
        poll.register(handle, event)
        while True:
            check_interrupt()
            if poll.poll(1000 * _PATIENCE):
                return True
            if over():
                return False

    def _died(self) -> Died:
        self.close()
        return Died(self.tool, self.step, self._process.returncode)
