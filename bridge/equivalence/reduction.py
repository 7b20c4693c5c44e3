"""Merge the latches of a machine that are proven to be constant, equal or complementary; drop those nobody can see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder
from bridge.aig.latches import observable, opened, reset_to_one
from bridge.aig.latchmap import Image
from bridge.arrays import Ints
from bridge.equivalence.correspondence import STUCK, latch_classes
from bridge.equivalence.engines import Clock

_SHARE = 0.4


def reduced(aig: Aig, clock: Clock) -> tuple[Aig, dict[str, Image]]:
    """The machine with fewer latches, and what became of the others. The rest keep name, order, reset and polarity."""
    return without_latches(aig, images_of(aig, classes_of(aig, clock.share(_SHARE))[0]))


def classes_of(aig: Aig, seconds: float) -> tuple[Ints, list[str]]:
    """(int64[latches], the first latch of each one's class, itself for one of unknown reset, or STUCK at its reset; the
    latches that may belong to one, but were given up)."""
    form, known = opened(aig)
    places = np.append(np.flatnonzero(known), STUCK)
    found, given_up = latch_classes(form, Clock(seconds))
    classes = np.arange(len(aig.latches))
    classes[known] = places[found]
    return classes, [form.latches[index].name for index in given_up.tolist()]


def literals_of(aig: Aig, classes: Ints) -> npt.NDArray[np.int64]:
    """int64[latches]: the literal of the constant, or of the first latch of its class, that each latch equals."""
    ones = reset_to_one(aig)
    leaders = 2 * (aig.first_latch + classes) + (ones ^ ones[classes])
    literals: npt.NDArray[np.int64] = np.where(classes == STUCK, ones, leaders)
    return literals


def images_of(aig: Aig, classes: Ints) -> dict[str, Image]:
    """The classes by name; the first latch of a class is not in the map."""
    ones = reset_to_one(aig)
    images: dict[str, Image] = {}
    for index, (latch, first) in enumerate(zip(aig.latches, classes.tolist(), strict=True)):
        if first == STUCK:
            images[latch.name] = int(ones[index])
        elif first != index:
            images[latch.name] = aig.latches[first].name, bool(ones[index] ^ ones[first])
    return images


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
