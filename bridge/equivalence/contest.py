"""ABC's engines on one question, side by side: which of them is quick nobody can tell before, and the others may take
a hundred times as long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bridge.aig import Aig
from bridge.arrays import Bits
from bridge.equivalence.engines import Clock, ask, replay
from bridge.toolchain import Tool
from bridge.toolchain.race import race

# Most proofs take less, and are not worth more than one process.
_HEAD_START = 1.5
_AT_A_TIME = 3


@dataclass(frozen=True)
class Found:
    """`engine`: who says so; `vector`: uint8[inputs], replayed, if they differ; `why`: if the engine does not know."""

    engine: str
    equivalent: bool = False
    vector: Bits | None = None
    why: str = ""

    @property
    def decisive(self) -> bool:
        return self.equivalent or self.vector is not None


def contest(a: Aig, b: Aig, abc: Tool, engines: Sequence[str], seconds: float) -> Found:
    """The first answer that one of these engines gives; what it says if it knows none is that of the first engine."""
    deadline = Clock(seconds)
    works = [partial(_asked, engine, a, b, abc, deadline) for engine in engines]
    results = race(works, lambda found: found.decisive, at_a_time=_AT_A_TIME, head_start=_HEAD_START)
    return next((found for found in results if found.decisive), results[0] if results else Found("", why="no engine"))


def _asked(engine: str, a: Aig, b: Aig, abc: Tool, deadline: Clock) -> Found:
    claim = ask(engine, a, b, abc, deadline.share(1.0))
    shown = claim.vector is not None and replay(a, b, claim.vector) is not None
    return Found(engine, claim.equivalent is True, claim.vector if shown else None, claim.why)
