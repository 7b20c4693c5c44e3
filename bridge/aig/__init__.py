"""The netlist: `Aig`, frozen, `AigBuilder`, which makes one, and `names`, the grammar of its signals."""

from bridge.aig.builder import AigBuilder, Built
from bridge.aig.graph import FALSE, TRUE, Aig, Latch, Output, Properties, Reset, default_names

__all__ = ["FALSE", "TRUE", "Aig", "AigBuilder", "Built", "Latch", "Output", "Properties", "Reset", "default_names"]
