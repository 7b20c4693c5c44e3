"""Recurrent modules of torch as machines with state, and as text models."""

from __future__ import annotations

import itertools
import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import bridge
from bridge.cell import Cell, Delay, Product
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.execution import bits_per_byte
from bridge.lowering import lower
from support.naive import evaluate, numbers_of, reset_state
from support.torch_networks import Dense, GatedUnit, dressed

pytestmark = pytest.mark.heavy
ALPHABET = b" abcde"


def unit(seed: int, steps: int = 4) -> GatedUnit:
    torch.manual_seed(seed)
    return dressed(GatedUnit(len(ALPHABET), 4, 5, steps), seed)


@pytest.mark.parametrize("seed", range(2))
def test_a_gated_unit_is_a_machine(seed: int) -> None:
    """States as the same integers, logits as the same numbers, in the cell and in its netlist."""
    module = unit(seed)
    cell = bridge.melt(module, alphabet=ALPHABET, state_shapes=[5])
    netlist = lower(cell)
    assert any(isinstance(block, Product) for block in cell.blocks)
    assert certify(cell, netlist).answer == "equivalent"
    rng = np.random.default_rng(seed)
    floats, state, bits = torch.zeros(1, 5), cell.reset(1), reset_state(netlist, 1)
    for rank in rng.integers(0, len(ALPHABET), 60).tolist():
        byte = ALPHABET[rank]
        with torch.no_grad():
            logits, floats = module(torch.tensor([rank]), floats)
        state, numbers = cell.step(state, np.array([byte], np.uint8))
        np.testing.assert_array_equal(state[0], floats[0].numpy() * 4)
        np.testing.assert_allclose(numbers * cell.head.scale, logits.numpy(), atol=cell.head.scale)
        outputs, bits = evaluate(netlist, np.array([[byte >> bit & 1 for bit in range(8)]], bool), bits)
        np.testing.assert_array_equal(numbers_of(netlist, outputs), numbers)


def test_bits_per_byte_are_those_of_torch() -> None:
    module = unit(7, steps=7)
    cell = bridge.melt(module, alphabet=ALPHABET, state_shapes=[5])
    text = bytes(np.random.default_rng(0).choice(list(ALPHABET), 500).tolist())
    floats, lost = torch.zeros(1, 5), 0.0
    with torch.no_grad():
        for byte, following in itertools.pairwise(text):
            logits, floats = module(torch.tensor([ALPHABET.index(byte)]), floats)
            lost -= float(torch.log_softmax(logits[0].double(), 0)[ALPHABET.index(following)]) / np.log(2)
    state, bits = cell.reset(1), 0.0
    for byte, following in itertools.pairwise(text):
        state, numbers = cell.step(state, np.array([byte], np.uint8))
        bits -= float(np.log2(cell.readout.probabilities(numbers)[0, following]))
    assert bits == pytest.approx(lost, abs=1e-2 * len(text))
    assert bits_per_byte(lower(cell), text) == pytest.approx(bits_per_byte(cell, text), abs=1e-12)
    assert cell.record["melt"]["notes"][0].startswith("biases of logits are rounded")


