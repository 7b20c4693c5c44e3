"""Which commands a flow may use, with which options: flow files come from strangers.

Nothing here reads or writes files or starts programs, so a flow is safe; only the options in `_TIMED` depend on wall
time, and a flow with one of them must say that it is not reproducible.
An ABC command is allowed with its numeric options (`-K 8`) and its letters (`-l`, `-lz`); a Yosys command with whole
words. Aliases that others keep in `abc.rc` are expanded here, since ABC runs without it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from itertools import pairwise

from bridge.flow.own import OWN

MAXIMAL_LENGTH = 200

# name: "numeric options/letters"
_ABC = {
    "strash": "/ac",
    "balance": "/ldsx",
    "rewrite": "/lz",
    "refactor": "NM/lz",
    "resub": "KNM/lz",  # not -F: it has crashed
    "orchestrate": "KN/Zzl",
    "dc2": "/bfl",
    "drw": "CNM/lfzr",
    "drf": "MKC/elz",
    "irw": "/lz",
    "irws": "/z",
    "iresyn": "/l",
    "csweep": "CK/",
    "fraig": "RDC/rsa",
    "ifraig": "PCL/s",
    "dfraig": "C/sr",
    "dch": "WCS/stgcfrx",
    "logicpush": "K/",
    "if": "KCFAGRNTXYZU/qarlepmdgxyuoikntcz",
    "mfs": "WFDMLC/drae",
    "mfs2": "WFDMLCZN/daeijl",
    "lutpack": "NQSL/szfo",
    "rewire": "IEGDFLRST/dt",
    "drwsat": "/b",
    "logic": "/",
    "aig": "/",
    "sop": "C/sdn",
    "bdd": "/rs",
    "muxes": "B/",
    "multi": "TF/msf",
    "renode": "KCFA/sbcia",
    "eliminate": "VNI/grs",
    "sweep": "/s",
    "fx": "SDNWMP/sdzcnx",
    "collapse": "B/rod",
    "dsd": "/gr",
    "bidec": "/",
    "&get": "/n",
    "&put": "/",
    "&st": "LM/amrsu",
    "&b": "N/das",
    "&dc2": "/l",
    "&resyn3": "/",
    "&resyn3rs": "/",
    "&compress3rs": "/",
    "&syn2": "R/akmd",
    "&syn3": "/l",
    "&syn4": "/l",
    "&deepsyn": "IJTAS/to",
    "&rrr": "XYZNKLBDRWTCG/abdeg",
    "&transduction": "TSIPR/tml",
    "&transtoch": "NMR/mgrzftso",
    "&eslim": "CDIPRSTXZ/cfistx",  # not -W, which reads a second number whether or not there is one
    "&stochsyn": "NMITS/d",  # not -P, which has a shell start other ABCs
    "&randsyn": "S/",
    "&rewire": "IEGDFLRST/sdt",
    "&ttopt": "IORX/",
    "&fraig": "JWRILDCNPM/rckngxyo",
    "&sweep": "WCS/t",
    "&dch": "WCS/stfremngcxy",
    "&if": "KCFARLZ/amgs",
    "&lf": "KCFARLEM/ekmustg",
    "&jf": "KCW/aekmdg",
    "&mf": "KCFARLE/aekmlg",
    "&mfs": "WFDMCN/dael",
    "&mfsd": "KSNPWFMC/cdp",
    "&satlut": "NICDQ/dr",
    "&shrink": "N/l",
    "&fx": "NM/r",
    "&sopb": "LWCR/",
    "&dsdb": "LWKCR/",
    "&bidec": "/",
}

# They see latches; not those that move latches (retime) or take outputs for constraints (scorr -c).
_SEQUENTIAL = {
    "scleanup": "FS/cem",
    "lcorr": "CSX/",
    "scorr": "FCLSVMX/lks",
    "&scl": "/ce",
    "&lcorr": "FCX/rc",
    "&scorr": "FCX/krc",
    "&scorr2": "FCGX/krc",
}

# Which option counts seconds.
_TIMED = dict.fromkeys(("&deepsyn", "&eslim", "&rewire", "&rrr", "&stochsyn", "rewire"), "-T")
# What a command cannot do without, and why.
_NEEDED = {
    "&eslim": (("-I", "-Z"), "iterations and a seed: without them it ends by the clock, and elsewhere each time")
}
# They end with the name of one more command, which they run on parts of the netlist.
_RUNS_ANOTHER = frozenset(("&stochsyn",))
# What today's ABC has and a flow has no use for.
_USELESS = {
    "&satsyn": "has no code behind it yet, so it fails",
    "&odc": "computes something else than the netlist: the don't cares of one node",
    "lutexact": "reads a truth table, not a netlist",
    "twoexact": "reads a truth table, not a netlist",
}

# What to know about a command that a flow may use.
_CARE = {
    "&transduction": "takes long: its time grows steeply with the netlist",
    "&transtoch": "takes long: seconds at 28 ANDs, and more with every hop (-M) and restart (-N)",
    "&eslim": "takes seconds for one iteration on some thousand ANDs; on some dozens of ANDs it may not end",
    "&stochsyn": "works on parts of at most -M ANDs (1,000), which it cuts anew in every iteration",
    "&randsyn": "leaves another netlist of the same function, larger more often than not",
    "&mfsd": "trades ANDs for levels: it leaves more of the ones and fewer of the others",
    "rewire": "takes netlists of at most 58 inputs",
    "&rewire": "takes netlists of at most 58 inputs",
    "&ttopt": "computes whole tables, so it takes at most 16 inputs; -I and -O, left out, are those of the netlist",
    "collapse": "builds BDDs of whole outputs, which may not end on many inputs",
    "dsd": "builds BDDs of whole outputs, which may not end on many inputs",
    "dch": "leaves choices that only 'if' uses",
    "&dch": "leaves choices that only '&if' uses",
}
# They crash on latches, or make inputs and outputs of them.
_WITHOUT_LATCHES = frozenset(
    ("irws", "logicpush", "rewire", "&eslim", "&rrr", "&stochsyn", "&transduction", "&transtoch", "&rewire", "&ttopt")
)
_UNBOUNDED = "has no end of its own on more than some hundred ANDs; bound it with -T, or -K or -X 3 and no -Y 2"

_SHORT = {
    "b": "balance",
    "st": "strash",
    "rw": "rewrite",
    "rwz": "rewrite -z",
    "rf": "refactor",
    "rfz": "refactor -z",
    "rs": "resub",
    "rsz": "resub -z",
}

# The standard scripts of abc.rc.
_SCRIPTS = {
    "resyn": "b; rw; rwz; b; rwz; b",
    "resyn2": "b; rw; rf; b; rw; rwz; b; rfz; rwz; b",
    "resyn2a": "b; rw; b; rw; rwz; b; rwz; b",
    "resyn3": "b; rs; rs -K 6; b; rsz; rsz -K 6; b; rsz -K 5; b",
    "resyn2rs": "b; rs -K 6; rw; rs -K 6 -N 2; rf; rs -K 8; b; rs -K 8 -N 2; rw; rs -K 10; rwz; rs -K 10 -N 2; b; "
    "rs -K 12; rfz; rs -K 12 -N 2; rwz; b",
    "compress": "b -l; rw -l; rwz -l; b -l; rwz -l; b -l",
    "compress2": "b -l; rw -l; rf -l; b -l; rw -l; rwz -l; b -l; rfz -l; rwz -l; b -l",
    "compress2rs": "b -l; rs -K 6 -l; rw -l; rs -K 6 -N 2 -l; rf -l; rs -K 8 -l; b -l; rs -K 8 -N 2 -l; rw -l; "
    "rs -K 10 -l; rwz -l; rs -K 10 -N 2 -l; b -l; rs -K 12 -l; rfz -l; rs -K 12 -N 2 -l; rwz -l; b -l",
}

_YOSYS: dict[str, tuple[str, ...]] = {
    "opt": ("-full", "-fast", "-fine", "-purge", "-share_all", "-mux_undef", "-mux_bool", "-undriven"),
    "opt_expr": ("-full", "-fine", "-mux_undef", "-mux_bool", "-undriven"),
    "opt_merge": ("-share_all",),
    "opt_muxtree": (),
    "opt_reduce": ("-full", "-fine"),
    "opt_share": (),
    "opt_clean": ("-purge",),
    "clean": ("-purge",),
    "share": ("-aggressive", "-fast"),
    "freduce": ("-inv",),
    "extract_fa": ("-fa", "-ha"),
    "simplemap": (),
    "techmap": (),
    "aigmap": (),
    "abc": ("-g",),
}
_GATES = re.compile(r"(AND|NAND|OR|NOR|XOR|XNOR|ANDNOT|ORNOT|MUX|NMUX|AOI3|OAI3|AOI4|OAI4|simple)(,[A-Z]+[34]?)*")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")


def expand(command: str) -> tuple[str, ...]:
    """The commands that an alias of abc.rc stands for; any other command as it is."""
    script = _SCRIPTS.get(command.strip())
    if script is None:
        return (_lengthen(command),)
    return tuple(map(_lengthen, script.split("; ")))


def check_abc(command: str) -> str:
    """The command. ValueError, saying what is allowed, unless this is one allowed ABC command."""
    _check_text(command)
    name, *arguments = _lengthen(command).split()
    if name in _SCRIPTS and not arguments:
        return command
    if name in _USELESS:
        raise ValueError(f"{name!r} is no command of a flow: it {_USELESS[name]}")
    if name not in _ABC and name not in _SEQUENTIAL:
        raise ValueError(_unknown("ABC", name, [*_ABC, *_SEQUENTIAL, *_SHORT, *_SCRIPTS]))
    needed, why = _NEEDED.get(name, ((), ""))
    if not set(needed) <= set(arguments):
        raise ValueError(f"{name!r} needs {' and '.join(needed)}, {why}")
    _check_options(name, _check_last(name, arguments) if name in _RUNS_ANOTHER else arguments)
    return command


def _check_last(name: str, arguments: list[str]) -> list[str]:
    """All but the last, which is the name of an allowed command that works as this one does."""
    *rest, last = arguments or [""]
    if last not in _ABC or not last.startswith("&") or last in (*_RUNS_ANOTHER, *_NEEDED, "&get", "&put"):
        raise ValueError(f"{name!r} must end with the command to run, such as &dc2, without options")
    return rest


def _check_options(name: str, arguments: Iterable[str]) -> None:
    numbers, letters = (_ABC | _SEQUENTIAL)[name].split("/")
    words = iter(arguments)
    for word in words:
        if len(word) == 2 and word[0] == "-" and word[1] in numbers:
            value = next(words, "")
            if not _NUMBER.fullmatch(value):
                raise ValueError(f"option {word} of {name!r} needs a number, not {value!r}")
        elif not (len(word) > 1 and word[0] == "-" and set(word[1:]) <= set(letters)):
            known = " ".join(allowed()["abc"][name]) or "no options"
            raise ValueError(f"{name!r} may not have {word!r} in a flow; it may have {known}")


def check_yosys(command: str) -> str:
    """The command. ValueError, saying what is allowed, unless this is one allowed Yosys command."""
    _check_text(command)
    name, *arguments = command.split()
    if name not in _YOSYS:
        raise ValueError(_unknown("Yosys", name, _YOSYS))
    words = iter(arguments)
    for word in words:
        if word not in _YOSYS[name]:
            known = " ".join(_YOSYS[name]) or "no options"
            raise ValueError(f"{name!r} may not have {word!r} in a flow; it may have {known}")
        if word == "-g" and not _GATES.fullmatch(next(words, "")):
            raise ValueError("option -g of 'abc' needs gates such as AND,XOR,MUX")
    return command


def changes_latches(command: str) -> bool:
    """Whether an allowed command may remove or merge latches."""
    return command.split()[0] in _SEQUENTIAL


def caution(command: str) -> str:
    """What to know about an allowed command before one uses it, or nothing."""
    name, *arguments = _lengthen(command).split()
    pairs = set(pairwise(arguments))
    bounded = "-K" in arguments or ("-X", "3") in pairs
    if name == "&rrr" and "-T" not in arguments and (not bounded or ("-Y", "2") in pairs):
        return _UNBOUNDED
    return _CARE.get(name, "")


def place_of(command: str) -> str:
    """In which flows and steps an allowed command may stand, if not in any."""
    if drops_latches(command):
        return "drops latches: not in one step with commands that see them"
    return "may remove latches: only in flows with `preserves: sequential`" if changes_latches(command) else ""


def drops_latches(command: str) -> bool:
    """Whether an allowed command cannot be given a machine."""
    return command.split()[0] in _WITHOUT_LATCHES


def allowed() -> dict[str, dict[str, tuple[str, ...]]]:
    """The options that each command may have, by tool and name."""
    abc = {}
    for name, told in (_ABC | _SEQUENTIAL).items():
        numbers, letters = told.split("/")
        last = ["<command>"] * (name in _RUNS_ANOTHER)
        abc[name] = (*(f"-{number} <number>" for number in numbers), *(f"-{letter}" for letter in letters), *last)
    return {"abc": abc, "yosys": dict(_YOSYS), "own": dict(OWN)}


def commands_in(command: str) -> tuple[str, ...]:
    """The names of the commands that an allowed command runs: its own, and what it runs on parts."""
    name, *arguments = command.split()
    return (name, arguments[-1]) if name in _RUNS_ANOTHER else (name,)


def scripts() -> dict[str, str]:
    """The aliases of abc.rc that an ABC command may be, and the commands that each stands for."""
    return {name: "; ".join(expand(name)) for name in _SCRIPTS}


def time_option(command: str) -> str:
    """The option of an allowed command that counts seconds, or nothing."""
    name, *arguments = command.split()
    option = _TIMED.get(name, "")
    return option if option in arguments else ""


def _lengthen(command: str) -> str:
    name, *arguments = command.split() or [""]
    return " ".join([_SHORT.get(name, name), *arguments])


def _check_text(command: str) -> None:
    if not command.strip():
        raise ValueError("a command is empty")
    if len(command) > MAXIMAL_LENGTH or not re.fullmatch(r"[A-Za-z0-9_&,.\- ]+", command):
        raise ValueError(
            f"{command[:MAXIMAL_LENGTH]!r} is not a command of a flow: one command, letters, digits, and options only"
        )


def _unknown(tool: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    if name in OWN:
        hint = "; it is one of our own: a step of the key own"
    return f"{name!r} is not among the {tool} commands that a flow may use{hint}"
