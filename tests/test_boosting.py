"""Training of tree cells: codes, rows and splits against plain definitions, and cells that do what they learned."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.boosting import BoostingOptions, TrainingProgress, train
from bridge.boosting.dictionary import CATEGORIES, Dictionary
from bridge.boosting.forest import Forest
from bridge.boosting.growth import Limits, Tree, best_split, gain_of
from bridge.boosting.leaves import ADDER, MULTIPLEXERS, VALUES, cheapest, fitted, pruned
from bridge.boosting.memory import Count, first_letters, letters_of
from bridge.boosting.plan import make_plan, ranked, rows_of
from bridge.boosting.rows import Rows, by_node, contexts, make_rows
from bridge.cell.record import Form, TrainingRecord
from bridge.errors import InputError
from bridge.execution import bits_per_byte, evaluate
from bridge.lowering import lower
from bridge.readout.codetree import learn_code
from support.texts import chained_prose, corpus_of

pytestmark = pytest.mark.heavy


@given(st.binary(min_size=2, max_size=400))
def test_a_code_for_any_alphabet(text: bytes) -> None:
    symbols = bytes(sorted(set(text)))
    if len(symbols) > 1:
        assert learn_code(ranked(text, symbols), len(symbols)).nodes == len(symbols) - 1


def test_symbols_with_the_same_neighbours_share_a_node() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 2, 4000)
    text = np.stack([pairs, 2 + rng.integers(0, 2, 4000)], axis=1).ravel().astype(np.uint8)
    leaves = {pair for pair in map(tuple, learn_code(text, 4).children) if max(pair) < 0}
    assert leaves == {(-1, -2), (-3, -4)}


@given(st.integers(0, 1000), st.integers(1, 3), st.sampled_from([0.0, 0.7, 1.0]))
def test_rows_stand_for_the_text(seed: int, window: int, repeats: float) -> None:
    """Every context, and what it counts with its repetitions."""
    rng = np.random.default_rng(seed)
    text, states = (rng.integers(0, high, 200).astype(np.uint8) for high in (5, 3))
    weights = rng.random(199).astype(np.float32)
    code = learn_code(np.append(text, range(5)).astype(np.uint8), 5)
    rows = make_rows(contexts(text, window, [states]), text[1:], weights, code, repeats)
    expected: dict[tuple[int, ...], np.ndarray] = {}
    squares: dict[tuple[int, ...], float] = {}
    nodes, bits = code.paths
    for t in range(199):
        past = [int(text[t - d]) if t >= d else 0 for d in range(window)]
        for node, bit in zip(nodes[text[t + 1]], bits[text[t + 1]], strict=True):
            if node >= 0:
                key = (int(node), *past, int(states[t]))
                expected[key] = expected.get(key, np.zeros(2)) + weights[t] * np.array([1, bit])
                squares[key] = squares.get(key, 0.0) + float(weights[t]) ** 2
    less = {key: sums * (sums[0] ** 2 / squares[key]) ** (repeats - 1) for key, sums in expected.items()}
    ratio = sum(sums[0] for sums in expected.values()) / sum(sums[0] for sums in less.values())
    expected = {key: sums * ratio for key, sums in less.items()}
    found = {tuple(f.tolist()): np.array(s) for f, *s in zip(rows.fields, rows.weights, rows.ones, strict=True)}
    assert found.keys() == expected.keys()
    for key, sums in expected.items():
        np.testing.assert_allclose(found[key], sums, rtol=1e-4)


@given(st.integers(0, 10_000))
def test_the_best_split_is_the_best_of_all_subsets(seed: int) -> None:
    """Of one field of few categories, without a price: no subset gains more than the one that is found."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 8))
    sums = np.zeros((1, CATEGORIES, 2), np.float32)
    sums[0, :count] = np.stack([rng.normal(size=count), rng.random(count) + 0.1], axis=1)
    total = tuple(sums[0].astype(float).sum(axis=0).tolist())
    found = np.zeros(CATEGORIES, np.bool_)
    limits = Limits(1e-9, 1.0, 2, 1e-6, 1e6)
    _, gain, field, subset, _ = best_split(
        sums, total, np.zeros(1, np.int64), Dictionary([1.0], 4).listed, limits, found
    )
    gains = []
    for mask in range(1, (1 << count) - 1):
        part = sums[0, :count][(mask >> np.arange(count) & 1).astype(bool)].astype(float).sum(axis=0)
        both = gain_of(*part, limits) + gain_of(total[0] - part[0], total[1] - part[1], limits)
        gains.append(both - gain_of(*total, limits))
    assert (field, subset) == (0, -1)
    assert gain == pytest.approx(max(gains), rel=1e-3, abs=1e-4)


