"""Damaged archives: `python tools/fuzz_archives.py --count 10000 [--first N]`.

Whatever an archive holds, `unpack` gives one sentence of the error tree: no other exception, no text that was not
packed, no hang. The archives are of texts of several kinds, by cells with every head and a folded network, inside and
named, by LZMA, and stored; of some the model inside is damaged under right checksums. Exit code 1 if anything was
found; `--first` repeats a mutant.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bridge import generate, pack, unpack
from bridge.cell import Cell
from bridge.cell.predictor import Predictor
from bridge.coding.archive import INSIDE, MAGIC, NAMED, NO_MODEL
from bridge.errors import InputError
from support.archives import mutant, resealed
from support.cells import bigram_cell, random_cell, random_tree_cell
from support.folded import sparse
from support.texts import prose, rambling

SECONDS = 20  # for one archive


def archives() -> dict[bytes, Predictor | None]:
    """Archives, and the models to unpack them with."""
    some = [b"", b"x", prose(4000), random.Random(0).randbytes(99)]
    found: dict[bytes, Predictor | None] = {pack(text): None for text in some}
    others = random_cell(1), random_tree_cell(2), random_tree_cell(3, serial=False)
    said = rambling(6000)  # texts for which the models pay, and stand inside
    pairs: list[tuple[Predictor, bytes]] = [(bigram_cell(said), said)]
    pairs += [(model, bytes(generate(model, b"", 12_000))) for model in map(modest, others)]
    pairs.append((sparse(4), bytes(generate(sparse(4), b"", 24_000))))
    for model, text in pairs:
        found[pack(text, model)] = None
        found[pack(text, model, inside=False)] = model
    kinds = Counter(archive[len(MAGIC)] for archive in found)
    assert min(kinds[kind] for kind in (NO_MODEL, INSIDE, NAMED)) >= 4
    return found


def modest(cell: Cell) -> Cell:
    """The same, but never so sure of itself that its codes are longer than texts."""
    return replace(cell, blocks=(*cell.blocks[:-1], replace(cell.head, scale=1e-3)))


def fault(data: bytes, model: Predictor | None) -> str:
    """What is wrong with how a damaged archive was unpacked; nothing if it was refused as it should be."""
    started = time.monotonic()
    try:
        text = unpack(data, model)
    except InputError as error:
        slow = time.monotonic() - started > SECONDS
        return "slow" if slow else "several lines" if "\n" in str(error) else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"{len(text)} bytes came out"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    known = archives()
    seeds, faults, refused = list(known), Counter[str](), 0
    for seed in range(options.first, options.first + options.count):
        chosen = seeds[seed % len(seeds)]
        inside = chosen[len(MAGIC)] == INSIDE and seed % 3 == 0
        data = resealed(chosen, seed) if inside else mutant(seeds, seed)
        if data in known:
            continue
        for model in {known[random.Random(seed).choice(seeds)], None}:
            found = fault(data, model)
            refused += not found
            if found:
                faults[found] += 1
                print(f"{seed}: {found}", flush=True)
    print(f"{refused:,} refused, {faults.total():,} not")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
