"""Neurons of two bits: four levels in training, integers in the cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from bridge.cell import Levels, Linear, Threshold
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.execution import bits_per_byte
from bridge.lowering import lower
from bridge.training import LayerOptions, Model, TrainingOptions, largest_difference, train
from bridge.training.export import export_cell
from bridge.training.functions import levels
from support.texts import corpus_of, prose
from support.training import TINY

pytestmark = pytest.mark.heavy
FINE = replace(TINY, activation_bits=2)


def test_four_levels_and_their_gradients() -> None:
    y = torch.tensor([-9.0, -1.0, -0.5, 0.0, 0.9, 1.0, 9.0], requires_grad=True)
    made = levels(y, torch.tensor(1.0))
    assert made.tolist() == [-1.5, -0.5, -0.5, 0.5, 0.5, 1.5, 1.5]
    made.sum().backward()
    slopes = [sum((1 - np.tanh(x + at) ** 2) / 2 for at in (-1, 0, 1)) for x in y.tolist()]
    np.testing.assert_allclose(y.grad.numpy(), slopes, rtol=1e-5, atol=1e-6)  # type: ignore[union-attr]
    assert levels(torch.tensor(0.3), torch.tensor(1.0), 0.0).item() == pytest.approx(
        sum(np.tanh(0.3 + at) / 2 for at in (-1, 0, 1))
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("head", ["symbols", "code"])
def test_a_cell_says_what_the_model_says(seed: int, head: str) -> None:
    """At any weights and biases, recurrent layers among them, whether the sums read bits, levels or both."""
    layers = (
        TINY.layers[0],
        replace(TINY.layers[1], latches=2, recurrent=True),
        TINY.layers[2],
        LayerOptions(3, 0, 2, 0, (0,)),
    )
    options = replace(FINE, layers=layers, head_fan_in=9, levels=["pow2", "3bit", "ternary", "binary"][seed], head=head)  # type: ignore[arg-type]
    text = prose(3000, seed)
    trained = train(corpus_of(text), replace(options, steps=12, seed=seed))
    assert largest_difference(trained.model, trained.alphabet, trained.cell, text[:400] + bytes(range(256))) < 1e-9
    kinds = {type(block) for block in trained.cell.blocks}
    assert {Linear, Levels, Threshold} <= kinds


def test_the_netlist_is_proven_and_runs() -> None:
    text = prose(3000, 1)
    cell = train(corpus_of(text), FINE).cell
    netlist = lower(cell)
    assert certify(cell, netlist).answer == "equivalent"
    assert bits_per_byte(netlist, text[:500]) == pytest.approx(bits_per_byte(cell, text[:500]), abs=1e-12)
    assert all(cell.ranges[f"layer{index}.neurons"].high.max() == 3 for index in range(3))


def test_one_bit_is_what_it_was() -> None:
    """The same model without the option, bit for bit."""
    torch.manual_seed(3)
    model = Model(TINY, 7)
    cell = export_cell(model, b"abcdefg", "one", {})
    assert not cell.integers
    assert (
        TrainingOptions.from_facts({key: value for key, value in TINY.facts().items() if key != "activation_bits"})
        == TINY
    )
    with pytest.raises(InputError, match=r"activation_bits must be a whole number in 1\.\.2, not 3"):
        replace(TINY, activation_bits=3)


def test_a_budget_of_ands_is_kept() -> None:
    options = replace(FINE, wiring="matrix", ands=1500, steps=80)
    cell = train(corpus_of(prose(6000, 2)), options).cell
    assert 1000 < len(lower(cell).ands) < 2000
