"""Fanin cones: what some literals read, their support among it, in one step or over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bridge.aig.builder import AigBuilder
from bridge.aig.graph import Aig
from bridge.aig.literals import variable_of
from bridge.aig.strash import NONE, mark_graph
from bridge.arrays import Flags, Ints


def cone(form: Aig, outputs: Sequence[int]) -> Aig:
    """A combinational netlist with only the outputs of these indices, and the inputs that they read."""
    few = replace(form, outputs=tuple(form.outputs[index] for index in outputs))
    small = _rebuilt(few, np.ones(form.first_and, np.bool_))
    read = np.zeros(small.variables, np.bool_)
    read[variable_of(small.ands)] = True
    read[variable_of(small.roots())] = True
    return _rebuilt(small, read)


def _rebuilt(form: Aig, read: Flags) -> Aig:
    """Without the inputs that nothing reads."""
    builder = AigBuilder(form.name, form.variables)
    leaves = [builder.input(name) if read[v] else 0 for v, name in enumerate(form.inputs, 1)]
    builder.outputs((output.name for output in form.outputs), builder.instance(form, leaves))
    return builder.build()


def observable(aig: Aig) -> Flags:
    """bool[variables]: whether an output or a property reads it, now or in a later step (by structure)."""
    return read_by(aig, all_outputs(aig))


def read_by(aig: Aig, literals: Ints) -> Flags:
    """bool[variables]: whether one of the literals reads it, now or in a later step (by structure)."""
    reached = np.zeros(aig.variables, np.bool_)
    wanted = variable_of(literals)
    while len(wanted):
        reached |= cone_of(aig, wanted)
        nexts = variable_of(aig.next_literals()[reached[aig.first_latch : aig.first_and]])
        wanted = nexts[~reached[nexts]]
    return reached


def cone_of(aig: Aig, variables: Ints) -> Flags:
    """bool[variables]: whether one of these variables reads it, in one step."""
    fanins = np.concatenate([np.full((aig.first_and, 2), NONE, np.uint32), aig.ands])
    reached = np.zeros(aig.variables, np.bool_)
    mark_graph(fanins, 2 * variables, reached)
    return reached


def all_outputs(aig: Aig) -> Ints:
    """The literals of the outputs and of the AIGER properties."""
    return np.concatenate([aig.output_literals(), np.array(aig.properties.literals(), np.int64)])
