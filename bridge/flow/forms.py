"""What form of netlist every ABC command reads and leaves; what is put between two that do not fit.

`aig`: the network that `strash` makes. Of nodes with functions of their own: `sop`, `bdd`, `nodes` (as AIGs), or
`logic` for any of them. `gia`: the second network, for commands that begin with `&`; `mapped`: that one with a mapping
to tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    "&satlut": ("mapped", "mapped"),
    "&shrink": ("mapped", "gia"),
    "&fx": ("mapped", "gia"),
    "&bidec": ("mapped", "gia"),
}
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
    form = "aig"
    for command in commands:
        name = command.split()[0]
        reads, leaves = forms_of(name)
        yield from _steps(form, reads)
        yield command
        form = "nodes" if name == "&put" and form == "mapped" else leaves
    yield from _steps(form, _ANY)


def forms_of(name: str) -> tuple[str, str]:
    """What a command reads, and what it leaves."""
    return _FORMS.get(name, ("mapped or gia", "gia") if name.startswith("&") else ("aig", "aig"))


def needs_of(name: str) -> str:
    """What is put before a command that is given an AIG, and after it, in words; empty if nothing worth telling."""
    reads, leaves = forms_of(name)
    before = [repr(step) for step in _steps("aig", reads) if step != "&get -n"]
    parts = [f"works on {_WORDS[reads]}, so {' and '.join(before)} is put before it"] if before else []
    parts += ["leaves a logic network, so 'strash' is put after it"] if leaves in _LOGIC else []
    return "; ".join(parts)


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
