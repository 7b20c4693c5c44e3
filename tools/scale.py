"""A network of ternary weights, as large as one likes, all the way: `python tools/scale.py 784 1024 1024 512 10`.

The layers are dense, half of their weights 0, as no training leaves them: the worst case for sharing and for memory.
`--torch` makes it as a module of torch, with scales and norms, and melts it.
One line a stage (the cell, lowering, its certificate, `&fraig` block by block with its proof, a run of rows beside the
oracle): seconds, ANDs, and the most memory that all processes together held so far, in GiB. Exit code 1 if anything is
unproven or differs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import threading
import time
from pathlib import Path

import numpy as np

from bridge import certify, lower, melt, run, run_flow
from bridge.cell import Block, Cell, Input, Linear, Scores, Threshold
from bridge.flow import Flow
from bridge.flow.schema import Step

PAGE, EVERY, ROWS = 4096, 0.25, 4096
FRAIG = Flow(name="fraig-by-block", steps=(Step(abc=("&fraig -x -C 1000",), scope="block"),))


class Memory(threading.Thread):
    """`most`: bytes that this process and all below it held at once, looked at four times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0

    def run(self) -> None:
        while True:
            self.most = max(self.most, held())
            time.sleep(EVERY)


def held() -> int:
    """Bytes that are resident in this process and its children, now."""
    pages: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        pages[int(stat.parent.name)] = int(fields[21])
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, waiting = 0, [int(Path("/proc/self").resolve().name)]
    while waiting:
        process = waiting.pop()
        total += pages.get(process, 0)
        waiting += children.get(process, [])
    return total * PAGE


def network(widths: list[int], seed: int) -> Cell:
    """Bits in, layers of neurons of ternary weights, a score for each of the last width."""
    rng = np.random.default_rng(seed)
    inputs, *layers, classes = widths
    blocks: list[Block] = [Input("x", np.zeros(inputs, int), np.ones(inputs, int))]
    for layer, width in enumerate(layers):
        weights = _ternary(rng, width, widths[layer])
        blocks.append(Threshold(f"l{layer}", (blocks[-1].name,), weights, weights.sum(axis=1) // 2))
    weights = _ternary(rng, classes, widths[-2])
    blocks.append(Linear("sum", (blocks[-1].name,), weights, np.zeros(classes, int)))
    return Cell((*blocks, Scores("head", ("sum",), tuple(map(str, range(classes))))), name="network")


def melted(widths: list[int], seed: int) -> Cell:
    """The same with scales and norms, as a module of torch that is melted."""
    import torch
    from torch import nn

    rng, scale = np.random.default_rng(seed), 0.05

    class Fires(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x >= 0).float()

    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        weights = scale * torch.from_numpy(_ternary(rng, outputs, inputs)).float()
        linear, norm = nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs)
        linear.weight.data, norm.running_mean = weights, weights.sum(dim=1) / 2
        layers += [linear, norm, Fires()]
    return melt(nn.Sequential(*layers[:-2]).eval(), input_shape=widths[0], input_range="0..1")


def _ternary(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.choice(np.array([-1, 0, 1], np.int8), (rows, columns), p=[0.25, 0.5, 0.25])


def main() -> None:
    """Print a line for each stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("widths", nargs="+", type=int, help="of the input, of every layer, of the scores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--torch", action="store_true", help="a module of torch, melted")
    given = parser.parse_args()
    if len(given.widths) < 3:
        parser.error("needs three widths or more")
    memory, started, fine = Memory(), time.monotonic(), True
    memory.start()

    def say(stage: str, what: str) -> None:
        print(f"{stage:<12} {time.monotonic() - started:9.1f} s {memory.most / 2**30:6.2f} GiB  {what}", flush=True)

    cell = (melted if given.torch else network)(given.widths, given.seed)
    say("melt" if given.torch else "cell", str(cell))
    aig = lower(cell)
    say("lower", f"{len(aig.ands):,} ANDs")
    proof = certify(cell, aig)
    fine &= proof.answer == "equivalent"
    say("certificate", str(proof))
    result = run_flow(aig, FRAIG)
    fine &= result.verdict.answer == "equivalent"
    say("fraig", f"{len(result.aig.ands):,} ANDs, {result.verdict}")
    x = np.random.default_rng(given.seed + 1).integers(0, 2, (ROWS, given.widths[0]))
    same = bool((run(result.aig, x) == run(cell, x)).all())
    fine &= same
    say("run", f"{ROWS:,} rows {'equal' if same else 'DIFFERENT'} to the oracle")
    sys.exit(not fine)


if __name__ == "__main__":
    main()
