"""What memory could tell at most: features of the text so far, given to a trained forest for nothing.

    python tools/free_memory.py --origin 8 --ands 20000

Trains trees on the last two fifths of the past of an origin (see `rolling_origin.py`), then corrects the score of every
code node by tables of the feature: alone, with the last symbol, and with the first letter and the length of the word.
Prints by how many bits per byte of the text that follows the tables are better than the same ones without the feature,
and, as its null, what the feature tells when it is moved by 50,021 bytes. The tables cost no gates: a bound, no cell.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from dataclasses import dataclass, replace
from importlib import import_module
from math import log
from typing import Any

import numpy as np
from rolling_origin import split

from bridge.arrays import Bits, Floats, Ints
from bridge.boosting import BoostingOptions
from bridge.boosting.forest import SCALE, Forest
from bridge.boosting.plan import ranked
from bridge.boosting.rows import Rows, contexts, recent_weights
from bridge.compiled import compiled

PART, MOVED = 0.4, 50_021
RECENCY, DAMPING, REACH = 4.5, 20.0, 2.0
WORDS, CLASSES, SHARES = 2000, 64, 16
TOPICS = {"thou": 30, "and": 60, "jesus": 400}  # words that a decayed count tells of: how many words it reaches


@compiled
def last_followed(key: Ints, text: Bits, entries: int) -> Bits:
    """uint8[n]: what followed last time in the place of a table that the key leads to."""
    table, found = np.zeros(entries, np.uint8), np.zeros(len(text), np.uint8)
    for at in range(len(text)):
        place = (key[at] * 0x9E3779B97F4A7C1 >> 20) % entries
        found[at] = table[place]
        if at + 1 < len(text):
            table[place] = text[at + 1]
    return found


def order(text: Bits, length: int) -> Ints:
    """int64[n]: the last symbols as a number."""
    key = np.zeros(len(text), np.int64)
    for delay in range(length):
        key[delay:] += text[: len(text) - delay].astype(np.int64) << 7 * delay
    return key


def classes(tokens: Ints, learned: int) -> Ints:
    """int64[WORDS + 1]: a class of every word, by the words around it (k-means of singular vectors)."""
    seen, common = tokens[:learned], np.minimum(tokens[:learned], 600)
    table = np.zeros((WORDS + 1, 1202))
    np.add.at(table, (seen[:-1], common[1:]), 1.0)
    np.add.at(table, (seen[1:], 601 + common[:-1]), 0.5)
    table = np.sqrt(table / np.maximum(table.sum(axis=1, keepdims=True), 1))
    left, sizes, _ = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    points = left[:, :24] * sizes[:24]
    centres = points[np.random.default_rng(1).choice(len(points), CLASSES, False)]
    for _ in range(25):
        nearest = ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)
        for each in np.unique(nearest):
            centres[each] = points[nearest == each].mean(axis=0)
    result: Ints = nearest + 1
    return result


def features(text: bytes, learned: int, ranks: Bits) -> dict[str, Ints]:
    """int64[n] each, after every byte of the text, whose first `learned` bytes may be learned from."""
    found = [(match.end(), match.group().lower()) for match in re.finditer(rb"[A-Za-z']+|\d+|[^\sA-Za-z'\d]", text)]
    ends, words = np.array([end for end, _ in found]), [b"0" if word.isdigit() else word for _, word in found]
    known = int(np.searchsorted(ends, learned))
    index = {word: at for at, (word, _) in enumerate(Counter(words[:known]).most_common(WORDS))}
    tokens = np.array([index.get(word, WORDS) for word in words])
    times = np.arange(len(text))
    last = np.searchsorted(ends, times, side="right") - 1  # the word that ended last before this byte, -1 none

    def held(values: Ints) -> Ints:
        return np.where(last < 0, 0, values[last])

    def latest(marks: str, value: Ints) -> Ints:
        place = np.maximum.accumulate(np.where(np.isin(raw, list(marks.encode())), times, -1))
        return np.where(place < 0, 0, value[place])

    raw, kinds = np.frombuffer(text, np.uint8).astype(np.int64), classes(tokens, known)[tokens]
    capitals = "".join(map(chr, range(65, 91)))
    all_ = {f"word {back} back": held(np.roll(kinds, back - 1)) for back in (1, 2, 3)}
    all_ |= {"mark": latest(".,;:?!()\n", raw), "capital": latest(capitals, raw)}
    all_ |= {"place in the verse": np.minimum((times - latest("\n", times)) // 8, 31)}
    for word, reach in TOPICS.items():
        level = np.zeros(len(words))
        for at, each in enumerate(words):
            level[at] = level[at - 1] * (1 - 1 / reach) + (each.decode() == word) / reach
        bounds = np.quantile(level[:known], np.linspace(0, 1, SHARES + 1)[1:-1])
        all_ |= {f"share of {word!r}": held(np.searchsorted(bounds, level))}
    for length, entries in ((2, 256), (3, 1024), (4, 1024)):
        name = f"cache of {entries} by {length} symbols"
        all_ |= {name: last_followed(order(ranks, length), ranks, entries).astype(np.int64)}
    return all_


def grown(origin: int, ands: int) -> tuple[Any, bytes, int]:
    """(a training run, the text, how much of it is trained on)."""
    corpus, following = split(origin)
    past = corpus.training[int(len(corpus.training) * (1 - PART)) :]
    run = import_module("bridge.boosting.train")._Run(replace(corpus, training=past), BoostingOptions(ands=ands))
    while run.searching():
        for _ in run.round():
            pass
    return run, past + following, len(past)


@dataclass(frozen=True, eq=False)
class Asked:
    """Whatever is asked of code nodes on the way through a text. `at`, `node`: int64[n], after which byte and of which
    node; `scores`: float64[n], nats; `ones`: float64[n], the bit that follows; `kinds`: int64[length] each, what tables
    tell apart beside a feature; `learned`: bytes that tables are made from."""

    at: Ints
    node: Ints
    scores: Floats
    ones: Floats
    kinds: tuple[Ints, ...]
    learned: int

    def corrected(self, feature: Ints, scores: Floats) -> Floats:
        """The scores by Newton's step for every entry of the tables, one table after the other."""
        past = self.at + 1 < self.learned
        weights = recent_weights(self.learned, RECENCY * PART)[self.at[past]]
        for kind in self.kinds:
            place = (kind * (feature.max() + 1) + feature)[self.at] * 256 + self.node
            key = np.unique(place, return_inverse=True)[1]
            p = 1 / (1 + np.exp(-scores[past]))
            slopes = np.bincount(key[past], weights * (self.ones[past] - p), key.max() + 1)
            curves = np.bincount(key[past], weights * p * (1 - p), key.max() + 1)
            scores = scores + np.clip(slopes / (curves + DAMPING), -REACH, REACH)[key]
        return scores

    def bits_per_byte(self, scores: Floats) -> float:
        """Of the text that follows what is learned from."""
        new = self.at + 1 >= self.learned
        length = (np.logaddexp(0, scores[new]) - self.ones[new] * scores[new]).sum()
        return float(length / log(2) / (self.at.max() + 2 - self.learned))


