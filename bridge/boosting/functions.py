"""What trees compute anyway, for later trees to ask: of every split, whether the tree comes to another value than 0
from there on.

The gates of these bits exist, so asking costs none. They depend on the context alone, whatever code node their tree is
of, so that the trees of all nodes may ask them. They are kept for every distinct context, 64 to a word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Flags, Floats, Floats32, Ints, Ints32, Words
from bridge.boosting.dictionary import CATEGORIES, Dictionary
from bridge.boosting.growth import LEAST, Tree
from bridge.boosting.rows import Rows
from bridge.compiled import compiled

WORD = 64
PER_FIELD = 8  # functions that one field of categories holds
PER_TREE = 32  # splits that are kept, those with most splits below them
OFFERED = 128  # to one tree
SAMPLE = 2048  # rows that the choice is made on
ALIKE = 0.95  # correlation beyond which two functions tell the same
RARE = 0.01  # share of rows; a function that tells fewer from the others is not offered
MOST, MEMORY = 1 << 16, 1 << 31  # functions, and bytes of them; what comes later is not kept


class Offer(NamedTuple):
    """`numbers`: int64[n] of functions; `columns`: uint8[rows, ceil(n / 8)], their bits, the first one the lowest."""

    numbers: Ints
    columns: Bits


class Functions:
    """Questions by number. rows: of all code nodes, those with the same context side by side; groups: of their fields
    but the first."""

    def __init__(self, rows: Rows, groups: list[int], book: Dictionary) -> None:
        contexts = rows.fields[:, 1:]
        fresh = np.concatenate([[True], (contexts[1:] != contexts[:-1]).any(axis=1)])
        self.where: Ints32 = np.cumsum(fresh, dtype=np.int32) - 1
        count = int(fresh.sum())
        self._contexts = np.zeros((contexts.shape[1], -(-count // WORD) * WORD), np.uint8)
        self._contexts[:, :count] = contexts[fresh].T
        self._groups, self.book = groups, book
        self.origins: list[tuple[Tree, int]] = []  # tree and split of every function
        self.trees = 0  # that were added
        self._known = 0  # functions that are offered
        words = self._contexts.shape[1] // WORD
        self._words = np.zeros((min(MEMORY // (8 * words), MOST), words), np.uint64)  # pages are taken when written

    @property
    def field(self) -> int:
        """What splits call the field of all functions, whose subsets are their numbers."""
        return len(self._groups)

    def add(self, tree: Tree) -> Flags:
        """Keep functions of a tree; bool[contexts]: does it come to another value than 0?"""
        tree.number, self.trees = self.trees, self.trees + 1
        tree.layer = max((1 + self.origins[number][0].layer for number in self.asked(tree)), default=0)
        questions, which = np.unique(tree.splits[:, :2], axis=0, return_inverse=True)
        words = np.stack([self._question(field, subset) for field, subset in questions.tolist()])
        ones = np.where(tree.values, ~np.uint64(0), np.uint64(0))
        found = np.empty((len(tree.splits), words.shape[1]), np.uint64)
        evaluate(words, tree.splits, which.ravel(), ones, found)
        sizes = _sizes(tree.splits)
        kept = [split for split in np.argsort(-sizes, kind="stable").tolist() if sizes[split] > 1][:PER_TREE]
        del kept[len(self._words) - len(self.origins) :]
        self._words[len(self.origins) : len(self.origins) + len(kept)] = found[kept]
        self.origins += [(tree, split) for split in kept]
        return np.unpackbits(found[0].view(np.uint8), bitorder="little").astype(np.bool_)

    def asked(self, tree: Tree) -> list[int]:
        """The functions that a tree asks about."""
        numbers: list[int] = tree.splits[tree.splits[:, 0] == self.field, 1].tolist()
        return numbers

    def publish(self) -> None:
        """Offer all functions that there are from now on."""
        self._known = len(self.origins)

    def state(self) -> tuple[int, int]:
        """For `restore`, which forgets what was added since."""
        return self.trees, len(self.origins)

    def restore(self, state: tuple[int, int]) -> None:
        self.trees, count = state
        del self.origins[count:]

    def offer(self, where: Ints32, slopes: Floats32, curves: Floats32) -> Offer:
        """Those functions whose two sides differ most in what they want, no two of them alike.

        where: int32[rows], the contexts of the rows; slopes, curves: float32[rows], of the code length by the score.
        """
        few = self._known <= OFFERED or not len(where)
        numbers = np.arange(min(self._known, OFFERED)) if few else self._telling(where, slopes, curves)
        columns = np.zeros((len(where), -(-len(numbers) // PER_FIELD)), np.uint8)
        pack(self._words[numbers], where, columns)
        return Offer(numbers, columns)

    def _telling(self, where: Ints32, slopes: Floats32, curves: Floats32) -> Ints:
        heights = np.cumsum(curves, dtype=np.float64)
        rows = np.searchsorted(heights, (np.arange(SAMPLE) + 0.5) / SAMPLE * heights[-1])
        wanted = slopes[rows] / (curves[rows] + LEAST)
        sums = np.empty((self._known, 2))
        tell(self._words[: self._known], where[rows], wanted, sums)
        share, inside, whole = *(sums.T / SAMPLE), wanted.mean()
        gains = inside**2 / (share + RARE) + (whole - inside) ** 2 / (1 + RARE - share)
        gains[np.minimum(share, 1 - share) < RARE] = -1.0
        best = np.argsort(-gains, kind="stable")[: 3 * OFFERED]
        best = best[gains[best] >= 0]
        bits = np.empty((SAMPLE, len(best)), np.float32)
        unpack(self._words[best], where[rows], bits)
        bits -= bits.mean(axis=0)
        bits /= np.sqrt((bits * bits).sum(axis=0))
        alike = np.abs(bits.T @ bits) > ALIKE
        chosen: list[int] = []
        free = np.ones(len(best), np.bool_)
        for place in range(len(best)):
            if free[place] and len(chosen) < OFFERED:
                chosen.append(place)
                free &= ~alike[place]
        numbers: Ints = best[chosen]
        return numbers

    def _question(self, field: int, subset: int) -> Words:
        if field == self.field:
            words: Words = self._words[subset]
        else:
            words = np.empty(self._words.shape[1], np.uint64)
            ask(self._contexts[field], self.book.mask(self._groups[field], subset), words)
        return words


def list_bits(book: Dictionary, group: int) -> None:
    """The questions about a field of PER_FIELD functions."""
    for bit in range(PER_FIELD):
        book.list(group, np.flatnonzero(np.arange(CATEGORIES) >> bit & 1).tolist(), 0.0)


def _sizes(splits: Ints32) -> Ints:
    """int64[splits]: how many splits lie below each, itself included."""
    sizes = np.ones(len(splits), np.int64)
    for split in range(len(splits) - 1, -1, -1):
        sizes[split] += sum(sizes[end] for end in splits[split, 2:].tolist() if end >= 0)
    return sizes


@compiled
def ask(categories: Bits, members: Flags, words: Words) -> None:
    """words: uint64[n], receives whether each of uint8[64 n] categories is one of bool[CATEGORIES] members."""
    for word in range(len(words)):
        bits = np.uint64(0)
        for place in range(WORD):
            bits |= np.uint64(members[categories[WORD * word + place]]) << np.uint64(place)
        words[word] = bits


@compiled
def evaluate(questions: Words, splits: Ints32, asked: Ints, ones: Words, found: Words) -> None:
    """found: uint64[splits, words], what every split leads to. questions: uint64[n, words], asked: int64[splits], which
    of them; ones: uint64[leaves], all bits or none."""
    for word in range(questions.shape[1]):
        for split in range(len(splits) - 1, -1, -1):
            then, other = splits[split, 2], splits[split, 3]
            a = found[then, word] if then >= 0 else ones[~then]
            b = found[other, word] if other >= 0 else ones[~other]
            found[split, word] = b ^ (questions[asked[split], word] & (a ^ b))


@compiled
def pack(words: Words, where: Ints32, columns: Bits) -> None:
    """columns: uint8[rows, fields] of zeros, receives the bits of words, uint64[n, words], at `where`, int32[rows]."""
    for index in range(len(words)):
        for row in range(len(where)):
            bit = words[index, where[row] >> 6] >> np.uint64(where[row] & 63) & np.uint64(1)
            columns[row, index >> 3] |= np.uint8(bit << np.uint64(index & 7))


@compiled
def tell(words: Words, where: Ints32, wanted: Floats32, sums: Floats) -> None:
    """sums: float64[n, 2]: at how many of the contexts `where`, int32[rows], a function of words, uint64[n, words], is
    1, and the sum of what is wanted there, float32[rows]."""
    for index in range(len(words)):
        count, total = 0, 0.0
        for row in range(len(where)):
            if words[index, where[row] >> 6] >> np.uint64(where[row] & 63) & np.uint64(1):
                count += 1
                total += wanted[row]
        sums[index, 0], sums[index, 1] = count, total


@compiled
def unpack(words: Words, where: Ints32, bits: Floats32) -> None:
    """bits: float32[rows, n], receives those of words, uint64[n, words], at `where`, int32[rows]."""
    for index in range(len(words)):
        for row in range(len(where)):
            bits[row, index] = words[index, where[row] >> 6] >> np.uint64(where[row] & 63) & np.uint64(1)
