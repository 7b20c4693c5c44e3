"""Is this ABC to be believed? Each of its engines is asked about pairs of netlists with known answers.

Builds have been around for years that call `a & b` and its complement equivalent. An engine that gets a pair wrong, or
does not prove one that is easy, is not used. The answer is remembered by the digest of the program, but not for a
script, which may run anything.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator

from bridge.aig import Aig
from bridge.equivalence.engines import ENGINES as COMBINATIONAL
from bridge.equivalence.engines import ask
from bridge.equivalence.model_checking import merges, search
from bridge.equivalence.product import product
from bridge.equivalence.selftest_pairs import Pair, combinational_pairs, sequential_pairs
from bridge.equivalence.verdict import Answer
from bridge.files.cache import default_cache, key_of
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Tool

SEQUENTIAL: dict[str, Callable[[Aig, Tool, float], bool]] = {
    "scorr": merges,
    "pdr": lambda machine, abc, seconds: search(machine, abc, seconds).proven,
}
ENGINES = (*COMBINATIONAL, *SEQUENTIAL)
SECONDS = 10.0  # for one pair, which takes a few hundredths
_RIGHT, _WRONG = "right", "calls "

_lock = threading.RLock()
_remembered: dict[tuple[str, str], str] = {}


def fault_of(engine: str, abc: Tool) -> str:
    """What that engine of this ABC gets wrong, in words; empty if it passes. A few seconds, the first time."""
    with _lock:
        fault = known_fault(engine, abc)
        if fault is None:
            fault = next(_faults(engine, abc), "")
            _remembered[_place(engine, abc)] = fault
            cache = default_cache()
            # That it proved too little may be due to a busy machine.
            if cache and abc.identity and (not fault or fault.startswith(_WRONG)):
                cache.put(_key(engine, abc), (fault or _RIGHT).encode())
        return fault


def known_fault(engine: str, abc: Tool) -> str | None:
    """The same, if it is known already."""
    with _lock:
        place = _place(engine, abc)
        if place not in _remembered:
            cache = default_cache() if abc.identity else None
            stored = cache.get(_key(engine, abc)) if cache else None
            if stored is None:
                return None
            _remembered[place] = "" if stored == _RIGHT.encode() else stored.decode()
        return _remembered[place]


def pairs_of(engine: str) -> tuple[Pair, ...]:
    """What the engine is asked about."""
    return combinational_pairs() if engine in COMBINATIONAL else sequential_pairs()


def _faults(engine: str, abc: Tool) -> Iterator[str]:
    for pair in pairs_of(engine):
        said = _asked(engine, pair, abc)
        if said == ("different" if pair.equal else "equivalent"):
            yield f"{_WRONG}{pair.what} {said}"
        elif pair.equal and said == "undecided":
            yield f"does not prove equivalent: {pair.what}"


def _asked(engine: str, pair: Pair, abc: Tool) -> Answer:
    if engine in COMBINATIONAL:
        return ask(engine, pair.a, pair.b, abc, SECONDS).answer
    machine = product(pair.a, pair.b, dict.fromkeys(latch.name for latch in pair.a.latches)).machine
    return "equivalent" if SEQUENTIAL[engine](machine, abc, SECONDS) else "undecided"


def _place(engine: str, abc: Tool) -> tuple[str, str]:
    return engine, f"{abc.path} {abc.sha256}"


def _key(engine: str, abc: Tool) -> str:
    return key_of("self-test", engine, abc.identity or "", _digest(engine in COMBINATIONAL))


@functools.cache
def _digest(combinational: bool) -> str:
    """Of all that an engine is asked."""
    pairs = combinational_pairs() if combinational else sequential_pairs()
    return key_of(*(format_aiger(aig) for pair in pairs for aig in (pair.a, pair.b)))
