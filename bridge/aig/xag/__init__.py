"""XOR-AND graphs: what a netlist costs where XORs and complements are free."""

from bridge.aig.xag.network import Xag, xag
from bridge.aig.xag.pieces import with_few_ands

__all__ = ["Xag", "with_few_ands", "xag"]
