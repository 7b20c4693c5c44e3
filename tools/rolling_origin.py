"""Choose an option of tree cells without a look at held-out text: train on the past, predict what comes next, roll on.

    python tools/rolling_origin.py recency 3 4.5 7 --ands 8000 --ledger netlists/options.jsonl

Of the training part of the King James text (tail split), the first 6, 7 and 8 ninths are trained on, the ninth after
them is predicted. Prints ANDs before any flow and bits per byte for each value and origin, and the mean.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from bridge.bench import append_ledger
from bridge.boosting import BoostingOptions, train
from bridge.corpus import Corpus, load_corpus
from bridge.execution import evaluate
from bridge.lowering import lower

ORIGINS, PARTS = (6, 7, 8), 9


@dataclass(frozen=True)
class Row:
    option: str
    value: float
    origin: int
    ands: int
    bits_per_byte: float
    seconds: float


def split(origin: int) -> tuple[Corpus, bytes]:
    """The past to train on, and the text that follows it."""
    corpus = load_corpus("kjv")
    text = corpus.training
    start, end = (len(text) * part // PARTS for part in (origin, origin + 1))
    return replace(corpus, training=text[:start], heldout=b""), text[start:end]


def measured(option: str, value: float, origin: int, others: BoostingOptions) -> Row:
    corpus, following = split(origin)
    facts = others.facts()
    facts[option] = type(facts[option])(value)
    trained = train(corpus, BoostingOptions.from_facts(facts))
    bits = evaluate(lower(trained.cell), following).bits_per_byte
    return Row(option, value, origin, trained.last.ands, bits, round(trained.last.seconds, 1))


def main() -> None:
    """Print a line for each run, and one for each value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = sorted(name for name, value in BoostingOptions().facts().items() if not isinstance(value, str))
    parser.add_argument("option", choices=numbers)
    parser.add_argument("values", type=float, nargs="+")
    parser.add_argument("--ands", type=int, default=8000)
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--revision", default="", help="what to call this version in the ledger")
    given = parser.parse_args()
    values = " ".join(f"{value:g}" for value in given.values)
    command = f"python tools/rolling_origin.py {given.option} {values} --ands {given.ands}"
    others = BoostingOptions(ands=given.ands)
    for value in given.values:
        rows = []
        for origin in ORIGINS:
            rows.append(measured(given.option, value, origin, others))
            print(rows[-1], flush=True)
        print(f"{given.option} {value:g}: {fmean(row.bits_per_byte for row in rows):.4f} bits per byte", flush=True)
        if given.ledger:
            append_ledger(given.ledger, rows, command=command, revision=given.revision)


if __name__ == "__main__":
    main()
