"""Merge the latches of a machine that are proven to be constant, equal or complementary; drop those nobody can see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.latches import opened, reset_to_one, without_latches
from bridge.aig.latchmap import Image
from bridge.arrays import Ints
from bridge.equivalence.clock import Clock
from bridge.equivalence.correspondence import STUCK, latch_classes

_SHARE = 0.4


def reduced(aig: Aig, clock: Clock) -> tuple[Aig, dict[str, Image]]:
    """The machine with fewer latches, and what became of the others. The rest keep name, order, reset and polarity."""
    return without_latches(aig, images_of(aig, classes_of(aig, clock.share(_SHARE))[0]))


def classes_of(aig: Aig, seconds: float, memory: float | None = None) -> tuple[Ints, list[str]]:
    """(int64[latches], the first latch of each one's class, itself for one of unknown reset, or STUCK at its reset; the
    latches that may belong to one, but were given up)."""
    form, known = opened(aig)
    places = np.append(np.flatnonzero(known), STUCK)
    found, given_up = latch_classes(form, Clock(seconds, memory))
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
