"""Training of tree cells: gate-priced boosting over symbols and states, minutes on one core, without torch."""

from bridge.boosting.options import BoostingOptions
from bridge.boosting.train import Trained, train
from bridge.cell.record import TrainingProgress

__all__ = ["BoostingOptions", "Trained", "TrainingProgress", "train"]
