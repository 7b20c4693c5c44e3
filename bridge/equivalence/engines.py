"""What can decide whether two combinational netlists agree: hashing, simulation, and ABC.

Both netlists have the same number of inputs and outputs, in the same order; names do not matter.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.errors import InputError
from bridge.execution import simulate
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolRunError, run_tool

Bits = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

# The commands of ABC that prove two netlists equivalent, the best first; those with an option find no differences.
SCRIPTS = {
    "&cec -y": ["&r a.aig", "&cec -y b.aig"],
    "&cec -x": ["&r a.aig", "&cec -x b.aig"],
    "&cec": ["&r a.aig", "&cec b.aig"],
    "cec": ["cec -n a.aig b.aig"],
}
_EQUIVALENT = re.compile(r"^Networks are equivalent\b", re.MULTILINE)
_DIFFERENT = re.compile(r"^Networks are NOT EQUIVALENT", re.MULTILINE)
_SIMULATED_NODES = 1 << 27
_LEAST_SECONDS = 0.2


@dataclass(frozen=True)
class Claim:
    """What an engine says. `equivalent`: None if it does not know; `why`: then the reason."""

    equivalent: bool | None
    why: str = ""


def hash_together(a: Aig, b: Aig) -> bool:
    """Whether structural hashing alone makes the outputs equal."""
    _, ours, theirs = _merged(a, b)
    return ours == theirs


def simulate_apart(a: Aig, b: Aig, more: Words | None = None, seed: int = 0) -> Bits | None:
    """An input vector on which the netlists differ, uint8[inputs], among random ones and `more`: uint64[inputs, words];
    None if none was met."""
    patterns = random_patterns(len(a.inputs), int(np.clip(_SIMULATED_NODES // 64 // max(a.variables, 1), 4, 256)), seed)
    patterns = patterns if more is None else np.concatenate([more, patterns], axis=1)
    unequal = np.bitwise_or.reduce(simulate(a, patterns) ^ simulate(b, patterns), axis=0)
    hits = np.flatnonzero(unequal)
    if not len(hits):
        return None
    bit = (int(unequal[hits[0]]) & -int(unequal[hits[0]])).bit_length() - 1
    found: Bits = (patterns[:, hits[0]] >> np.uint64(bit) & np.uint64(1)).astype(np.uint8)
    return found


def random_patterns(inputs: int, words: int, seed: int) -> Words:
    """uint64[inputs, words]: half the words are evenly random, the others have ever fewer ones, or zeros, since deep
    ANDs need them."""
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 1 << 64, (inputs, words), np.uint64, endpoint=False)
    for word in range(words // 2, words):
        for _ in range(1 + word // 2 % 4):
            more = random.integers(0, 1 << 64, inputs, np.uint64, endpoint=False)
            patterns[:, word] = patterns[:, word] & more if word % 2 else patterns[:, word] | more
    return patterns


def replay(a: Aig, b: Aig, vector: Bits) -> int | None:
    """The first output that differs under this input vector, or None."""
    patterns = vector.astype(np.uint64)[:, None]
    unequal = np.flatnonzero((simulate(a, patterns) ^ simulate(b, patterns))[:, 0] & np.uint64(1))
    return int(unequal[0]) if len(unequal) else None


def ask(engine: str, a: Aig, b: Aig, abc: Tool, seconds: float) -> Claim:
    """What one of ABC's engines, by its name in `SCRIPTS`, says. Only its positive sentence counts as a proof."""
    files = {"a.aig": format_aiger(a), "b.aig": format_aiger(b)}
    try:
        log = run_tool(abc, SCRIPTS[engine], files, step=engine, limits=Limits(seconds=seconds)).log
    except ToolRunError as error:
        return Claim(None, str(error))
    if _EQUIVALENT.search(log) and not _DIFFERENT.search(log):
        return Claim(True)
    return Claim(False if _DIFFERENT.search(log) else None, f"{engine} gave no proof")


def search_with_sat(a: Aig, b: Aig, abc: Tool, seconds: float) -> Bits | None:
    """An input vector that ABC's `iprove` claims to tell the netlists apart; not yet replayed."""
    commands = ["read_aiger miter.aig", "iprove", "write_cex found.cex"]
    files = {"miter.aig": format_aiger(miter(a, b))}
    try:
        run = run_tool(abc, commands, files, ["found.cex"], step="iprove on the miter", limits=Limits(seconds=seconds))
    except ToolRunError:
        return None
    digits = re.match(rb"[01]*", run.files["found.cex"])
    if digits is None or len(digits[0]) != len(a.inputs):
        return None
    return np.frombuffer(digits[0], np.uint8) - ord("0")


def miter(a: Aig, b: Aig) -> Aig:
    """One output: 1 where any output differs."""
    builder, ours, theirs = _merged(a, b)
    layer = [builder.xor(one, other) for one, other in zip(ours, theirs, strict=True)] or [FALSE]
    while len(layer) > 1:
        pairs = zip(layer[::2], layer[1::2], strict=False)
        layer = [builder.or_(one, other) for one, other in pairs] + layer[len(layer) & ~1 :]
    builder.output("differs", layer[0])
    return builder.build()


def _merged(a: Aig, b: Aig) -> tuple[AigBuilder, list[int], list[int]]:
    """Both netlists over the same inputs in one builder, and the output literals of each."""
    if len(a.inputs) != len(b.inputs) or len(a.outputs) != len(b.outputs):
        raise InputError("the netlists differ in their numbers of inputs or outputs")
    builder = AigBuilder("miter", a.variables + b.variables)
    leaves = np.array([0, *(builder.input(name) for name in a.inputs)], np.int64)
    outputs = []
    for aig in (a, b):
        image = builder.copy(aig, leaves)
        literals = aig.output_literals()
        outputs.append((image[literals >> 1] ^ (literals & 1)).tolist())
    return builder, outputs[0], outputs[1]


class Clock:
    """Seconds since it was made, and what is left of a budget."""

    def __init__(self, budget: float) -> None:
        self.started, self.budget = time.monotonic(), budget

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def over(self) -> bool:
        return self.seconds >= self.budget

    def share(self, part: float) -> float:
        """That part of the seconds left, but enough to see whether a problem is easy."""
        return max(_LEAST_SECONDS, part * (self.budget - self.seconds))