def test_pruning_drops_splits_that_decide_nothing() -> None:
    splits = np.array([[0, 0, 1, 2], [1, 0, -1, -2], [2, 0, -3, 3], [3, 0, -4, -5]], np.int32)
    tree = Tree(splits, np.array([5, 5, 7, 1, 1], np.int32))
    pruned(tree)
    assert tree.splits[:, :2].tolist() == [[0, 0], [2, 0]]
    assert sorted(tree.values.tolist()) == [1, 5, 7]
    same = Tree(splits, np.full(5, 3, np.int32))
    pruned(same)
    assert (len(same.splits), same.values.tolist()) == (0, [3])


@given(st.text("abC' ,", min_size=2, max_size=60), st.integers(1, 3))
def test_what_is_held_and_counted(words: str, letters: int) -> None:
    """Symbol by symbol, as the names say."""
    text = words.encode()
    symbols = bytes(sorted(set(text)))
    held = {each.name: each.seen(ranked(text, symbols)).tolist() for each in first_letters(symbols, letters)}
    counts = Count("length", letters_of(symbols), 4).seen(ranked(text, symbols)).tolist()
    length, found = 0, dict.fromkeys(held, 0)
    for place, byte in enumerate(text):
        length = length + 1 if chr(byte) not in " ," else 0
        if f"letter{length}" in held:
            found[f"letter{length}"] = symbols.index(byte)
        assert {name: seen[place] for name, seen in held.items()} == found
        assert counts[place] == min(length, 4)


def test_the_cell_predicts_what_the_trees_learned() -> None:
    """Bits per byte of the forest on its rows are those of the cell on the text, to the first bytes."""
    text = chained_prose(20_000)
    trained = train(corpus_of(text), BoostingOptions(ands=1500, recency=0.0, repeats=1.0))
    assert trained.finished
    assert 0.5 * 1500 <= trained.last.ands <= 1.2 * 1500
    assert len(lower(trained.cell).ands) == trained.last.ands
    result = evaluate(trained.cell, text, exact=True)
    assert not result.serial
    assert result.bits_per_byte == pytest.approx(trained.last.bits_per_byte, abs=2e-3)


def test_more_gates_predict_better_and_the_same_options_give_the_same_cell() -> None:
    text, heldout = chained_prose(30_000), chained_prose(3_000, seed=0)
    sizes = [train(corpus_of(text), BoostingOptions(ands=ands)) for ands in (300, 1200, 1200)]
    small, large, again = (bits_per_byte(lower(trained.cell), heldout) for trained in sizes)
    assert large == again < small < 3.0
    assert sizes[1].cell.digest == sizes[2].cell.digest


def test_interrupted_training_leaves_a_cell() -> None:
    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    trained = train(corpus_of(chained_prose(5000)), BoostingOptions(ands=5000, leaves=8), progress=stop)
    assert not trained.finished
    assert 0 < trained.last.steps < 50
    assert bits_per_byte(trained.cell, b"to be") > 0


@pytest.mark.parametrize("text", [b"ab", b"ba" * 5, bytes(range(256)) * 3])
def test_short_and_binary_texts(text: bytes) -> None:
    cell = train(corpus_of(text), BoostingOptions(ands=600)).cell
    assert np.isfinite(bits_per_byte(lower(cell), text + bytes([0, 255])))


def test_a_text_of_one_byte_value_is_refused() -> None:
    with pytest.raises(InputError, match="fewer than two"):
        train(corpus_of(b"aaaa"), BoostingOptions())


@pytest.mark.parametrize(
    "facts",
    [
        {"ands": 0},
        {"ands": 1.5},
        {"window": 13},
        {"letters": 13},
        {"repeats": 2},
        {"recency": -1},
        {"caution": 3},
        {"leaf": 3},
    ],
)
def test_nonsense_options(facts: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(facts))):
        BoostingOptions.from_facts(facts)


def test_options_come_back_from_their_record() -> None:
    options = BoostingOptions(ands=77, damping=2.0)
    assert BoostingOptions.from_facts(options.facts()) == options


