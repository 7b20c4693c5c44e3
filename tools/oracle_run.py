"""Run a cell's oracle and its netlist over a text and compare every logit and every state bit.

    python tools/oracle_run.py CELL [--text kjv] [--bytes 1048576] [--netlist FILE] [--kernel native]

Prints one line; exits with 1 at the first difference.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from bridge.cli.models import load_model
from bridge.corpus import load_corpus
from bridge.execution.models import stepper_of
from bridge.execution.stepper import OracleStepper
from bridge.formats import read_netlist
from bridge.lowering import lower

STREAMS = 1000  # not a multiple of 64


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cell")
    parser.add_argument("--text", default="kjv")
    parser.add_argument("--bytes", type=int, default=1 << 20)
    parser.add_argument("--netlist")
    parser.add_argument("--kernel", default="auto", choices=("auto", "portable", "native"))
    options = parser.parse_args()
    cell = load_model(options.cell)
    aig = read_netlist(options.netlist) if options.netlist else lower(cell)
    data = np.frombuffer(load_corpus(options.text).training, np.uint8)
    steps = -(-options.bytes // STREAMS)
    text = np.resize(data, (STREAMS, steps)).T
    oracle, netlist = stepper_of(cell), stepper_of(aig, options.kernel)
    assert isinstance(oracle, OracleStepper)
    states = oracle.reset(STREAMS), netlist.reset(STREAMS)
    for start in range(0, steps, 16):
        piece = text[start : start + 16]
        left, expected = oracle.advance(states[0], piece)
        right, found = netlist.advance(states[1], piece)
        states = left, right
        if not (np.array_equal(expected, found) and np.array_equal(left, netlist.latch_bits(right, STREAMS))):
            print(f"different within the steps {start}..{start + 15}")
            return 1
    print(f"{text.size:,} bytes in {STREAMS} streams, {len(aig.ands):,} ANDs, {options.kernel} kernel: all equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
