"""What trees compute, offered to later trees: the same bits as walking down the trees by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.boosting import BoostingOptions, train
from bridge.boosting.dictionary import CATEGORIES, Dictionary
from bridge.boosting.functions import ALIKE, OFFERED, PER_FIELD, Functions, list_bits
from bridge.boosting.growth import Tree
from bridge.boosting.rows import Rows
from bridge.execution import evaluate
from bridge.lowering import lower
from support.texts import chained_prose, corpus_of

FIELDS, KINDS = 2, 4


def some_rows(rng: np.random.Generator) -> Rows:
    """Distinct contexts, each with one to three code nodes."""
    contexts = np.array([(a, b) for a in range(KINDS) for b in range(KINDS)], np.uint8)
    contexts = contexts[rng.permutation(len(contexts))].repeat(rng.integers(1, 4, len(contexts)), axis=0)
    nodes = rng.integers(0, 3, (len(contexts), 1)).astype(np.uint8)
    weights, ones = np.ones((2, len(contexts)), np.float32)
    return Rows(np.concatenate([nodes, contexts], axis=1), weights, ones, float(len(contexts)))


def some_book(rng: np.random.Generator) -> Dictionary:
    book = Dictionary([1.0, -1.0], 64)
    for _ in range(6):
        book.list(0, np.flatnonzero(rng.integers(0, 2, CATEGORIES)).tolist(), 1.0)
    list_bits(book, 1)
    return book


def some_tree(rng: np.random.Generator, functions: Functions) -> Tree:
    """Of any shape, with questions about fields and functions."""
    count = int(rng.integers(1, 12))
    splits = np.zeros((count, 4), np.int32)
    ends = [(0, side) for side in (2, 3)]
    for node in range(count):
        known = len(functions.origins)
        asks = known > 0 and rng.random() < 0.5
        splits[node, :2] = (FIELDS, rng.integers(known)) if asks else (rng.integers(FIELDS), rng.integers(6))
        if node:
            parent, side = ends.pop(int(rng.integers(len(ends))))
            splits[parent, side] = node
            ends += [(node, side) for side in (2, 3)]
    for leaf, (node, side) in enumerate(ends):
        splits[node, side] = ~leaf
    return Tree(splits, rng.permutation(np.arange(len(ends)) % 2).astype(np.int32) * -4)


def bit_of(tree: Tree, split: int, context: list[int], functions: Functions, book: Dictionary) -> int:
    place = split
    while place >= 0:
        field, subset, then, other = tree.splits[place].tolist()
        if field == FIELDS:
            answer = bit_of(*functions.origins[subset], context, functions, book)
        else:
            answer = int(book.mask(0, subset)[context[field]])
        place = then if answer else other
    return int(tree.values[~place] != 0)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_functions_are_what_walking_down_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, book = some_rows(rng), some_book(rng)
    functions = Functions(rows, [0] * FIELDS, book)
    trees = [some_tree(rng, functions)]
    for _ in range(5):
        found = functions.add(trees[-1])[functions.where]
        by_hand = [bit_of(trees[-1], 0, fields[1:], functions, book) for fields in rows.fields.tolist()]
        assert found.tolist() == by_hand
        trees.append(some_tree(rng, functions))
    some = np.sort(rng.permutation(len(rows.fields))[:20])
    ones = np.ones(len(some), np.float32)
    functions.publish()
    numbers, columns = functions.offer(functions.where[some].astype(np.int32), ones, ones)
    assert numbers.tolist() == list(range(len(functions.origins)))
    for index, number in enumerate(numbers.tolist()):
        by_hand = [
            bit_of(*functions.origins[number], fields[1:], functions, book) for fields in rows.fields[some].tolist()
        ]
        assert (columns[:, index // PER_FIELD] >> index % PER_FIELD & 1).tolist() == by_hand


def test_what_is_taken_back_is_not_offered() -> None:
    rng = np.random.default_rng(1)
    functions = Functions(some_rows(rng), [0] * FIELDS, some_book(rng))
    for _ in range(4):
        functions.add(some_tree(rng, functions))
    state, numbers = functions.state(), len(functions.origins)
    functions.add(some_tree(rng, functions))
    functions.restore(state)
    assert (functions.state(), len(functions.origins)) == (state, numbers)


def test_no_two_alike_are_offered_where_there_are_many() -> None:
    """Of all subsets of 16 categories that were asked twice, those that tell the slopes come first."""
    rng = np.random.default_rng(2)
    contexts = np.arange(256, dtype=np.uint8)[:, None]
    rows = Rows(np.concatenate([contexts * 0, contexts], axis=1), *np.ones((2, 256), np.float32), 256.0)
    book = Dictionary([1.0, -1.0], 256)
    list_bits(book, 1)
    functions = Functions(rows, [0], book)
    masks = rng.integers(0, 2, (OFFERED, CATEGORIES))
    masks[:, 0] = 0  # as the dictionary keeps them
    for index, mask in enumerate(masks):
        book.list(0, np.flatnonzero(mask).tolist(), 1.0)
        splits = np.array([[0, index, 1, ~0], [0, index, ~1, ~2]], np.int32)  # a tree that is the question itself
        for _ in range(2):
            functions.add(Tree(splits, np.array([0, 1, 0], np.int32)))
    slopes = np.where(masks[7], 1, -1).astype(np.float32)
    functions.publish()
    numbers, columns = functions.offer(functions.where, slopes, np.ones(256, np.float32))
    assert numbers[0] in (14, 15)
    assert 1 < len(numbers) <= OFFERED
    bits = np.unpackbits(columns, axis=1, bitorder="little")[:, : len(numbers)].T.astype(float)
    alike = np.abs(np.corrcoef(bits)) - np.eye(len(bits))
    assert alike.max() < ALIKE + 0.02  # chosen on a sample


def test_trees_build_on_each_other_in_few_layers() -> None:
    """And the cell still gives what the forest learned."""
    text = chained_prose(20_000)
    trained = train(corpus_of(text), BoostingOptions(ands=1500, recency=0.0))
    layers = [block for block in trained.cell.blocks if block.name.startswith("trees")]
    assert len(layers) > 1
    found = evaluate(lower(trained.cell), text, exact=True).bits_per_byte
    assert abs(found - trained.last.bits_per_byte) < 2e-3
