"""Code trees: every symbol has a path of its own, and nothing else passes for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InputError
from bridge.readout.codetree import CodeTree
from support.cells import random_code


@given(st.integers(0, 1000), st.integers(2, 40))
def test_walking_the_path_of_a_symbol_leads_to_it(seed: int, count: int) -> None:
    code = CodeTree.of(random_code(np.random.default_rng(seed), count))
    nodes, bits = code.paths
    for rank in range(count):
        place = 0
        for node, bit in zip(nodes[rank], bits[rank], strict=True):
            if node >= 0:
                assert place == node
                place = code.children[place][bit]
        assert place == ~rank
    assert code.nodes == count - 1
    assert (1 << code.bits) >= code.nodes > (1 << code.bits - 1) - (code.bits == 1)


@pytest.mark.parametrize(
    "children",
    [[], [[0, -1]], [[-1, -1]], [[-1, -3]], [[1, 1], [-1, -2]], [[-1, -2], [-3, -4]], [[1, -1], [-2, -4]]],
)
def test_what_is_no_code_is_refused(children: list[list[int]]) -> None:
    with pytest.raises(InputError, match="code"):
        CodeTree.of(np.array(children, int).reshape(-1, 2))


def test_shapes_are_checked() -> None:
    for wrong in (np.zeros((2, 3), int), np.zeros(2, int), np.zeros((1, 2))):
        with pytest.raises(InputError, match="shape"):
            CodeTree.of(wrong)
