"""How lowering and proofs grow with the size of a cell: `python tools/growth.py 20000 200000 2000000`.

One line a cell of at most so many ANDs, with weights like those of trained ones (few, small, of inputs that are liked
unequally): ANDs without sharing and with it; processor seconds of lowering, of its certificate, and of a flow of one
step (ABC's `dc2`), cut at the neurons, proven and joined again; wall seconds of that proof; and all proofs, from the
cell to the optimized netlist. The first line may also count compiling for this machine. Exit code 1 if anything is
unproven.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from bridge.cell import Cell, Delay, Embedding, Logits, Threshold
from bridge.equivalence.certificate import certify
from bridge.flow import Flow, run_flow
from bridge.flow.schema import Step
from bridge.lowering import lower

Result = TypeVar("Result")
SYMBOLS = bytes(range(64))
BITS, TAPS, FAN_IN, HEAD_FAN_IN = 64, 4, 24, 96
ANDS_OF_A_NEURON, ANDS_OF_A_SYMBOL = 115, 430  # of FAN_IN and HEAD_FAN_IN weights, adders shared
ONE_STEP = Flow(name="one-step", steps=(Step(abc=("dc2",)),))
COLUMNS = "{:>10} {:>10} {:>6} {:>8} {:>11} {:>7} {:>7} {:>10}  {}"


def cell_of(ands: int, seed: int = 0) -> Cell:
    """Two layers of neurons over a window of embeddings, and a head that reads both; fewer ANDs than
    that, since in a large one not all neurons are read."""
    rng = np.random.default_rng(seed)
    neurons = max(8, (ands - len(SYMBOLS) * ANDS_OF_A_SYMBOL) // (2 * ANDS_OF_A_NEURON))
    window = BITS * (1 + TAPS)
    first = Threshold("first", ("code", "past"), *_rows(rng, neurons, window, FAN_IN))
    second = Threshold("second", ("first", "code"), *_rows(rng, neurons, neurons + BITS, FAN_IN))
    head, _ = _rows(rng, len(SYMBOLS), 2 * neurons, HEAD_FAN_IN)
    table = np.resize(rng.integers(0, 2, (len(SYMBOLS), BITS)), (256, BITS))
    return Cell(
        (
            Embedding("code", table),
            Delay("past", "code", TAPS),
            first,
            second,
            Logits("logit", ("first", "second"), head, np.zeros(len(SYMBOLS), int), 0.1, SYMBOLS),
        )
    )


def _rows(rng: np.random.Generator, rows: int, width: int, fan_in: int) -> tuple[Any, Any]:
    """Weights and thresholds; inputs are liked unequally, as training likes them."""
    liked = rng.random(width) ** 3
    weights = np.zeros((rows, width), np.int8)
    for row in weights:
        chosen = rng.choice(width, min(fan_in, width), replace=False, p=liked / liked.sum())
        row[chosen] = rng.choice([-2, -1, -1, 1, 1, 2], len(chosen))
    return weights, (weights.sum(axis=1) + rng.integers(-2, 3, rows)) // 2


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """Processor seconds of this process and of those that it waited for, and the result."""
    before = sum(os.times()[:4])
    result = call()
    return sum(os.times()[:4]) - before, result


def measured(ands: int) -> bool:
    """Print the line of a cell; whether all of it is proven."""
    cell = cell_of(ands)
    plain = len(lower(cell, objective="plain").ands)
    lowering, aig = timed(lambda: lower(cell))
    certificate, verdict = timed(lambda: certify(cell, aig))
    flow, result = timed(lambda: run_flow(aig, ONE_STEP, cached=False, jobs=1))
    proof = result.steps[0].proof
    complete = certificate + proof.seconds
    saved = f"{1 - len(aig.ands) / plain:.0%}"
    times = (f"{seconds:.2f}" for seconds in (lowering, certificate, flow, proof.seconds, complete))
    print(COLUMNS.format(f"{plain:,}", f"{len(aig.ands):,}", saved, *times, f"{verdict.method}; {proof}"), flush=True)
    return verdict.answer == proof.answer == "equivalent"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ands", nargs="*", type=int, default=[20_000, 90_000, 270_000, 1_000_000, 2_000_000])
    print(COLUMNS.format("plain", "shared", "saved", "lowering", "certificate", "flow", "proof", "all proofs", "how"))
    proven = [measured(ands) for ands in parser.parse_args().ands]
    return int(not all(proven))


if __name__ == "__main__":
    sys.exit(main())
