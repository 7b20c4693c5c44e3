"""Modules of torch as cells: beside torch, on random rows and at the borders of their quantizers."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import bridge
from bridge.cell import Cell, Levels
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.melting.check import check
from bridge.melting.torch.weights import grid, integers_of
from support import torch_networks as networks
from support.tools import skip_or_fail
from support.torch_networks import Dense, dressed, random_network

pytestmark = pytest.mark.heavy


class Tagged(nn.Module):
    """A function as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function
        self.dense = Dense(4, 3)

    def forward(self, x: Tensor) -> Any:
        return self.function(self, x)


def levels(x: Tensor) -> Tensor:
    return torch.round(x).clamp(0, 3)


def dense(bits: int = 3) -> nn.Module:
    norm = nn.BatchNorm1d(12)
    read, act = networks.Levels(2, 0.3), networks.Levels(bits, 0.4, signed=True)
    return dressed(nn.Sequential(read, Dense(6, 12, bits), norm, nn.ReLU(), act, Dense(12, 4, 3, by_row=False)))


def signs() -> nn.Module:
    def forward(own: Tagged, x: Tensor) -> Tensor:
        bits = torch.where(x - 0.5 > 0, 1.0, -1.0).to(x)
        return own.dense(torch.sign(bits * 2 - 1) * torch.where(bits >= 0, 0.5, 1.0))

    return dressed(Tagged(forward))


