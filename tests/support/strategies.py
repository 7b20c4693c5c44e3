"""Random netlists for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from bridge.aig import Aig, Latch, Output, Properties
from bridge.truth.weighted import WeightedSum

# Names that some format must escape, change, or not confuse with its own.
AWKWARD = ["clk", "n3", "n12", "n3_n", "state.h[3]", "byte[0]", "byte", "wire", "a b", "a_b", "a__b", "~x", "1'b0", "_"]
AWKWARD += ["top", "", "\\x", "x//y", "a,b", "logit.10[2]", "é", "\udc80", "#", "`x", "NIL", ".end", "x\t", "0", "a[1]"]


def names(count: int) -> st.SearchStrategy[list[str]]:
    """That many distinct names."""
    anything = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=8)
    one = st.one_of(st.sampled_from(AWKWARD), st.from_regex(r"[a-z]{1,3}(\[[0-9]\])?", fullmatch=True), anything)
    return st.lists(one, min_size=count, max_size=count, unique=True)


@st.composite
def aigs(
    draw: st.DrawFn,
    *,
    latches: int = 4,
    constant_fanins: bool = True,
    properties: bool = False,
    least_outputs: int = 0,
    resets: tuple[int | None, ...] = (0, 1, None),
) -> Aig:
    """Valid sequential AIGs: constants, shared and complemented outputs, dangling nodes, odd names, points, comments.

    `latches`: how many at most; `constant_fanins`: whether an AND may read a constant.
    """
    inputs = draw(st.integers(0, 5))
    states = draw(st.integers(0, latches))
    first = 1 + inputs + states
    least = 0 if constant_fanins else 2
    ands = []
    for variable in range(first, first + (draw(st.integers(0, 25)) if first > 1 or constant_fanins else 0)):
        literal = st.integers(least, 2 * variable - 1)
        ands.append(sorted((draw(literal), draw(literal)), reverse=True))
    literal = st.integers(0, 2 * (first + len(ands)) - 1)
    leaves = draw(names(inputs + states))
    outputs = draw(names(draw(st.integers(least_outputs, 5))))
    points = draw(names(draw(st.integers(0, 3))))
    kept = Properties()
    if properties:
        plain = [tuple(Output(name, draw(literal)) for name in draw(names(draw(st.integers(0, 2))))) for _ in range(3)]
        groups = st.lists(literal, max_size=3).map(tuple)
        justice = tuple((name, draw(groups)) for name in draw(names(draw(st.integers(0, 2)))))
        kept = Properties(plain[0], plain[1], justice, plain[2])
    return Aig(
        inputs=tuple(leaves[:inputs]),
        latches=tuple(Latch(name, draw(literal), draw(st.sampled_from(resets))) for name in leaves[inputs:]),
        ands=np.array(ands, np.uint32).reshape(-1, 2),
        outputs=tuple(Output(name, draw(literal)) for name in outputs),
        points=tuple(Output(name, draw(literal)) for name in points),
        name=draw(st.sampled_from(["", "cell", "two words", "module"])),
        comment=draw(st.sampled_from(["", "one line", '{"aigbridge":1,"cell":"ab"}\ntext', "\n", "end\n", "\r\n{x"])),
        properties=kept,
    ).validate()


@st.composite
def neurons(draw: st.DrawFn) -> WeightedSum:
    """Neurons of up to 7 inputs and 3 output bits."""
    inputs, places, outputs = draw(st.integers(1, 7)), draw(st.integers(0, 4)), draw(st.integers(1, 3))
    weight = st.integers(-12, 12)
    weights = tuple(draw(st.lists(weight, min_size=inputs, max_size=inputs)))
    return WeightedSum(weights, draw(st.integers(-40, 40)), places, (1 << outputs) - 1)


def table_from(neuron: WeightedSum) -> np.ndarray:
    """uint8[outputs, 2**inputs]"""
    places = np.arange(neuron.top.bit_length())[:, None]
    return (neuron.values() >> places & 1).astype(np.uint8)
