"""A short training of a cell that exists: as many nonzero weights as it has, thresholds, biases and scale."""

from __future__ import annotations

from typing import cast

import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from bridge.cell import Cell
from bridge.corpus import Text
from bridge.training.descent import descend, make_optimiser
from bridge.training.schedule import rate
from bridge.training.streams import cut_streams
from bridge.training.threads import torch_threads
from bridge.training.twin import Twin

LEARNING_RATE = 2e-2  # per step, of a weight of mean size
BATCH = 64  # streams, fewer if the text has not SHORTEST bytes for each
SEQUENCE = 64
SHORTEST = 8 * SEQUENCE
RECENCY = 4.0
AVERAGED = 0.2  # of the steps, the last ones


def retrain(cell: Cell, text: Text, steps: int, skipped: int = 0, gentleness: float = 1.0) -> Cell:
    """The cell after so many steps on `text`, each of SEQUENCE bytes of BATCH streams; as many weights, others perhaps.

    skipped: steps whose part of the text is left out, so that one retraining goes on where another ended; gentleness:
    a multiplier of the learning rate. The same arguments give the same cell. InputError for a cell that has no `Twin`,
    or a text too short.
    """
    batch = max(1, min(BATCH, len(text) // SHORTEST))
    streams = cut_streams(text, torch.arange(256), batch, SEQUENCE, RECENCY)
    targets = torch.from_numpy(cell.readout.rows)
    twin = Twin(cell)
    optimiser, averaged = make_optimiser(twin, LEARNING_RATE, weight_decay=0.0), AveragedModel(twin)
    state = twin.reset(batch)
    with torch_threads(1):
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * gentleness * group["share"] * rate(step / steps)
            inputs, following = streams.excerpt(skipped + step)
            logits, state = twin(inputs, state)
            descend(twin, optimiser, functional.cross_entropy(logits, targets[following.flatten()], ignore_index=-1))
            if step >= (1 - AVERAGED) * steps:
                averaged.update_parameters(twin)
    return cast(Twin, averaged.module).cell()