def signal() -> nn.Module:
    class Signal(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = nn.Parameter(torch.randint(-2, 3, (3, 1, 3)).float() * 0.1)

        def forward(self, x: Tensor) -> Tensor:
            x = torch.fake_quantize_per_tensor_affine(levels(x) - 1, 0.5, 1, 0, 6)
            x = nn.functional.conv1d(x[:, None, :-1], self.kernel, padding="same")
            x = nn.functional.avg_pool1d(nn.functional.pad(torch.floor(x * 2).clamp(-4, 4), (1, 0)), 2)
            return (x.transpose(1, 2).mean(1) - x.sum(dim=2) / 4).squeeze(0)

    return dressed(Signal())


NETWORKS = {
    "dense": (dense, (6,)),
    "signs": (signs, (4,)),
    "signal": (signal, (8,)),
    "images": (lambda: dressed(networks.Residual()), (2, 6, 6)),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("integers", [False, True], ids=["raw", "integers"])
def test_networks_are_what_torch_runs(name: str, integers: bool) -> None:
    made, shape = NETWORKS[name]
    options: dict[str, Any] = {"input_shape": shape} | ({"input_range": "0..15/4"} if integers else {})
    if name == "signal" and not integers:
        options |= {"input_range": (-2, 5)}  # what torch's own fake quantizer reads must be integers already
    module = made()
    cell = bridge.melt(module, **options)
    checked = check(module, cell, 400, options)
    assert checked.good, checked.first
    assert checked.rows == 400
    assert checked.equal > (250 if name == "signal" else 380)  # others lie where floats decide
    assert certify(cell, lower(cell)).answer == "equivalent"


def test_scores_that_are_rounded_are_told() -> None:
    class Biased(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.linear(levels(x), torch.tensor([[1.0, 2.0], [2.0, 1.0]]), torch.tensor([0.25, 1.5]))

    facts = bridge.melt(Biased().eval(), input_shape=2).record["melt"]
    (note,) = facts["notes"]
    assert note.startswith("scores are rounded by at most")
    assert note.endswith("every comparison stays as it is")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_networks(seed: int) -> None:
    module, shape = random_network(seed)
    options = {"input_shape": shape}
    try:
        cell = bridge.melt(module, **options)
    except InputError as error:
        assume("depend on no input" not in str(error))  # of layers that are constant
        raise
    checked = check(module, cell, 200, options)
    assert checked.good, checked.first
    assume(checked.equal >= 150)  # all others are close: values often lie between two levels, of which the check warns


def test_doubles() -> None:
    """Their encoder compares doubles, and nothing lies near a border of theirs."""
    module = dense().double()
    cell = bridge.melt(module, input_shape=6)
    encoder = cell.inputs[0].encoder
    assert encoder is not None
    assert not encoder.single
    assert check(module, cell, 300, {"input_shape": 6}).equal == 300


def test_a_wrong_cell_is_found() -> None:
    module = dense()
    cell = bridge.melt(module, input_shape=6)
    ((place, block),) = ((place, block) for place, block in enumerate(cell.blocks) if isinstance(block, Levels))
    wrong = replace(block, thresholds=block.thresholds + 1)
    changed = Cell((*cell.blocks[:place], wrong, *cell.blocks[place + 1 :]), record=cell.record)
    checked = check(module, changed, 400, {"input_shape": 6})
    assert not checked.good
    assert checked.first is not None
    assert " in the module, " in checked.first


@pytest.mark.parametrize("falls", [False, True])
def test_raw_features_step_where_the_floats_of_torch_do(falls: bool) -> None:
    """At each threshold of the encoder, and one float below it."""
    norm = dressed(nn.BatchNorm1d(3))
    sign = -1.0 if falls else 1.0

    def forward(own: Tagged, x: Tensor) -> Tensor:
        return torch.round(norm(x) * sign / 0.3).clamp(-2, 5)

    module = dressed(Tagged(forward))
    cell = bridge.melt(module, input_shape=3)
    encoder = cell.inputs[0].encoder
    assert encoder is not None
    points = np.ascontiguousarray(encoder.thresholds[np.arange(3) % len(encoder.thresholds)].T, np.float32)
    for raw in (points, np.nextafter(points, np.float32(-np.inf))):
        expected = module(torch.from_numpy(raw)).detach().numpy()
        found = bridge.run(cell, raw)
        scale, offset = (cell.record["melt"][key] for key in ("scale", "offset"))
        np.testing.assert_allclose(found * scale + offset, expected, atol=1e-9)


def test_where_floats_decide_rows_are_close() -> None:
    """5 times 0.1 of float32 is above 0.5, but torch gives 0.5: what is so near to half-way is told apart."""

    def forward(own: Tagged, x: Tensor) -> Tensor:
        weights = torch.tensor([[0.1, 0.1, 0.1]])
        return torch.round(nn.functional.linear(torch.round(x).clamp(0, 15), weights)).clamp(0, 9)

    module, options = dressed(Tagged(forward)), {"input_shape": (3,), "input_range": "0..15"}
    cell = bridge.melt(module, **options)
    checked = check(module, cell, 2000, options)
    assert checked.good
    assert checked.close == checked.strayed == 2000 - checked.equal
    assert 0 < checked.close < 400


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([1, 3, 127, 5000]))
def test_integers_times_a_scale_are_found(seed: int, rows: int, largest: int) -> None:
    rng = np.random.default_rng(seed)
    whole = rng.integers(-largest, largest + 1, (rows, 7))
    whole[:, 0] = 1
    scales = rng.uniform(0.001, 3, (rows, 1)).astype(np.float32)
    weights = (whole * scales).astype(np.float32)
    integers, scale = integers_of(weights.astype(np.float64), True)
    np.testing.assert_array_equal((integers * scale.floats()[:, None]).astype(np.float32), weights)
    assert np.abs(integers).max() <= largest


def test_floats_are_no_integers() -> None:
    assert grid(np.random.default_rng(0).normal(size=50).astype(np.float32).astype(np.float64), True) is None
    zero = grid(np.zeros(3), True)
    assert zero is not None
    assert not zero[0].any()


REFUSED: dict[str, tuple[Any, str]] = {
    "weights": (lambda own, x: nn.functional.linear(levels(x), own.dense.weight), "are not integers times a scale"),
    "input": (lambda own, x: own.dense(x), "input is not quantized: quantize it first, or say which integers"),
    "no ends": (lambda own, x: own.dense(torch.round(x)), "is rounded, but has no ends: clamp it as well"),
    "no quantizer": (lambda own, x: torch.sigmoid(own.dense(levels(x))), "not rounded before it is used: quantize it"),
    "operation": (lambda own, x: torch.cumsum(levels(x), 1), r"\(cumsum\): this operation is not supported"),
    "unit": (
        lambda own, x: nn.GRUCell(4, 4)(levels(x), levels(x)),
        r"\(gru_cell\): gru_cell works with floats inside: write it out",
    ),
    "quotient": (lambda own, x: 1 / (levels(x) + 1), r"reciprocal\): this operation|divides by what depends"),
    "branch": (lambda own, x: x if x.sum() > 0 else -x, "cannot be traced by torch.export"),
    "two results": (lambda own, x: (levels(x), levels(x)), "the module gives 2 tensors for 1"),
    "no tensor": (lambda own, x: 3, "gives no tensor|cannot be traced"),
    "infinite": (lambda own, x: levels(x) * float("inf"), "constants that are no finite numbers"),
    "integers": (lambda own, x: own.dense(levels(x)).int(), "makes torch.int32 of floats: round them"),
    "halves": (lambda own, x: own.dense(levels(x)).to(torch.float16).float(), "makes torch.float16 of floats"),
    "zero": (lambda own, x: levels(x) / 0, "divides by 0"),
    "clip": (
        lambda own, x: own.dense(own.dense(levels(x)).clamp(-0.111, 0.333)[:, [0, 1, 2, 0]]),
        "two of its steps|not",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    function, words = REFUSED[case]
    with pytest.raises(InputError, match=words) as error:
        bridge.melt(dressed(Tagged(function)), input_shape=4)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "say what one row of the input is like: input_shape"),
        ({"input_shape": (0,)}, "must be a list of whole numbers from 1 up"),
        ({"input_shape": "12"}, "must be a list of whole numbers"),
        ({"input_shape": (1 << 12, 1 << 12)}, "must be a list of whole numbers"),
        ({"input_shape": 5}, "cannot be traced by torch.export"),
        ({"input_shape": 6, "input_range": "x"}, "input range 'x' must be like"),
        ({"alphabet": b"ba"}, "alphabet must be bytes in ascending order"),
        ({"input_shape": 6, "state_shapes": [3]}, "cannot be called with an input and 1 state .*: state_shapes says"),
        ({"input_shape": 6, "state_shapes": 3}, "state_shapes must be a list of shapes"),
        ({"leaf_bits": 3}, "has no option 'leaf_bits'"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        bridge.melt(dense(), **options)


def test_the_module_is_left_as_it_was() -> None:
    module = dense().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    bridge.melt(module, input_shape=6)
    assert all(part.training for part in module.modules())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


@pytest.mark.filterwarnings("ignore")  # those of Brevitas and of the exporter
def test_modules_of_brevitas() -> None:
    if find_spec("brevitas") is None or find_spec("onnxoptimizer") is None:
        skip_or_fail("brevitas is not installed with its export")
    import brevitas.nn as layers

    torch.manual_seed(0)
    parts = layers.QuantLinear(6, 8, bias=True, weight_bit_width=3), nn.BatchNorm1d(8), layers.QuantReLU(bit_width=2)
    module = nn.Sequential(
        layers.QuantIdentity(bit_width=4), *parts, layers.QuantLinear(8, 3, bias=True, weight_bit_width=4)
    )
    module(torch.randn(32, 6))
    options = {"input_shape": (6,)}
    cell = bridge.melt(module.eval(), **options)
    checked = check(module, cell, 200, options)
    assert checked.good, checked.first
    assert checked.equal >= 190
    with pytest.raises(InputError, match="option 'alphabet' is not for modules of Brevitas"):
        bridge.melt(module, alphabet=b"ab")
