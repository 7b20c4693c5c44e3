"""The training text as parallel streams of symbols, late text read more often than early text if so wished."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bridge.arrays import Bits, Ints
from bridge.cell import fill_unseen
from bridge.corpus import Text
from bridge.errors import InputError

CHUNK = 1 << 24  # bytes counted at a time


def alphabet_of(text: Text) -> bytes:
    """The distinct bytes, ascending."""
    data = np.frombuffer(text, np.uint8)
    seen = np.zeros(256, np.bool_)
    for start in range(0, len(data), CHUNK):
        seen |= np.bincount(data[start : start + CHUNK], minlength=256) > 0
    return bytes(np.flatnonzero(seen).tolist())


def ranks_of(alphabet: bytes) -> Tensor:
    """int64[256]: index of each byte in the alphabet; a byte outside it counts as the relative the cell uses."""
    ranks = fill_unseen(np.arange(len(alphabet), dtype=np.uint8)[:, None], alphabet)[:, 0]
    return torch.from_numpy(ranks.astype(np.int64))


def encode(text: bytes, alphabet: bytes) -> Tensor:
    """int64[len(text)]: the rank of each byte."""
    return ranks_of(alphabet)[torch.from_numpy(np.frombuffer(text, np.uint8).astype(np.int64))]


@dataclass(frozen=True)
class Streams:
    """Stream b goes round in the `excerpts[b]` excerpts of `text` that begin at `starts[b]`; `ranks`: see `ranks_of`.

    Bytes become symbols when they are read, so a text costs no memory beyond its own, and none if it is a mapped file.
    """

    text: Bits
    ranks: Tensor
    starts: Ints
    excerpts: Ints
    sequence: int

    def positions(self, step: int) -> Ints:
        """int64[sequence + 1, batch]: what training step `step` reads of the text, the next excerpt of each stream."""
        begin = self.starts + step % self.excerpts * self.sequence
        return begin + np.arange(self.sequence + 1)[:, None]

    def excerpt(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of training step `step`: symbols, int64[sequence, batch] each."""
        part = self.ranks[torch.from_numpy(self.text[self.positions(step)].astype(np.int64))]
        return part[:-1], part[1:]


def cut_streams(text: Text, ranks: Tensor, batch: int, sequence: int, recency: float) -> Streams:
    """Cut the text into `batch` consecutive parts, shorter towards the end, so that late text comes up more often.

    Position u in 0..1 of the text is read in proportion to exp(recency * u). InputError for a text too short.
    """
    data = np.frombuffer(text, np.uint8)
    shares = np.arange(batch + 1) / batch
    if recency > 1e-6:  # below, the shares are the same to many digits, and the logarithms lose theirs
        shares = np.log1p(shares * np.expm1(recency)) / recency
    borders = np.round(shares * len(data)).astype(np.int64)
    excerpts = (np.diff(borders) - 1) // sequence
    if excerpts.min() < 1:
        raise InputError(
            f"the training text has {len(data):,} bytes; with batch {batch}, sequence {sequence} and recency "
            f"{recency:g} its shortest stream has {np.diff(borders).min()}, but needs {sequence + 1}: "
            "give a longer text or make one of them smaller"
        )
    return Streams(data, ranks, borders[:-1], excerpts, sequence)
