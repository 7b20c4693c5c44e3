"""Cut a netlist at its points, and join it again.

The *cut form* is combinational: its inputs are the inputs, the latches, and one more for every point where it is cut;
its outputs are the outputs, next states, properties, and one more for every point. Who read a point reads the new
input instead, so every piece between points can be optimized and proven alone. Joining undoes that.

If two netlists agree on their cut forms, they agree: going along the first netlist, each point has the same value in
both, since its function agrees on the values of the points before it. The converse does not hold: pieces may differ
where the rest of the netlist never goes.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig.builder import AigBuilder
from bridge.aig.graph import Aig, Latch, Output, default_names
from bridge.aig.literals import through
from bridge.arrays import Ands, Ints
from bridge.equivalence import kernels
from bridge.errors import InputError
from bridge.execution import simulate


def cut(aig: Aig) -> Aig:
    """The cut form of `aig` at all its points, with plain names (`i0`, ..., `o0`, ...).

    Points on constants, inputs or latches are not cut, and several points on one node are cut once.
    """
    literals = _literals(aig, [point.name for point in aig.points])
    stand_ins, count = _stand_ins(aig, literals)
    return _renumbered(aig, literals, stand_ins, count, _first_of_each(aig, stand_ins))


def cut_names(aig: Aig) -> list[str]:
    """What each output of `cut(aig)` is in `aig`: the name of an output, latch or point; properties have none."""
    stand_ins, _ = _stand_ins(aig, _literals(aig, [point.name for point in aig.points]))
    names = [*(output.name for output in aig.outputs), *(latch.name for latch in aig.latches)]
    properties = [""] * len(aig.properties.literals())
    return [*names, *properties, *(aig.points[index].name for index in _first_of_each(aig, stand_ins))]


def join(aig: Aig, form: Aig, *, hashed: bool = False) -> Aig:
    """Undo `cut(aig)` on a rewritten cut form: names, resets, comment and points are those of `aig`.

    `hashed`: no two nodes of the form read the same, and none folds; then it is often enough to give them new numbers.
    Raises InputError when the shape does not fit, or when points have come to depend on each other in a circle.
    """
    stand_ins, count = _stand_ins(aig, _literals(aig, [point.name for point in aig.points]))
    leaves = aig.first_and
    check_shape(form, leaves - 1 + count, len(aig.roots()) + count)
    results = form.output_literals()
    roots, functions = np.split(results, [len(results) - count])
    # A cut input is a node that reads its function twice.
    fanins = np.concatenate([np.stack([functions, functions], axis=1), form.ands])
    order, circle = kernels.order_joined(fanins, leaves, roots)
    if circle >= 0:
        raise InputError("the cut form cannot be joined: its points depend on each other in a circle")
    image = np.full(form.variables, -1, np.int64)
    image[:leaves] = 2 * np.arange(leaves)
    apart = hashed and _apart(form, functions)
    if apart:
        order = order[order >= form.first_and]
    image[order] = 2 * np.arange(leaves, leaves + len(order))
    if apart:
        inner = slice(leaves, form.first_and)
        image[inner] = np.where(image[functions >> 1] < 0, -1, through(image, functions))
    ends = fanins[order - leaves]
    ands = through(image, ends)
    ands = np.stack([np.maximum(*ands.T), np.minimum(*ands.T)], axis=1).astype(np.uint32)
    joined = _named(aig, ands, through(image, roots), _moved(image, stand_ins))
    return joined if apart else _strashed(joined)


def _apart(form: Aig, functions: Ints) -> bool:
    """Whether a hashed cut form stays one when its cut inputs are replaced by these literals: every function is a node
    of its own that nothing else reads, so no two nodes come to read the same, and none folds."""
    variables = functions >> 1
    if len(np.unique(variables)) < len(variables) or (variables < form.first_and).any():
        return False
    read = np.zeros(form.variables, np.bool_)
    read[form.ands >> 1] = True
    return not read[variables].any()


def _moved(image: Ints, literals: Ints) -> Ints:
    """-1 for those of dropped nodes."""
    found = image[literals >> 1]
    return np.where(found < 0, -1, found ^ (literals & 1))


def _named(aig: Aig, ands: Ands, roots: Ints, points: Ints) -> Aig:
    """Other logic with the names, resets and properties of `aig`. roots: as `aig.roots()`; points: -1 for dropped."""
    literals = iter(roots.tolist())
    moved = dict(zip(aig.roots().tolist(), roots.tolist(), strict=True))
    return replace(
        aig,
        ands=ands,
        outputs=tuple(Output(output.name, next(literals)) for output in aig.outputs),
        latches=tuple(Latch(latch.name, next(literals), latch.reset) for latch in aig.latches),
        points=tuple(Output(p.name, new) for p, new in zip(aig.points, points.tolist(), strict=True) if new >= 0),
        properties=aig.properties.mapped(moved.__getitem__),
    )


def _strashed(aig: Aig) -> Aig:
    """The same netlist with equal nodes merged and constants folded."""
    builder, leaves = AigBuilder.like(aig)
    return builder.build_like(aig, builder.copy(aig, leaves))


def cut_pair(a: Aig, b: Aig, whole: Set[str] = frozenset()) -> tuple[Aig, Aig]:
    """The cut forms of two netlists with the same interface, in the same order, at the points they have in common, but
    for those named in `whole`.

    One of them decides which points share an input of the cut form: where its points coincide with each other, with a
    constant or with an input, the points of the other are given the same stand-ins; that the functions agree is part of
    what remains to be proven. (Taking some from either side could reason in a circle.)
    """
    names, stand_ins, count = _common(a, b, whole)
    every = np.arange(len(names))
    first, second = (_cut_form(aig, _literals(aig, names), stand_ins, count, every) for aig in (a, b))
    return first, second


def cut_too_many(a: Aig, b: Aig, whole: Set[str], vector: npt.NDArray[np.uint8]) -> set[str]:
    """Points that may be why `cut_pair(a, b, whole)` differ under an input vector though the netlists need not.

    Of those that the differing pieces read, the ones that only one netlist reads there, or if there are none, all.
    A tool that optimizes a cut form may find that two pieces share a node, and make of it what one of them is: joined,
    one piece reads the other's point, which it did not before. Nothing if no piece differs or none reads a point.
    """
    names, stand_ins, _ = _common(a, b, whole)
    pair = cut_pair(a, b, whole)
    ours, theirs = (simulate(form, vector.astype(np.uint64)[:, None])[:, 0] for form in pair)
    differ = np.flatnonzero((ours ^ theirs) & np.uint64(1)).tolist()
    mine, others = (set(cone(form, differ).inputs) for form in pair)
    owners: dict[str, set[str]] = {}
    for name, literal in zip(names, stand_ins.tolist(), strict=True):
        if literal >> 1 >= a.first_and:
            owners.setdefault(f"i{(literal >> 1) - 1}", set()).add(name)
    read = (mine ^ others) & owners.keys() or mine & owners.keys()
    return {name for stand_in in read for name in owners[stand_in]}


def _common(a: Aig, b: Aig, whole: Set[str]) -> tuple[list[str], Ints, int]:
    """The points to cut both at, and as `_stand_ins` of the netlist that decides."""
    mine = {point.name for point in a.points}
    names = [point.name for point in b.points if point.name in mine and point.name not in whole]
    stand_ins, count = min((_stand_ins(aig, _literals(aig, names)) for aig in (a, b)), key=lambda found: found[1])
    return names, stand_ins, count


def _literals(aig: Aig, names: Sequence[str]) -> Ints:
    known = {point.name: point.literal for point in aig.points}
    return np.array([known[name] for name in names], np.int64)


def core(aig: Aig) -> Aig:
    """The combinational core with plain names: latches become inputs, next states and properties outputs."""
    nothing = np.empty(0, np.int64)
    return _renumbered(aig, nothing, nothing, 0, nothing)


def cone(form: Aig, outputs: Sequence[int]) -> Aig:
    """A combinational netlist with only the outputs of these indices, and the inputs that they read."""
    small = _rebuilt(form, [form.outputs[index] for index in outputs], np.ones(form.first_and, np.bool_))
    read = np.bincount(np.concatenate([small.ands.ravel(), small.roots()]) >> 1, minlength=small.first_and)
    return _rebuilt(small, small.outputs, read > 0)


def _rebuilt(form: Aig, outputs: Sequence[Output], read: npt.NDArray[np.bool_]) -> Aig:
    """Without the inputs that nothing reads."""
    builder = AigBuilder(form.name, form.variables + 1)
    leaves = [builder.input(name) if read[v] else 0 for v, name in enumerate(form.inputs, 1)]
    builder.outputs(outputs, builder.copy(form, leaves))
    return builder.build()


def _stand_ins(aig: Aig, literals: Ints) -> tuple[Ints, int]:
    """What replaces each literal in the cut form: itself if it is a leaf, else a new input per variable; their number.

    New inputs are numbered after the leaves, in order of first appearance.
    """
    new: dict[int, int] = {}
    result = []
    for literal in literals.tolist():
        variable = literal >> 1
        if variable < aig.first_and:
            result.append(literal)
            continue
        # The new input carries the point's value, so the polarity of the first point on the variable decides.
        plain = new.setdefault(variable, 2 * (aig.first_and + len(new)) ^ (literal & 1))
        result.append(plain ^ (literal & 1))
    return np.array(result, np.int64), len(new)


def _first_of_each(aig: Aig, stand_ins: Ints) -> npt.NDArray[np.int64]:
    """The indices of the points that own a cut input, in the order of those inputs."""
    variables = stand_ins >> 1
    _, first = np.unique(variables, return_index=True)
    owners: npt.NDArray[np.int64] = first[variables[first] >= aig.first_and]
    return owners


def _renumbered(aig: Aig, literals: Ints, stand_ins: Ints, count: int, shown: npt.NDArray[np.int64]) -> Aig:
    """The same as `_cut_form` where different nodes get different stand-ins: then no node folds or meets another, so
    that it is enough to give them new numbers."""
    own = 2 * np.arange(aig.variables, dtype=np.int64)
    own[aig.first_and :] += 2 * count
    readers = own.copy()
    inner = (literals >> 1) >= aig.first_and
    readers[literals[inner] >> 1] = (stand_ins ^ (literals & 1))[inner]
    fanins = through(readers, aig.ands)
    roots = aig.roots()
    results = [through(readers, roots), through(own, literals[shown])]
    outputs = np.concatenate(results).tolist()
    return Aig(
        inputs=default_names("i", aig.first_and - 1 + count),
        latches=(),
        ands=np.stack([np.maximum(*fanins.T), np.minimum(*fanins.T)], axis=1),
        outputs=tuple(map(Output, default_names("o", len(outputs)), outputs)),
        name=aig.name,
    )


def _cut_form(aig: Aig, literals: Ints, stand_ins: Ints, count: int, shown: npt.NDArray[np.int64]) -> Aig:
    """Cut where `literals` are nodes; the outputs end with the functions of those points whose indices are `shown`."""
    builder = AigBuilder(aig.name, aig.variables + count + 1)
    leaves = builder.inputs(default_names("i", aig.first_and - 1 + count))
    own = np.zeros(aig.variables, np.int64)
    own[1 : aig.first_and] = leaves[: aig.first_and - 1]
    replaced = np.full(aig.variables, -1, np.int64)
    inner = (literals >> 1) >= aig.first_and
    # Reversed, so that the first point on a variable wins.
    replaced[(literals >> 1)[inner][::-1]] = (stand_ins ^ (literals & 1))[inner][::-1]
    kernels.cut_nodes(builder.graph, aig.ands, own, replaced)
    roots = aig.roots()
    readers = np.where(replaced >= 0, replaced, own)
    results = [through(readers, roots), through(own, literals[shown])]
    for index, literal in enumerate(np.concatenate(results).tolist()):
        builder.output(f"o{index}", literal)
    return builder.build()


def check_shape(form: Aig, inputs: int, outputs: int) -> None:
    """InputError unless the netlist is combinational, with so many inputs and outputs."""
    if form.latches or len(form.inputs) != inputs or len(form.outputs) != outputs:
        raise InputError(
            f"expected a combinational netlist of {inputs} inputs and {outputs} outputs, but there are "
            f"{len(form.inputs)} inputs, {len(form.latches)} latches and {len(form.outputs)} outputs"
        )
