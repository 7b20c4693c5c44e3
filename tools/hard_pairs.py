"""Pairs of netlists that are hard to prove equivalent, and what each engine takes for them, beside `check_equivalence`:
`python tools/hard_pairs.py`, or `... voter` for those whose names begin so; `--files A B` for two files instead, whose
inputs and outputs are matched by their order and lose their names, and `--compressed FILE` for a file and what ABC's
`compress2rs` makes of it in three passes, again and again; `--abc PATH` for another ABC. `--mutants N`: instead, each
first netlist against N mutants of the second, one fanin of an AND complemented, and N that differ for one input in a
million.

One line a pair: wall/CPU seconds of every engine alone ("-" where it gave no proof within `--seconds`) and of
`check_equivalence`, and its wall seconds over those of the best single engine. Exit code 1 if that ratio passes
`--most` where the best takes 5 s or more. Wall seconds are only worth something on a quiet machine. Engines are those
of ABC and ours: SAT sweeping, the algebra of adders, and one question about the whole miter to CaDiCaL.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from bridge.aig import TRUE, Aig, AigBuilder
from bridge.aig.cut import core
from bridge.bench.circuits import (
    adder,
    array_multiplier,
    controller,
    folded_square,
    logarithm,
    multiplier,
    prefix_multiplier,
    root,
    shifter,
    sine,
    voter,
)
from bridge.cli.models import load_netlist
from bridge.equivalence import check_equivalence
from bridge.equivalence.arithmetic import by_adders
from bridge.equivalence.clauses import flat_clauses
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import ENGINES, Claim, ask, miter, replay
from bridge.equivalence.solving import Solver
from bridge.equivalence.sweep import sweep
from bridge.flow.allowed import expand
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, locate, run_tool

Result = TypeVar("Result")
MATTERS = 5.0
_RARE = 20  # inputs: one pattern in a million


def rewritten(aig: Aig, *commands: str) -> Aig:
    """What ABC makes of it."""
    files = {"in.aig": format_aiger(aig)}
    script = ["read_aiger in.aig", "strash", *commands, "strash", "write_aiger out.aig"]
    run = run_tool(locate("abc"), script, files, ["out.aig"], step="rewriting", limits=Limits(seconds=300))
    result = parse_aiger(run.files["out.aig"], "out.aig")
    named = zip(aig.outputs, result.outputs, strict=True)
    return replace(result, inputs=aig.inputs, outputs=tuple(replace(ours, literal=o.literal) for ours, o in named))


RESYN2 = ("balance", "rewrite", "refactor", "balance", "rewrite", "rewrite -z", "balance", "refactor -z", "rewrite -z")
LUTS = ("if -K 6 -a", "mfs2 -a -e", "strash", "dch", "if -K 4", "mfs2", "strash", "dc2")
DEEP = ("dc2", *RESYN2, "&get -n", "&deepsyn -T 5", "&put")

Pair = Callable[[], tuple[Aig, Aig]]
PAIRS: dict[str, Pair] = {
    "adder 128": lambda: (adder(128, False), adder(128, True)),
    "shifter 128": lambda: (shifter(128, False), shifter(128, True)),
    "multiplier 8": lambda: (multiplier(8, False), multiplier(8, True)),
    "multiplier 8 luts": lambda: (multiplier(8, False), rewritten(multiplier(8, True), *LUTS)),
    "multiplier 16 deepsyn": lambda: rewriting(multiplier(16, True), *DEEP),
    "multiplier 32 luts": lambda: rewriting(multiplier(32, True), *LUTS),
    "multiplier 16 rows": lambda: (multiplier(16, True), array_multiplier(16)),
    "multiplier 16 booth": lambda: (array_multiplier(16), multiplier(16, True, booth=True)),
    "multiplier 32 prefix": lambda: (array_multiplier(32), prefix_multiplier(32, booth=True)),
    "multiplier 64 booth": lambda: (array_multiplier(64), multiplier(64, True, booth=True)),
    "square 32 folded": lambda: (multiplier(32, False, True), folded_square(32)),
    "square 9": lambda: (multiplier(9, True, True), folded_square(9)),
    "root 16": lambda: (root(16, True), root(16, False)),
    "root 40 luts": lambda: rewriting(root(40, True), *LUTS),
    "root 48 luts": lambda: rewriting(root(48, True), *LUTS),
    "root 48 resyn2": lambda: rewriting(root(48, True), *RESYN2, *RESYN2, "dch", "dc2"),
    "root 64 luts": lambda: rewriting(root(64, True), *LUTS),
    "voter 15 shuffled": lambda: (voter(15, "tree"), voter(15, "shuffled")),
    "voter 1001 luts": lambda: rewriting(voter(1001, "tree"), *LUTS, *RESYN2),
    "logarithm 32 luts": lambda: rewriting(logarithm(32, 8), *LUTS),
    "sine 16 luts": lambda: rewriting(sine(16), *LUTS, *LUTS),
    "control 32 resyn2": lambda: rewriting(controller(32, 16, 8), "dch", "dc2", *RESYN2),
    "tiny resyn2": lambda: rewriting(core(load_netlist("tiny")), "dc2", *RESYN2, "dch", "dc2"),
}


def from_files(first: str, second: str) -> tuple[Aig, Aig]:
    """Two netlists without their names."""
    return core(load_netlist(first)), core(load_netlist(second))


def by_cadical(a: Aig, b: Aig, seconds: float) -> Claim:
    """Plain SAT."""
    with Solver(flat_clauses(miter(a, b)), Clock(seconds)) as solver:
        return Claim("equivalent" if solver.solve() is False else "undecided")


def compressed(file: str) -> tuple[Aig, Aig]:
    """A netlist without its names, and what ABC makes of it."""
    return rewriting(core(load_netlist(file)), *3 * expand("compress2rs"))


Single = Callable[[Aig, Aig, Tool, float], Claim]
SINGLE: dict[str, Single] = {
    **{name: partial(ask, name) for name in ENGINES},
    "sweeping": lambda a, b, _, seconds: sweep(a, b, Clock(seconds)),
    "algebra": lambda a, b, _, seconds: by_adders(a, b, Clock(seconds)),
    "CaDiCaL": lambda a, b, _, seconds: by_cadical(a, b, seconds),
}


def rewriting(aig: Aig, *commands: str) -> tuple[Aig, Aig]:
    """A netlist and what ABC makes of it."""
    return aig, rewritten(aig, *commands)


def measured(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """The result, wall seconds, and CPU seconds of this process and of its children."""
    before, started = cpu(), time.monotonic()
    result = work()
    return result, time.monotonic() - started, cpu() - before


def cpu() -> float:
    """CPU seconds so far."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def ratio_of(name: str, a: Aig, b: Aig, abc: Tool, engines: Sequence[str], seconds: float) -> float:
    """Print the line of a pair; how much longer we take than the best engine, if that takes so long that it matters."""
    print(f"{name:22} {len(a.ands):>7,}{len(b.ands):>7,}", end="", flush=True)
    best = float("inf")
    for engine in engines:
        claim, wall, used = measured(partial(SINGLE[engine], a, b, abc, seconds))
        best = min(best, wall) if claim.answer == "equivalent" else best
        print(f" {wall:6.1f}/{used:5.1f}" if claim.answer == "equivalent" else f" {'-':>12}", end="", flush=True)
    verdict, wall, used = measured(partial(check_equivalence, a, b, seconds=6 * seconds, abc=abc))
    print(f" {wall:6.1f}/{used:5.1f} {wall / best:7.2f}  {verdict.answer}: {verdict.method}", flush=True)
    return wall / best if best >= MATTERS else 0.0


