"""Pairs of netlists that are hard to prove equivalent, and what each engine takes for them, beside `check_equivalence`:
`python tools/hard_pairs.py`, or `... voter` for those whose names begin so; `--abc PATH` for another ABC.

One line a pair: wall/CPU seconds of every engine of ABC alone ("-" where it gave no proof within `--seconds`) and of
`check_equivalence`, and its wall seconds over those of the best single engine. Exit code 1 if that ratio passes
`--most` where the best takes 5 s or more. Wall seconds are only worth something on a quiet machine.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.cut import core
from bridge.cli.models import load_netlist
from bridge.equivalence import check_equivalence
from bridge.equivalence.engines import ENGINES, ask
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, locate, run_tool

Bits = list[int]
Result = TypeVar("Result")
MATTERS = 5.0


def words(builder: AigBuilder, **widths: int) -> list[Bits]:
    """Input words, lowest bit first."""
    return [[builder.input(f"{name}[{i}]") for i in range(width)] for name, width in widths.items()]


def done(builder: AigBuilder, bits: Sequence[int]) -> Aig:
    """The netlist with these outputs."""
    for index, bit in enumerate(bits):
        builder.output(f"y[{index}]", bit)
    return builder.build()


def rippled(builder: AigBuilder, a: Bits, b: Bits, carry: int = 0) -> Bits:
    """Sum of two words of the same width, one bit wider."""
    result = []
    for x, y in zip(a, b, strict=True):
        total, carry = builder.full_adder(x, y, carry)
        result.append(total)
    return [*result, carry]


def prefixed(builder: AigBuilder, a: Bits, b: Bits) -> Bits:
    """The same by Kogge and Stone."""
    half = [builder.xor(x, y) for x, y in zip(a, b, strict=True)]
    makes, passes = [builder.and_(x, y) for x, y in zip(a, b, strict=True)], list(half)
    step = 1
    while step < len(a):
        for i in range(len(a) - 1, step - 1, -1):
            makes[i] = builder.or_(makes[i], builder.and_(passes[i], makes[i - step]))
            passes[i] = builder.and_(passes[i], passes[i - step])
        step *= 2
    return [half[0], *(builder.xor(half[i], makes[i - 1]) for i in range(1, len(a))), makes[-1]]


def adder(width: int, fast: bool) -> Aig:
    """Two words added, by ripple or by prefix."""
    builder = AigBuilder()
    a, b = words(builder, a=width, b=width)
    return done(builder, (prefixed if fast else rippled)(builder, a, b))


def columns_of(builder: AigBuilder, a: Bits, b: Bits) -> list[Bits]:
    """The bits of a product by place."""
    columns: list[Bits] = [[] for _ in range(len(a) + len(b))]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            columns[i + j].append(builder.and_(x, y))
    return columns


def reduced(builder: AigBuilder, columns: list[Bits], tree: bool) -> Bits:
    """Columns added up: full adders in a chain (last in, first out) or in a tree (first in, first out)."""
    result = []
    for place, column in enumerate(columns):
        take = 0 if tree else -1
        while len(column) > 1:
            x, y, z = column.pop(take), column.pop(take), column.pop(take) if column else 0
            total, carry = builder.full_adder(x, y, z)
            column.append(total)
            if place + 1 < len(columns):
                columns[place + 1].append(carry)
        result.append(column[0] if column else 0)
    return result


def multiplier(width: int, tree: bool, squared: bool = False) -> Aig:
    """A product, or a square, with its rows in a chain or in a tree."""
    builder = AigBuilder()
    (a,) = words(builder, a=width)
    b = a if squared else words(builder, b=width)[0]
    return done(builder, reduced(builder, columns_of(builder, a, b), tree))


def folded_square(width: int) -> Aig:
    """a * a with every mixed product taken once, one place higher."""
    builder = AigBuilder()
    (a,) = words(builder, a=width)
    columns: list[Bits] = [[] for _ in range(2 * width)]
    for i in range(width):
        columns[2 * i].append(a[i])
        for j in range(i):
            columns[i + j + 1].append(builder.and_(a[i], a[j]))
    return done(builder, reduced(builder, columns, True))


def voter(inputs: int, order: str) -> Aig:
    """Majority by counting. `order`: of the inputs, as they come, from the end, or shuffled; or a chain."""
    builder = AigBuilder()
    (bits,) = words(builder, x=inputs)
    if order == "shuffled":
        bits = [bits[i] for i in np.random.default_rng(0).permutation(inputs)]
    columns: list[Bits] = [list(bits), *([] for _ in range(inputs.bit_length() - 1))]
    count = reduced(builder, columns, order != "chain")
    least = (inputs + 1) // 2
    over = 1
    for i, bit in enumerate(count):
        over = builder.and_(bit, over) if least >> i & 1 else builder.or_(bit, over)
    return done(builder, [over])


def shifter(width: int, lowest_first: bool) -> Aig:
    """A word rotated by another, stage after stage."""
    builder = AigBuilder()
    stages = width.bit_length() - 1
    a, by = words(builder, a=width, by=stages)
    for stage in range(stages) if lowest_first else reversed(range(stages)):
        a = [builder.mux(by[stage], a[i - (1 << stage)], a[i]) for i in range(width)]
    return done(builder, a)


def root(width: int, restoring: bool) -> Aig:
    """The whole square root of a word of even width."""
    builder = AigBuilder()
    (a,) = words(builder, a=width)
    rest, found = [0] * (width // 2 + 2), [0] * 0
    for place in range(width // 2 - 1, -1, -1):
        rest = [a[2 * place], a[2 * place + 1], *rest[:-2]]
        trial = ([1, 0] + found + [0] * len(rest))[: len(rest)]
        difference = (rippled if restoring else prefix_carried)(builder, rest, [bit ^ 1 for bit in trial], 1)
        fits = difference.pop()
        rest = [builder.mux(fits, new, old) for new, old in zip(difference, rest, strict=True)]
        found = [fits, *found]
    return done(builder, found)


def prefix_carried(builder: AigBuilder, a: Bits, b: Bits, carry: int) -> Bits:
    """`prefixed` with a carry."""
    return prefixed(builder, [carry, *a], [carry, *b])[1:]


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

PAIRS: dict[str, Callable[[], tuple[Aig, Aig]]] = {
    "adder 128": lambda: (adder(128, False), adder(128, True)),
    "shifter 128": lambda: (shifter(128, False), shifter(128, True)),
    "multiplier 8": lambda: (multiplier(8, False), multiplier(8, True)),
    "multiplier 8 luts": lambda: (multiplier(8, False), rewritten(multiplier(8, True), *LUTS)),
    "multiplier 16 deepsyn": lambda: rewriting(multiplier(16, True), *DEEP),
    "multiplier 32 luts": lambda: rewriting(multiplier(32, True), *LUTS),
    "square 9": lambda: (multiplier(9, True, True), folded_square(9)),
    "root 16": lambda: (root(16, True), root(16, False)),
    "root 40 luts": lambda: rewriting(root(40, True), *LUTS),
    "root 48 luts": lambda: rewriting(root(48, True), *LUTS),
    "root 48 resyn2": lambda: rewriting(root(48, True), *RESYN2, *RESYN2, "dch", "dc2"),
    "root 64 luts": lambda: rewriting(root(64, True), *LUTS),
    "voter 15 shuffled": lambda: (voter(15, "tree"), voter(15, "shuffled")),
    "voter 1001 luts": lambda: rewriting(voter(1001, "tree"), *LUTS, *RESYN2),
    "tiny resyn2": lambda: rewriting(core(load_netlist("tiny")), "dc2", *RESYN2, "dch", "dc2"),
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


def ratio_of(name: str, a: Aig, b: Aig, abc: Tool, seconds: float) -> float:
    """Print the line of a pair; how much longer we take than the best engine, if that takes so long that it matters."""
    print(f"{name:22} {len(a.ands):>7,}{len(b.ands):>7,}", end="", flush=True)
    best = float("inf")
    for engine in ENGINES:
        claim, wall, used = measured(partial(ask, engine, a, b, abc, seconds))
        best = min(best, wall) if claim.answer == "equivalent" else best
        print(f" {wall:6.1f}/{used:5.1f}" if claim.answer == "equivalent" else f" {'-':>12}", end="", flush=True)
    verdict, wall, used = measured(partial(check_equivalence, a, b, seconds=6 * seconds, abc=abc))
    print(f" {wall:6.1f}/{used:5.1f} {wall / best:7.2f}  {verdict.answer}: {verdict.method}", flush=True)
    return wall / best if best >= MATTERS else 0.0


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", help="only pairs whose names begin so")
    parser.add_argument("--abc", help="the ABC to ask")
    parser.add_argument("--seconds", type=float, default=100.0, help="limit for every engine (default 100)")
    parser.add_argument("--most", type=float, default=float("inf"), help="the largest ratio that is right")
    options = parser.parse_args()
    abc = locate("abc", options.abc)
    columns = [*ENGINES, "ours"]
    print(f"{'pair':22} {'ANDs':>14}", *(f"{name:>12}" for name in columns), f"{'ratio':>7}", flush=True)
    chosen = [name for name in PAIRS if name.startswith(tuple(options.pairs or ("",)))]
    return int(max(ratio_of(name, *PAIRS[name](), abc, options.seconds) for name in chosen) > options.most)


if __name__ == "__main__":
    sys.exit(main())
