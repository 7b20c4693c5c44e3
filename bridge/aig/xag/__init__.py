"""XOR-AND graphs: what a netlist costs where XORs and complements are free."""

from bridge.aig.xag.network import Xag, xag

__all__ = ["Xag", "xag"]
