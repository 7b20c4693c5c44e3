"""Trees over neurons and latches: cells of both kinds of blocks, exact in every form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.boosting import BoostingOptions, Neurons, train
from bridge.cell import Cell, Embedding, Latch, Logits, Threshold
from bridge.cell.unroll import unrolled
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.execution import evaluate, generate
from bridge.lowering import lower
from bridge.lowering.price import row_costs
from support.cells import random_cell, random_tree_cell
from support.texts import chained_prose, corpus_of

OPTIONS = BoostingOptions(ands=400, window=2, prefixes=0, recency=0.0, damping=1.0)


def told(cell: Cell, names: tuple[str, ...], text: bytes) -> np.ndarray:
    """uint8[n, bits]: the bits of these blocks after every byte, by the oracle."""
    state, rows = cell.reset(1), []
    for byte in text:
        values = cell.read(state, np.array([byte], np.uint8))
        state = cell.following(values)
        rows.append(np.concatenate([values[name] for name in names], axis=1)[0])
    return np.array(rows)


def memory_of(letters: bytes) -> Cell:
    """Latches that hold which of the letters came last."""
    codes = np.zeros((256, len(letters) + 1), int)
    for place, letter in enumerate(letters):
        codes[letter, [place, -1]] = 1
    columns = np.eye(len(letters), len(letters) + 1, dtype=int)
    ones = np.ones(len(letters), int)
    changes = np.zeros_like(columns)
    changes[:, -1] = 1
    return Cell(
        (
            Embedding("emb", codes),
            Threshold("any", ("emb",), changes, ones),
            Threshold("this", ("emb",), columns, ones),
            Latch("held", "any", "this"),
            Logits("logit", ("held",), np.zeros((2, len(letters)), int), np.zeros(2, int), 1.0, b"ab"),
        )
    )


def recalls(lines: int, seed: int = 0) -> bytes:
    """A letter has to be known after a gap of five bytes."""
    letters = np.random.default_rng(seed).choice(list(b"abcd"), lines).tolist()
    return b"".join(b"%c.....?%c\n" % (letter, letter) for letter in letters)


@pytest.mark.heavy
@given(st.integers(0, 1000), st.booleans(), st.data())
@settings(max_examples=30, deadline=None)
def test_the_blocks_that_are_kept_give_the_same_bits(seed: int, recurrence: bool, data: st.DataObject) -> None:
    cell = random_cell(seed, 2, 4, True, recurrence)
    neurons = Neurons(cell, ("m0", "n1", "m1"))
    text = bytes(np.random.default_rng(seed).integers(0, 256, 40).tolist())
    whole = told(cell, neurons.offered, text)
    seen = np.unpackbits(np.stack(neurons.seen(text), axis=1), axis=1, bitorder="little")[:, :12]
    np.testing.assert_array_equal(seen, whole)
    asked = [sorted(data.draw(st.sets(st.integers(0, width - 1), min_size=1))) for width in (8, 4)]
    blocks, read = neurons.blocks(asked)
    names = tuple(read)
    head = Logits("head", names, np.zeros((2, sum(map(len, read.values()))), int), np.zeros(2, int), 1.0, b"ab")
    bits = told(Cell((*blocks, head)), names, text)
    places = [8 * view + place if view >= 0 else -1 for name in names for view, place in read[name]]
    assert sorted(place for place in places if place >= 0) == asked[0] + [8 + place for place in asked[1]]
    for column, place in enumerate(places):
        assert place < 0 or (bits[:, column] == whole[:, place]).all()


def test_a_memory_beyond_the_window_pays_and_every_form_agrees() -> None:
    text, heldout = recalls(1500), recalls(100, seed=1)
    neurons = Neurons(memory_of(b"abcd"), ("held",))
    alone, hybrid = (train(corpus_of(text), OPTIONS, neurons=given) for given in (None, neurons))
    assert any(isinstance(block, Latch) for block in hybrid.cell.blocks)
    netlist = lower(hybrid.cell)
    assert len(netlist.ands) == hybrid.last.ands
    assert certify(hybrid.cell, netlist).answer == "equivalent"
    by_oracle, by_netlist = (evaluate(model, heldout).bits_per_byte for model in (hybrid.cell, netlist))
    assert by_oracle == by_netlist < 0.7 * evaluate(lower(alone.cell), heldout).bits_per_byte
    written = [bytes(generate(model, b"a.....?", 40, seed=1)) for model in (hybrid.cell, netlist)]
    assert written[0] == written[1]
    parallel = unrolled(hybrid.cell)
    assert evaluate(lower(parallel), heldout).bits_per_byte == pytest.approx(by_oracle, abs=1e-9)
    assert evaluate(netlist, text, exact=True).bits_per_byte == pytest.approx(hybrid.last.bits_per_byte, abs=2e-3)


def test_neurons_that_tell_nothing_are_not_bought() -> None:
    """The price of a bit is what its gates cost; a text without capital letters says nothing about them."""
    trained = train(corpus_of(chained_prose(5000)), OPTIONS, neurons=Neurons(memory_of(b"ABCD"), ("held", "any")))
    assert not any(isinstance(block, Latch | Threshold) for block in trained.cell.blocks)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_bits_bought_one_after_the_other_cost_what_the_neurons_cost(seed: int) -> None:
    rng, cell = np.random.default_rng(seed), random_cell(seed, 1, 5)
    neurons = Neurons(cell, ("m0", "n0"))
    blocks, read = neurons.blocks([list(range(8)), [0, 1]])
    assert sorted(place for bits in read.values() for place in bits) == [(i // 8, i % 8) for i in range(10)]
    front = Cell((*blocks, Logits("head", ("n0",), np.zeros((2, 5), int), np.zeros(2, int), 1.0, b"ab")))
    bought: list[int] = []
    total = 0.0
    for number in rng.permutation(10).tolist():
        costs = neurons.costs(bought)
        assert min(costs) >= 0
        assert [costs[other] for other in bought] == [0] * len(bought)
        total += costs[number]
        bought.append(number)
    assert total == pytest.approx(len(lower(front).ands) - float(row_costs(front)["emb"].sum()))


def test_only_neurons_and_latches_can_be_offered() -> None:
    with pytest.raises(InputError, match="no block 'emb' of neurons"):
        Neurons(memory_of(b"ab"), ("emb",))
    with pytest.raises(InputError, match="is no neuron"):
        Neurons(random_tree_cell(0), ("memory",))
