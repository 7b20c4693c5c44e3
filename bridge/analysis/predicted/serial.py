"""A serial netlist asked about all nodes of its code at once: the logic that depends on the node, once for each.

What does not depend on the node keeps its name; of the other signals those that are asked for become `NAME@node.N`, and
the outputs `score[i]` of the node asked about the `score.N[i]` of all. A netlist needs no cell for this (a cell has
`bridge.cell.unroll`): constants fold, and equal nodes meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import Aig, AigBuilder, Output, default_names
from bridge.aig.cut import core
from bridge.aig.literals import through, variable_of
from bridge.aig.names import at_node, bare, element, members, parse, score
from bridge.analysis.reachability import spread
from bridge.arrays import Flags, Ints
from bridge.equivalence.clock import Clock
from bridge.equivalence.sweep import sweep
from bridge.errors import InputError
from bridge.execution.models import byte_places, is_serial, number_bits
from bridge.metadata import read_metadata

MOST = 1 << 25  # ANDs of all copies, before they meet
SECONDS = 30.0


def asked_at_once(aig: Aig, names: Iterable[str] = ()) -> Aig:
    """The parallel form of a serial netlist; any other one as it is. `names`: of signals to ask about or to change;
    those that depend on the node have a copy for each, a node of its own where constants would fold.

    InputError when its inputs or outputs do not fit its code, when a next state depends on the node (or cannot be
    proven not to within SECONDS), and for more than MOST ANDs.
    """
    readout = read_metadata(aig).readout
    if readout is None or readout.code is None or not is_serial(aig, readout):
        return aig
    byte_places(aig, readout.code)
    numbers = number_bits(aig, readout.names(serial=True))[0]
    asking = {1 + place: parse(name).index or 0 for place, name in enumerate(aig.inputs) if parse(name).kind == "node"}
    varies = _reached(aig, list(asking))
    if readout.code.nodes * int(varies.sum()) > MOST:
        raise InputError(f"netlist {aig.name!r} is too large to be asked about {readout.code.nodes} code nodes at once")
    _check_states(aig, list(asking), varies)
    builder = AigBuilder(aig.name, 2 * aig.variables)
    image = _first_copy(builder, aig, list(asking), varies)
    others = tuple(output for output in aig.outputs if output not in numbers)
    wanted = _named(aig, others, names) & varies
    inner = np.flatnonzero(varies)[len(asking) :]
    tail, order = _tail(aig, inner)
    for node in range(readout.code.nodes):
        own = image.copy()
        for variable, bit in asking.items():
            value = node >> bit & 1
            own[variable] = builder.buffer(value) if wanted[variable] else value
        own[inner] = builder.copy(tail, own[order[1:]], wanted[inner])[tail.first_and :]
        for place, output in enumerate(numbers):
            builder.output(element(score(node), place), builder.buffer(through(own, output.literal)))
        for output in _some(others, wanted):
            builder.output(at_node(output.name, node), through(own, output.literal))
        for point in _some(aig.points, wanted):
            builder.point(at_node(point.name, node), through(own, point.literal))
    outputs, points = (tuple(_some(group, ~varies)) for group in (others, aig.points))
    return builder.build_like(replace(aig, outputs=outputs, points=points), image, every_point=True)


def _first_copy(builder: AigBuilder, aig: Aig, asking: list[int], varies: Flags) -> Ints:
    """Of everything. What varies is that of node 0: as good as any other for the next states."""
    leaves = np.zeros(aig.first_and, np.int64)
    for variable, name in enumerate(aig.inputs, 1):
        leaves[variable] = 0 if variable in asking else builder.input(name)
    leaves[aig.first_latch :] = [builder.latch(latch.name, latch.reset) for latch in aig.latches]
    places = aig.ands[:, 0] == aig.ands[:, 1]  # see `bridge.lowering.lower`, `apart`
    return builder.copy(aig, leaves[1:], places & ~varies[aig.first_and :])


def _named(aig: Aig, outputs: Sequence[Output], names: Iterable[str]) -> Flags:
    """bool[variables]: those of signals with these names, whatever code node they are for."""
    known = {output.name: output.variable for output in (*aig.points, *outputs)}
    flags = np.zeros(aig.variables, np.bool_)
    flags[[known[found] for name in names for found in members(bare(name), known)]] = True
    return flags


def _reached(aig: Aig, variables: Sequence[int]) -> Flags:
    """bool[variables]: these, and whatever has a path from them."""
    masks = np.zeros((aig.variables, 1), np.uint64)
    masks[variables] = 1
    spread(aig.ands, aig.first_and, masks)
    reached: Flags = masks[:, 0] > 0
    return reached


def _tail(aig: Aig, inner: Ints) -> tuple[Aig, Ints]:
    """The nodes `inner` as a netlist over all other variables; which variables its constant and inputs are."""
    order = np.setdiff1d(np.arange(aig.variables), inner, assume_unique=True)
    number = np.empty(aig.variables, np.int64)
    number[np.concatenate([order, inner])] = np.arange(aig.variables)
    fanins = aig.ands[inner - aig.first_and].astype(np.int64)
    return Aig(default_names("i", len(order) - 1), (), through(2 * number, fanins), ()), order


def _some(outputs: Sequence[Output], chosen: Flags) -> Iterator[Output]:
    return (output for output in outputs if chosen[output.variable])


def _check_states(aig: Aig, asking: list[int], varies: Flags) -> None:
    """A next state may read the node, after an optimization, but must not depend on it."""
    form = core(aig)
    roots = form.outputs[len(aig.outputs) :]
    some = replace(form, outputs=tuple(_some(roots, varies)))
    if not some.outputs:
        return
    builder = AigBuilder()
    leaves = np.array([0, *builder.inputs(form.inputs)], np.int64)
    leaves[asking] = 0
    builder.outputs((output.name for output in some.outputs), builder.instance(some, leaves[1:]))
    found = sweep(some, builder.build(), Clock(SECONDS)).answer
    if found != "equivalent":
        name = next(latch.name for latch in aig.latches if varies[variable_of(latch.next)])
        how = "depends" if found == "different" else "may depend"
        raise InputError(f"netlist {aig.name!r}: the next state of {name!r}, say, {how} on the code node asked about")