def asked(run: Any, ranks: Bits, learned: int) -> Asked:
    """Of the forests of a training run."""
    states = [each.seen(ranks) for each in (*run.plan.held, *run.plan.counts)]
    context = contexts(ranks, run.plan.window, states)
    nodes, bits = run.plan.code.paths
    parts = []
    for node, forest in enumerate(run.forests):
        hit = nodes[ranks[1:]] == node
        at = np.flatnonzero(hit.any(axis=1))
        ones = bits[ranks[1:][at], hit[at].argmax(axis=1)].astype(float)
        rows = Rows(context[at], np.ones(len(at), np.float32), ones.astype(np.float32), len(ranks))
        same = Forest(rows, run.plan.groups, run.book)
        same.shift(forest.bias - same.bias)
        for tree in forest.trees:
            same.add(tree)
        parts.append((at, np.full(len(at), node), same.scores * SCALE, ones))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    word = np.minimum(states[-1], 4).astype(np.int64) * 128 + states[0]
    kinds = np.zeros(len(ranks), np.int64), ranks.astype(np.int64), word
    return Asked(columns[0], columns[1], columns[2], columns[3], kinds, learned)


def main() -> None:
    """Print a line for each feature."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--origin", type=int, default=8)
    parser.add_argument("--ands", type=int, default=20_000)
    given = parser.parse_args()
    run, text, learned = grown(given.origin, given.ands)
    ranks = ranked(text, run.plan.symbols)
    all_ = asked(run, ranks, learned)
    plain = all_.corrected(np.zeros(len(ranks), np.int64), all_.scores)
    bits = all_.bits_per_byte(plain)
    print(
        f"{run.count():,} ANDs, {all_.bits_per_byte(all_.scores):.4f} bits per byte, with tables {bits:.4f}", flush=True
    )
    for name, feature in features(text, learned, ranks).items():
        pair = feature, np.roll(feature, MOVED)
        told, null = (bits - all_.bits_per_byte(all_.corrected(each, plain)) for each in pair)
        print(f"{name}: tells {told:.4f}, moved {null:.4f}", flush=True)


if __name__ == "__main__":
    main()
