"""The training text as parallel streams of symbols, late text read more often than early text if so wished."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bridge.cell import fill_unseen
from bridge.errors import InputError


def alphabet_of(text: bytes) -> bytes:
    """The distinct bytes, ascending."""
    return bytes(sorted(set(text)))


def encode(text: bytes, alphabet: bytes) -> Tensor:
    """int64[len(text)]: index of each byte in the alphabet; a byte outside it counts as the relative the cell uses."""
    ranks = fill_unseen(np.arange(len(alphabet), dtype=np.uint8)[:, None], alphabet)[:, 0]
    return torch.from_numpy(ranks[np.frombuffer(text, np.uint8)].astype(np.int64))


@dataclass(frozen=True)
class Streams:
    """`symbols`: int64[n], the text; stream b goes round in the `excerpts[b]` excerpts that begin at `starts[b]`."""

    symbols: Tensor
    starts: Tensor
    excerpts: Tensor
    sequence: int

    def excerpt(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of training step `step`, int64[sequence, batch] each: the next excerpt of each stream."""
        begin = self.starts + step % self.excerpts * self.sequence
        part = self.symbols[begin + torch.arange(self.sequence + 1, device=begin.device)[:, None]]
        return part[:-1], part[1:]


def cut_streams(symbols: Tensor, batch: int, sequence: int, recency: float) -> Streams:
    """Cut the text into `batch` consecutive parts, shorter towards the end, so that late text comes up more often.

    Position u in 0..1 of the text is read in proportion to exp(recency * u). InputError for a text too short.
    """
    shares = np.arange(batch + 1) / batch
    if recency:
        shares = np.log1p(shares * np.expm1(recency)) / recency
    borders = np.round(shares * len(symbols)).astype(np.int64)
    excerpts = (np.diff(borders) - 1) // sequence
    if excerpts.min() < 1:
        raise InputError(
            f"the training text has {len(symbols):,} bytes; with batch {batch}, sequence {sequence} and recency "
            f"{recency:g} its shortest stream has {np.diff(borders).min()}, but needs {sequence + 1}: "
            "give a longer text or make one of them smaller"
        )
    device = symbols.device
    starts, rounds = (torch.from_numpy(array).to(device) for array in (borders[:-1], excerpts))
    return Streams(symbols, starts, rounds, sequence)
