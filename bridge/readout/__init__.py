"""From the numbers of a head to probabilities: `Readout`, code trees of heads that answer bit by bit, fixed points;
or to classes and estimates: `Labelled`."""

from bridge.readout.labelled import Labelled
from bridge.readout.model import Readout

__all__ = ["Labelled", "Readout"]
