"""torchlogix circuits trained for digits, the table of docs/melt-gates.md: `python tools/circuits.py 500:2`.

One line a circuit of so many gates in each of so many layers: accuracy, gates that its own `simplify` leaves without
the sums, ANDs of its own AIG of that with the sums, and ours through the flow, gates alone and whole. Each circuit is
also compared with the C that torchlogix writes, on random rows. Exit code 1 if any differs or is unproven.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import nn

from bridge import lower, melt, run_flow
from bridge.flow import load_flow
from bridge.melting.check import check
from bridge.melting.torchlogix.reference import circuit_class

CIRCUITS = ["500:2", "2000:3", "8000:4"]
THRESHOLDS, SEEN, BATCH, EPOCHS = [3.5, 8.5, 12.5], 1400, 100, 30


def layers() -> tuple[Any, Any]:
    """torchlogix's layer of gates and its sums of groups, also where its package cannot be imported, see
    `circuit_class`."""
    circuit = circuit_class()
    if "torchlogix" not in sys.modules and (spec := find_spec("torchlogix")):
        package = ModuleType("torchlogix")
        vars(package).update(__path__=list(spec.submodule_search_locations or ()), Circuit=circuit)
        sys.modules |= {"torchlogix": package, "torchlogix.circuit": sys.modules[circuit.__module__]}
    from torchlogix.layers.dense import LogicDense
    from torchlogix.layers.groupsum import GroupSum

    return LogicDense, GroupSum


def trained(width: int, depth: int) -> tuple[nn.Module, float]:
    """A network of so many gates in each of so many layers, and its accuracy on the rows that it has not seen."""
    dense, group_sum = layers()
    pixels, digits = load_digits(return_X_y=True)
    features = torch.tensor(pixels, dtype=torch.float32)
    bits, wanted = (features.unsqueeze(-1) > torch.tensor(THRESHOLDS)).flatten(1).float(), torch.tensor(digits)
    torch.manual_seed(0)
    order = torch.randperm(len(bits))
    seen, unseen = order[:SEEN], order[SEEN:]
    widths = [bits.shape[1], *[width] * depth]
    parts = [dense(before, after) for before, after in pairwise(widths)]
    network = nn.Sequential(*parts, group_sum(10, tau=1.0))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(EPOCHS * SEEN // BATCH):
        batch = seen[torch.randperm(SEEN)[:BATCH]]
        loss = nn.functional.cross_entropy(network(bits[batch]) / (width / 100), wanted[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.eval()
    return network, float((network(bits[unseen]).argmax(1) == wanted[unseen]).float().mean())


def main() -> None:
    """Print a line for each circuit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="*", default=CIRCUITS, metavar="WIDTH:LAYERS", help=", ".join(CIRCUITS))
    parser.add_argument("--flow", default="shrink")
    parser.add_argument("--rows", type=int, default=10_000)
    given = parser.parse_args()
    flow, fine = load_flow(given.flow), True
    for said in given.circuits:
        network, accuracy = trained(*map(int, said.split(":")))
        circuit = circuit_class().from_model(network, [64 * len(THRESHOLDS)])
        circuit.simplify()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "circuit.json"
            circuit.write_json(str(path))
            cell, facts = melt(path), json.loads(path.read_text())
            found = check(path, cell, given.rows)
            facts["outputs"] = sorted({gate for part in facts.pop("sum_nodes") for gate in part["input_ids"]})
            path.write_text(json.dumps(facts))
            ours = [run_flow(lower(each), flow) for each in (melt(path), cell)]
        fine &= found.good and all(result.verdict.answer == "equivalent" for result in ours)
        theirs = len(circuit.to_and_inverter_graph().and_gates)
        alone, whole = (len(result.aig.ands) for result in ours)
        print(f"{said} | {accuracy:.3f} | {len(circuit.gates):,} | {theirs:,} | {alone:,} | {whole:,}", flush=True)
    sys.exit(not fine)


if __name__ == "__main__":
    main()
