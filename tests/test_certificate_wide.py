"""Certificates of blocks that read more bits than a truth table can list, and of every integer network in a small round
through lowering, flow and Verilog."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge.cell import Cell, Delay, Input, Levels, Linear, Maximum, Scores, Table, Threshold, Trees
from bridge.cell.blocks import Block
from bridge.equivalence import check_equivalence
from bridge.equivalence.certificate import certify
from bridge.equivalence.certificate.blocks import Checker
from bridge.equivalence.certificate.rows import Broken
from bridge.lowering import lower, lower_traced
from support.integer_rounds import check_round
from support.naive import evaluate, numbers_of

LARGE = 2**31
SUMS = Linear("sum", ("x",), np.array([[120, -77, 3], [100000, 1, -3]]), np.array([5, -7]))


def network(*blocks: Block, labels: int, low: int = -LARGE, high: int = LARGE - 1) -> Cell:
    given = Input("x", np.full(3, low), np.full(3, high))
    return Cell((given, *blocks, Scores("y", (blocks[-1].name,), tuple(f"c{index}" for index in range(labels)))))


def steps(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(-(2**37), 2**37, shape)


def mixed() -> Cell:
    """The largest of numbers with and without a sign."""
    one, two = Input("x", np.full(2, 0), np.full(2, LARGE - 1)), Input("z", np.full(2, -5), np.full(2, LARGE - 1))
    return Cell((one, two, Maximum("m", ("x", "z"), np.array([[0, 2, 1, 3]])), Scores("y", ("m",), ("a",))))


TREE = np.array([[0, 1, 2], [3, ~0, ~1], [1, ~1, ~2]])
WIDE = {
    "levels of sums": network(SUMS, Levels("a", "sum", steps(2, 15)), labels=2),
    "many levels": network(SUMS, Levels("a", "sum", steps(2, 90)), labels=2),
    "levels of inputs": network(Levels("a", "x", steps(3, 7) // 64), labels=3),
    "sums compared and added": network(
        SUMS, Levels("a", "sum", steps(2, 3)), Threshold("t", ("sum", "a"), np.array([[1, 0, 3, 3]]), [7]), labels=1
    ),
    "maximum": network(SUMS, Maximum("m", ("sum", "x"), np.array([[0, 1, 2], [3, 4, 0]])), labels=2),
    "maximum without sign": network(Maximum("m", ("x",), np.array([[0, 1, 2]])), low=0, labels=1),
    "maximum of both": mixed(),
    "trees": network(
        SUMS, Trees("t", ("sum", "x"), TREE, np.array([0]), np.array([[1], [2], [-3]]), [77, -5, 100]), labels=1
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", WIDE)
def test_wide_numbers_are_proven(name: str) -> None:
    verdict = certify(WIDE[name], lower(WIDE[name]))
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)


@pytest.mark.heavy
@pytest.mark.parametrize("name", [name for name in WIDE if name != "many levels"])
def test_faults_in_wide_numbers_are_found(name: str) -> None:
    """What the certificate accepts gives the same numbers, as far as values near all constants can be tried."""
    cell = WIDE[name]
    aig, trace = lower_traced(cell)
    rng = np.random.default_rng(1)
    read = {block.name: _values(block, rng, 600) for block in cell.inputs}
    bits = np.concatenate([cell.ranges[block.name].encode(read[block.name]) for block in cell.inputs], axis=1)
    expected, found = cell.step(cell.reset(600), read)[1], 0
    for node in rng.permutation(len(aig.ands))[:15].tolist():
        ands = aig.ands.copy()
        ands[node, int(rng.integers(2))] ^= 1
        faulty = replace(aig, ands=np.sort(ands, axis=1)[:, ::-1])
        try:
            Checker(cell, faulty, trace).run()
        except Broken:
            found += 1
            continue
        outputs, _ = evaluate(faulty, bits.astype(bool), np.zeros((600, 0), bool))
        np.testing.assert_array_equal(numbers_of(faulty, outputs), expected)
    assert found >= 10


def _values(block: Input, rng: np.random.Generator, count: int) -> np.ndarray:
    """Of all sizes, small ones too."""
    sizes = 1 << rng.integers(1, 32, (count, len(block.low)))
    return np.clip(rng.integers(-sizes, sizes), block.low, block.high)


def _padded(size: int) -> Cell:
    """0..2 in two bits, looked up in a table that says nothing, or something, of 3, and held for a step."""
    given, table = Input("x", np.zeros(2, int), np.full(2, size)), np.array([[0, 1, 3, 0]])
    weights = np.array([[1, 2, 1, -1]])
    blocks = Table("t", "x", table[:, : size + 1]), Delay("d", "t", 1), Linear("l", ("t", "d"), weights, [0])
    return Cell((given, *blocks, Scores("y", ("l",), ("a",))))


def test_bits_that_spell_no_value_may_do_anything() -> None:
    """Between netlists they count, against the cell they do not."""
    cell = _padded(2)
    aig, other = lower(cell), replace(lower(_padded(3)), comment=lower(cell).comment)
    assert check_equivalence(aig, other).answer == "different"
    verdict = certify(cell, other)
    assert verdict.answer == "equivalent", str(verdict)
    assert verdict.method.endswith("for the values of the cell")
    wrong = replace(other.outputs[1], literal=other.outputs[1].literal ^ 1)
    verdict = certify(cell, replace(other, outputs=(other.outputs[0], wrong, *other.outputs[2:])))
    assert verdict.answer == "different"
    assert verdict.counterexample is not None
    codes = [verdict.counterexample[f"x[{index}].0"] + 2 * verdict.counterexample[f"x[{index}].1"] for index in (0, 1)]
    assert max(codes) < 3


@pytest.mark.heavy
@pytest.mark.parametrize("seed", [3, 8, 292])
def test_a_cell_is_the_same_wherever_it_goes(seed: int) -> None:
    """292 has trees that give nothing but 0."""
    done = check_round(seed, faults=2)
    assert sum(count for what, count in done.items() if "certificate" in what) >= 3
