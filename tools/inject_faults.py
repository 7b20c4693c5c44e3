"""Change a netlist in one place and ask whether it is the cell: every fault that can be seen must be "different".

    python tools/inject_faults.py CELL --faults 1000 [--rare] [--optimized NETLIST]

A fault is one inverted fanin, or with --rare a result that is wrong for one in a million states and bytes.

The lowering is certified once; what `certify` does after that, comparing with it, is done for every fault. A fault that
nothing can observe is none: the netlist is then proven equivalent, and counted apart. Whatever is undecided is a gap.
Each counterexample is replayed here once more, on both netlists.
"""

from __future__ import annotations

import argparse
import collections
import time
from dataclasses import replace

import numpy as np

from bridge.aig import TRUE, Aig, AigBuilder
from bridge.aig.cut import core
from bridge.aig.literals import through
from bridge.cell import Cell
from bridge.equivalence import check_equivalence
from bridge.equivalence.certificate import certify
from bridge.execution import simulate
from bridge.formats import read_netlist
from bridge.lowering import lower

RARE = 20


def injected(aig: Aig, node: int, side: int) -> Aig:
    """The netlist with one fanin of one node inverted."""
    ands = aig.ands.copy()
    ands[node, side] ^= 1
    ands[node] = np.sort(ands[node])[::-1]
    return replace(aig, ands=ands)


def rarely_wrong(aig: Aig, rng: np.random.Generator) -> Aig:
    """One output or next state inverted where RARE random inputs and latches have random values."""
    leaves = 1 + rng.permutation(aig.first_and - 1)[:RARE]
    builder, first = AigBuilder.like(aig, 2 * RARE)
    image = builder.copy(aig, first)
    cube = TRUE
    for leaf in leaves.tolist():
        cube = builder.and_(cube, int(image[leaf]) ^ int(rng.integers(2)))
    wrong = int(rng.integers(len(aig.outputs) + len(aig.latches)))
    for index, root in enumerate([output.literal for output in aig.outputs] + aig.next_literals().tolist()):
        literal = through(image, root)
        literal = builder.xor(literal, cube) if index == wrong else literal
        if index < len(aig.outputs):
            builder.output(aig.outputs[index].name, literal)
        else:
            builder.set_next(first[len(aig.inputs) + index - len(aig.outputs)], literal)
    for point in aig.points:
        builder.point(point.name, through(image, point.literal))
    return builder.build(aig.comment)


def shows(a: Aig, b: Aig, counterexample: dict[str, int]) -> bool:
    """Does the counterexample make the two netlists differ?"""
    names = a.leaves
    patterns = np.array([[counterexample[name]] for name in names], np.uint64)
    return bool(((simulate(core(a), patterns) ^ simulate(core(b), patterns)) & np.uint64(1)).any())


def chosen(aig: Aig, count: int, seed: int) -> list[int]:
    """A third of the nodes from the embeddings and the latches' multiplexers, where there are so many; then any."""
    rng = np.random.default_rng(seed)
    names = {point.literal >> 1 for point in aig.points if point.name.startswith("emb")}
    special = names | {latch.next >> 1 for latch in aig.latches}
    near = sorted(variable - aig.first_and for variable in special if variable >= aig.first_and)
    part = rng.permutation(near)[: count // 3].tolist()
    rest = rng.permutation(len(aig.ands))[: count - len(part)].tolist()
    return part + rest


def main() -> None:
    """Print one line per verdict, and every gap."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cell")
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rare", action="store_true")
    parser.add_argument("--optimized", help="a netlist that a flow made of the cell; the faults go there")
    arguments = parser.parse_args()
    cell = Cell.load(arguments.cell)
    plain = lower(cell)
    print(f"lowering: {certify(cell, plain)}", flush=True)
    aig = read_netlist(arguments.optimized) if arguments.optimized else plain
    rng = np.random.default_rng(arguments.seed)
    counts: collections.Counter[str] = collections.Counter()
    started = time.monotonic()
    for node in chosen(aig, arguments.faults, arguments.seed):
        faulty = rarely_wrong(aig, rng) if arguments.rare else injected(aig, node, int(rng.integers(2)))
        verdict = check_equivalence(plain, faulty)
        if verdict.answer == "different" and not shows(aig, faulty, dict(verdict.counterexample or {})):
            counts["counterexample does not replay"] += 1
        counts[f"{verdict.answer} ({verdict.method})"] += 1
        if verdict.answer == "undecided":
            print(f"undecided: node {node}: {verdict.reason}", flush=True)
    for answer, count in counts.most_common():
        print(f"{count:6,} {answer}")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
