"""How fast a netlist runs, beside other people's simulators and the most that the processor can do."""
