"""What kinds of memory can learn: small made-up texts whose entropy is known, and cells of equal state.

    python tools/memory.py --steps 1500 --ledger netlists/training.jsonl

- `recall`: `=c......?c`, a letter has to be known after a gap of 11 bytes in the mean.
- `copy`: `abbabb|abbabb`, six letters of two kinds have to be repeated.
- `brackets`: `(()(()))`, a line ends when all brackets are closed, never deeper than 3.

A window of as many bits sees too little for any of them; a gated latch can hold; copying and counting need feedback.
Prints state bits, ANDs, and bits per byte beyond the entropy of the task.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path

from bridge.bench import append_ledger
from bridge.corpus import Corpus
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.lowering import lower
from bridge.training import LayerOptions, TrainingOptions, train

Line = tuple[bytes, float]
TRAINING_BYTES, HELDOUT_BYTES = 200_000, 20_000


def recall(chance: random.Random) -> Line:
    """A line and the bits of chance that are in it."""
    letter, gap, bits = chance.choice(b"abcdefgh"), 0, 3 - log2(1 / 12)
    while chance.random() < 11 / 12:
        gap, bits = gap + 1, bits - log2(11 / 12)
    return b"=%c%b?%c\n" % (letter, b"." * gap, letter), bits


def copy(chance: random.Random) -> Line:
    """A line and the bits of chance that are in it."""
    word = bytes(chance.choices(b"ab", k=6))
    return b"%b|%b\n" % (word, word), 6.0


def brackets(chance: random.Random) -> Line:
    """A line and the bits of chance that are in it."""
    line, depth, bits = b"(", 1, 0.0
    while depth:
        opens = depth < 3 and chance.random() < 0.5
        bits += depth < 3
        depth += 1 if opens else -1
        line += b"(" if opens else b")"
    return line + b"\n", bits


TASKS: dict[str, Callable[[random.Random], Line]] = {"recall": recall, "copy": copy, "brackets": brackets}

# All of 32 state bits: four bytes of eight bits; one such byte and 24 latches.
SHAPES = {
    "window": TrainingOptions(8, 5, (LayerOptions(48, 0, 12, 5),), 24, 1, batch=16, recency=0.0),
    "latches": TrainingOptions(8, 2, (LayerOptions(24, 24, 12, 2),), 24, 1, batch=16, recency=0.0),
    "recurrence": TrainingOptions(8, 2, (LayerOptions(24, 24, 12, 2, (), True),), 24, 1, batch=16, recency=0.0),
}


@dataclass(frozen=True)
class Memory:
    """`excess`: bits per byte on held-out lines beyond the entropy of the task, 0 being perfect."""

    task: str
    memory: str
    sequence: int
    seed: int
    steps: int
    state_bits: int
    ands: int
    excess: float


def bench_memory(
    tasks: Sequence[str],
    steps: int,
    sequence: int,
    *,
    kinds: Sequence[str] = tuple(SHAPES),
    seed: int = 0,
) -> list[Memory]:
    """Some kinds of memory, of SHAPES, on some of TASKS; the state is carried on.

    `sequence`: steps through which gradients flow.

    InputError for an unknown task.
    """
    rows = []
    for task in tasks:
        corpus, entropy = corpus_of(task)
        for memory in kinds:
            trained = train(corpus, replace(SHAPES[memory], steps=steps, sequence=sequence, seed=seed))
            if not trained.finished:
                raise KeyboardInterrupt
            netlist = lower(trained.cell)
            excess = evaluate(netlist, corpus.heldout).bits_per_byte - entropy
            size = {"state_bits": trained.cell.state_bits, "ands": len(netlist.ands)}
            rows.append(Memory(task, memory, sequence, seed, steps, **size, excess=excess))
    return rows


def corpus_of(task: str) -> tuple[Corpus, float]:
    """Lines to train on and others, and the entropy of these in bits per byte; InputError for an unknown task."""
    if task not in TASKS:
        raise InputError(f"there is no task {task!r}; choose from {', '.join(TASKS)}")
    training, _ = text_of(task, TRAINING_BYTES, seed=1)
    heldout, entropy = text_of(task, HELDOUT_BYTES, seed=2)
    return Corpus(task, hashlib.sha256(training + heldout).hexdigest(), "tail", training, heldout), entropy


def text_of(task: str, length: int, seed: int) -> tuple[bytes, float]:
    """At least `length` bytes of lines, and the entropy of the task in bits per byte."""
    lines = list(_lines(TASKS[task], length, random.Random(seed)))
    text = b"".join(line for line, _ in lines)
    return text, sum(bits for _, bits in lines) / len(text)


def _lines(task: Callable[[random.Random], Line], length: int, chance: random.Random) -> Iterator[Line]:
    written = 0
    while written < length:
        line = task(chance)
        written += len(line[0])
        yield line


def main() -> None:
    """Print a line for each task and kind of memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=list(TASKS), metavar="task", help=", ".join(TASKS))
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--sequence", type=int, default=48, help="steps through which gradients flow")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ledger", type=Path)
    given = parser.parse_args()
    rows = bench_memory(given.tasks, given.steps, given.sequence, seed=given.seed)
    for row in rows:
        print(row, flush=True)
    if given.ledger:
        options = f"--steps {given.steps} --sequence {given.sequence} --seed {given.seed}"
        append_ledger(given.ledger, rows, command=f"python tools/memory.py {' '.join(given.tasks)} {options}")


if __name__ == "__main__":
    main()
