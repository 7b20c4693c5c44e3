"""Steps of our own: what a flow may have us do to a netlist ourselves, within the seconds that programs have; how much
memory a step takes is bounded by what netlists it takes.

`thresholds -B BEAM`: a majority, or any threshold of few inputs, made of comparators (`bridge.truth.thresholds`).
`walk -I STEPS -H HEAT -S SEED`: a walk through netlists of few inputs (`bridge.truth.walk`); the heat is in percent.
`windows -W WINDOWS -A LEAST -K LEAVES -N ANDS -I STEPS -H HEAT -S SEED`: walks in parts of any netlist
(`bridge.truth.windows`); windows for a hundred ANDs of the netlist, but at least so many in all, steps for each AND of
a window.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.files.folder import Folder
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolName, ToolRun, ToolRunError, locate
from bridge.toolchain.allowance import Allowance
from bridge.toolchain.process import LOG, NotTaken, OutOfTime, check_interrupt
from bridge.toolchain.run import SCRIPTS

_DEFAULTS = {
    "thresholds": {"-B": 1000},
    "walk": {"-I": 100_000, "-H": 20, "-S": 1},
    "windows": {"-W": 100, "-A": 0, "-K": 10, "-N": 1000, "-I": 16, "-H": 30, "-S": 1},
}
_MOST = {"-B": 4000, "-I": 100_000_000, "-H": 100, "-S": 100_000}
_MOST |= {"-W": 100_000, "-A": 1_000_000, "-K": 14, "-N": 10_000}
# With less a step would do nothing; -N: `bridge.truth.windows.LEAST`.
LEAST = {"-B": 1, "-I": 1, "-W": 1, "-K": 2, "-N": 6}
OWN: dict[str, tuple[str, ...]] = {
    name: tuple(f"{option} <number>" for option in options) for name, options in _DEFAULTS.items()
}
OWN_REMARKS = {
    "thresholds": "makes of comparators what tells whether at least so many of at most 15 inputs are 1, in one output, "
    "and leaves all else: a beam search of -B states a level ({-B})".format_map(_DEFAULTS["thresholds"]),
    "walk": "takes netlists of at most 16 inputs, latches and points together; -I steps ({-I:,}), at a heat of -H "
    "percent ({-H}) in the beginning, -S is the seed".format_map(_DEFAULTS["walk"]),
    "windows": "takes netlists of at most 500,000 ANDs; -W windows for a hundred ANDs ({-W}), at least -A in all "
    "({-A}), each of at most -K inputs ({-K}, at most 14) and -N ANDs ({-N}), take walks of -I steps for each of their "
    "ANDs ({-I}), -H and -S as for walk ({-H}, {-S})".format_map(_DEFAULTS["windows"]),
}


def tool_of(name: ToolName) -> Tool:
    """What runs steps of that name. For those of our own no program, but code that changes, and its answers with it.
    ToolError as `locate`."""
    if name != "own":
        return locate(name)
    from bridge.compiled import digest

    here = Path(__file__)
    version = digest(here)
    return Tool(name, here, "package", version, hashlib.sha256(version.encode()).hexdigest())


def check_own(command: str) -> str:
    """The command. ValueError, saying what is allowed, unless it is one of ours."""
    name, *words = command.split() or [""]
    if name not in OWN:
        near = difflib.get_close_matches(name, OWN, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f": {', '.join(OWN)}"
        raise ValueError(f"{name!r} is not among the commands of our own that a flow may use{hint}")
    for option, value in zip(words[::2], [*words[1::2], ""], strict=False):
        if option not in _DEFAULTS[name]:
            raise ValueError(f"{name!r} may not have {option!r} in a flow; it may have {' '.join(OWN[name])}")
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) > _MOST[option]:
            raise ValueError(f"option {option} of {name!r} needs a number of at most {_MOST[option]:,}, not {value!r}")
        if int(value) < LEAST.get(option, 0):
            raise ValueError(f"option {option} of {name!r} needs a number of at least {LEAST[option]}, not {value}")
    return command


def run_own(commands: tuple[str, ...], data: bytes, folder: Path, limits: Limits, result: str) -> ToolRun:
    """Run them on the AIGER file `data`; script, log and the file `result` are left in `folder`.

    Raises ToolRunError when the time is over (OutOfTime: the whole's) and for numbers that are not allowed; NotTaken
    for a netlist that a command does not take; KeyboardInterrupt as `run_process`.
    """
    started, allowance = time.monotonic(), Allowance(limits.seconds, whole=limits.whole)
    place, lines, asked = Folder(folder), list[str](), f"({'; '.join(commands)})"

    def pause() -> None:
        check_interrupt()
        if allowance.over:
            raise TimeoutError(f"passed the limit of {limits.seconds:g} s")

    place.write(SCRIPTS["own"], "".join(f"{command}\n" for command in commands))
    try:
        aig = parse_aiger(data, "the netlist of the step")
        for command in commands:
            _check_numbers(command)
            before, aig = len(aig.ands), _run(aig, command, pause)
            lines.append(f"{command}: {before:,} -> {len(aig.ands):,} ANDs\n")
    except InputError as error:
        raise NotTaken("own", asked, f"takes no such netlist: {error}") from error
    except TimeoutError as error:
        kind = OutOfTime if limits.whole and limits.whole.over else ToolRunError
        seconds = time.monotonic() - started
        raise kind("own", asked, f"could not finish: {error}", "".join(lines), seconds=seconds) from error
    log, made = "".join(lines), format_aiger(aig)
    place.write(LOG, log)
    place.write(result, made)
    return ToolRun({result: made}, log, time.monotonic() - started, memory=0)


def _check_numbers(command: str) -> None:
    """ToolRunError for one that is not allowed: those with `{round}` were checked for the first round alone."""
    try:
        check_own(command)
    except ValueError as error:
        raise ToolRunError("own", f"({command})", f"could not finish: {error}") from error


def _run(aig: Aig, command: str, pause: Callable[[], None]) -> Aig:
    name, *words = command.split()
    given = _DEFAULTS[name] | {option: int(value) for option, value in zip(words[::2], words[1::2], strict=True)}
    return _RUNS[name](aig, given, pause)


def _thresholds(aig: Aig, given: dict[str, int], pause: Callable[[], None]) -> Aig:
    from bridge.truth.thresholds import rebuilt  # compiled code is loaded by those who run it

    return rebuilt(aig, given["-B"], pause)


def _walk(aig: Aig, given: dict[str, int], pause: Callable[[], None]) -> Aig:
    from bridge.truth.walk import walked

    return walked(aig, given["-I"], given["-H"] / 100, given["-S"], pause)


def _windows(aig: Aig, given: dict[str, int], pause: Callable[[], None]) -> Aig:
    from bridge.truth.windows import Windows, windowed

    share, heat = given["-W"] / 100, given["-H"] / 100
    return windowed(aig, Windows(share, given["-A"], given["-K"], given["-N"], given["-I"], heat, given["-S"]), pause)


_RUNS = {"thresholds": _thresholds, "walk": _walk, "windows": _windows}
