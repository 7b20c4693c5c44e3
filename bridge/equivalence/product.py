"""The product machine: two as one, under a claim about their latches, `latch of the first = image in the second`.

If the claim holds at reset, and whenever it holds, the outputs agree and it holds one step later, then the machines are
equivalent. That step is a question about combinational netlists. A latch of the first with no image keeps a state of
its own, so that without any claims this is the plain product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.aig import Aig, AigBuilder, Reset, default_names
from bridge.aig.cone import all_outputs
from bridge.aig.latchmap import Image
from bridge.aig.literals import through


@dataclass(frozen=True)
class Product:
    """`left`, `right`: combinational netlists over the inputs and the states, with the outputs of each machine and the
    next values that the claim compares; they keep their points. `machine`: both together, its outputs those of `left`
    and then of `right`; as long as these agree, its runs are runs of both machines. `labels`: what each pair is.
    """

    left: Aig
    right: Aig
    machine: Aig
    labels: tuple[str, ...]


def product(a: Aig, b: Aig, images: Mapping[str, Image], *, points: bool = False) -> Product:
    """`images`: of every latch of `a`, among the latches of `b`; None for one with a state of its own. `points`: also
    compare those that have the same name.

    Inputs, outputs and properties have the same order, every reset is known, and none contradicts the claim.
    """
    _check_resets(a, b, images)
    free = [latch for latch in a.latches if images[latch.name] is None]
    first_state = 2 * a.first_latch
    own = {latch.name: first_state + 2 * (len(b.latches) + i) for i, latch in enumerate(free)}
    theirs = {latch.name: first_state + 2 * i for i, latch in enumerate(b.latches)}
    following = {latch.name: latch.next for latch in b.latches}

    def leaf(name: str, images_of: Mapping[str, int]) -> int:
        image = images[name]
        if isinstance(image, tuple):
            return images_of[image[0]] ^ image[1]
        return own[name] if image is None else image

    claimed = [latch for latch in a.latches if images[latch.name] is not None]
    leaves = [leaf(latch.name, theirs) for latch in a.latches]
    named = {point.name: point.literal for point in b.points}
    common = [point for point in a.points if points and point.name in named]
    pairs = [*all_outputs(a).tolist(), *(p.literal for p in common), *(latch.next for latch in claimed)]
    left = _combinational(a, leaves, [*pairs, *(latch.next for latch in free)], len(b.latches) + len(free))
    others = [
        *all_outputs(b).tolist(),
        *(named[p.name] for p in common),
        *(leaf(latch.name, following) for latch in claimed),
    ]
    right = _combinational(b, [*theirs.values()], [*others, *following.values()], len(b.latches) + len(free))
    count = len(pairs)
    labels = [f"output {output.name!r}" for output in a.outputs]
    labels += ["an AIGER property"] * len(a.properties.literals())
    labels += [f"point {point.name!r}" for point in common]
    labels += [f"latch {latch.name!r}" for latch in claimed]
    machine = _together(left, right, count, [latch.reset for latch in (*b.latches, *free)])
    left, right = (replace(half, outputs=half.outputs[:count]) for half in (left, right))
    return Product(left, right, machine, tuple(labels))


def _combinational(aig: Aig, latches: list[int], roots: list[int], states: int) -> Aig:
    """With so many states as inputs after its own, and `roots` as outputs. `latches`: the literals, among inputs and
    states, that stand for its own."""
    builder = AigBuilder(aig.name, aig.variables + states)
    inputs = builder.inputs(default_names("i", len(aig.inputs) + states))[: len(aig.inputs)]
    image = builder.copy(aig, [*inputs, *latches])
    builder.outputs(default_names("o", len(roots)), (through(image, root) for root in roots))
    for point in aig.points:
        builder.point(point.name, through(image, point.literal))
    return builder.build()


def _together(left: Aig, right: Aig, count: int, resets: Sequence[Reset]) -> Aig:
    """Both halves on common states. What follows `count` outputs are next values, first those of the right half."""
    builder = AigBuilder("product", left.variables + right.variables)
    inputs = builder.inputs(left.inputs[: len(left.inputs) - len(resets)])
    states = [builder.latch(f"s{index}", reset) for index, reset in enumerate(resets)]
    literals = [builder.instance(half, [*inputs, *states]) for half in (left, right)]
    for side, some in zip("lr", literals, strict=True):
        builder.outputs(default_names(side, count), some[:count])
    for state, literal in zip(states, literals[1][count:] + literals[0][count:], strict=True):
        builder.set_next(state, literal)
    return builder.build()


def _check_resets(a: Aig, b: Aig, images: Mapping[str, Image]) -> None:
    resets = {latch.name: latch.reset for latch in b.latches}
    for latch in a.latches:
        image = images[latch.name]
        if isinstance(image, tuple):
            assert latch.reset == (resets[image[0]] or 0) ^ image[1], latch.name
        elif image is not None:
            assert latch.reset == image, latch.name
