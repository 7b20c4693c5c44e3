"""A large netlist made of copies of a small one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.aig import Aig, Output
from bridge.aig.renumber import renumbered


def side_by_side(aig: Aig, copies: int) -> Aig:
    """Copies that share the inputs; `.1`, `.2`, ... is added to the names of their latches and outputs."""

    def moved(copy: int) -> Aig:
        image = 2 * np.arange(aig.variables)
        image[aig.first_latch : aig.first_and] += 2 * copy * len(aig.latches)
        image[aig.first_and :] += 2 * ((copies - 1) * len(aig.latches) + copy * len(aig.ands))
        return renumbered(aig, image)

    parts = [moved(copy) for copy in range(copies)]
    latches = [replace(latch, name=f"{latch.name}.{copy}") for copy, part in enumerate(parts) for latch in part.latches]
    outputs = [Output(f"{o.name}.{copy}", o.literal) for copy, part in enumerate(parts) for o in part.outputs]
    ands = np.concatenate([part.ands for part in parts])
    return Aig(aig.inputs, tuple(latches), ands, tuple(outputs), name=aig.name)