def test_logits_and_states_may_be_constant() -> None:
    """What is masked reads nothing, and has no scale that others would have to meet."""

    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bits, self.mask = torch.tensor([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]), torch.tensor([1.0, 0.0])
            self.weights = torch.tensor([[1.0, 2.0], [1.0, -1.0], [2.0, 1.0]]) * 0.1

        def forward(self, byte: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
            state = torch.sign(nn.functional.embedding(byte, self.bits) + state) * 0.1
            logits = nn.functional.linear(state, self.weights) * torch.tensor([0.0, 1.0, 1.0])
            return logits, state * self.mask

    module = Masked()
    cell = bridge.melt(module, alphabet=b"abc", state_shapes=[2])
    floats, state = torch.zeros(1, 2), cell.reset(1)
    for byte in b"abcacbbaac":
        logits, floats = module(torch.tensor([byte - ord("a")]), floats)
        state, numbers = cell.step(state, np.array([byte], np.uint8))
        np.testing.assert_allclose(numbers * cell.head.scale, logits.numpy(), atol=1e-6)


class Counter(nn.Module):
    """Two states, one of signs, without a byte."""

    def forward(self, x: Tensor, level: Tensor, sign: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = torch.round(x).clamp(-1, 2)
        level = (level + x).clamp(0, 5)
        sign = torch.where(level[:, :1] * 2 - sign >= 3, 1.0, -1.0)
        return torch.cat([level, sign, sign * level[:, :1]], dim=1), level, sign


def test_numbers_in_numbers_out_and_states_of_their_own() -> None:
    cell = bridge.melt(Counter().eval(), input_shape=2, state_shapes=[(2,), (1,)])
    assert [block.name for block in cell.blocks if isinstance(block, Delay)] == ["state1.before", "state2.before"]
    assert certify(cell, lower(cell)).answer == "equivalent"
    rng, module = np.random.default_rng(0), Counter()
    states, state = (torch.zeros(1, 2), torch.zeros(1, 1)), cell.reset(1)
    (given,) = cell.inputs
    encoder = given.encoder
    assert encoder is not None
    facts = cell.record["melt"]
    for raw in rng.uniform(-3, 3, (80, 1, 2)).astype(np.float32):
        expected, *states = module(torch.from_numpy(raw), *states)
        state, numbers = cell.step(state, encoder.encode(raw))
        np.testing.assert_allclose(numbers * facts["scale"] + facts["offset"], expected.numpy(), atol=1e-6)


def test_a_state_that_grows_is_refused() -> None:
    class Sum(nn.Module):
        def forward(self, x: Tensor, total: Tensor) -> tuple[Tensor, Tensor]:
            total = total + torch.round(x).clamp(0, 1)
            return total, total

    with pytest.raises(InputError, match="grows from step to step: clamp and round it"):
        bridge.melt(Sum(), input_shape=2, state_shapes=[2])
    with pytest.raises(InputError, match=r"with an input alone .*'total'.*: state_shapes says"):
        bridge.melt(Sum(), input_shape=2)


@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_a_state_that_is_not_rounded_is_refused(bias: float) -> None:
    class Leaky(nn.Module):
        def forward(self, x: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
            kept = (kept + torch.round(x).clamp(0, 1) + bias) / 8
            return kept, kept

    with pytest.raises(InputError, match=r"clamp and round"):
        bridge.melt(Leaky(), input_shape=2, state_shapes=[2])


def test_a_table_that_is_not_of_the_alphabet_says_both_sizes() -> None:
    class Looking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.eye(3))

        def forward(self, byte: Tensor) -> Tensor:
            return nn.functional.embedding(byte, self.table)

    with pytest.raises(InputError, match="a table of 3 rows for an alphabet of 2 bytes"):
        bridge.melt(Looking(), alphabet=b"ab")


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (lambda: nn.Sequential(nn.Embedding(6, 3), Dense(3, 6)), "weights are not integers times a scale"),
        (lambda: unit(0), "with an input alone .*'state'.*: state_shapes says"),
    ],
)
def test_text_models_that_are_none(module: Callable[[], nn.Module], words: str) -> None:
    with pytest.raises(InputError, match=words):
        bridge.melt(module(), alphabet=ALPHABET)


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "gru.py"))
    text = np.random.default_rng(0).integers(0, len(ALPHABET), 64 * 300)
    module = example["trained"](text, len(ALPHABET), 3, 4)
    cell: Cell = bridge.melt(module, alphabet=ALPHABET, state_shapes=[4])
    torches, ours, other = example["side_by_side"](module, cell, bytes(ALPHABET[rank] for rank in text[:200]))
    assert other == 0
    assert ours == pytest.approx(torches, abs=0.01)
    assert "step 0" in capsys.readouterr().out
