"""A large netlist made of copies of a small one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, Output


def side_by_side(aig: Aig, copies: int) -> Aig:
    """Copies that share the inputs; `.1`, `.2`, ... is added to the names of their latches and outputs."""
    first_latch, first_and = aig.first_latch, aig.first_and

    def moved(literals: npt.ArrayLike, copy: int) -> npt.NDArray[np.int64]:
        literals = np.asarray(literals, np.int64)
        variable = literals >> 1
        latch = variable + copy * len(aig.latches)
        node = variable + (copies - 1) * len(aig.latches) + copy * len(aig.ands)
        kept = np.where(variable < first_latch, variable, np.where(variable < first_and, latch, node))
        return kept << 1 | literals & 1

    every = range(copies)
    ands = np.concatenate([moved(aig.ands, copy) for copy in every]).astype(np.uint32)
    latches = tuple(
        replace(latch, name=f"{latch.name}.{copy}", next=int(moved(latch.next, copy)))
        for copy in every
        for latch in aig.latches
    )
    outputs = tuple(
        Output(f"{output.name}.{copy}", int(moved(output.literal, copy))) for copy in every for output in aig.outputs
    )
    return Aig(aig.inputs, latches, ands, outputs, name=aig.name)
