"""Ours beside da4ml on the same random matrices: `python tools/matrices.py --flow shrink`.

One line a matrix: ANDs as lowered, ANDs and LUT6 after the flow, levels, of both; and the ratios, ours over theirs.
What da4ml makes is built of the same gates, through the same flow.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from bridge import lower, run_flow
from bridge.aig import Aig
from bridge.aig.stats import depth
from bridge.bench.gates.da4ml import lower_with_da4ml
from bridge.cell import Cell, Input, Linear, Scores
from bridge.flow import load_flow
from bridge.flow.mapping import map_luts
from bridge.melting.factor import factored
from bridge.toolchain import locate

# (highest activation, bits of a weight, inputs, sums)
MATRICES = [(1, 1, 64, 32), (2, 2, 256, 64), (63, 4, 32, 16), (63, 6, 32, 16), (63, 2, 64, 64), (63, 4, 64, 64)]
ROUTES: dict[str, Callable[[Cell], Aig]] = {"ours": lambda cell: lower(factored(cell)), "da4ml": lower_with_da4ml}


def matrix(highest: int, bits: int, inputs: int, sums: int, seed: int = 1) -> Cell:
    """Weights of one bit are -1 and 1, of two -1, 0 and 1, all alike; wider ones are normal, cut at their largest."""
    rng, largest = np.random.default_rng(seed), 2 ** (bits - 1) - 1
    if bits <= 2:
        weights = rng.choice([-1, 1] if bits == 1 else [-1, 0, 1], (sums, inputs))
    else:
        weights = np.clip(np.rint(rng.normal(0, largest / 2.5, (sums, inputs))), -largest, largest).astype(int)
    given = Input("x", np.zeros(inputs, int), np.full(inputs, highest))
    made = Linear("sum", ("x",), weights, np.zeros(sums, int))
    name = f"0..{highest} x {bits} bits, {inputs}x{sums}"
    return Cell((given, made, Scores("scores", ("sum",), tuple(map(str, range(sums))))), name=name)


def figures(aig: Aig, flow: str | None) -> tuple[int, int, int, int]:
    """ANDs before and after the flow, LUT6, levels."""
    end = aig if flow is None else run_flow(aig, load_flow(flow)).aig
    return len(aig.ands), len(end.ands), len(map_luts(end, 6, locate("abc")).netlist.gates), depth(end)


def main() -> None:
    """Print a line for each matrix."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("matrices", nargs="*", metavar="HIGHEST:BITS:INPUTS:SUMS", help="as in 63:4:64:64")
    parser.add_argument("--flow", help="that both go through; none without it")
    given = parser.parse_args()
    chosen = [tuple(map(int, said.split(":"))) for said in given.matrices] or MATRICES
    for highest, bits, inputs, sums in chosen:
        cell = matrix(highest, bits, inputs, sums)
        ours, theirs = (figures(make(cell), given.flow) for make in ROUTES.values())
        ratios = ", ".join(f"{a / b:.2f}" for a, b in zip(ours[:3], theirs[:3], strict=True))
        print(f"{cell.name}: ours {ours}, da4ml {theirs}; ratios {ratios}", flush=True)


if __name__ == "__main__":
    main()
