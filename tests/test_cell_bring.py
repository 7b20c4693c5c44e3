"""Cells made by hand from matrices or a torch module, and the check that says where they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from bridge.cell import Cell, Delay, Embedding, Logits, Threshold
from bridge.cell.bring import first_difference, sign_thresholds
from bridge.errors import InputError
from bridge.lowering import lower
from support.cells import random_cell

SYMBOLS = b"abcd"


class Theirs(nn.Module):
    """Two bytes -> eight neurons over -1/+1 -> integer logits, as somebody else would write it."""

    def __init__(self) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(3)
        self.codes = torch.randint(0, 2, (256, 5), generator=chance) * 2.0 - 1
        self.hidden = nn.Linear(10, 8)
        self.out = nn.Linear(8, len(SYMBOLS))
        for linear in (self.hidden, self.out):
            linear.weight.data = torch.randint(-2, 3, linear.weight.shape, generator=chance).float()
            linear.bias.data = torch.randint(-4, 5, linear.bias.shape, generator=chance).float() / 2

    def forward(self, text: bytes) -> tuple[torch.Tensor, torch.Tensor]:
        now = self.codes[torch.tensor(list(text))]
        before = torch.cat([-torch.ones(1, 5), now[:-1]])
        hidden = torch.where(self.hidden(torch.cat([now, before], 1)) >= 0, 1.0, -1.0)
        return hidden, self.out(hidden)


def cell_of(theirs: Theirs) -> Cell:
    codes = (theirs.codes.numpy() > 0).astype(np.uint8)
    weights, bias = theirs.hidden.weight.detach().numpy(), theirs.hidden.bias.detach().numpy()
    rows, offset = theirs.out.weight.detach().numpy(), theirs.out.bias.detach().numpy()
    return Cell(
        (
            Embedding("code", codes),
            Delay("code.past", "code", 1),
            Threshold("hidden", ("code", "code.past"), weights.astype(int), sign_thresholds(weights, bias)),
            # logits over -1/+1, doubled to be whole: 2 * (w @ (2 b - 1) + o) = 4 w @ b + 2 (o - sum(w))
            Logits("logit", ("hidden",), 4 * rows.astype(int), (2 * (offset - rows.sum(1))).astype(int), 0.5, SYMBOLS),
        )
    )


def test_a_torch_module_becomes_a_cell_in_a_few_lines() -> None:
    theirs = Theirs()
    cell = cell_of(theirs)
    text = bytes(np.random.default_rng(0).integers(0, 256, 300, np.uint8))
    hidden, logits = theirs(text)
    expected = {"hidden": (hidden > 0).numpy(), "logit": (2 * logits).detach().numpy()}
    assert first_difference(cell, text, expected) is None
    assert len(lower(cell).latches) == 5


def test_the_check_names_the_cause() -> None:
    theirs = Theirs()
    hidden, logits = theirs(b"abcabcddba")
    expected = {"logit": (2 * logits).detach().numpy(), "hidden": (hidden > 0).numpy()}
    cell = cell_of(theirs)
    block = cell.by_name["hidden"]
    assert isinstance(block, Threshold)
    thresholds = block.thresholds.copy()
    thresholds[6] = 99  # never fires
    wrong = replace(cell, blocks=tuple(replace(b, thresholds=thresholds) if b is block else b for b in cell.blocks))
    found = first_difference(wrong, b"abcabcddba", expected)
    first = int(np.flatnonzero(expected["hidden"][:, 6])[0])
    assert found is not None
    assert (found.position, found.block, found.index) == (first, "hidden", 6)
    assert str(found) == f"byte {first}: hidden[6] is 0, should be 1"
    alone = first_difference(wrong, b"abcabcddba", {"logit": expected["logit"]})
    assert alone is not None
    assert alone.block == "logit"


@given(st.integers(0, 2**32 - 1))
def test_thresholds_of_signs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    weights, bias = chance.integers(-4, 5, (6, 7)), chance.integers(-40, 41, 6) / chance.integers(1, 4)
    bits = chance.integers(0, 2, (7, 50))
    fires = weights @ (2 * bits - 1) + bias[:, None] >= 0
    assert np.array_equal(weights @ bits >= sign_thresholds(weights, bias)[:, None], fires)


def test_cells_agree_with_themselves() -> None:
    cell = random_cell(5, recurrence=True)
    text = bytes(range(0, 250, 5))
    state, logits, bits = cell.reset(1), [], []
    threshold = next(block.name for block in cell.blocks if isinstance(block, Threshold))
    for byte in text:
        bits.append(cell.read(state, np.array([byte], np.uint8))[threshold][0])
        state, numbers = cell.step(state, np.array([byte], np.uint8))
        logits.append(numbers[0])
    assert first_difference(cell, text, {threshold: bits, cell.head.name: logits}) is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda cell: first_difference(cell, b"ab", {"nowhere": np.zeros((2, 3))}), "no block 'nowhere'"),
        (lambda cell: first_difference(cell, b"ab", {"hidden": np.zeros((3, 8))}), r"shape \(2, 8\)"),
        (lambda cell: sign_thresholds([[1, 0.5]], [0]), "row 0, input 1 is 0.5"),
        (lambda cell: sign_thresholds([[1, np.nan]], [0]), "finite"),
    ],
)
def test_wrong_use_is_told(call: Callable[[Cell], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(cell_of(Theirs()))
