"""What a learned model has to beat: gzip, xz, PPMd, and Witten-Bell n-grams, the classical count model of bytes.

Three kinds of rows of a frontier, all bits per byte:

- of the held-out part alone, or of the whole text (`whole`): the program that decodes is on every machine, so nothing
  is added for a circuit, and they stand beside the totals of cells (`bridge.coding.score`);
- of the held-out part after the training part (`after training`): beside the bits per byte of cells. The training text
  would have to be sent along, so that they have no total;
- n-grams: counted once on the training part and then fixed, as cells are, without a total, since their counts would
  have to be sent; or adapting from the first byte of the whole text on (`adaptive, whole`), with nothing to be sent.
"""

from __future__ import annotations

import gzip
import lzma

import numpy as np

from bridge.arrays import Floats, Ints, Words
from bridge.errors import InputError, MissingExtra

PRESET = 9 | lzma.PRESET_EXTREME
PPMD_ORDER, PPMD_MEMORY = 16, 1 << 28  # of orders 6, 8 and 16 the best on the King James text
HIGHEST = 7  # a context and its byte are packed in 64 bits


def gzipped(text: bytes) -> float:
    """By `gzip -9`, on its own."""
    return 8 * len(gzip.compress(text, 9, mtime=0)) / len(text)


def xzipped(text: bytes, given: bytes = b"") -> float:
    """By `xz -9e`; `given`: a text that is compressed before it in the same stream, at no cost."""
    return 8 * (_xz(given + text) - (_xz(given) if given else 0)) / len(text)


def ppmd(text: bytes, given: bytes = b"") -> float:
    """By PPMd (variant H, as 7-Zip has it), likewise. MissingExtra without pyppmd."""
    return 8 * (_ppmd(given + text) - (_ppmd(given) if given else 0)) / len(text)


def _ppmd(text: bytes) -> int:
    try:
        from pyppmd import compress
    except ImportError as error:
        raise MissingExtra("PPMd needs the package pyppmd: pip install 'aigbridge[bench]'") from error
    return len(compress(text, max_order=PPMD_ORDER, mem_size=PPMD_MEMORY, variant="H"))


def _xz(text: bytes) -> int:
    return len(lzma.compress(text, preset=PRESET))


def witten_bell(training: bytes, heldout: bytes, order: int) -> list[float]:
    """Bits per byte of every byte of `heldout` but the first, given up to 0, 1, .. `order` bytes before it.

    Method C of Witten and Bell (1991), counted once on `training`: with c(h) occurrences of context h in front of some
    byte, c(h, x) of them in front of x, and t(h) different bytes seen there,

        p(x | h) = (c(h, x) + t(h) p(x | h')) / (c(h) + t(h)),

    h' being h without its oldest byte; below the empty context all 256 bytes are equally likely; an unseen context
    leaves the decision to the shorter one. InputError for an order above 7 or a text of less than 2 bytes.
    """
    if not 0 <= order <= HIGHEST:
        raise InputError(f"n-grams of order {order} are not counted, only 0..{HIGHEST}")
    if min(len(training), len(heldout)) < 2:
        raise InputError("n-grams need two bytes to count and two to predict")
    chances = np.full(len(heldout), 1 / 256)
    found = []
    for length in range(order + 1):
        chances[length:] = _refined(_grams(training, length), _grams(heldout, length), chances[length:])
        found.append(float(-np.log2(chances[1:]).mean()))
    return found


def adaptive_witten_bell(text: bytes, order: int) -> list[float]:
    """The same of all bytes of a text but the first, given what came before each of them, nothing at first."""
    if not 0 <= order <= HIGHEST or len(text) < 2:
        raise InputError(f"n-grams of order {order} of {len(text)} bytes are not counted, only of 0..{HIGHEST} and two")
    chances = np.full(len(text), 1 / 256)
    grams, places = np.zeros(len(text) + 1, np.uint64), np.arange(len(text) + 1)  # the empty context, before each byte
    found = []
    for length in range(order + 1):
        contexts, grams = grams[:-1], _grams(text, length)  # what precedes a byte ends one byte before it
        by_context, places = places[places < len(contexts)], np.argsort(grams, kind="stable")
        once = np.ones(len(grams), np.int64)
        (hits,) = _earlier(grams, places, once)
        n, t = _earlier(contexts, by_context, once, (hits == 0).astype(np.int64))
        mixed = (hits + t * chances[length:]) / np.maximum(n + t, 1)
        chances[length:] = np.where(n > 0, mixed, chances[length:])
        found.append(float(-np.log2(chances[1:]).mean()))
    return found


def _earlier(keys: Words, places: Ints, *amounts: Ints) -> list[Ints]:
    """Of each of the amounts, int64[n] as they are: the sum of those of the same key before each.

    places: int64[n], those of equal keys side by side, in ascending order: sorting is what takes long, and is shared.
    """
    grouped = keys[places]
    first = np.concatenate([[True], grouped[1:] != grouped[:-1]])
    start = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))
    found = []
    for amount in amounts:
        sums = np.cumsum(amount[places]) - amount[places]
        earlier = np.empty(len(keys), np.int64)
        earlier[places] = sums - sums[start]
        found.append(earlier)
    return found


def _grams(text: bytes, length: int) -> Words:
    """uint64[n - length]: every byte with the `length` bytes before it, itself lowest."""
    data = np.frombuffer(text, np.uint8).astype(np.uint64)
    keys = np.zeros(max(len(data) - length, 0), np.uint64)
    for age in range(length, -1, -1):
        keys = keys << np.uint64(8) | data[length - age : len(data) - age]
    return keys


def _refined(seen: Words, asked: Words, shorter: Floats) -> Floats:
    """Chances of what is asked, given those by the shorter context."""
    grams, often = np.unique(seen, return_counts=True)
    contexts, first = np.unique(grams >> np.uint64(8), return_index=True)
    kinds = np.diff(np.append(first, len(grams)))
    total = np.add.reduceat(often, first)
    here, there = _places(contexts, asked >> np.uint64(8)), _places(grams, asked)
    n, t = (np.where(here >= 0, counts[here], 0) for counts in (total, kinds))
    hits = np.where(there >= 0, often[there], 0)
    result: Floats = np.where(here >= 0, (hits + t * shorter) / np.maximum(n + t, 1), shorter)
    return result


def _places(keys: Words, wanted: Words) -> Ints:
    """Where each wanted key is among the ascending ones, or -1."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, -1)
