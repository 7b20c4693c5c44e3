"""Products of affine values that all depend on the input."""

from __future__ import annotations

import numpy as np

from bridge.arrays import Ints
from bridge.cell import Product
from bridge.errors import InputError
from bridge.melting.affine import NOTHING, Affine, Drawing
from bridge.melting.exact import Exact
from bridge.melting.sums import added, weighted


def product(drawing: Drawing, name: str, a: Affine, b: Affine) -> Affine:
    """Entry by entry, of one shape: `(s x + o) (t y + p) = st xy + sp x + ot y + op`. InputError for constants among
    them, and where a clip waits."""
    if (a.elements == NOTHING).any() or (b.elements == NOTHING).any():
        raise InputError("multiplies values of which some are constant")
    left, right = (_block(drawing, f"{name}.{side}", x.elements.ravel()) for side, x in (("left", a), ("right", b)))
    made = drawing.add(Product(drawing.name(name), left, right)).reshape(*a.shape).times(a.scale * b.scale)
    terms = [made]
    for one, other in ((a, b), (b, a)):
        if one.offset.used != (0,):
            plain = Affine(other.elements, other.scale, Exact.of(0).to(other.shape), other.low, other.high)
            terms.append(plain.times(one.offset))
    whole = added(drawing, f"{name}.sum", terms) if len(terms) > 1 else made
    return whole.plus(a.offset * b.offset)


def _block(drawing: Drawing, name: str, elements: Ints) -> str:
    """A block that holds just these elements, in order."""
    (home, *others) = np.unique(drawing.homes(elements)).tolist()
    block: str = drawing.blocks[home].name
    if not others and np.array_equal(elements, drawing.start(home) + np.arange(len(drawing.ranges(block)))):
        return block
    weighted(drawing, name, Affine.plain(elements[:, None]), np.ones((1, 1), np.int64))
    return drawing.blocks[-1].name
