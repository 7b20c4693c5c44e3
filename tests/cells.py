"""Random cells of every shape, for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from bridge.cell import Block, Cell, Delay, Embedding, Latch, Logits, Threshold, fill_unseen

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
