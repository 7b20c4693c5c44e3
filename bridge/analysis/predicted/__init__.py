"""What the head predicts, as logic: `outputs` adds it to a netlist; `heads`, `scores` and `serial` make it."""
