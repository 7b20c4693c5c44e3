"""Three questions about a cell, answered with `bridge.analysis`: `python tools/questions.py kjv --text kjv`.

Which bits remember longest? Which neurons are trivial? Does byte bit 7 affect anything?
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from bridge.aig import Aig
from bridge.analysis.dependences.affects import affects
from bridge.analysis.invariants import invariants
from bridge.analysis.neurons import neurons
from bridge.analysis.text.influence import influence
from bridge.analysis.text.statistics import text_statistics
from bridge.cli.models import load_netlist
from bridge.cli.texts import read_part
from bridge.errors import BridgeError


def remember(aig: Aig, text: bytes, steps: int, positions: int) -> None:
    """The state bits with the latest effect on the code length, and what they follow in the text."""
    print(f"\nWhich bits remember longest? ({positions:,} positions of the text, {steps} steps)")
    found = influence(aig, text, steps, positions=positions)
    total = found.absolute_bits.sum(axis=1)
    felt = np.flatnonzero(total >= 0.1 * total.max())  # a bit that hardly matters remembers nothing
    order = felt[np.argsort(-found.mean_step[felt])][:8]
    follows = text_statistics(aig, text[:100_000], [found.sources[row] for row in order])
    for row in order.tolist():
        name = found.sources[row]
        feature, information, _ = follows.best_features(name, 1)[0]
        curve = " ".join(f"{part:.3f}" for part in found.memory[row])
        print(f"  {name:26} felt in step {found.mean_step[row]:.1f} on average; changes the likeliest symbol: {curve}")
        print(f"  {'':26} follows: {feature} ({information:.3f} bits)")


def trivial(aig: Aig) -> None:
    """Neurons of at most two signals, and state that is not needed."""
    print("\nWhich neurons are trivial? (proven)")
    simple = [neuron for neuron in neurons(aig) if neuron.trivial]
    for neuron in simple[:8]:
        print(f"  {neuron.name} = {neuron.formula()}")
    print(f"  {len(simple)} of {len(aig.points)} are functions of at most two signals")
    known = invariants(aig)
    print(f"  state bits: {len(known.constant)} constant, {len(known.equal)} equal to another, e.g. {known.equal[:1]}")
    print(f"  {len(known.unobservable)} never reach any output: {', '.join(known.unobservable[:6])}")


def bit_seven(aig: Aig) -> None:
    """Does the top bit of the byte matter?"""
    print("\nDoes byte bit 7 affect anything?")
    for target in ("argmax", "state"):
        found = affects(aig, "byte[7]", target)
        print(f"  {found}")
        if found.witness is not None:
            print(f"    {str(found.witness)[:200]}")


def main() -> int:
    """Print the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("netlist", nargs="?", default="kjv", help="a netlist, or a shipped cell")
    parser.add_argument("--text", default="kjv", help="a file, or the corpus kjv or pydoc")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--positions", type=int, default=1024)
    options = parser.parse_args()
    try:
        aig, text = load_netlist(options.netlist), read_part(options.text)
        remember(aig, text, options.steps, options.positions)
        trivial(aig)
        bit_seven(aig)
    except BridgeError as error:
        print(f"questions: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
