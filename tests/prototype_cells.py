"""The threshold cells of the shared data, brought in through the numpy constructor (see their README for semantics)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from bridge.cell import Block, Cell, Delay, Embedding, Latch, Logits, Threshold, fill_unseen

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
    """A `Cell` with the exact behaviour of a prototype `.npz` of threshold neurons."""
    with np.load(path) as file:
        data = {key: file[key] for key in file.files}
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
