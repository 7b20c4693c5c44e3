"""Distinct names, for what files leave unnamed and for formats that allow fewer names than an Aig does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import variable_of
from bridge.formats.keywords import KEYWORDS

# What every reader we know takes inside an escaped identifier, and BLIF without any escape. `~` and `'` are left out
# so that `~n5` and `1'b0` in our comment line are never names.
_WRITABLE = re.compile(r"[A-Za-z0-9_.$\[\]<>:@!+\-|&=^]+")
_NOT_WRITABLE = re.compile(r"[^A-Za-z0-9_.$\[\]<>:@!+\-|&=^]")


# An identifier in any language that we write.
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEFAULT_MODULE = "top"
_CLOCK = re.compile(r"(i_|in_|[as](?=c))?(sys_?)?(clk|clock)(_i|_in|_p)?", re.IGNORECASE)


@dataclass(frozen=True)
class SignalNames:
    """What the module and each signal are called in a file; all names differ.

    Node v is called `<prefix>v`, its complement `<prefix>v_n`. `originals`: from the file's name to that of the Aig,
    where they differ. `clock_input`: the place among the inputs of one that has been kept for the clock: nothing reads
    it, and it is called like one.
    """

    module: str
    inputs: list[str]
    outputs: list[str]
    latches: list[str]
    clock: str
    clock_input: int | None
    prefix: str
    originals: dict[str, str]


def distinct(wanted: Sequence[str | None], defaults: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """A name for each signal, all different: the wanted one, or its default where that is None.

    The first to want a name gets it; later ones, and defaults that clash, get a suffix `_1`, `_2`, ...
    """
    reserved = {*taken, *(name for name in wanted if name is not None)}
    free = reserved.difference(taken)
    suffixes: dict[str, int] = {}
    names = []
    for name, default in zip(wanted, defaults, strict=True):
        if name in free:
            free.discard(name)
            names.append(name)
            continue
        candidate = base = default if name is None else name
        while candidate in reserved:
            suffixes[base] = suffixes.get(base, 0) + 1
            candidate = f"{base}_{suffixes[base]}"
        reserved.add(candidate)
        names.append(candidate)
    return names


def signal_names(aig: Aig) -> SignalNames:
    """Names for a format where all signals share one namespace; the interface has precedence."""
    originals = [*aig.inputs, *(output.name for output in aig.outputs), *(latch.name for latch in aig.latches)]
    wanted = [name if _WRITABLE.fullmatch(name) else None for name in originals]
    defaults = [_NOT_WRITABLE.sub("_", name) or "_" for name in originals]
    *names, clock = distinct([*wanted, None], [*defaults, "clk"], KEYWORDS)
    prefix = "n"
    while any(re.fullmatch(rf"{prefix}\d+(_n)?", name) for name in (*names, clock, aig.name)):
        prefix = f"_{prefix}"
    outputs, latches = len(aig.inputs), len(aig.inputs) + len(aig.outputs)
    changed = {name: original for name, original in zip(names, originals, strict=True) if name != original}
    module = aig.name if PLAIN.fullmatch(aig.name) else _DEFAULT_MODULE
    module = distinct([module], [_DEFAULT_MODULE], {*KEYWORDS, *names, clock})[0]
    kept = _clock_input(aig)
    clock = clock if kept is None else names[kept]
    own = names[:outputs], names[outputs:latches], names[latches:]
    return SignalNames(module, *own, clock=clock, clock_input=kept, prefix=prefix, originals=changed)


def _clock_input(aig: Aig) -> int | None:
    """Yosys keeps the clock of a netlist as one more input when it writes AIGER."""
    if not aig.latches:
        return None
    places = [place for place, name in enumerate(aig.inputs) if _CLOCK.fullmatch(name)]
    if not places:
        return None
    read = {*np.unique(variable_of(aig.ands)).tolist(), *variable_of(aig.roots()).tolist()}
    read |= {point.variable for point in aig.points}
    return next((place for place in places if 1 + place not in read), None)
