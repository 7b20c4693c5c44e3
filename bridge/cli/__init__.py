"""The command line `aigbridge`: parse arguments, call one function, print."""

from __future__ import annotations

import atexit
import contextlib
import io
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from types import FrameType
from typing import NoReturn

DEBUG = "AIGBRIDGE_DEBUG"


def main() -> None:
    """Run a command and exit with its documented code; an error is one sentence on standard error.

    Set AIGBRIDGE_DEBUG=1 to see tracebacks and warnings.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    atexit.register(_deaf)
    _prepare_streams()
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    with warnings.catch_warnings(), _notes():
        if not sys.warnoptions and not os.environ.get(DEBUG):
            warnings.simplefilter("ignore")  # of libraries, for programmers
        with hear_interrupts():
            code, error = _run()
    if error:
        from bridge.printable import printable

        with contextlib.suppress(OSError):  # the code is to be the right one where nobody takes the sentence
            print(f"aigbridge: {printable(' '.join(error.split()))}", file=sys.stderr)
    sys.exit(code)


def _run() -> tuple[int, str]:
    """(exit code, error sentence or nothing)."""
    try:
        from typer.exceptions import Abort, TyperException

        from bridge.errors import BridgeError

        try:
            return _called()
        except Abort:
            return 130, "interrupted"
        except TyperException as error:
            message = error.format_message() if hasattr(error, "format_message") else str(error)
            message = message.replace(": Value error, ", ": ")  # words of the library that checks options
            return 2, f"{message.rstrip('.')}. See aigbridge{_words_of(error)} --help."
        except BridgeError as error:
            _debug()
            return error.exit_code, str(error)
    except KeyboardInterrupt:
        return 130, "interrupted"
    except SystemExit as ended:  # how typer ends when the reader of our output has gone, as in `aigbridge ... | head`
        return (0 if ended.code == 1 else int(ended.code or 0)), ""
    except BrokenPipeError:  # the reader of our output has gone, as in `aigbridge ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0, ""
    except OSError as error:
        _debug()
        place = f"{error.filename}: " if error.filename else ""
        return 2, f"{place}cannot read or write: {error.strerror or error}"
    except MemoryError:
        return 4, "out of memory; try a smaller netlist or text"
    except Exception as error:
        _debug()
        return 4, f"internal error, please report it: {type(error).__name__}: {error} (AIGBRIDGE_DEBUG=1 shows more)"


def _words_of(error: Exception) -> str:
    """Those of the command that was called wrongly, with a space before; nothing where that is not known."""
    context = getattr(error, "ctx", None)
    return str(context.command_path).removeprefix(context.find_root().command_path) if context else ""


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """A polite request to end is treated as Ctrl-C: records are finished, nothing is left half-written."""
    raise KeyboardInterrupt


def _deaf() -> None:
    """Who has answered ends with that answer: while Python tidies up, an interrupt would kill the process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def hear_interrupts() -> Iterator[None]:
    """Ctrl-C counts whenever it comes: Python drops it, with a traceback, while an object is being freed (`__del__` of
    the SAT solvers), so it comes again a moment later."""
    again: list[threading.Timer] = []
    before, main = sys.unraisablehook, threading.main_thread().ident or 0
    # A real signal, so that it also ends a sleep; who ignores Ctrl-C was sent the other one.
    number = signal.SIGTERM if signal.getsignal(signal.SIGINT) == signal.SIG_IGN else signal.SIGINT

    def unraisable(dropped: sys.UnraisableHookArgs) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            before(dropped)
            return
        again.append(threading.Timer(0.05, signal.pthread_kill, (main, number)))
        again[-1].daemon = True
        again[-1].start()

    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in again:
            timer.cancel()


def _prepare_streams() -> None:
    """Closed streams are empty and swallow what is written; what an encoding cannot show is escaped."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO()))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


@contextlib.contextmanager
def _notes() -> Iterator[None]:
    """What readers leave out of a file is one line on standard error."""
    handler, logger = logging.StreamHandler(), logging.getLogger("bridge")
    handler.setFormatter(logging.Formatter("aigbridge: note: %(message)s"))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@cache
def _command() -> Callable[..., int | None]:
    """All commands; building them takes longer than most of them do, which tells where many are called in turn."""
    from typer.main import get_command

    from bridge.cli.app import app

    return get_command(app)


def _called() -> tuple[int, str]:
    code = _command()(standalone_mode=False)
    sys.stdout.flush()
    return (code, "interrupted") if code == 130 else (code or 0, "")


def _debug() -> None:
    if os.environ.get(DEBUG):
        traceback.print_exc()
