"""Join a cut form, rewritten or not, to what it is the form of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.aig.builder import AigBuilder
from bridge.aig.cut import Places, cut, places_of
from bridge.aig.graph import Aig, Latch, Output, default_names
from bridge.aig.interface import check_shape
from bridge.aig.literals import larger_first, through, variable_of
from bridge.arrays import Ands, Ints
from bridge.compiled import compiled

_ON_PATH, _ORDERED = 1, 2


def join(aig: Aig, form: Aig, *, hashed: bool = False) -> Aig:
    """Undo `cut(aig)` on a rewritten cut form: names, resets, comment and points are those of `aig`.

    Pieces that were rewritten alone may come to read each other in a circle. Then the earliest point of the circle is
    computed as in `aig` again, where it reads none of the later ones, until there is no circle.

    `hashed`: no two nodes of the form read the same, and none folds; then it is often enough to give them new numbers.
    Raises InputError when the shape does not fit.
    """
    places = places_of(aig)
    leaves, stand_ins, count = aig.first_and, places.stand_ins, places.new
    check_shape(form, leaves - 1 + count, len(aig.roots()) + count)
    fanins, roots, order, circle = _ordered(form, leaves, count)
    if len(circle):
        form, hashed = _without_circles(aig, form, places), False
        fanins, roots, order, _ = _ordered(form, leaves, count)
    functions = fanins[:count, 0]
    image = np.full(form.variables, -1, np.int64)
    image[:leaves] = 2 * np.arange(leaves)
    apart = hashed and _apart(form, functions)
    if apart:
        order = order[order >= form.first_and]
    image[order] = 2 * np.arange(leaves, leaves + len(order))
    if apart:
        image[leaves : form.first_and] = _moved(image, functions)
    ands = larger_first(through(image, fanins[order - leaves])).astype(np.uint32)
    joined = _named(aig, ands, through(image, roots), _moved(image, stand_ins))
    return joined if apart else _strashed(joined)


def _ordered(form: Aig, leaves: int, count: int) -> tuple[Ints, Ints, Ints, Ints]:
    """(fanins, roots, order, circle) of a form with so many cut inputs; the first two as `_order_joined` takes them."""
    results = form.output_literals()
    roots, functions = np.split(results, [len(results) - count])
    # A cut input is a node that reads its function twice.
    fanins = np.concatenate([np.stack([functions, functions], axis=1), form.ands])
    return fanins, roots, *_order_joined(fanins, leaves, roots)


def _without_circles(aig: Aig, form: Aig, places: Places) -> Aig:
    """The form, with as many functions of points as it takes put back to those of `aig`."""
    leaves, count = aig.first_and, places.new
    both = AigBuilder(form.name, form.variables + aig.variables)
    inputs = both.inputs(form.inputs)
    results = [literal for one in (form, cut(aig)) for literal in both.instance(one, inputs)]
    both.outputs(default_names("o", len(results)), results)
    made = both.build()
    new, old = np.split(made.output_literals(), 2)
    at = np.zeros(count, np.int64)  # where in `aig` each cut input stands: whom it reads stands before it
    inner = variable_of(places.stand_ins) >= leaves
    at[variable_of(places.stand_ins[inner]) - leaves] = variable_of(places.literals[inner])
    while True:
        literals = zip(form.outputs, new.tolist(), strict=True)
        circular = replace(made, outputs=tuple(Output(output.name, literal) for output, literal in literals))
        circle = _ordered(circular, leaves, count)[-1] - leaves
        if not len(circle):
            return circular
        points = circle[circle < count]
        earliest = len(new) - count + int(points[np.argmin(at[points])])
        new[earliest] = old[earliest]


def _apart(form: Aig, functions: Ints) -> bool:
    """Whether a hashed cut form stays one when its cut inputs are replaced by these literals: every function is a node
    of its own that nothing else reads, so no two nodes come to read the same, and none folds."""
    variables = variable_of(functions)
    if len(np.unique(variables)) < len(variables) or (variables < form.first_and).any():
        return False
    read = np.zeros(form.variables, np.bool_)
    read[variable_of(form.ands)] = True
    return not read[variables].any()


def _moved(image: Ints, literals: Ints) -> Ints:
    """-1 for those of dropped nodes."""
    return np.where(image[variable_of(literals)] < 0, -1, through(image, literals))


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


@compiled
def _order_joined(fanins: Ints, leaves: int, roots: Ints) -> tuple[Ints, Ints]:
    """The nodes that the roots read, fanins first. fanins: int64[n, 2], literals; node k is variable `leaves + k`.

    Returns (int64[reached] variables, nothing), or (some of them, the variables of a circle).
    """
    order = np.empty(len(fanins), np.int64)
    stack = np.empty(len(fanins), np.int64)
    state = np.zeros(len(fanins), np.uint8)
    done = 0
    for root in roots:
        if root >> 1 < leaves or state[(root >> 1) - leaves] == _ORDERED:
            continue
        stack[0] = (root >> 1) - leaves
        state[stack[0]] = _ON_PATH
        top = 0
        while top >= 0:
            node = stack[top]
            below = (fanins[node, 0] >> 1) - leaves
            if below < 0 or state[below] == _ORDERED:
                below = (fanins[node, 1] >> 1) - leaves
            if below < 0 or state[below] == _ORDERED:
                state[node] = _ORDERED
                order[done] = leaves + node
                done += 1
                top -= 1
                continue
            if state[below] == _ON_PATH:
                start = top
                while stack[start] != below:
                    start -= 1
                return order[:done], leaves + stack[start : top + 1]
            top += 1
            stack[top] = below
            state[below] = _ON_PATH
    return order[:done], stack[:0]
