"""Random cells of every shape, for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from bridge.cell import (
    Automaton,
    Block,
    Cell,
    Delay,
    Embedding,
    Latch,
    Logits,
    Node,
    Threshold,
    Trees,
    fill_unseen,
)

LEVELS = ((-1, 0, 1), (-4, -3, -2, -1, 0, 1, 2, 3), (-4, -2, -1, 0, 1, 2, 4), (-128, -7, 0, 5, 127))


def random_cell(seed: int, layers: int = 2, neurons: int = 4, latches: bool = True, recurrence: bool = False) -> Cell:
    """Weights of mixed levels and sparsity, thresholds that may never or always be reached, all-zero rows."""
    rng = np.random.default_rng(seed)
    symbols = bytes(sorted(rng.choice(256, size=int(rng.integers(1, 40)), replace=False).tolist()))
    width = int(rng.integers(1, 9))
    blocks: list[Block] = [Embedding("emb", fill_unseen(rng.integers(0, 2, (len(symbols), width)), symbols))]
    widths = {"emb": width}
    if latches:
        blocks.append(Delay("past", "emb", 2))
        widths["past"] = 2 * width
    for index in range(layers):
        _add_layer(rng, blocks, widths, index, neurons, latches, recurrence)
    sources = tuple(widths)
    weights, bias = _weights(rng, len(symbols), sum(widths.values()))
    blocks.append(Logits("logit", sources, weights, bias, float(rng.uniform(0.01, 1)), symbols))
    return Cell(tuple(blocks), f"random{seed}")


def _add_layer(
    rng: np.random.Generator,
    blocks: list[Block],
    widths: dict[str, int],
    index: int,
    neurons: int,
    latches: bool,
    recurrence: bool,
) -> None:
    sources, fan_in = tuple(widths), sum(widths.values())
    if recurrence:
        blocks.append(Delay(f"back{index}", f"n{index}", 1))
        sources, fan_in = (*sources, f"back{index}"), fan_in + neurons
        if latches:
            sources, fan_in = (*sources, f"old.m{index}"), fan_in + neurons
    for part in ("z", "h", "n") if latches else ("n",):
        weights, thresholds = _weights(rng, neurons, fan_in)
        blocks.append(Threshold(f"{part}{index}", sources, weights, thresholds))
    if latches:
        blocks.append(Latch(f"m{index}", f"z{index}", f"h{index}"))
        widths[f"m{index}"] = neurons
    widths[f"n{index}"] = neurons


def _weights(rng: np.random.Generator, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    weights = rng.choice(LEVELS[rng.integers(len(LEVELS))], (rows, columns))
    weights[rng.random((rows, columns)) < rng.choice([0.0, 0.5, 0.95])] = 0
    weights[rng.random(rows) < 0.1] = 0
    reach = int(np.abs(weights).sum(axis=1).max()) + 2
    return weights, rng.integers(-reach, reach + 1, rows)


cells = st.builds(
    random_cell,
    seed=st.integers(0, 2**32 - 1),
    layers=st.integers(1, 4),
    neurons=st.integers(1, 6),
    latches=st.booleans(),
    recurrence=st.booleans(),
)


def with_lists(cell: Cell) -> Cell:
    """The same, but every Threshold block lists its weights."""
    blocks = [
        Threshold.of_lists(block.name, block.sources, [_nonzero(row) for row in block.weights], block.thresholds)
        if isinstance(block, Threshold)
        else block
        for block in cell.blocks
    ]
    return Cell(tuple(blocks), cell.name, cell.record)


def _nonzero(row: np.ndarray) -> dict[int, int]:
    return {place: int(row[place]) for place in np.flatnonzero(row).tolist()}


def twins() -> Cell:
    """Places that share nodes when lowered: equal columns of a table, rows of later blocks that equal earlier ones or
    what another block holds, rows that never or always fire, a memory that never moves."""
    rows = np.random.default_rng(1).integers(0, 2, (256, 3)).astype(np.uint8)
    table = np.concatenate([rows, rows[:, :1], 1 - rows[:, 1:2]], axis=1)
    same = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], np.int8)
    blocks: list[Block] = [
        Embedding("emb", table),
        Delay("past", "emb", 2),
        Threshold("first", ("emb",), same, np.array([1, 1, 1, 1], np.int32)),
        Threshold("second", ("emb",), same, np.array([1, 1, 1, 0], np.int32)),
        Threshold("echo", ("past",), np.eye(4, 10, dtype=np.int8), np.ones(4, np.int32)),
        Threshold("never", ("emb",), np.zeros((4, 5), np.int8), np.ones(4, np.int32)),
        Latch("memory", "never", "first"),
        Latch("store", "second", "echo"),
        Threshold("third", ("first", "memory", "old.store"), np.ones((2, 12), np.int8), np.array([2, 3], np.int32)),
    ]
    names = ("first", "second", "echo", "memory", "store", "third")
    weights = np.random.default_rng(2).integers(-2, 3, (3, 22)).astype(np.int8)
    blocks.append(Logits("logit", names, weights, np.zeros(3, np.int32), 0.5, b"abc"))
    return Cell(tuple(blocks), "twins")


def random_code(rng: np.random.Generator, count: int) -> np.ndarray:
    """int[count - 1, 2]: a random code tree over so many symbols."""
    children: list[list[int]] = []

    def grow(ranks: list[int]) -> int:
        if len(ranks) == 1:
            return ~ranks[0]
        node, cut = len(children), int(rng.integers(1, len(ranks)))
        children.append([0, 0])
        children[node] = [grow(ranks[:cut]), grow(ranks[cut:])]
        return node

    grow(rng.permutation(count).tolist())
    return np.array(children)


def random_trees(rng: np.random.Generator, name: str, sources: tuple[str, ...], width: int) -> Trees:
    """Trees that share subtrees, and some that are a single leaf."""
    count, leaves = int(rng.integers(0, 12)), int(rng.integers(1, 6))

    def ends(after: int, shape: tuple[int, ...]) -> np.ndarray:
        later = rng.integers(after, count, shape) if after < count else np.zeros(shape, np.int64)
        return np.where((rng.random(shape) < 0.5) | (after >= count), ~rng.integers(0, leaves, shape), later)

    splits = [[int(rng.integers(width)), *ends(index + 1, (2,)).tolist()] for index in range(count)]
    roots = ends(0, (int(rng.integers(1, 5)),))
    return Trees(name, sources, np.array(splits, int).reshape(-1, 3), roots, rng.integers(0, 2, (leaves, 2)))


def random_tree_cell(seed: int, serial: bool = True) -> Cell:
    """Embedding, delay, automaton, trees, a latch that trees drive, neurons over trees, and a head over a code."""
    rng = np.random.default_rng(seed)
    symbols = bytes(sorted(rng.choice(256, size=int(rng.integers(2, 20)), replace=False).tolist()))
    code = random_code(rng, len(symbols))
    states = int(rng.integers(2, 8))
    blocks: list[Block] = [
        Embedding("emb", fill_unseen(rng.integers(0, 2, (len(symbols), 3)), symbols)),
        Delay("past", "emb", 2),
        Automaton("word", rng.integers(0, states, (states, 256)), rng.integers(0, 2, (states, 2))),
        Delay("before", "word", 1),
    ]
    widths = {"emb": 3, "past": 6, "word": 2, "before": 2}
    for name in ("when", "what"):
        blocks.append(random_trees(rng, name, tuple(widths), sum(widths.values())))
    two = min(len(block.roots) for block in blocks[-2:])  # type: ignore[union-attr]
    blocks[-2:] = [Trees(b.name, b.sources, b.splits, b.roots[:two], b.leaves) for b in blocks[-2:]]  # type: ignore
    blocks.append(Latch("memory", "when", "what"))
    widths["memory"] = 2 * two
    if serial:
        blocks.append(Node("code", rng.integers(0, 2, (len(code), 3))))
        widths["code"] = 3
    blocks.append(random_trees(rng, "trees", tuple(widths), sum(widths.values())))
    widths["trees"] = 2 * len(blocks[-1].roots)  # type: ignore[union-attr]
    weights, thresholds = _weights(rng, 2, sum(widths.values()))
    blocks.append(Threshold("neuron", tuple(widths), weights, thresholds))
    widths["neuron"] = 2
    weights, bias = _weights(rng, 1 if serial else len(code), sum(widths.values()))
    blocks.append(Logits("score", tuple(widths), weights, bias, float(rng.uniform(0.01, 1)), symbols, code))
    return Cell(tuple(blocks), f"trees{seed}")


tree_cells = st.builds(random_tree_cell, seed=st.integers(0, 2**32 - 1), serial=st.booleans())


def bigram_cell(text: bytes) -> Cell:
    """A symbol for each byte of the text, predicted from the byte before by how often it followed there."""
    symbols = bytes(sorted(set(text)))
    ranks = np.array([symbols.index(byte) for byte in text])
    counts = np.zeros((len(symbols), len(symbols)))
    np.add.at(counts, (ranks[1:], ranks[:-1]), 1)
    table = fill_unseen(np.eye(len(symbols), dtype=np.uint8), symbols)
    weights = np.rint(8 * np.log(counts + 0.05)).astype(np.int64)
    head = Logits("logit", ("emb",), weights, np.zeros(len(symbols), np.int64), 1 / 8, symbols)
    return Cell((Embedding("emb", table), head), "bigrams")
