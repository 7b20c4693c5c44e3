"""A network of ternary weights, as large as one likes, all the way: `python tools/scale.py 784 1024 1024 512 10`.

The layers are dense, half of their weights 0, as no training leaves them: the worst case for sharing and for memory.
`--torch` makes it as a module of torch, with scales and norms, and melts it.
One line a stage (the cell, lowering, its certificate, AIGER written and read again, `&fraig` block by block with its
proof, a run of rows beside the oracle): processor seconds of this process and of those that it waited for, wall
seconds, and the most memory that all processes together held meanwhile, in GiB. Exit code 1 if anything is unproven or
differs.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from bridge import certify, lower, melt, read_netlist, run, run_flow, write_netlist
from bridge.aig import Aig
from bridge.cell import Block, Cell, Input, Linear, Scores, Threshold
from bridge.flow import Flow
from bridge.flow.schema import Step

Result = TypeVar("Result")
PAGE, EVERY, ROWS = 4096, 0.25, 4096
HEAD = f"{'stage':<12}{'processor':>9}{'wall':>9}{'GiB':>9}"
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


def staged(memory: Memory, stage: str, call: Callable[[], Result], told: Callable[[Result], str] = str) -> Result:
    """Do it, and print what it took."""
    memory.most = 0
    wall, processor = time.monotonic(), sum(os.times()[:4])
    result = call()
    took = sum(os.times()[:4]) - processor, time.monotonic() - wall
    time.sleep(2 * EVERY)  # until memory was looked at
    print(f"{stage:<12}{took[0]:9.2f}{took[1]:9.2f}{memory.most / 2**30:9.2f}  {told(result)}", flush=True)
    return result


def told(same: bool) -> str:
    return "equal" if same else "DIFFERENT"


def again(aig: Aig, suffix: str = ".aig") -> bool:
    """Whether a file of that format holds it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"cell{suffix}"
        write_netlist(aig, path)
        return read_netlist(path) == aig


def main() -> None:
    """Print a line for each stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("widths", nargs="+", type=int, help="of the input, of every layer, of the scores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--torch", action="store_true", help="a module of torch, melted")
    given = parser.parse_args()
    if len(given.widths) < 3:
        parser.error("needs three widths or more")
    memory = Memory()
    memory.start()
    print(HEAD)
    make = melted if given.torch else network
    cell = staged(memory, "melt" if given.torch else "cell", lambda: make(given.widths, given.seed))
    aig = staged(memory, "lower", lambda: lower(cell), lambda aig: f"{len(aig.ands):,} ANDs")
    certificate = staged(memory, "certificate", lambda: certify(cell, aig))
    same = staged(memory, "aiger", lambda: again(aig), told)
    flow = staged(memory, "fraig", lambda: run_flow(aig, FRAIG, cached=False), lambda run: f"{run.ands_after:,} ANDs")
    print(f"{'':<12}{flow.verdict}", flush=True)
    x = np.random.default_rng(given.seed + 1).integers(0, 2, (ROWS, given.widths[0]))
    found = staged(memory, "run", lambda: run(flow.aig, x), lambda _: f"{ROWS:,} rows of the result")
    wanted = staged(memory, "oracle", lambda: run(cell, x), lambda rows: told((rows == found).all()))
    proven = certificate.answer == flow.verdict.answer == "equivalent"
    sys.exit(not (proven and same and (wanted == found).all()))


if __name__ == "__main__":
    main()
