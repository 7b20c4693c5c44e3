"""Training of a cell: `train` a `Cell` under `TrainingOptions`, by one of `METHODS`. The only importer of torch."""

from bridge.errors import MissingExtra

try:
    import torch as torch
except ImportError as error:
    raise MissingExtra("training needs torch: pip install 'aigbridge[train]'") from error

from bridge.cell.record import Levels
from bridge.training.compare import largest_difference, load_model
from bridge.training.export import export_cell
from bridge.training.loop import Progress, Trained, train
from bridge.training.model import Model
from bridge.training.options import LayerOptions, TrainingOptions, named_method
from bridge.training.retraining import retrain
from bridge.training.schedule import METHODS, NEVER, Method, Ramp
from bridge.training.sizes import sized

__all__ = [
    "METHODS",
    "NEVER",
    "LayerOptions",
    "Levels",
    "Method",
    "Model",
    "Progress",
    "Ramp",
    "Trained",
    "TrainingOptions",
    "export_cell",
    "largest_difference",
    "load_model",
    "named_method",
    "retrain",
    "sized",
    "train",
]
