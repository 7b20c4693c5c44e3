"""Interrupts (Ctrl-C, and a polite request to end) that wait until what must not be cut in two is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


@contextmanager
def noted() -> Iterator[threading.Event]:
    """An event that an interrupt sets, instead of raising KeyboardInterrupt anywhere; what happens then is up to whom
    it was noted for. Only the main thread can receive signals. Signals that nobody listens to, or that end the
    process, are left as they are."""
    event = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        event.set()

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    heard = {number: handler for number, handler in before.items() if callable(handler)}
    try:
        for number in heard:
            signal.signal(number, note)
        yield event
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)


def held(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same function; an interrupt while it runs is one when it has ended."""

    @wraps(function)
    def whole(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with noted() as interrupted:
            result = function(*args, **kwargs)
        if interrupted.is_set():
            raise KeyboardInterrupt
        return result

    return whole
