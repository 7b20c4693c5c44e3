"""Quantization-aware training of a cell: `train` a `Cell` under `TrainingOptions`. The only importer of torch."""

from bridge.errors import InputError

try:
    import torch as torch
except ImportError as error:
    raise InputError("training needs torch: pip install 'aigbridge[train]'") from error

from bridge.training.loop import Progress, Trained, train
from bridge.training.options import LayerOptions, TrainingOptions

__all__ = ["LayerOptions", "Progress", "Trained", "TrainingOptions", "train"]