def test_leaves_of_large_cells_get_less_than_they_want() -> None:
    """But a unit at least, so that there is an end to it."""
    sizes = 1000, 20_000, 40_000, 1_000_000
    assert [BoostingOptions(ands=ands).rate for ands in sizes] == [1.0, 1.0, pytest.approx(2**-0.3), 0.5]
    assert BoostingOptions(ands=1_000_000, caution=0.0).rate == 1.0
    weights = np.full(2, 1000, np.float32)
    rows = Rows(np.arange(2, dtype=np.uint8)[:, None], weights, np.array([900, 500], np.float32), 2000.0)
    found = []
    for rate in (1.0, 0.5, 0.001):
        book = Dictionary([-1.0], 2)
        book.list(0, [0], 0.0)
        forest = Forest(rows, [0], book)
        assert forest.boost(Limits(1e-3, 0.0, 2, 1e-3, 3.0, rate=rate))
        found.append(abs(int(forest.trees[0].value)))
    assert found == [16, 8, 1]  # of 21 units from log(7 / 3) to log(9)


@given(st.integers(0, 5))
@settings(max_examples=6, deadline=None)
def test_rows_have_the_fields_of_the_plan(seed: int) -> None:
    """The plan's fields, recomputed byte by byte."""
    text = chained_prose(300, seed)
    symbols = bytes(sorted(set(text)))
    plan = make_plan(text, symbols, BoostingOptions(letters=1))
    rows = rows_of(text, plan, np.ones(len(text) - 1, np.float32))
    parts = by_node(rows, plan.code.nodes)
    assert {part.fields.shape[1] for part in parts} == {len(plan.groups)}
    asked = [rows.fields[:, 0] == node for node in range(plan.code.nodes)]
    assert all((part.fields == rows.fields[own, 1:]).all() for part, own in zip(parts, asked, strict=True))
    nodes = plan.code.paths[0][ranked(text, symbols)[1:]]
    assert [part.weights.sum() for part in parts] == [(nodes == node).sum() for node in range(plan.code.nodes)]


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_killed_run_goes_on_to_the_same_cell(tmp_path: Path, share: float) -> None:
    """Trees, dictionary and prices are what the next round depends on; all are in the checkpoint.

    share: of the run that is over when it is killed, while it looks for the price, or while it fills the room.
    """

    class Killed(Exception):
        pass

    def kill(progress: TrainingProgress) -> None:
        calls.append(progress.steps)
        if len(calls) == int(share * len(whole_calls)):
            raise Killed

    calls: list[int] = []
    whole_calls: list[int] = []

    corpus, options, place = (
        corpus_of(chained_prose(20_000)),
        BoostingOptions(ands=900, leaves=32),
        tmp_path / "checkpoint",
    )
    whole = train(corpus, options, progress=lambda progress: whole_calls.append(progress.steps))
    with pytest.raises(Killed):
        train(corpus, options, checkpoint=place, progress=kill)
    resumed = train(corpus, options, checkpoint=place, resume=True)
    assert whole.last.steps == resumed.last.steps
    assert calls == whole_calls[: len(calls)]
    assert resumed.cell.digest == whole.cell.digest


@pytest.mark.parametrize(("ands", "form"), [(150, "trees"), (400, "trees"), (700, "trees"), (700, "neurons")])
def test_the_budget_is_used_and_never_passed(ands: int, form: Form) -> None:
    """Also where a tree may be larger than the room that is left."""
    trained = train(corpus_of(chained_prose(12_000)), BoostingOptions(ands=ands, form=form, leaves=1024))
    assert trained.last.ands == len(lower(trained.cell).ands)
    assert 0.97 * ands <= trained.last.ands <= ands


def test_a_finished_or_interrupted_run_is_made_longer(tmp_path: Path) -> None:
    """It keeps the trees that are there."""
    corpus, place = corpus_of(chained_prose(12_000)), tmp_path / "checkpoint"
    short = train(corpus, BoostingOptions(ands=400), checkpoint=place)
    longer = train(corpus, BoostingOptions(ands=1000), checkpoint=place, resume=True)
    assert longer.finished
    assert 400 < longer.last.ands <= 1000
    assert longer.last.steps > short.last.steps
    assert longer.last.bits_per_byte < short.last.bits_per_byte
    record = TrainingRecord.of(longer.cell.record)
    assert record is not None
    assert (record.options["ands"], record.lengthened) == (1000, (short.last.steps,))
    with pytest.raises(InputError, match="ANDs already: make it longer"):
        train(corpus, BoostingOptions(ands=410), checkpoint=place, resume=True)

    def stop(progress: TrainingProgress) -> None:
        raise KeyboardInterrupt

    options = BoostingOptions(ands=900, leaves=32)
    part = train(corpus, options, checkpoint=place, progress=stop)
    assert not part.finished
    whole = train(corpus, replace(options, ands=1200), checkpoint=place, resume=True)
    assert part.last.ands < whole.last.ands <= 1200


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    corpus, place = corpus_of(chained_prose(5000)), tmp_path / "checkpoint"
    train(corpus, BoostingOptions(ands=300), checkpoint=place)
    with pytest.raises(InputError, match="other options"):
        train(corpus, BoostingOptions(ands=300, window=4), checkpoint=place, resume=True)
    with pytest.raises(InputError, match="another text"):
        train(corpus_of(chained_prose(5001)), BoostingOptions(ands=300), checkpoint=place, resume=True)
    place.write_bytes(b"nothing of ours")
    with pytest.raises(InputError, match="not a checkpoint of trees"):
        train(corpus, BoostingOptions(ands=300), checkpoint=place, resume=True)
    with pytest.raises(InputError, match="no checkpoint file"):
        train(corpus, BoostingOptions(ands=300), resume=True)


