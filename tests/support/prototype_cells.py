"""The cells of the shared data, brought in through the numpy constructors (see their README for semantics)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

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

Segment = tuple[str, int, int]  # (block, first bit, bits)


class _Builder:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.widths: dict[str, int] = {}

    def add(self, block: Block, width: int) -> None:
        self.blocks.append(block)
        self.widths[block.name] = width

    def delayed(self, name: str, steps: int) -> list[Segment]:
        """The bits of a block `steps` steps ago; `past.<name>` is its shift register."""
        width = self.widths[name]
        return [(name, 0, width)] if steps == 0 else [(f"past.{name}", (steps - 1) * width, width)]

    def spread(self, segments: list[Segment], weights: Any) -> tuple[tuple[str, ...], Any]:
        """Columns given segment by segment -> whole blocks as sources, with zeros where nothing is read."""
        names = list(dict.fromkeys(name for name, _, _ in segments))
        start = dict(
            zip(names, np.cumsum([0, *(self.widths[name.removeprefix("old.")] for name in names)]), strict=False)
        )
        total = sum(self.widths[name.removeprefix("old.")] for name in names)
        columns = np.concatenate([start[name] + first + np.arange(count) for name, first, count in segments])
        wide = np.zeros((len(weights), total), np.int64)
        wide[:, columns] = weights
        return tuple(names), wide


def load_prototype(path: Path) -> Cell:
    """A `Cell` with the exact behaviour of a prototype `.npz`."""
    with np.load(path) as file:
        data = {key: file[key] for key in file.files}
    if "code_child" in data:
        return load_trees(data, path.stem)
    config = json.loads(str(data["config"]))
    symbols, bits, window = bytes(data["symbols"].tolist()), int(config["E"]), int(config["K"])
    build = _Builder()
    build.add(Embedding("emb", fill_unseen(data["emb"], symbols)), bits)
    if window > 1:
        build.add(Delay("past.emb", "emb", window - 1), bits * (window - 1))
    recent = [segment for step in range(window) for segment in build.delayed("emb", step)]
    layers: list[list[str]] = []
    for index, layer in enumerate(config["layers"]):
        segments = list(recent) if index == 0 or config.get("eall") else []
        taps = layer.get("taps", [0])
        for name in layers[-1] if index and max(taps) else []:
            build.add(Delay(f"past.{name}", name, max(taps)), max(taps) * build.widths[name])
        segments += [s for tap in taps for name in (layers[-1] if index else []) for s in build.delayed(name, tap)]
        layers.append(_add_layer(build, data, index, layer, segments))
    kept = layers[-1:] if config.get("head_last") else layers
    features = [(name, 0, build.widths[name]) for layer in kept for name in layer]
    features += [segment for step in range(config.get("he", 1)) for segment in build.delayed("emb", step)]
    sources, weights = build.spread(features, data["head_W"])
    head = Logits("logit", sources, weights, data["head_bias"], float(data["logit_scale"]), symbols)
    return Cell((*build.blocks, head), path.stem)


def _add_layer(build: _Builder, data: Any, index: int, layer: Any, segments: list[Segment]) -> list[str]:
    plain, latches = layer.get("n", 0), layer.get("m", 0)
    memory = f"L{index}m"
    if latches:
        build.widths[memory] = latches
        if layer.get("rec"):
            segments = [*segments, (f"old.{memory}", 0, latches)]
        for part, rows in (("z", slice(0, latches)), ("h", slice(latches, None))):
            sources, weights = build.spread(segments, data[f"L{index}g_W"][rows])
            build.add(Threshold(f"L{index}{part}", sources, weights, data[f"L{index}g_thr"][rows]), latches)
        build.add(Latch(memory, f"L{index}z", f"L{index}h"), latches)
    if plain:
        sources, weights = build.spread(segments, data[f"L{index}p_W"])
        build.add(Threshold(f"L{index}p", sources, weights, data[f"L{index}p_thr"]), plain)
    return [memory] * bool(latches) + [f"L{index}p"] * bool(plain)


def load_trees(data: Any, name: str) -> Cell:
    """A prototype of boosted trees with a serial head; nodes are renumbered in preorder."""
    config, symbols = json.loads(str(data["config"])), bytes(data["symbols"].tolist())
    subsets = np.unpackbits(data["subsets"], axis=1)
    order, code = _preorder(data["code_child"], int(config["root"]))
    field, subset, window = data["field"], data["subset"], int(config["K"])
    column = np.zeros(len(field), np.int64)
    blocks: list[Block] = []
    sources: list[tuple[str, int]] = []

    def use(splits: Any, kept: list[int]) -> None:
        """The next bits are what these splits read; `kept`: their subsets in order."""
        start = sum(width for _, width in sources)
        column[splits] = start + np.searchsorted(kept, subset[splits])

    kept = sorted(set(subset[field == 0].tolist()))
    use(field == 0, kept)
    blocks.append(Node("code", subsets[kept][:, order].T))
    sources.append(("code", len(kept)))
    of_symbol = (field >= 1) & (field <= window)
    latest = {s: int((field[of_symbol & (subset == s)]).max() - 1) for s in set(subset[of_symbol].tolist())}
    for delay in sorted(set(latest.values())):
        kept = sorted(s for s in latest if latest[s] == delay)
        blocks.append(Embedding(f"sets{delay}", fill_unseen(subsets[kept][:, : len(symbols)].T, symbols)))
        if delay:
            blocks.append(Delay(f"past{delay}", f"sets{delay}", delay))
        for steps in range(delay + 1):
            use(of_symbol & np.isin(subset, kept) & (field == 1 + steps), kept)
            sources.append((f"past{delay}" if steps else f"sets{delay}", len(kept)))
    for index, latch in enumerate(config["lats"]):
        splits = field == 1 + window + index
        if splits.any():
            kept = sorted(set(subset[splits].tolist()))
            use(splits, kept)
            following, value = _words(symbols, config["prefixes"]) if latch == "pfx" else _lengths(symbols)
            blocks.append(Automaton(latch, following, subsets[kept][:, value].T))
            sources.append((latch, len(kept)))
    blocks += _forest(data, column, tuple(dict.fromkeys(name for name, _ in sources)), symbols, code)
    return Cell(tuple(blocks), name)


def _preorder(children: Any, root: int) -> tuple[list[int], Any]:
    order, stack = [], [root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack += [int(child) for child in children[node][::-1] if child >= 0]
    number = {node: index for index, node in enumerate(order)}
    return order, np.array([[number.get(int(c), int(c)) for c in children[node]] for node in order])


def _letters(symbols: bytes) -> Any:
    """uint8[256]: 0 for other bytes, else the letter."""
    letters = [[s if chr(s).isalpha() or chr(s) == "'" else 0] for s in symbols]
    return fill_unseen(np.array(letters, np.uint8), symbols)[:, 0]


def _words(symbols: bytes, prefixes: dict[str, int]) -> tuple[Any, Any]:
    """(following, value of each state): between words, the prefixes of known words, and all other words."""
    known = sorted({word[:end] for word in prefixes for end in range(1, len(word) + 1)})
    states = {"": 0} | {word: index for index, word in enumerate(known, 1)}
    other, letters = len(states), _letters(symbols)
    following = np.zeros((other + 1, 256), np.int64)
    for word, state in states.items():
        following[state] = [states.get(word + chr(letter), other) if letter else 0 for letter in letters]
    following[other] = np.where(letters > 0, other, 0)
    return following, [prefixes.get(word, 0) for word in states] + [0]


def _lengths(symbols: bytes) -> tuple[Any, Any]:
    states = np.arange(16)
    return np.where(_letters(symbols) > 0, np.minimum(states[:, None] + 1, 15), 0), states


def _forest(data: Any, column: Any, sources: tuple[str, ...], symbols: bytes, code: Any) -> list[Block]:
    """The trees, every leaf value as a constant per tree plus bits with weights, and the head that adds them up."""
    splits, roots, leaves, weights, bias = [], [], [], [], 0
    first = leaf = 0
    for inner, count in zip(data["n_split"].tolist(), data["n_leaf"].tolist(), strict=True):
        own = slice(first, first + inner)
        ends = np.stack([data["left"][own], data["right"][own]], axis=1).astype(np.int64)
        ends = np.where(ends >= 0, ends + first, ends - leaf)
        splits.append(np.concatenate([column[own][:, None], ends], axis=1))
        roots.append(first if inner else ~leaf)
        values = data["leaf"][leaf : leaf + count].astype(np.int64)
        bias += int(values.min())
        divisor = int(np.gcd.reduce(values - values.min()))
        unit = divisor & -divisor or 1
        codes = (values - values.min()) // unit
        assert codes.max() < 4
        leaves.append(codes[:, None] >> np.arange(2) & 1)
        weights += [unit, 2 * unit]
        first, leaf = first + inner, leaf + count
    trees = Trees("trees", sources, np.concatenate(splits), np.array(roots), np.concatenate(leaves))
    scale = float(data["logit_scale"])
    return [trees, Logits("score", ("trees",), np.array([weights]), np.array([bias]), scale, symbols, code)]
