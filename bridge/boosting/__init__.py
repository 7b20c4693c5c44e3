"""Training of tree cells: gate-priced boosting over symbols and states, minutes on one core, without torch."""

from bridge.boosting.options import BoostingOptions
from bridge.boosting.train import train
from bridge.cell.record import TrainingProgress
from bridge.cell.trained import Trained

__all__ = ["BoostingOptions", "Trained", "TrainingProgress", "train"]
