"""From the numbers of a head to probabilities: `Readout`, code trees of heads that answer bit by bit, fixed points."""

from bridge.readout.model import Readout

__all__ = ["Readout"]
