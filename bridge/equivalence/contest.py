"""ABC's engines on one question, side by side: which of them is quick nobody can tell before, and the others may take
a hundred times as long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bridge.aig import Aig
from bridge.equivalence.engines import Bits, Clock, ask, replay, search_with_sat
from bridge.toolchain import Tool
from bridge.toolchain.race import race

SEARCH = "iprove on the miter"
# Most proofs take less, and are not worth more than one process.
_HEAD_START = 1.5


@dataclass(frozen=True)
class Found:
    """`engine`: who says so; `vector`: uint8[inputs], replayed, if it says that they differ; `why`: if it does not
    know."""

    engine: str
    equivalent: bool = False
    vector: Bits | None = None
    why: str = ""

    @property
    def decisive(self) -> bool:
        return self.equivalent or self.vector is not None


def contest(a: Aig, b: Aig, abc: Tool, engines: Sequence[str], seconds: float) -> Found:
    """The first answer of these engines, or of a search for a difference."""
    deadline = Clock(seconds)
    works: list[Callable[[], Found]] = [partial(_asked, engine, a, b, abc, deadline) for engine in engines]
    works.append(partial(_searched, a, b, abc, deadline))
    results = race(works, lambda found: found.decisive, _HEAD_START)
    if results[-1].decisive:
        return results[-1]
    return next((found for found in results if found.why), results[-1])


def _asked(engine: str, a: Aig, b: Aig, abc: Tool, deadline: Clock) -> Found:
    claim = ask(engine, a, b, abc, deadline.share(1.0))
    return Found(engine, claim.equivalent is True, why=claim.why)


def _searched(a: Aig, b: Aig, abc: Tool, deadline: Clock) -> Found:
    vector = search_with_sat(a, b, abc, deadline.share(1.0))
    shown = vector is not None and replay(a, b, vector) is not None
    return Found(SEARCH, vector=vector if shown else None)
