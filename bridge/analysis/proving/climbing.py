"""Texts that come ever closer to breaking a claim: changed at random, the closest kept, on islands of their own.

How close a step is to making a formula true is a whole number, above 0 just where it is true: for `a < b` it is b - a,
for `argmax == 'u'` how far u is ahead of its best rival; of `and` the smallest, of `or` the largest, and `not x` is
1 - x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import count

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import BYTE, logit
from bridge.analysis.claims.formula import All, Atom, Claim, Comparison, Formula, Not, Operand, Some, Term, terms_of
from bridge.analysis.claims.terms import Meant, meant
from bridge.analysis.predicted.outputs import competing, with_prediction
from bridge.analysis.proving.machine import Watched, looks_back
from bridge.analysis.proving.search import Run, Sources
from bridge.arrays import Bits, Flags, Ints
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.execution import compile_program, run
from bridge.execution.compile.program import Program
from bridge.execution.machines.streams import pack_bytes
from bridge.execution.models import byte_places, number_bits
from bridge.execution.words import unpacked
from bridge.metadata import read_metadata

_FAR = -64  # of a byte that is another one, or a step that was not
_ISLANDS, _EACH, _ELITE = 32, 64, 8
_LENGTHS = 12, 24, 8  # bytes before those that the condition is about
_PATIENCE = 40  # rounds without progress before an island begins anew
_MUTATED, _CROSSED, _SHIFTED = (1.0, 1.0, 2.0, 4.0), 0.2, 0.15


@dataclass(frozen=True, eq=False)
class Closeness:
    """How close the last step of texts is to breaking a claim of a model that reads bytes, from reset."""

    known: Meant
    claim: Claim
    given: Claim | None

    @property
    def history(self) -> int:
        return looks_back(self.claim, self.given)

    def __call__(self, texts: Ints) -> Ints:
        """int64[S] of int64[T, S], T more than `history`: above 0 just where it is broken."""
        program, literals = self._program
        inputs = pack_bytes(texts, byte_places(self._aig))
        rows, _ = run(program, inputs, program.reset_state(inputs.shape[2]))
        steps, streams = self.history + 1, texts.shape[1]
        bits = unpacked(rows[-steps:], streams)
        numbers = {name: _numbers(bits[:, start:end], signed) for name, (start, end, signed) in literals.items()}
        broken: Ints = 1 - self._of(self.claim.formula, numbers)
        return broken if self.given is None else np.minimum(broken, self._of(self.given.formula, numbers))

    @cached_property
    def _aig(self) -> Aig:
        names = {term.name for claim in (self.claim, self.given) if claim is not None for term in claim.terms}
        return with_prediction(self.known.aig, ["logit"]) if "argmax" in names else self.known.aig

    @cached_property
    def _program(self) -> tuple[Program, dict[str, tuple[int, int, bool]]]:
        """The program of all numbers; where each has its bits."""
        numbers = {name: (list(number.bits), number.signed) for name, number in self.known.numbers.items()}
        numbers |= {f"player {value}": (bits, True) for value, bits in self._players}
        literals: list[int] = []
        places = {}
        for name, (bits, signed) in numbers.items():
            places[name] = len(literals), len(literals) + len(bits), signed
            literals += bits
        return compile_program(self._aig, np.array(literals, np.int64)), places

    @cached_property
    def _players(self) -> list[tuple[int, list[int]]]:
        """The values that `argmax` chooses from, and the bits of their numbers."""
        if "argmax" not in self.known.numbers:
            return []
        readout = read_metadata(self._aig).readout
        if readout is None or readout.code is None:
            return competing(self._aig)
        bits = number_bits(self._aig, [logit(symbol) for symbol in readout.symbols])
        return [(symbol, [b.literal for b in own]) for symbol, own in zip(readout.symbols, bits, strict=True)]

    def _of(self, formula: Formula, numbers: Mapping[str, Ints]) -> Ints:
        match formula:
            case Not(part):
                return 1 - self._of(part, numbers)
            case All(parts):
                return reduce(np.minimum, [self._of(part, numbers) for part in parts])
            case Some(parts):
                return reduce(np.maximum, [self._of(part, numbers) for part in parts])
            case _:
                return self._atom(formula, numbers)

    def _atom(self, atom: Atom, numbers: Mapping[str, Ints]) -> Ints:
        own = next(terms_of(atom))
        if isinstance(atom, Comparison):
            left, right = (self._number(operand, own, numbers) for operand in atom.operands)
            if own.name == "argmax" and atom.sign in ("==", "!=") and not isinstance(atom.right, Term):
                ahead = self._ahead([int(right)], own.ago, numbers)
                return ahead if atom.sign == "==" else 1 - ahead
            return _relation(left, atom.sign, right, categorical=own.name in ("byte", "argmax", "greedy"))
        members = [int(self._number(each, own, numbers)) for each in atom.operands[1:]]
        if own.name == "argmax":
            return self._ahead(members, own.ago, numbers)
        inside = np.isin(self._number(own, own, numbers), members)
        close: Ints = np.where(inside, 1, _FAR)
        return close

    def _ahead(self, members: list[int], ago: int, numbers: Mapping[str, Ints]) -> Ints:
        """How far the best of some values is ahead of the others; of equals the first counts as ahead by 1."""
        values: Ints = np.array([value for value, _ in self._players], np.int64)
        rows: Ints = np.stack([numbers[f"player {value}"][-1 - ago] for value in values.tolist()])
        inside: Flags = np.isin(values, members)
        if inside.all() or not inside.any():
            return np.full(rows.shape[1], 1 if inside.all() else _FAR, np.int64)
        order = -np.arange(len(values))  # decides draws
        rows = rows * len(values) + order[:, None]
        ahead: Ints = rows[inside].max(axis=0) - rows[~inside].max(axis=0)
        return ahead

    def _number(self, operand: Operand, term: Term, numbers: Mapping[str, Ints]) -> Ints:
        if isinstance(operand, Term):
            then: Ints = numbers[operand.name][-1 - operand.ago]
            return then
        value: Ints = np.asarray(self.known.constant(operand, term), np.int64)
        return value


def _numbers(bits: Bits, signed: bool) -> Ints:
    """int64[T, S] of uint8[T, width, S]."""
    worth = 1 << np.arange(bits.shape[1], dtype=np.int64)
    if signed and len(worth):
        worth[-1] *= -1
    found: Ints = np.einsum("i,tis->ts", worth, bits.astype(np.int64))
    return found


def _relation(left: Ints, sign: str, right: Ints, *, categorical: bool) -> Ints:
    gap = np.abs(left - right)
    if categorical:
        gap = np.where(gap == 0, 0, -_FAR)
    kinds = {"==": 1 - gap, "!=": gap, "<": right - left, "<=": right - left + 1}
    found: Ints = kinds[sign] if sign in kinds else left - right + int(sign == ">=")
    return found


def closeness(model: Cell | Aig, claim: Claim, given: Claim | None) -> Closeness | None:
    """None for what does not read bytes alone."""
    found = Closeness(meant(model, [claim, *([given] if given else [])]), claim, given)
    return found if sorted(found.known.aig.inputs) == sorted(BYTE) else None


def climbed(close: Closeness, watch: Watched, sources: Sources, clock: Clock, first: int = 0) -> Run | None:
    """A run that breaks the claim, or None when the time is over. first: the number of the first attempt, each of which
    takes other texts."""
    places = byte_places(watch.aig)
    forced = forced_bytes(watch.ending, places, close.history + 1)
    attempts = count(first)
    while not clock.over:
        attempt = next(attempts)
        islands = _Islands(close, forced, sources, _LENGTHS[attempt % len(_LENGTHS)], np.random.default_rng(attempt))
        text = islands.climb(clock.part(0.5))
        if text is not None:
            start = np.array([latch.reset or 0 for latch in watch.aig.latches], np.uint8)
            return Run(start, (text[:, None] >> places & 1).astype(np.uint8))
    return None


def forced_bytes(ending: Mapping[tuple[int, int], int], places: Ints, steps: int) -> Ints:
    """int64[2, steps]: which bits of the last bytes are forced, and to what."""
    forced = np.zeros((2, steps), np.int64)
    for (ago, place), value in ending.items():
        if ago < steps:
            forced[0, -1 - ago] |= 1 << places[place]
            forced[1, -1 - ago] |= value << places[place]
    return forced


class _Islands:
    """Texts, int64[T, islands * each]: those of an island are changed and crossed with each other only."""

    def __init__(
        self, close: Closeness, forced: Ints, sources: Sources, length: int, random: np.random.Generator
    ) -> None:
        self.close, self.forced, self.sources, self.random = close, forced, sources, random
        self.length, self.steps = length, length + forced.shape[1]
        self.texts = self._held(np.concatenate([self._new(kind) for kind in (1, 2)], axis=1))
        order = random.permutation(_ISLANDS * _EACH)
        self.texts = self.texts[:, order]
        self.best = np.full(_ISLANDS, np.iinfo(np.int64).min)
        self.idle = np.zeros(_ISLANDS, np.int64)

    def climb(self, clock: Clock) -> Ints | None:
        """int64[T], a text that breaks the claim in its last step."""
        close = self.close(self.texts)
        while not clock.over:
            if close.max() > 0:
                return self.texts[:, int(close.argmax())]
            self.texts = self._held(self._changed(close.reshape(_ISLANDS, _EACH)))
            close = self.close(self.texts)
            self._renew(close.reshape(_ISLANDS, _EACH))
        return None

    def _changed(self, close: Ints) -> Ints:
        """The best of each island, and others that are made from them."""
        random, texts = self.random, self.texts.reshape(self.steps, _ISLANDS, _EACH)
        best = np.argsort(-close, axis=1)[:, :_ELITE]
        elite = np.take_along_axis(texts, best[None], axis=2)
        new = np.repeat(elite, _EACH // _ELITE, axis=2)
        shape = new.shape[1:]
        rolled = np.concatenate([new[1 : self.length], new[:1]]) if self.length > 1 else new[: self.length]
        new[: self.length] = np.where(random.random(shape) < _SHIFTED, rolled, new[: self.length])
        mates = np.take_along_axis(elite, np.broadcast_to(random.integers(0, _ELITE, shape), new.shape), axis=2)
        cut = np.where(random.random(shape) < _CROSSED, random.integers(0, self.steps, shape), 0)
        new = np.where(np.arange(self.steps)[:, None, None] < cut, mates, new)
        rate = random.choice(_MUTATED, shape) / self.length
        hit = random.random(new.shape) < rate
        new = np.where(hit, self._new(1, 2).reshape(new.shape), new)
        new[:, :, :_ELITE] = elite
        return new.reshape(self.steps, -1)

    def _renew(self, close: Ints) -> None:
        """Begin anew where nothing has become better for long."""
        best = close.max(axis=1)
        self.idle = np.where(best > self.best, 0, self.idle + 1)
        self.best = np.maximum(self.best, best)
        over = np.flatnonzero(self.idle > _PATIENCE)
        if len(over):
            texts, kind = self.texts.reshape(self.steps, _ISLANDS, _EACH), 1 + int(self.random.integers(3))
            texts[:, over] = self._held(self._new(kind, 2)).reshape(texts.shape)[:, over]
            self.best[over], self.idle[over] = np.iinfo(np.int64).min, 0

    def _new(self, kind: int, halves: int = 1) -> Ints:
        return self.sources.bytes(self.random, self.steps, _ISLANDS * _EACH * halves // 2, kind)

    def _held(self, texts: Ints) -> Ints:
        """With the bits that the condition forces."""
        count = self.forced.shape[1]
        texts[-count:] = texts[-count:] & ~self.forced[0][:, None] | self.forced[1][:, None]
        return texts
