"""From a netlist to a program: cuts of its nodes, operations fused from them, and an order that keeps rows near."""
