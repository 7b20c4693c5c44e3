"""What is known of the sums of a cell before any of them is built: the values that compiled code is given."""

from __future__ import annotations

from typing import NamedTuple

from bridge.arrays import Flags, Ints
from bridge.lowering.columns import Columns

PLAIN, SMALL, SHALLOW, FULL = range(4)


class Ends(NamedTuple):
    """What is asked of each row. `whole`: bool[rows], are its sum bits read, or only whether it reaches its threshold;
    `top`: int64[rows], how many columns are added up; `offset`: int64[rows], what is added to the digits: a bias, or
    what makes bit `top` tell whether the threshold is reached; `start`: int64[rows], the first bit that is read."""

    whole: Flags
    top: Ints
    offset: Ints
    start: Ints


class Shared(NamedTuple):
    """The adders that several rows need. `inputs`: int64[n, 3], the variables of each in order; `carries`: int64[n], a
    mask of those that are read, see `triples.carry_of`; `third`: int64[n], which input comes after the XOR of the other
    two. Adder `i` defines the variables `first + MADE * i`, its sum, and those that follow, its carries."""

    inputs: Ints
    carries: Ints
    third: Ints
    first: int


class Plan(NamedTuple):
    """`left`: the columns without what the shared adders add up; `pairs`: int64[columns], how many pairs, which are
    added first, each begins with; `style`: PLAIN, which shares nothing, and FULL take full adders only; SHALLOW ordered
    carries and endings where they are not later; SMALL everywhere, and also the cheaper of two senses."""

    shared: Shared
    left: Columns
    pairs: Ints
    ends: Ends
    style: int
