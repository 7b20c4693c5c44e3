"""How often two models predict differently: on a text, at every position, and on random inputs, sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.analysis.activations import recorded
from bridge.analysis.claims.terms import vectors_of
from bridge.analysis.divergence.pair import Pair
from bridge.analysis.runs import spell
from bridge.analysis.signals import Bit
from bridge.arrays import Flags, Ints, Words
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.execution import run
from bridge.execution.states import drive
from bridge.execution.text import bits_per_byte
from bridge.execution.words import random_words, unpacked
from bridge.lowering import lower

FIRST_PLACES, CONTEXT = 10, 24
STEPS, WORDS, ROUNDS = 64, 16, 8
_SHARE = 0.2


@dataclass(frozen=True)
class Place:
    """`position`: of the byte that is predicted; `before`: what was read; `predicted`: by the first, by the second;
    `true`: the byte that comes, if the text goes on."""

    position: int
    before: bytes
    predicted: tuple[int, int]
    true: int | None

    def to_json(self) -> dict[str, Any]:
        known = {} if self.true is None else {"true": chr(self.true)}
        one, other = map(chr, self.predicted)
        return {"position": self.position, "before": self.before.decode("latin-1"), "predicted": [one, other]} | known


@dataclass(frozen=True)
class OnText:
    """`places`: predictions compared, one after each byte; `differing` of them; `right`: how often each predicts the
    next byte; `bits`: bits per byte of each; `first`: the first places where they differ."""

    places: int
    differing: int
    right: tuple[float, float]
    bits: tuple[float, float] | None
    first: tuple[Place, ...]

    @property
    def share(self) -> float:
        return self.differing / self.places

    def to_json(self) -> dict[str, Any]:
        facts = {"places": self.places, "differing": self.differing, "share": self.share, "right": list(self.right)}
        first = [place.to_json() for place in self.first]
        return facts | {"bits_per_byte": None if self.bits is None else list(self.bits), "first": first}


@dataclass(frozen=True)
class Sampled:
    """Over random inputs from reset: `share` of the steps in which they differ, and the 95 % interval of its mean over
    `runs` independent runs of `steps` each; no interval where none or all differ."""

    runs: int
    steps: int
    differing: int
    share: float
    interval: tuple[float, float] | None
    seed: int

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self)) | {"interval": None if self.interval is None else list(self.interval)}


def on_text(a: Cell | Aig, b: Cell | Aig, pair: Pair, text: bytes) -> OnText:
    """InputError for an empty text, and for models that do not read bytes alone."""
    one, other = (_numbers(aig, text) for aig in (pair.first, pair.second))
    data = np.frombuffer(text, np.uint8).astype(np.int64)
    apart = np.flatnonzero(one != other)
    right = tuple(float((some[:-1] == data[1:]).mean()) if len(data) > 1 else 0.0 for some in (one, other))
    first = [
        Place(
            place + 1,
            text[max(0, place + 1 - CONTEXT) : place + 1],
            (int(one[place]), int(other[place])),
            text[place + 1] if place + 1 < len(text) else None,
        )
        for place in apart[:FIRST_PLACES].tolist()
    ]
    bits = (_bits(a, text), _bits(b, text)) if len(text) > 1 else None
    return OnText(len(text), len(apart), (right[0], right[1]), bits, tuple(first))


def _bits(model: Cell | Aig, text: bytes) -> float:
    """Bits per byte; a netlist is the faster way for a cell, and gives the same."""
    return bits_per_byte(lower(model) if isinstance(model, Cell) else model, text)


def _numbers(aig: Aig, text: bytes) -> Ints:
    """int64[T]: what the outputs spell after each byte."""
    rows = recorded(aig, [Bit(output.name, output.literal) for output in aig.outputs], text)
    found: Ints = rows.astype(np.int64) @ (1 << np.arange(rows.shape[1]))
    return found


def sampled(pair: Pair, clock: Clock, seed: int = 0) -> Sampled:
    """Runs on random bytes, those that are allowed, or on any other inputs in their ranges."""
    program, random = pair.program, np.random.default_rng(seed)
    found, some = list[Flags](), clock.part(_SHARE)
    while len(found) < ROUNDS and (not found or not some.over):
        inputs = _inputs(pair, random)
        one, other = pair.predicted(run(program, inputs, program.reset_state(WORDS))[0])
        apart = np.bitwise_or.reduce(one ^ other, axis=1)
        found.append(unpacked(apart, 64 * WORDS).astype(np.bool_))
    return _summed(np.concatenate(found, axis=1), seed)


def _summed(every: Flags, seed: int) -> Sampled:
    """bool[steps, runs]."""
    steps, runs = every.shape
    means = every.mean(axis=0)
    share, spread = float(means.mean()), float(means.std(ddof=1) / math.sqrt(runs))
    interval = (max(0.0, share - 1.96 * spread), min(1.0, share + 1.96 * spread)) if spread else None
    return Sampled(runs, steps, int(every.sum()), share, interval, seed)


def _inputs(pair: Pair, random: np.random.Generator) -> Words:
    """uint64[STEPS, inputs, WORDS]."""
    aig = pair.machine
    inputs = random_words(random, STEPS, len(aig.inputs), WORDS)
    if pair.allowed is not None:
        some = np.frombuffer(pair.allowed, np.uint8)
        drive(aig, inputs, {"byte": some[random.integers(0, len(some), (STEPS, 64 * WORDS))].astype(np.int64)})
    spell(aig, inputs, vectors_of(aig), random)
    return inputs
