"""Pairs of netlists that are hard to prove equivalent, and what each engine takes for them, beside `check_equivalence`:
`python tools/hard_pairs.py`, or `... voter` for those whose names begin so; `--abc PATH` for another ABC.

One line a pair: CPU seconds of every engine alone ("-" where it came to no answer within `--seconds`), those of
`check_equivalence`, and its wall seconds over those of the best single engine. Exit code 1 if that ratio passes
`--most` where the best takes 5 s or more.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.equivalence import check_equivalence
from bridge.equivalence.engines import SCRIPTS, miter
from bridge.equivalence.engines import ask as engine_ask
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Limits, Tool, ToolRunError, locate, run_tool

Bits = list[int]


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
    "square 9": lambda: (multiplier(9, True, True), folded_square(9)),
    "root 16": lambda: (root(16, True), root(16, False)),
    "voter 15 shuffled": lambda: (voter(15, "tree"), voter(15, "shuffled")),
    "voter 19 chain": lambda: (voter(19, "tree"), voter(19, "chain")),
    "voter 1001 resyn2": lambda: rewriting(voter(1001, "tree"), *RESYN2, "dc2"),
    "voter 1001 luts": lambda: rewriting(voter(1001, "tree"), *LUTS, *RESYN2),
    "voter 1001 deepsyn": lambda: rewriting(voter(1001, "tree"), *DEEP),
    "multiplier 32 luts": lambda: rewriting(multiplier(32, True), *LUTS),
    "multiplier 16 deepsyn": lambda: rewriting(multiplier(16, True), *DEEP),
    "root 64 luts": lambda: rewriting(root(64, True), *LUTS),
}


def rewriting(aig: Aig, *commands: str) -> tuple[Aig, Aig]:
    """A netlist and what ABC makes of it."""
    return aig, rewritten(aig, *commands)


def asked(command: str) -> Callable[[Aig, Aig, Tool, float], bool]:
    """An ABC that is asked by one command about a miter, or about two files."""

    def ask(a: Aig, b: Aig, abc: Tool, seconds: float) -> bool:
        if command in SCRIPTS:
            return bool(engine_ask(command, a, b, abc, seconds).equivalent)
        files, script = {"m.aig": format_aiger(miter(a, b))}, ["read_aiger m.aig", command, "print_stats"]
        try:
            log = run_tool(abc, script, files, step=command, limits=Limits(seconds=seconds)).log
        except ToolRunError as error:
            print(error, file=sys.stderr)
            return False
        return "UNSATISFIABLE" in log or "and =      0" in log

    return ask


ENGINES = {name: asked(name) for name in (*SCRIPTS, "iprove")}


def cpu() -> float:
    """CPU seconds of this process and of its children."""
    return sum(
        u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", help="only pairs whose names begin so")
    parser.add_argument("--abc", help="the ABC to ask")
    parser.add_argument("--seconds", type=float, default=100.0, help="limit for every engine (default 100)")
    parser.add_argument("--most", type=float, default=float("inf"), help="the largest ratio that is right")
    options = parser.parse_args()
    abc = locate("abc", options.abc)
    print("{:22} {:>14}".format("pair", "ANDs"), *(f"{name:>9.9}" for name in [*ENGINES, "ours", "ratio"]), flush=True)
    worst = 0.0
    for name, build in PAIRS.items():
        if options.pairs and not any(name.startswith(start) for start in options.pairs):
            continue
        a, b = build()
        print(f"{name:22} {len(a.ands):>7,}{len(b.ands):>7,}", end="", flush=True)
        best = float("inf")
        for ask in ENGINES.values():
            before = cpu()
            proven = ask(a, b, abc, options.seconds)
            took = cpu() - before
            best = min(best, took) if proven else best
            print(f" {took:9.2f}" if proven else f" {'-':>9}", end="", flush=True)
        before = cpu()
        verdict = check_equivalence(a, b, seconds=6 * options.seconds, abc=abc)
        took = cpu() - before
        print(f" {took:9.2f} {took / best:9.2f}  {verdict.answer} {verdict.method}", flush=True)
        worst = max(worst, took / best if best >= 5.0 else 0.0)
    return int(worst > options.most)


if __name__ == "__main__":
    sys.exit(main())