def flipped(aig: Aig, rng: np.random.Generator) -> Aig:
    """One fanin of one AND complemented."""
    ands = aig.ands.copy()
    ands[rng.integers(len(ands)), 0] ^= 1
    return replace(aig, ands=np.sort(ands, axis=1)[:, ::-1])


def rarely_wrong(aig: Aig, rng: np.random.Generator) -> Aig:
    """An output complemented where so many of the inputs, or all, have certain values."""
    builder = AigBuilder(aig.name, aig.variables)
    leaves = builder.inputs(aig.inputs)
    literals = builder.instance(aig, leaves)
    wrong = TRUE
    for place in rng.permutation(len(leaves))[:_RARE].tolist():
        wrong = builder.and_(wrong, leaves[place] ^ int(rng.integers(2)))
    bad = int(rng.integers(len(literals)))
    literals = [builder.xor(each, wrong) if place == bad else each for place, each in enumerate(literals)]
    builder.outputs((output.name for output in aig.outputs), literals)
    return builder.build()


def tell_apart(name: str, a: Aig, b: Aig, abc: Tool, mutants: int, seconds: float) -> bool:
    """Print a line for each kind of mutants: the verdicts, each difference replayed, and seconds of processors; whether
    none is wrong: an undecided one is not."""
    right = True
    for kind in (flipped, rarely_wrong):
        verdicts, used = Counter[str](), []
        for seed in range(mutants):
            bad = kind(b, np.random.default_rng(seed)).validate()
            verdict, _, cost = measured(partial(check_equivalence, a, bad, seconds=seconds, abc=abc))
            if verdict.counterexample is not None:
                vector = np.array([verdict.counterexample[leaf] for leaf in a.leaves], np.uint8)
                right &= replay(a, bad, vector) is not None
            right &= verdict.answer != "equivalent" or kind is flipped
            verdicts[verdict.answer] += 1
            used.append(cost)
        said = ", ".join(f"{count} {answer}" for answer, count in verdicts.items())
        print(f"{name:22} {kind.__name__:14} {np.median(used):6.1f} median {max(used):6.1f} most  {said}", flush=True)
    return right


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", help="only pairs whose names begin so")
    parser.add_argument("--files", nargs=2, action="append", default=[], metavar=("A", "B"), help="a pair of netlists")
    parser.add_argument("--compressed", action="append", default=[], metavar="A", help="one netlist")
    parser.add_argument("--mutants", type=int, default=0, metavar="N", help="tell so many of each kind from the first")
    parser.add_argument("--abc", help="the ABC to ask")
    parser.add_argument("--seconds", type=float, default=100.0, help="limit for every engine (default 100)")
    parser.add_argument("--engines", nargs="+", default=list(SINGLE), choices=list(SINGLE), help="those asked alone")
    parser.add_argument("--most", type=float, default=float("inf"), help="the largest ratio that is right")
    options = parser.parse_args()
    abc = locate("abc", options.abc)
    foreign: dict[str, Pair] = {f"{Path(a).stem} {Path(b).stem}": partial(from_files, a, b) for a, b in options.files}
    foreign |= {f"{Path(file).stem} compressed": partial(compressed, file) for file in options.compressed}
    begin = tuple(options.pairs or ("",))
    chosen = foreign or {name: pair for name, pair in PAIRS.items() if name.startswith(begin)}
    if options.mutants:
        told = [tell_apart(name, *pair(), abc, options.mutants, options.seconds) for name, pair in chosen.items()]
        return int(not all(told))
    columns = [*options.engines, "ours"]
    print(f"{'pair':22} {'ANDs':>14}", *(f"{name:>12}" for name in columns), f"{'ratio':>7}", flush=True)
    ratios = [ratio_of(name, *pair(), abc, options.engines, options.seconds) for name, pair in chosen.items()]
    return int(max(ratios, default=0.0) > options.most)


if __name__ == "__main__":
    sys.exit(main())
