"""Does a cell answer as its specification, for words of any length? By going through all pairs of states that words
lead to: the cell's by its oracle, the specification's by its few lines. Shares nothing with netlists and SAT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.arrays import Bits, Ints
from bridge.bench.machines.specification import StateTable
from bridge.cell import Cell
from bridge.cell.blocks import Integers
from bridge.equivalence import Answer

MOST_PAIRS = 1 << 20


@dataclass(frozen=True, eq=False)
class Explored:
    """`answer`: undecided if there are more than MOST_PAIRS. `pairs`: how many were met. `word`: uint8[steps,
    inputs], where they differ a shortest word after which they do."""

    answer: Answer
    pairs: int
    word: Bits | None = None

    def __str__(self) -> str:
        return f"{self.answer} after {self.pairs} pairs of states"


def explored(cell: Cell, known: StateTable) -> Explored:
    """All pairs, by length of the shortest word that leads there; ends with the first length that tells them apart."""
    inputs = known.following.shape[1]
    bits = (np.arange(inputs)[:, None] >> np.arange(len(known.task.inputs)) & 1).astype(np.uint8)
    states, places = cell.reset(1), np.zeros(1, np.int64)
    met = {_key(states[0], 0)}
    trail: list[tuple[Ints, Ints]] = []  # of each length: which pair before, and which input, led to a pair
    while len(states):
        before, chosen = (part.ravel() for part in np.indices((len(states), inputs)))
        given = {name: bits[chosen, index : index + 1] for index, name in enumerate(known.task.inputs)}
        after, answers = cell.step(states[before], given)
        wrong = np.flatnonzero((answers != known.answers[places[before], chosen]).any(axis=1))
        if len(wrong):
            return Explored("different", len(met), _word(trail, before[wrong[0]], bits[chosen[wrong[0]]], bits))
        following = known.following[places[before], chosen]
        new = _new(after, following, met)
        if len(met) > MOST_PAIRS:
            return Explored("undecided", len(met))
        trail.append((before[new], chosen[new]))
        states, places = after[new], following[new]
    return Explored("equivalent", len(met))


def _new(states: Integers, places: Ints, met: set[bytes]) -> list[int]:
    """Which pairs were not met before, each once; now they are."""
    new = []
    for row, (state, place) in enumerate(zip(states, places.tolist(), strict=True)):
        key = _key(state, place)
        if key not in met:
            met.add(key)
            new.append(row)
    return new


def _key(state: Integers, place: int) -> bytes:
    return place.to_bytes(8) + state.tobytes()


def _word(trail: list[tuple[Ints, Ints]], pair: int, last: Bits, bits: Bits) -> Bits:
    """The inputs that lead to a pair, and one more."""
    word = [last]
    for before, chosen in reversed(trail):
        word.append(bits[chosen[pair]])
        pair = before[pair]
    return np.array(word[::-1], np.uint8)
