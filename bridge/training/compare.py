"""Does a cell say what a torch module says? Two independent computations of the same probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bridge.arrays import Flags
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.training.checkpoint import load_checkpoint
from bridge.training.export import exact
from bridge.training.model import Model
from bridge.training.options import TrainingOptions
from bridge.training.streams import encode


def load_model(path: Path) -> tuple[Model, bytes]:
    """The model of a checkpoint, averaged if that has begun, and its alphabet; InputError for another file."""
    checkpoint = load_checkpoint(path, TrainingOptions.from_facts)
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
def hidden_signs(model: Model, alphabet: bytes, text: bytes) -> Flags:
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
    signs: Flags = (torch.cat(outputs, dim=2)[:, 0].T > 0).cpu().numpy()
    return signs
