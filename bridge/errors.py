"""The error tree. Every error is one clear sentence and knows the exit code of the command line.

Exit codes: 0 done, 1 the answer is "no", 2 wrong use or bad input, 3 undecided, 4 a tool is missing or failed,
130 interrupted.
"""

from __future__ import annotations


class BridgeError(Exception):
    """Root of every error that aigbridge raises on purpose."""

    exit_code = 2


class InputError(BridgeError):
    """A file, flow, cell or argument from the user is wrong; the sentence names the place and the mend."""


class Interrupted(BridgeError):
    """Ctrl-C, where there is more to say than that: how to go on."""

    exit_code = 130


class MissingExtra(InputError):
    """An optional package is not installed; the sentence says which, and how to get it."""


class ToolError(BridgeError):
    """An external tool (ABC, Yosys, ...) is missing, crashed, exceeded a limit or answered nonsense."""

    exit_code = 4
