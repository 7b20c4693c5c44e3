"""Does a cell say what a torch module says? Two independent computations of the same probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from bridge.bench.learning.gru import Gru
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.readout import Readout
from bridge.training.checkpoint import load_checkpoint
from bridge.training.export import exact
from bridge.training.model import Model
from bridge.training.streams import encode

STREAMS = 64


def load_model(path: Path) -> tuple[Model, bytes]:
    """The model of a checkpoint, averaged if that has begun, and its alphabet; InputError for another file."""
    checkpoint = load_checkpoint(path)
    model = Model(checkpoint.options, len(checkpoint.alphabet))
    try:
        averaged = checkpoint.tensors["averaged"]
        mean = {name.removeprefix("module."): tensor for name, tensor in averaged.items() if name != "n_averaged"}
        model.load_state_dict(mean if int(averaged["n_averaged"]) else checkpoint.tensors["model"])
    except (RuntimeError, KeyError) as error:
        raise InputError(f"{path}: the checkpoint's tensors do not fit its options") from error
    model.refresh()  # what is averaged has no choice of weights of its own yet
    return model, checkpoint.alphabet


@torch.no_grad()
def largest_difference(model: Model, alphabet: bytes, cell: Cell, text: bytes) -> float:
    """Largest absolute difference between the two next-byte probabilities, over all symbols and positions of `text`.

    The model runs in float64; a byte outside the alphabet is read as the symbol that the cell takes it for.
    """
    twin = exact(model)
    logits, _ = twin(encode(text, alphabet)[:, None], twin.reset(1))
    state, worst = cell.reset(1), 0.0
    for byte, expected in zip(text, torch.softmax(logits, dim=1).numpy(), strict=True):
        state, integers = cell.step(state, np.array([byte], np.uint8))
        own = cell.readout.probabilities(integers)[0, list(alphabet)]
        worst = max(worst, float(np.abs(own / own.sum() - expected).max()))
    return worst


@torch.no_grad()
def hidden_signs(model: Model, alphabet: bytes, text: bytes) -> npt.NDArray[np.bool_]:
    """bool[bits, bytes of the text]: which units of all layers are positive after each byte; soft ones, too."""
    outputs: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _module, _given, made: outputs.append(made[0])) for layer in model.layers
    ]
    try:
        model(encode(text, alphabet).to(model.embedding.device)[:, None], model.reset(1))
    finally:
        for hook in hooks:
            hook.remove()
    signs: npt.NDArray[np.bool_] = (torch.cat(outputs, dim=2)[:, 0].T > 0).cpu().numpy()
    return signs


@torch.no_grad()
def network_bits_per_byte(model: Model | Gru, readout: Readout, text: bytes, segments: npt.NDArray[np.int64]) -> float:
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


def _alike(segments: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    """The segments in groups of at most `STREAMS` that have one shape."""
    shapes = (segments - segments[0])[1:]
    for shape in np.unique(shapes, axis=1).T:
        same = segments[:, (shapes == shape[:, None]).all(axis=0)]
        yield from (same[:, start : start + STREAMS] for start in range(0, same.shape[1], STREAMS))
