"""Two machines as one, under a claim about their latches: `latch of the first = image in the second`.

If the claim holds at reset, and whenever it holds, the outputs agree and it holds one step later, then the machines are
equivalent. That step is a question about combinational netlists. A latch of the first with no image keeps a state of
its own, so that without any claims this is the plain product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder, Output, default_names
from bridge.equivalence.machine import all_outputs
from bridge.latchmap import Image


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


def product(a: Aig, b: Aig, images: Mapping[str, Image]) -> Product:
    """`images`: of every latch of `a`, among the latches of `b`; None for one with a state of its own.

    Inputs, outputs and properties have the same order, every reset is known, and none contradicts the claim.
    """
    _check_resets(a, b, images)
    free = [latch for latch in a.latches if images[latch.name] is None]
    builder = AigBuilder(a.name, a.variables + b.variables)
    inputs = [builder.input(name) for name in default_names("i", len(a.inputs))]
    theirs = {latch.name: builder.latch(f"b{i}", latch.reset) for i, latch in enumerate(b.latches)}
    ours = {latch.name: builder.latch(f"a{i}", latch.reset) for i, latch in enumerate(free)}

    def leaf(name: str) -> int:
        image = images[name]
        if isinstance(image, tuple):
            return theirs[image[0]] ^ image[1]
        return ours[name] if image is None else image

    first = builder.copy(a, np.array([0, *inputs, *(leaf(latch.name) for latch in a.latches)], np.int64))
    second = builder.copy(b, np.array([0, *inputs, *theirs.values()], np.int64))
    lefts, rights = _read(first, all_outputs(a)), _read(second, all_outputs(b))
    labels = [f"output {output.name!r}" for output in a.outputs]
    labels += ["an AIGER property"] * (len(lefts) - len(labels))
    nexts = dict(zip(theirs, _read(second, b.next_literals()), strict=True))
    for latch, literal in zip(a.latches, _read(first, a.next_literals()), strict=True):
        image = images[latch.name]
        if image is None:
            builder.set_next(ours[latch.name], literal)
        else:
            lefts.append(literal)
            rights.append(nexts[image[0]] ^ image[1] if isinstance(image, tuple) else image)
            labels.append(f"latch {latch.name!r}")
    for name, literal in nexts.items():
        builder.set_next(theirs[name], literal)
    for side, literals in (("l", lefts), ("r", rights)):
        for index, literal in enumerate(literals):
            builder.output(f"{side}{index}", literal)
    machine = builder.build()
    sides = (a, first, machine.outputs[: len(lefts)]), (b, second, machine.outputs[len(lefts) :])
    left, right = (_side(machine, builder, *side) for side in sides)
    return Product(left, right, machine, tuple(labels))


def _side(machine: Aig, builder: AigBuilder, aig: Aig, image: npt.NDArray[np.int64], roots: tuple[Output, ...]) -> Aig:
    """One half, as a combinational netlist."""
    leaves = (*machine.inputs, *(latch.name for latch in machine.latches))
    literals = np.array([point.literal for point in aig.points], np.int64)
    moved = builder.built(image[literals >> 1] ^ (literals & 1)).tolist()
    points = tuple(Output(p.name, new) for p, new in zip(aig.points, moved, strict=True) if new >= 0)
    outputs = tuple(map(Output, default_names("o", len(roots)), (root.literal for root in roots)))
    return replace(machine, inputs=leaves, latches=(), outputs=outputs, points=points)


def _read(image: npt.NDArray[np.int64], literals: npt.NDArray[np.int64]) -> list[int]:
    found: list[int] = (image[literals >> 1] ^ (literals & 1)).tolist()
    return found


def _check_resets(a: Aig, b: Aig, images: Mapping[str, Image]) -> None:
    resets = {latch.name: latch.reset for latch in b.latches}
    for latch in a.latches:
        image = images[latch.name]
        if isinstance(image, tuple):
            assert latch.reset == (resets[image[0]] or 0) ^ image[1], latch.name
        elif image is not None:
            assert latch.reset == image, latch.name
