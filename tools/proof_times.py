"""How long proving takes beside running, for every shipped flow: `python tools/proof_times.py kjv large.aig`.

One line a run, without the cache: the seconds of the tools and of the proofs, the longest proof of one step, and the
methods that gave them. Exit code 1 if anything is left unproven, or if the proofs of a run take more than `--most`.
"""

from __future__ import annotations

import argparse
import sys

from bridge.aig import Aig
from bridge.cli.models import load_netlist
from bridge.flow import run_flow
from bridge.resources import shipped_flows

COLUMNS = "{:10} {:12} {:>5} {:>8} {:>8} {:>9} {:>10} {:>10}  {}"


def proven_in(name: str, aig: Aig, flow: str) -> tuple[bool, float]:
    """Run the flow and print its line; whether it is proven, and the seconds of all proofs."""
    result = run_flow(aig, flow, cached=False)
    proofs = [step.proof.seconds for step in result.steps]
    tools = sum(step.seconds for step in result.steps)
    sizes = f"{result.ands_before:,}", f"{result.ands_after:,}"
    times = f"{tools:.1f}", f"{sum(proofs):.2f}", f"{max(proofs):.2f}"
    shown = result.verdict.method if result.verdict.answer == "equivalent" else str(result.verdict)
    print(COLUMNS.format(name[-10:], flow, len(proofs), *sizes, *times, shown), flush=True)
    return result.verdict.answer == "equivalent", sum(proofs)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("netlists", nargs="+", help="netlists, or shipped cells")
    parser.add_argument("--flow", action="append", help="only this flow (may be repeated)")
    parser.add_argument("--most", type=float, default=float("inf"), help="seconds that the proofs of a run may take")
    options = parser.parse_args()
    print(COLUMNS.format("netlist", "flow", "steps", "before", "after", "tools s", "proofs s", "longest s", "methods"))
    loaded = [(name, load_netlist(name)) for name in options.netlists]
    found = [proven_in(*one, flow) for one in loaded for flow in options.flow or shipped_flows()]
    return int(any(not proven or seconds > options.most for proven, seconds in found))


if __name__ == "__main__":
    sys.exit(main())
