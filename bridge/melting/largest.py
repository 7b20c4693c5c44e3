"""Maxima of groups of affine values."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.cell.blocks import Maximum
from bridge.errors import InputError
from bridge.melting.affine import NOTHING, Affine, Drawing
from bridge.melting.exact import Exact
from bridge.melting.steps import settled
from bridge.melting.sums import weighted


def largest(drawing: Drawing, name: str, x: Affine) -> Affine:
    """The largest value of each group: `x` [groups, k] -> [groups]. Values that come from nothing are constants, -inf
    among them being none. InputError unless the others of a group have one scale and offset, or can have."""
    read = x.elements != NOTHING
    if not read.any(axis=1).all():
        raise InputError("takes the largest of constants alone")
    if not _alike(x, read):
        x = settled(drawing, f"{name}.read", x)
        if not _alike(x, read):
            raise InputError("takes the largest of values that scale differently")
    first = read.argmax(axis=1)
    groups = np.arange(len(read))
    elements = np.where(read, x.elements, x.elements[groups, first][:, None])
    own, floor = x[groups, first], _floor(x, read)
    if elements.shape[1] > 1:
        own = _of_groups(drawing, name, elements, own)
    return own.clipped(floor, floor.map(lambda _: float("inf")))


def _of_groups(drawing: Drawing, name: str, elements: Ints, own: Affine) -> Affine:
    """Maxima of integers, where values rise with them; elsewhere of their negatives. `elements`: [groups, k]; `own`:
    [groups], what their values are like."""
    falls = own.scale.holds(lambda scale: scale < 0)
    if falls.any():
        used = np.unique(elements[falls])
        turned = weighted(drawing, f"{name}.turned", Affine.plain(used[:, None]), np.full((1, 1), -1, np.int64))
        elements = elements.copy()
        elements[falls] = turned.elements[0][np.searchsorted(used, elements[falls])]
    sources, places = drawing.reading(elements)
    made = drawing.add(Maximum(drawing.name(name), sources, places.astype(np.int32)))
    scale = own.scale.map(abs)
    return Affine(made.elements, scale, own.offset, own.low, own.high)


def _alike(x: Affine, read: Flags) -> bool:
    """Have all values of a group that read anything the same scale, offset and bounds?"""
    for part in (x.scale, x.offset, x.low, x.high):
        codes: Ints = np.where(read, part.codes, -1)
        if ((codes != codes.max(axis=1, keepdims=True)) & read).any():
            return False
    return True


def _floor(x: Affine, read: Flags) -> Exact:
    """[groups]: the largest constant of each."""
    constants = Exact((*x.offset.values, float("-inf")), np.where(read, len(x.offset.values), x.offset.codes))
    found = constants[:, 0]
    for column in range(1, x.elements.shape[1]):
        found = found.with_(constants[:, column], max)
    return found