@given(st.integers(0, 10_000))
def test_leaf_values_are_the_best_of_all_for_their_gates(seed: int) -> None:
    """Of a small tree: every choice of values, priced by the ANDs of its multiplexers built without sharing."""
    rng = np.random.default_rng(seed)
    splits, ends = np.zeros((3, 4), np.int32), [~0]
    for node in range(3):
        place = int(rng.integers(len(ends)))
        parent = ends.pop(place)
        where = np.argwhere(splits[:node, 2:] == parent)
        for row, side in where:
            splits[row, 2 + side] = node
        splits[node, 2:] = parent, ~(node + 1)
        ends += [parent, ~(node + 1)]
    losses, price = rng.random((4, 2)), float(rng.random()) / 4

    def gates(end: int, bits: tuple[int, ...]) -> tuple[int | None, int]:
        if end < 0:
            return bits[~end], 0
        (a, first), (b, second) = (gates(int(side), bits) for side in splits[end, 2:])
        varying = (a is None) + (b is None)
        return (a if a == b and a is not None else None), first + second + (0, 1, 3)[varying]

    def total(bits: tuple[int, ...]) -> float:
        return float(losses[range(4), bits].sum()) + price * gates(0, bits)[1]

    chosen, found = cheapest(splits, losses, price * MULTIPLEXERS[0])
    assert found == pytest.approx(min(map(total, itertools.product((0, 1), repeat=4))))
    assert found == pytest.approx(total(tuple(chosen.tolist())))


@given(st.integers(0, 10_000))
def test_a_value_beside_0_pays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    splits = np.array([[0, 0, 1, 2], [0, 1, ~0, ~1], [0, 2, ~2, ~3]], np.int32)
    wanted, weights = rng.normal(rng.normal(), 8, 4), rng.random(4) + 0.01
    limits = Limits(float(rng.random()), 1.0, 4, 1.0, 3.0)
    values, found = fitted(splits, wanted, weights, limits)
    nothing = float((weights * wanted**2).sum())
    if values.any():
        assert set(values.tolist()) <= {0, values.sum() // np.count_nonzero(values)}
        assert max(values, key=abs) in VALUES
        assert float((weights * (values - wanted) ** 2).sum()) + limits.price * ADDER <= found + 1e-9
        assert found <= nothing
    else:
        assert found == pytest.approx(nothing)


def test_trees_read_what_is_held() -> None:
    """Where only the first letter of a long word tells how it ends."""
    rng = np.random.default_rng(0)
    text = b"".join(
        b"%c-%cmmmmmmmm%c " % (97 + mark, 97 + first, 97 + first) for mark, first in rng.integers(0, 4, (400, 2))
    )
    window, held = (
        train(corpus_of(text), BoostingOptions(ands=400, recency=0.0, repeats=1.0, letters=letters))
        for letters in (0, 1)
    )
    found = evaluate(lower(held.cell), text, exact=True).bits_per_byte
    assert found == pytest.approx(held.last.bits_per_byte, abs=5e-3)
    assert found < evaluate(lower(window.cell), text, exact=True).bits_per_byte - 0.1


@pytest.mark.parametrize("ands", [1, 50])
def test_a_cell_without_trees(ands: int) -> None:
    """Where nothing can be told, or afforded, there are the frequencies of symbols."""
    rng = np.random.default_rng(0)
    text = rng.choice(np.frombuffer(b"aaabbc", np.uint8), 400).tobytes()
    trained = train(corpus_of(text), BoostingOptions(ands=ands, recency=0.0, repeats=1.0))
    assert trained.last.ands == len(lower(trained.cell).ands) <= ands
    shares = np.bincount(np.frombuffer(text, np.uint8))[97:] / len(text)
    assert evaluate(trained.cell, text).bits_per_byte == evaluate(lower(trained.cell), text).bits_per_byte
    assert trained.last.bits_per_byte <= -(shares * np.log2(shares)).sum() + 0.01
