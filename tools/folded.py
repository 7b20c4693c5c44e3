"""Folded networks: a gated recurrent unit whose logic computes a row a pass, from a table of its weights.

    python tools/folded.py train --corpus kjv --units 256 --steps 7000 --out folded.safetensors
    python tools/folded.py eval folded.safetensors --corpus kjv
    python tools/folded.py lower folded.safetensors -o folded.aig --corpus kjv --check 8

`train` says what the network needs for a byte of the held-out text; `eval` says so again, and with
the packed network counted. `lower` writes the logic as AIGER, says its size, and runs it beside the network, on
512 pieces of so many bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bridge.cell.folded import Folded
from bridge.cell.passes import passes_of
from bridge.coding.folded_code import pack_folded
from bridge.coding.netlist_code import pack_netlist
from bridge.coding.score import netlist_bits, score
from bridge.corpus import load_corpus
from bridge.errors import BridgeError, InputError
from bridge.execution.folded import folded_bits_per_byte, logits_of_logic
from bridge.formats import write_netlist
from bridge.lowering.folded import lower_folded
from bridge.printable import Progress

STREAMS = 512  # pieces of text that are read side by side


def main() -> int:
    """What the arguments say; 1 if logic and network differ, 2 for bad input."""
    arguments = parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except BridgeError as error:
        print(f"folded.py: {error}", file=sys.stderr)
        return error.exit_code


def parser() -> argparse.ArgumentParser:
    """Three commands."""
    tool = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = tool.add_subparsers(required=True)
    learn = commands.add_parser("train", help="train a network, say what it needs for a byte of the held-out text")
    learn.add_argument("--out", type=Path, required=True)
    for name, usual in (("units", 256), ("codes", 64), ("steps", 7000), ("batch", 64), ("sequence", 64), ("seed", 0)):
        learn.add_argument(f"--{name}", type=int, default=usual)
    for name, fraction in (("recency", 4.0), ("dropout", 0.0)):
        learn.add_argument(f"--{name}", type=float, default=fraction)
    judge = commands.add_parser("eval", help="bits per byte of the held-out text, from integers")
    logic = commands.add_parser("lower", help="write the logic, and run it")
    logic.add_argument("-o", "--out", type=Path, required=True)
    logic.add_argument("--check", type=int, default=0, metavar="BYTES", help=f"run it on {STREAMS} pieces of text")
    for command, run in ((learn, train), (judge, evaluate), (logic, lower)):
        command.add_argument("--corpus", default="kjv")
        command.set_defaults(run=run)
    for command in (judge, logic):
        command.add_argument("network", type=Path)
    return tool


def train(arguments: argparse.Namespace) -> int:
    """Train, write the file, evaluate."""
    from bridge.training.folded import FoldedOptions, train_folded  # needs torch

    given = vars(arguments)
    options = FoldedOptions(**{key: given[key] for key in FoldedOptions.__dataclass_fields__ if key in given})
    corpus = load_corpus(arguments.corpus)
    net = train_folded(corpus, options, said)
    net.save(arguments.out, {**vars(options), "corpus": corpus.name, "sha256": corpus.sha256})
    print(
        f"{folded_bits_per_byte(net, corpus.heldout):.4f} bits per byte on {len(corpus.heldout) - 1:,} held-out bytes"
    )
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """Bits per byte, and what they are with the packed network counted, spread over the whole text."""
    corpus, net = load_corpus(arguments.corpus), Folded.load(arguments.network)
    bits, size = folded_bits_per_byte(net, corpus.heldout), len(pack_folded(net))
    total = score(bits, 8 * size, len(corpus.training) + len(corpus.heldout))
    print(f"{bits:.4f} bits per byte on {len(corpus.heldout) - 1:,} held-out bytes")
    print(f"score: {total:.4f} bits per byte with the packed network ({size:,} bytes)")
    return 0


def lower(arguments: argparse.Namespace) -> int:
    """The logic; 1 if it says something else than the network."""
    net, text = Folded.load(arguments.network), load_corpus(arguments.corpus).heldout if arguments.check else b""
    if not 0 <= arguments.check <= len(text):
        raise InputError(f"--check {arguments.check:,}: pieces of the held-out text have 1 to {len(text):,} bytes")
    passes, aig = passes_of(net), lower_folded(net, arguments.out.stem)
    write_netlist(aig, arguments.out)
    sizes = f"{len(aig.ands):,} ANDs, {len(aig.latches):,} latches, {net.weights.size:,} weights"
    print(f"{sizes}, {passes.steps:,} steps a byte")
    print(f"written down: {netlist_bits(aig) / 8:,.0f} bytes by the bound, {len(pack_netlist(aig)):,} as it is coded")
    if not arguments.check:
        return 0
    starts = np.linspace(0, len(text) - arguments.check, STREAMS).astype(np.int64)
    data = np.frombuffer(text, np.uint8)[starts + np.arange(arguments.check)[:, None]]
    state, expected = net.reset(STREAMS), []
    for row in data:
        state, logits = net.step(state, row)
        expected.append(logits)
    same = np.array_equal(logits_of_logic(aig, passes.steps, data), np.stack(expected))
    print(f"{'the same' if same else 'OTHER'} logits as the network on {data.size:,} bytes")
    return 0 if same else 1


def said(now: Progress) -> None:
    """On a terminal, where training is."""
    if sys.stderr.isatty():
        print(f"\r{now.done:.1%} {now.remark}", end="\n" if now.done == 1 else "", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
