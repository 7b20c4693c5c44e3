"""Looking for what breaks a claim: runs in which a rival comes ever nearer, generation after generation."""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig
from bridge.analysis.explaining.claim import Forced
from bridge.analysis.explaining.head import Head
from bridge.analysis.explaining.units import Sampling
from bridge.arrays import Bits, Ints
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import run
from bridge.execution.words import packed

LANES = 512
PARENTS = 32
GENERATIONS = 24
PATIENCE = 6  # generations without progress


class Climb:
    """form: see `laid_out`."""

    def __init__(self, form: Aig, head: Head, forced: Forced, sampling: Sampling) -> None:
        self._program, self._head, self._forced, self._sampling = compile_program(form), head, forced, sampling

    def leads(self, lanes: Bits) -> Ints:
        """int64[n], of uint8[inputs, n]: above 0 where a rival is ahead, and the larger, the nearer one is."""
        words = packed(lanes)
        outputs, _ = run(self._program, words[None], np.zeros((0, words.shape[1]), np.uint64))
        worths = self._head.worths(self._head.unpacked(outputs[0], lanes.shape[1]))
        first = self._forced.first
        leads = 2 * (worths - worths[:, [first]]) + (np.arange(worths.shape[1]) < first)
        leads[:, first] = leads.min()
        found: Ints = leads.max(axis=1) if self._forced.rival is None else leads[:, self._forced.rival]
        return found

    def broken(self, kept: frozenset[int], random: np.random.Generator) -> Bits | None:
        """uint8[inputs]: values under which a rival is ahead, kept units as they were; None if none are found."""
        if self._head.symbols == 1:
            return None
        lanes = self._sampling.lanes(kept, LANES, random)
        leads = self.leads(lanes)
        since, best = 0, int(leads.max())
        for _ in range(GENERATIONS):
            if best > 0:
                return lanes[:, int(leads.argmax())]
            order = np.argsort(-leads, kind="stable")[:PARENTS]
            children = self._children(lanes[:, order], kept, random)
            lanes = np.concatenate([lanes[:, order], children], axis=1)
            leads = np.concatenate([leads[order], self.leads(children)])
            since = 0 if leads.max() > best else since + 1
            best = max(best, int(leads.max()))
            if since >= PATIENCE:
                return None
        return None

    def _children(self, parents: Bits, kept: frozenset[int], random: np.random.Generator) -> Bits:
        """Mixtures of two parents, with a few other values."""
        one, other = (parents[:, random.integers(0, parents.shape[1], LANES)] for _ in range(2))
        mixed = np.where(self._sampling.by_unit(random.random((len(self._sampling.units), LANES)) < 0.3), other, one)
        fresh = self._sampling.lanes(kept, LANES, random)
        rate = random.choice([0.005, 0.02, 0.1], LANES)
        chosen = random.random((len(self._sampling.units), LANES)) < rate
        return np.where(self._sampling.by_unit(chosen), fresh, mixed).astype(np.uint8)
