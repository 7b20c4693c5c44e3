"""What repeats by the cell's design, apart from what was found."""

from __future__ import annotations

import numpy as np
import pytest

from bridge import Cell, lower
from bridge.analysis.designed import designed_copies
from bridge.analysis.invariants import invariants
from bridge.cell import Automaton, Block, Delay, Embedding, Latch, Logits, Threshold

SYMBOLS = b"abcd"


def embedding(seed: int) -> Embedding:
    """Two bits that are equal, one of its own."""
    own, pair = np.random.default_rng(seed).integers(0, 2, (2, 256))
    own[:4], pair[:4] = (0, 1, 0, 1), (0, 0, 1, 1)
    return Embedding("emb", np.stack([pair, pair, own], axis=1))


def cell_of(*more: Block, seed: int = 1) -> Cell:
    """The blocks, over neurons that pass on the embedding, and a head that reads everything."""
    one = np.eye(3, dtype=int)
    neurons = [Threshold(name, ("emb",), one[:2], np.ones(2, int)) for name in ("when", "what")]
    blocks: list[Block] = [embedding(seed), *neurons, Latch("m", "when", "what"), *more]
    part = Cell((*blocks, Logits("logit", ("emb",), np.ones((4, 3), int), np.zeros(4, int), 0.1, SYMBOLS)))
    width = sum(part.widths.values())
    weights = np.random.default_rng(seed).integers(1, 9, (4, width))
    return Cell((*blocks, Logits("logit", tuple(part.widths), weights, np.zeros(4, int), 0.1, SYMBOLS)))


def told(cell: Cell) -> tuple[set[str], set[str]]:
    """(designed copies, found ones) among the state bits that repeat others."""
    known = invariants(lower(cell))
    repeating = {name for name, _ in (*known.equal, *known.complementary)}
    designed = designed_copies(cell, known)
    assert designed <= repeating
    return set(designed), repeating - designed


def test_the_delay_of_a_latch_repeats_it_by_design() -> None:
    designed, found = told(cell_of(Delay("before", "m", 2)))
    assert {"state.before[0]", "state.before[1]"} <= designed, "what the latch holds as well"
    assert found == {"state.m[1]"}, "both bits of the latch do the same, since their neurons do"


def test_delays_of_equal_bits_are_one_finding() -> None:
    designed, found = told(cell_of(Delay("past", "emb", 3)))
    assert {"state.past[1]"} <= found, "the embedding happens to have two equal bits"
    assert {"state.past[4]", "state.past[7]"} <= designed, "what follows from it"


def test_two_delays_of_one_source() -> None:
    designed, found = told(cell_of(Delay("past", "emb", 2), Delay("twin", "emb", 3), Delay("later", "past", 1)))
    assert {"state.twin[2]", "state.twin[5]"} <= designed
    assert {"state.later[2]", "state.later[5]"} <= designed, "a delay of a delay"
    assert not {name for name in found if name.startswith(("state.twin", "state.later"))}


@pytest.mark.parametrize("column", [[0, 1, 0], [0, 1, 1]])
def test_the_delay_of_a_bit_that_tells_a_state(column: list[int]) -> None:
    following = np.zeros((3, 256), int)
    following[:, ord("a")], following[:, ord("b")] = 1, 2
    word = Automaton("word", following, np.array([column]).T)
    designed, found = told(cell_of(word, Delay("before", "word", 1)))
    assert "state.before[0]" in designed
    assert "state.before[0]" not in found


@pytest.mark.parametrize("seed", range(4))
def test_what_is_designed_holds_whatever_was_learned(seed: int) -> None:
    """Delays of one source and of each other are equal in cells with any tables."""
    blocks = (Delay("past", "emb", 2), Delay("twin", "emb", 1), Delay("before", "m", 1))
    known = invariants(lower(cell_of(*blocks, seed=seed)))
    pairs = {frozenset(pair) for pair in known.equal}
    assert frozenset(("state.past[2]", "state.twin[2]")) in pairs
    assert frozenset(("state.m[0]", "state.before[0]")) in pairs
