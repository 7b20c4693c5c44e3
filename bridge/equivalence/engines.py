"""Combinational equivalence checking (CEC): hashing, simulation, and ABC decide whether two netlists agree.

Both netlists have the same number of inputs and outputs, in the same order; names do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.arrays import Bits, Words
from bridge.equivalence.verdict import Answer
from bridge.errors import InputError
from bridge.execution import simulate
from bridge.execution.words import first_stream, random_patterns, stream_of
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolRunError, run_tool

_EQUIVALENT = re.compile(r"^Networks are equivalent\b", re.MULTILINE)
_DIFFERENT = re.compile(r"^Networks are NOT EQUIVALENT", re.MULTILINE)
_UNSATISFIABLE = re.compile(r"^UNSATISFIABLE\b", re.MULTILINE)
_SATISFIABLE = re.compile(r"^SATISFIABLE\b", re.MULTILINE)
_SIMULATED_NODES = 1 << 27


@dataclass(frozen=True)
class Claim:
    """What an engine says. `vector`: uint8[inputs] that is said to show a difference, if it has one; `why`: why there
    is no proof; `method`: who says so."""

    answer: Answer
    vector: Bits | None = None
    why: str = ""
    method: str = ""


Engine = Callable[[Aig, Aig, Tool, Limits], Claim]


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
    stream = first_stream(unequal)
    return stream_of(patterns, stream) if stream >= 0 else None


def replay(a: Aig, b: Aig, vector: Bits) -> int | None:
    """The first output that differs under this input vector, or None."""
    patterns = vector.astype(np.uint64)[:, None]
    unequal = np.flatnonzero((simulate(a, patterns) ^ simulate(b, patterns))[:, 0] & np.uint64(1))
    return int(unequal[0]) if len(unequal) else None


def ask(engine: str, a: Aig, b: Aig, abc: Tool, seconds: float) -> Claim:
    """What one of ABC's engines, by its name in `ENGINES`, says within so many seconds."""
    try:
        return ENGINES[engine](a, b, abc, Limits(seconds=seconds))
    except ToolRunError as error:
        return Claim("undecided", why=str(error))


def _cec(command: str) -> Engine:
    """Only its positive sentence counts as a proof. Only of a miter does it keep a vector."""

    def engine(a: Aig, b: Aig, abc: Tool, limits: Limits) -> Claim:
        files = {"a.aig": format_aiger(a), "b.aig": format_aiger(b)}
        log = run_tool(abc, ["&r a.aig", f"{command} b.aig"], files, step=command, limits=limits).log
        if not _DIFFERENT.search(log):
            proven = _EQUIVALENT.search(log) is not None
            return Claim("equivalent") if proven else Claim("undecided", why=f"{command} gave no proof")
        _, vector = _on_miter(["&r miter.aig", f"{command} -m"], a, b, abc, limits)
        return Claim("different", vector, why=f"{command} gave no proof")

    return engine


def _iprove(a: Aig, b: Aig, abc: Tool, limits: Limits) -> Claim:
    """On the miter; it also finds differences."""
    log, vector = _on_miter(["iprove"], a, b, abc, limits)
    if _UNSATISFIABLE.search(log) and not _SATISFIABLE.search(log):
        return Claim("equivalent")
    return Claim("undecided" if vector is None else "different", vector, why="iprove gave no proof")


def _on_miter(commands: list[str], a: Aig, b: Aig, abc: Tool, limits: Limits) -> tuple[str, Bits | None]:
    """What ABC says of the miter, and the inputs that it then writes as a counterexample, if it has one."""
    script, files = ["read_aiger miter.aig", *commands, "write_cex found.cex"], {"miter.aig": format_aiger(miter(a, b))}
    step = f"{commands[-1]} on the miter"
    run = run_tool(abc, script, files, optional=["found.cex"], step=step, limits=limits)
    found = run.files.get("found.cex", b"")[: len(a.inputs)]
    if len(found) != len(a.inputs) or found.strip(b"01"):
        return run.log, None
    return run.log, np.frombuffer(found, np.uint8) - ord("0")


# The most promising first. `-y` and `-x` find few differences.
ENGINES: dict[str, Engine] = {
    "&cec -y": _cec("&cec -y"),
    "&cec": _cec("&cec"),
    "iprove": _iprove,
    "&cec -x": _cec("&cec -x"),
}


def miter(a: Aig, b: Aig) -> Aig:
    """One output: 1 where any output differs."""
    builder, ours, theirs = _merged(a, b)
    layer = [builder.xor(one, other) for one, other in zip(ours, theirs, strict=True)] or [FALSE]
    while len(layer) > 1:
        pairs = zip(layer[::2], layer[1::2], strict=False)
        layer = [builder.or_(one, other) for one, other in pairs] + layer[len(layer) & ~1 :]
    builder.output("differs", layer[0])
    return builder.build()


def beside(a: Aig, b: Aig) -> Aig:
    """Both over the same inputs, what is equal by structure once: the outputs of the one, then those of the other."""
    builder, ours, theirs = _merged(a, b)
    builder.outputs((f"y[{index}]" for index in range(2 * len(ours))), [*ours, *theirs])
    return builder.build()


def _merged(a: Aig, b: Aig) -> tuple[AigBuilder, list[int], list[int]]:
    """Both netlists over the same inputs in one builder, and the output literals of each."""
    if len(a.inputs) != len(b.inputs) or len(a.outputs) != len(b.outputs):
        raise InputError("the netlists differ in their numbers of inputs or outputs")
    builder = AigBuilder("miter", a.variables + b.variables)
    leaves = builder.inputs(a.inputs)
    return builder, builder.instance(a, leaves), builder.instance(b, leaves)
