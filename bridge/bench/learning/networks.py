"""Networks of torch as members of a frontier: the trained threshold cell, its float twin, and a GRU."""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from bridge.arrays import Floats32, Ints
from bridge.bench.learning.baselines import PRESET
from bridge.bench.learning.family import GRU, Member, Row
from bridge.bench.learning.gru import Gru, GruOptions, train_gru
from bridge.corpus import Corpus
from bridge.execution.text import segments_of
from bridge.printable import Listener, unheard
from bridge.readout import Readout
from bridge.training import TrainedNetwork, TrainingOptions, sized, train
from bridge.training.model import Model
from bridge.training.streams import encode

STREAMS = 64


def train_on(options: Mapping[str, Any], corpus: Corpus, stem: Path, progress: Listener = unheard) -> TrainedNetwork:
    """Train a cell, from its checkpoint on if there is one; Ctrl-C saves that and goes on upwards.

    With a budget of ANDs, what `options` leave open is as `sized` has it.
    """
    checkpoint = Path(f"{stem}.checkpoint")
    base = sized(options["ands"]).facts() if "ands" in options else {}
    chosen = TrainingOptions.from_facts(base | dict(options))
    trained = train(corpus, chosen, checkpoint=checkpoint, resume=checkpoint.exists(), progress=progress)
    if not trained.finished:
        raise KeyboardInterrupt
    return trained


def float_row(
    member: Member, options: Mapping[str, Any], corpus: Corpus, stem: Path, progress: Listener = unheard
) -> Row:
    """Of a network as it was trained, never melted, by the measure of `bridge.execution.text`."""
    text = corpus.heldout
    segments = segments_of(len(text))
    if member.kind == GRU:
        gru = train_gru(
            corpus, GruOptions.from_facts(options), checkpoint=Path(f"{stem}.checkpoint"), progress=progress
        )
        bits, steps, seconds = network_bits_per_byte(gru.model, gru.readout, text, segments), gru.steps, gru.seconds
    else:
        trained = train_on(options, corpus, stem, progress)
        bits = network_bits_per_byte(trained.model, trained.cell.readout, text, segments)
        steps, seconds = trained.last.steps, trained.last.seconds
    weights = _weights(gru.model if member.kind == GRU else trained.model)
    return Row(
        member.name,
        member.kind,
        "",
        bits,
        len(text) - 1,
        training_seconds=round(seconds, 1),
        steps=steps,
        seed=int(options.get("seed", 0)),
        options=options,
        whole_bytes=len(corpus.training) + len(text),
        circuit_bits=32.0 * len(weights),
        packed_bits=8.0 * len(lzma.compress(weights.astype(np.float16).tobytes(), preset=PRESET)),
    )


def _weights(model: Model | Gru) -> Floats32:
    """float32[n]: all parameters."""
    return np.concatenate([one.detach().cpu().numpy().ravel() for one in model.parameters()]).astype(np.float32)


@torch.no_grad()
def network_bits_per_byte(model: Model | Gru, readout: Readout, text: bytes, segments: Ints) -> float:
    """Mean code length of `text` by the network as it is now, soft or hard, in bits, as `execution.evaluate` measures.

    segments: int64[3, n], positions of the first byte read, the first predicted, and the end; `readout`: the cell's,
    for its symbols and what a byte costs that is none of them.
    """
    symbols = encode(text, readout.symbols).to(model.embedding.device)
    targets = torch.from_numpy(readout.rows[np.frombuffer(text, np.uint8)])
    _, _, seen, unseen = readout.model
    total = 0.0
    for first, predicted, end in _alike(segments):
        positions = torch.from_numpy(first + np.arange(end[0] - first[0])[:, None])
        logits, _ = model(symbols[positions[:-1]], model.reset(len(first)))
        logits, target = logits.cpu(), targets[positions[1:]].flatten()
        known = target >= 0
        bits = torch.full(target.shape, unseen, dtype=torch.float64)
        bits[known] = seen + functional.cross_entropy(logits[known], target[known], reduction="none").double() / log(2)
        total += float(bits.view(len(positions) - 1, -1)[int(predicted[0] - first[0]) - 1 :].sum())
    return total / int((segments[2] - segments[1]).sum())


def _alike(segments: Ints) -> Iterator[Ints]:
    """The segments in groups of at most `STREAMS` that have one shape."""
    shapes = (segments - segments[0])[1:]
    for shape in np.unique(shapes, axis=1).T:
        same = segments[:, (shapes == shape[:, None]).all(axis=0)]
        yield from (same[:, start : start + STREAMS] for start in range(0, same.shape[1], STREAMS))
