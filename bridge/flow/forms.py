"""What form of netlist every ABC command reads and leaves; what is put between two that do not fit.

`aig`: the network that `strash` makes. Of nodes with functions of their own: `sop`, `bdd`, `nodes` (as AIGs), or
`logic` for any of them. `gia`: the second network, for commands that begin with `&`; `mapped`: that one with a mapping
to tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

_ANY = "any"
# Where that is not `aig` to `aig`, or for commands that begin with `&`, `gia` to `gia`.
_FORMS = {
    "strash": (_ANY, "aig"),
    "balance": (_ANY, "aig"),
    "fraig": (_ANY, "aig"),
    "if": (_ANY, "nodes"),
    "collapse": (_ANY, "bdd"),
    "dsd": (_ANY, "bdd"),
    "logic": ("aig", "sop"),
    "multi": ("aig", "bdd"),
    "renode": ("aig", "logic"),
    "logicpush": ("logic", "sop"),
    "mfs": ("logic", "nodes"),
    "mfs2": ("logic", "sop"),
    "lutpack": ("logic", "nodes"),
    "eliminate": ("logic", "nodes"),
    "sweep": ("logic", "bdd"),
    "sop": ("logic", "sop"),
    "bdd": ("logic", "bdd"),
    "aig": ("logic", "nodes"),
    "fx": ("sop", "sop"),
    "muxes": ("bdd", "sop"),
    "bidec": ("nodes", "nodes"),
    "&get": (_ANY, "gia"),
    "&put": ("mapped or gia", "aig"),
    "&if": ("gia", "mapped"),
    "&lf": ("gia", "mapped"),
    "&jf": ("mapped or gia", "mapped"),
    "&mf": ("mapped or gia", "mapped"),
    "&sweep": ("gia", "gia"),
    "&mfs": ("mapped", "mapped"),
    "&mfsd": ("gia", "mapped"),
    "&satlut": ("mapped", "mapped"),
    "&shrink": ("mapped", "gia"),
    "&fx": ("mapped", "gia"),
    "&bidec": ("mapped", "gia"),
}
_CARRIED = ("&get -n", "&put", "strash")
_LOGIC = ("logic", "sop", "bdd", "nodes")
_WORDS = {
    "aig": "an AIG",
    "logic": "a logic network",
    "sop": "a logic network of sums of products",
    "bdd": "a logic network of BDDs",
    "nodes": "a logic network of AIGs",
    "gia": "a netlist without a mapping",
    "mapped": "a mapped netlist",
}


def fitting(commands: Sequence[str]) -> Iterator[str]:
    """The commands, each after what gives it the form of netlist that it reads, from an AIG to what the last one
    leaves; the second network is carried back."""
    for before, command in _fitted(commands):
        yield from before
        yield from [command] if command else []


def _fitted(commands: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Each command, and what is put before it; what comes after all of them is put before an empty one."""
    form = "aig"
    for command in commands:
        name = command.split()[0]
        reads, leaves = forms_of(name)
        yield _steps(form, reads), command
        form = "nodes" if name == "&put" and form == "mapped" else leaves
    yield _steps(form, _ANY), ""


def forms_of(name: str) -> tuple[str, str]:
    """What a command reads, and what it leaves."""
    return _FORMS.get(name, ("mapped or gia", "gia") if name.startswith("&") else ("aig", "aig"))


def needs_of(*commands: str) -> Iterator[tuple[str, str]]:
    """The names of those commands of a step before or after which something worth telling is put, and that in words."""
    for (before, command), (after, following) in pairwise(_fitted(commands)):
        name = command.split()[0]
        reads, leaves = forms_of(name)
        put = [repr(step) for step in before if step not in _CARRIED]
        are = "is" if len(put) == 1 else "are"
        parts = [f"works on {_WORDS[reads]}, so {' and '.join(put)} {are} put before it"] if put else []
        # The script of a step ends with `strash`.
        hashed = leaves in _LOGIC and ("strash" in after or not following)
        parts += ["leaves a logic network, so 'strash' is put after it"] if hashed else []
        if parts:
            yield name, "; ".join(parts)


def _steps(form: str, wanted: str) -> list[str]:
    """The commands that make the one form of the other."""
    if wanted in ("gia", "mapped", "mapped or gia"):
        start = [] if form in ("gia", "mapped") else ["&get -n"]
        if wanted == "mapped":
            return start if form == "mapped" else [*start, "&if"]
        return ["&st"] if wanted == "gia" and form == "mapped" else start
    if form in ("gia", "mapped"):
        return ["&put", *_steps("nodes" if form == "mapped" else "aig", wanted)]
    if wanted in (_ANY, form) or (wanted == "logic" and form in _LOGIC):
        return []
    if wanted == "aig":
        return ["strash"]
    if form == "aig":
        return ["logic", *_steps("sop", wanted)]
    unknown = ["sop"] if form == "logic" else []
    return {"logic": [], "sop": ["sop"], "bdd": [*unknown, "bdd"], "nodes": [*unknown, "aig"]}[wanted]
