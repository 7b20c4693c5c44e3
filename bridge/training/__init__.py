"""Training of cells of threshold neurons, with torch: `train` makes a `Cell` from a text under `TrainingOptions`.

One step of training, in the order in which things happen:

1. `Run.advance` (loop) asks how much of the run is done. That sets the rate of learning (`descent`) and, by the method
   (`options`), how far floats have become integers: `Model.follow`.
2. Every few steps `Model.refresh` (model) chooses the weights that are not 0 anew: the largest latents of each row, or
   as many of a matrix as the budget of ANDs buys at the price that `measure_price` (loop) found.
3. `Streams.excerpt` (streams) gives the next bytes of every stream, as ranks in the alphabet, and those that follow.
4. `Model.forward` (model): embedded bits, then layer by layer, then the head. A weight is a float `latent`;
   `IntegerWeights.forward` makes it an integer; `weigh` adds up integers times bits of -1 and +1; a row's scale and
   bias make that an `activation`, whose sign is the bit that the row puts out, or that a latch keeps.
5. The loss is the cross entropy of the bytes that came. Signs, latches and rounding have no gradients; `functions`
   says what stands for them.
6. `descend` (descent) clips the gradients and lets AdamW move the latents; near the end of the run, and of each part
   between two restarts, their mean is kept as well.

Around it: `running`, the loop of every training by gradient, and `checkpoint`, a run on disk; `export_cell` (export),
where the sign of a float sum becomes an integer threshold and the network a `Cell` that decides alike; `compare`,
whether it does; `retrain` (retraining), a few steps more for a cell that exists. A cell of trees is trained in
`bridge.boosting`, without torch; a folded network, and a GRU to compare with, by `recurrent`.
"""

from bridge.errors import MissingExtra

try:
    import torch as torch
except ImportError as error:
    raise MissingExtra("training needs torch: pip install 'aigbridge[train]'") from error

from bridge.cell.record import Levels, TrainingProgress
from bridge.training.compare import largest_difference, load_model
from bridge.training.export import export_cell
from bridge.training.loop import TrainedNetwork, train
from bridge.training.model import Model
from bridge.training.options import (
    METHODS,
    NEVER,
    LayerOptions,
    Method,
    Ramp,
    TrainingOptions,
    named_method,
    sized,
)
from bridge.training.retraining import retrain

__all__ = [
    "METHODS",
    "NEVER",
    "LayerOptions",
    "Levels",
    "Method",
    "Model",
    "Ramp",
    "TrainedNetwork",
    "TrainingOptions",
    "TrainingProgress",
    "export_cell",
    "largest_difference",
    "load_model",
    "named_method",
    "retrain",
    "sized",
    "train",
]
