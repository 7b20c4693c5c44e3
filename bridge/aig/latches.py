"""The latches of a netlist in the form that searches and proofs want, every known reset 0, or fewer of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bridge.aig.builder import AigBuilder
from bridge.aig.cone import observable
from bridge.aig.graph import TRUE, Aig, Latch, Output, Properties, Reset
from bridge.aig.latchmap import Image
from bridge.aig.renumber import renumbered
from bridge.arrays import Flags

STARTED = "\nstarted"  # a name that no file can hold


def normalized(aig: Aig) -> Aig:
    """The same machine with every latch that resets to 1 complemented, which makes complementary latches equal.

    `flipped` with `reset_to_one(aig)` undoes it.
    """
    return flipped(aig, reset_to_one(aig))


def reset_to_one(aig: Aig) -> Flags:
    return np.array([latch.reset == 1 for latch in aig.latches], np.bool_)


def flipped(aig: Aig, latches: Flags) -> Aig:
    """The same machine with the chosen latches, bool[latches], holding the complement of what they held."""
    if not latches.any():
        return aig
    image = 2 * np.arange(aig.variables)
    image[aig.first_latch : aig.first_and] ^= latches
    moved = renumbered(aig, image)
    complement: dict[Reset, Reset] = {0: 1, 1: 0, None: None}
    turned = (
        Latch(latch.name, latch.next ^ 1, complement[latch.reset]) if flip else latch
        for latch, flip in zip(moved.latches, latches.tolist(), strict=True)
    )
    return replace(moved, latches=tuple(turned))


def opened(aig: Aig) -> tuple[Aig, Flags]:
    """`normalized(aig)` with latches of unknown reset as further inputs, their next values as further outputs after
    outputs and properties; and which latches are left, bool[latches]. What holds for it holds for the machine."""
    form = normalized(aig)
    known = np.array([latch.reset is not None for latch in form.latches], np.bool_)
    order = np.argsort(np.concatenate([np.zeros(form.first_latch), known]), kind="stable")
    image = 2 * np.arange(form.variables)
    image[order] = 2 * np.arange(form.first_and)

    form = renumbered(form, image)
    pairs = list(zip(form.latches, known.tolist(), strict=True))
    hidden = [latch for latch, fixed in pairs if not fixed]
    properties = (Output(f"property.{i}", literal) for i, literal in enumerate(form.properties.literals()))
    form = replace(
        form,
        inputs=(*form.inputs, *(latch.name for latch in hidden)),
        latches=tuple(latch for latch, fixed in pairs if fixed),
        outputs=(*form.outputs, *properties, *(Output(f"next.{latch.name}", latch.next) for latch in hidden)),
        comment="",
        properties=Properties(),
    )
    return form, known


def known_resets(aig: Aig, names: Sequence[str]) -> Aig:
    """The same machine with an input in the place of each unknown reset: a latch that starts at 0 reads it at first.

    `names`: of latches, in the order of their inputs, which come last; for those that are not of unknown reset in this
    machine the input is there and nothing reads it.
    """
    if not names:
        return aig
    builder = AigBuilder(aig.name, aig.variables)
    inputs = builder.inputs(aig.inputs)
    starts = {name: builder.input(f"{STARTED}.{name}") for name in names}
    started = builder.latch(STARTED, 0)
    builder.set_next(started, TRUE)
    latches = [builder.latch(latch.name, latch.reset or 0) for latch in aig.latches]
    values = [
        builder.mux(started, own, starts[latch.name]) if latch.reset is None else own
        for own, latch in zip(latches, aig.latches, strict=True)
    ]
    image = builder.copy(aig, [*inputs, *values])
    return builder.build_like(aig, image)


def without_latches(aig: Aig, images: dict[str, Image]) -> tuple[Aig, dict[str, Image]]:
    """The images, all proven, in the place of the latches; then latches that reach no output are dropped, too."""
    merged = _substituted(aig, images)
    seen = observable(merged)
    unseen = {latch.name for v, latch in enumerate(merged.latches, merged.first_latch) if not seen[v]}
    # A point that reads such a latch is not seen either, and would now be taken for something else.
    points = tuple(point for point in merged.points if seen[point.variable] or point.variable < merged.first_latch)
    kept = _substituted(replace(merged, points=points), dict.fromkeys(unseen, 0))
    onward = {
        name: None if isinstance(image, tuple) and image[0] in unseen else image for name, image in images.items()
    }
    return kept, onward | dict.fromkeys(sorted(unseen))


def _substituted(aig: Aig, images: Mapping[str, Image]) -> Aig:
    if not images:
        return aig
    builder = AigBuilder(aig.name, aig.variables)
    inputs = builder.inputs(aig.inputs)
    kept = {latch.name: builder.latch(latch.name, latch.reset) for latch in aig.latches if latch.name not in images}

    def leaf(name: str) -> int:
        if name in kept:
            return kept[name]
        image = images[name]
        return kept[image[0]] ^ image[1] if isinstance(image, tuple) else image or 0

    image = builder.copy(aig, [*inputs, *(leaf(latch.name) for latch in aig.latches)])
    return builder.build_like(aig, image)
