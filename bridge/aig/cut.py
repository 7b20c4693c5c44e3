"""Cut a netlist at its points.

The *cut form* is combinational: its inputs are the inputs, the latches, and one more for every point where it is cut;
its outputs are the outputs, next states, properties, and one more for every point. Who read a point reads the new
input instead, so every piece between points can be optimized and proven alone. `join` undoes that.

If two netlists agree on their cut forms, they agree: going along the first netlist, each point has the same value in
both, since its function agrees on the values of the points before it. The converse does not hold: pieces may differ
where the rest of the netlist never goes.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

import numpy as np

from bridge.aig.builder import AigBuilder
from bridge.aig.graph import Aig, Output, default_names
from bridge.aig.literals import inverted, larger_first, through, variable_of
from bridge.aig.strash import cut_nodes
from bridge.arrays import Ints


class Places(NamedTuple):
    """Where to cut. `literals`: of the points; `stand_ins`: what replaces each in the cut form, itself if it is a leaf,
    else one of `new` inputs, which are numbered after the leaves, in order of first appearance."""

    literals: Ints
    stand_ins: Ints
    new: int


def cut(aig: Aig) -> Aig:
    """The cut form of `aig` at all its points, with plain names (`i0`, ..., `o0`, ...).

    Points on constants, inputs or latches are not cut, and several points on one node are cut once.
    """
    places = places_of(aig)
    return _renumbered(aig, places, _first_of_each(aig, places.stand_ins))


def cut_names(aig: Aig) -> list[str]:
    """What each output of `cut(aig)` is in `aig`: the name of an output, latch or point; properties have none."""
    names = [*(output.name for output in aig.outputs), *(latch.name for latch in aig.latches)]
    properties = [""] * len(aig.properties.literals())
    owners = _first_of_each(aig, places_of(aig).stand_ins)
    return [*names, *properties, *(aig.points[index].name for index in owners)]


def core(aig: Aig) -> Aig:
    """The combinational core with plain names: latches become inputs, next states and properties outputs."""
    nothing = np.empty(0, np.int64)
    return _renumbered(aig, Places(nothing, nothing, 0), nothing)


def cut_pair(a: Aig, b: Aig, whole: Set[str] = frozenset()) -> tuple[Aig, Aig]:
    """The cut forms of two netlists with the same interface, in the same order, at the points they have in common, but
    for those named in `whole`.

    One of them decides which points share an input of the cut form: where its points coincide with each other, with a
    constant or with an input, the points of the other are given the same stand-ins; that the functions agree is part of
    what remains to be proven. (Taking some from either side could reason in a circle.)
    """
    names, common = common_places(a, b, whole)
    first, second = (_cut_form(aig, common._replace(literals=_literals(aig, names))) for aig in (a, b))
    return first, second


def common_places(a: Aig, b: Aig, whole: Set[str]) -> tuple[list[str], Places]:
    """The points to cut both at, and as the places of the netlist that decides."""
    mine = {point.name for point in a.points}
    names = [point.name for point in b.points if point.name in mine and point.name not in whole]
    return names, min((places_of(aig, names) for aig in (a, b)), key=lambda found: found.new)


def places_of(aig: Aig, names: Sequence[str] | None = None) -> Places:
    """Of the points with these names, or of all."""
    literals = _literals(aig, [point.name for point in aig.points] if names is None else names)
    new: dict[int, int] = {}
    stand_ins = []
    first, variables, flips = aig.first_and, variable_of(literals).tolist(), inverted(literals).tolist()
    for literal, variable, flip in zip(literals.tolist(), variables, flips, strict=True):
        # The new input carries the point's value, so the polarity of the first point on the variable decides.
        inner = variable >= first
        stand_ins.append(flip ^ new.setdefault(variable, flip ^ 2 * (first + len(new))) if inner else literal)
    return Places(literals, np.array(stand_ins, np.int64), len(new))


def _literals(aig: Aig, names: Sequence[str]) -> Ints:
    known = {point.name: point.literal for point in aig.points}
    return np.array([known[name] for name in names], np.int64)


def _first_of_each(aig: Aig, stand_ins: Ints) -> Ints:
    """The indices of the points that own a cut input, in the order of those inputs."""
    variables = variable_of(stand_ins)
    _, first = np.unique(variables, return_index=True)
    owners: Ints = first[variables[first] >= aig.first_and]
    return owners


def _put(image: Ints, aig: Aig, places: Places) -> None:
    """The stand-ins of nodes into an image, int64[variables]; the first point on a variable wins."""
    inner = np.flatnonzero(variable_of(places.literals) >= aig.first_and)[::-1]
    cut_at = places.literals[inner]
    image[variable_of(cut_at)] = places.stand_ins[inner] ^ inverted(cut_at)


def _renumbered(aig: Aig, places: Places, shown: Ints) -> Aig:
    """The same as `_cut_form`, with the functions of those points alone whose indices are `shown`, where different
    nodes get different stand-ins: then no node folds or meets another, so that new numbers are enough."""
    own = 2 * np.arange(aig.variables)
    own[aig.first_and :] += 2 * places.new
    readers = own.copy()
    _put(readers, aig, places)
    outputs = [*through(readers, aig.roots()).tolist(), *through(own, places.literals[shown]).tolist()]
    return Aig(
        inputs=default_names("i", aig.first_and - 1 + places.new),
        latches=(),
        ands=larger_first(through(readers, aig.ands)),
        outputs=tuple(map(Output, default_names("o", len(outputs)), outputs)),
        name=aig.name,
    )


def _cut_form(aig: Aig, places: Places) -> Aig:
    """Cut where the places are nodes; the outputs end with the functions of all of them."""
    builder = AigBuilder(aig.name, aig.variables + places.new)
    leaves = builder.inputs(default_names("i", aig.first_and - 1 + places.new))
    own = np.array([0, *leaves[: aig.first_and - 1], *([0] * len(aig.ands))], np.int64)
    replaced = np.full(aig.variables, -1, np.int64)
    _put(replaced, aig, places)
    cut_nodes(builder.graph, aig.ands, own, replaced)
    readers = np.where(replaced >= 0, replaced, own)
    results = [*through(readers, aig.roots()).tolist(), *through(own, places.literals).tolist()]
    builder.outputs(default_names("o", len(results)), results)
    return builder.build()
