"""How all that is done with a cell grows with its size: `python tools/growth.py 20000 200000 2000000 10000000`.

Cells of about so many ANDs or fewer, with weights like those of trained ones (few, small, of inputs liked unequally). A
line a stage: making the cell; lowering it; its certificate; AIGER written and read again (with --texts BLIF and Verilog
as well); bits per byte of a text; `&fraig` block by block with its proof. Processor seconds of this process and of
those that it waited for, wall seconds, and the most memory that all processes together held meanwhile, in GiB. The
first cell may also count compiling for this machine. Exit code 1 if anything is unproven or differs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from scale import FRAIG, HEAD, Memory, again, staged, told

from bridge import bits_per_byte, certify, lower, run_flow
from bridge.cell import Block, Cell, Delay, Embedding, Logits, Threshold

SYMBOLS = bytes(range(64))
BITS, TAPS, FAN_IN, HEAD_FAN_IN = 64, 4, 24, 96
ANDS_OF_A_NEURON, ANDS_OF_A_SYMBOL = 115, 430  # of FAN_IN and HEAD_FAN_IN weights, adders shared
WIDEST = 8192  # neurons of a layer: more become more layers, since weights are stored densely
TEXT_BYTES = 1 << 16
SUFFIX = {"aiger": ".aig", "blif": ".blif", "verilog": ".v"}


def cell_of(ands: int, seed: int = 0) -> Cell:
    """Two or more layers of neurons over a window of embeddings, and a head that reads the last two; fewer ANDs than
    that, since in a large one not all neurons are read."""
    rng = np.random.default_rng(seed)
    neurons = max(16, (ands - len(SYMBOLS) * ANDS_OF_A_SYMBOL) // ANDS_OF_A_NEURON)
    layers = max(2, -(-neurons // WIDEST))
    width = neurons // layers
    names = [f"layer{layer}" for layer in range(layers)]
    weights = _rows(rng, width, BITS * (1 + TAPS), FAN_IN)
    blocks: list[Block] = [Threshold(names[0], ("code", "past"), *weights)]
    for below, name in itertools.pairwise(names):
        blocks.append(Threshold(name, (below, "code"), *_rows(rng, width, width + BITS, FAN_IN)))
    head, _ = _rows(rng, len(SYMBOLS), 2 * width, HEAD_FAN_IN)
    table = np.resize(rng.integers(0, 2, (len(SYMBOLS), BITS)), (256, BITS))
    logits = Logits("logit", (names[-2], names[-1]), head, np.zeros(len(SYMBOLS), int), 0.1, SYMBOLS)
    return Cell((Embedding("code", table), Delay("past", "code", TAPS), *blocks, logits))


def _rows(rng: np.random.Generator, rows: int, width: int, fan_in: int) -> tuple[Any, Any]:
    """Weights and thresholds; inputs are liked unequally, as training likes them."""
    liked = rng.random(width) ** 3
    weights = np.zeros((rows, width), np.int8)
    for row in weights:
        chosen = rng.choice(width, min(fan_in, width), replace=False, p=liked / liked.sum())
        row[chosen] = rng.choice([-2, -1, -1, 1, 1, 2], len(chosen))
    return weights, (weights.sum(axis=1) + rng.integers(-2, 3, rows)) // 2


def measured(ands: int, memory: Memory, formats: Sequence[str]) -> bool:
    """Print the lines of a cell; whether all of it is proven, and read as it was written."""
    cell = staged(memory, "cell", lambda: cell_of(ands), lambda _: f"asked for {ands:,} ANDs")
    aig = staged(memory, "lower", lambda: lower(cell), lambda aig: f"{len(aig.ands):,} ANDs")
    certificate = staged(memory, "certificate", lambda: certify(cell, aig))
    same = all(staged(memory, name, partial(again, aig, SUFFIX[name]), told) for name in formats)
    text = np.random.default_rng(1).choice(list(SYMBOLS), TEXT_BYTES).astype(np.uint8).tobytes()
    staged(memory, "eval", lambda: bits_per_byte(aig, text), lambda bits: f"{bits:.3f} bits a byte of {len(text):,}")
    flow = staged(memory, "fraig", lambda: run_flow(aig, FRAIG, cached=False), lambda run: f"{run.ands_after:,} ANDs")
    print(f"{'':<12}{flow.verdict}", flush=True)
    return same and certificate.answer == flow.verdict.answer == "equivalent"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ands", nargs="*", type=int, default=[20_000, 90_000, 270_000, 1_000_000, 2_000_000])
    parser.add_argument("--texts", action="store_true", help="also BLIF and Verilog, written and read again")
    given, memory = parser.parse_args(), Memory()
    memory.start()
    print(HEAD)
    proven = [measured(ands, memory, [*SUFFIX] if given.texts else ["aiger"]) for ands in given.ands]
    return int(not all(proven))


if __name__ == "__main__":
    sys.exit(main())
