"""Training: options, the operations with own gradients, the loop, checkpoints, and the exported cell."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import bridge.training
from bridge.bench.learning.networks import network_bits_per_byte
from bridge.cell import Cell, Delay, Latch
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.execution.text import segments_of
from bridge.training import LayerOptions, TrainingOptions, TrainingProgress, train
from bridge.training.compare import hidden_signs, largest_difference, load_model
from bridge.training.export import export_cell
from bridge.training.functions import latch, look_up
from bridge.training.model import IntegerWeights, Model
from bridge.training.streams import alphabet_of, cut_streams, ranks_of
from support.texts import corpus_of, prose
from support.training import TINY, same_cell

pytestmark = pytest.mark.heavy


# Options


@pytest.mark.parametrize(
    "wrong",
    [
        {"embedding_bits": 0},
        {"window": -1},
        {"window": 2.5},
        {"layers": ()},
        {"layers": (LayerOptions(0, 0, 4, 2),)},
        {"layers": (LayerOptions(4, 0, 4, 2, (0,)),)},
        {"layers": (LayerOptions(4, 0, 4, 9),)},
        {"layers": (LayerOptions(4, 0, 4, 2), LayerOptions(4, 0, 4))},
        {"layers": (LayerOptions(4, 0, 4, 2), LayerOptions(4, 0, 4, 0, (1, 1)))},
        {"layers": (LayerOptions(4, 0, 1000, 2),)},
        {"head_fan_in": 0},
        {"head_fan_in": 5000},
        {"head_embeddings": 7},
        {"levels": "float"},
        {"minutes": 0},
        {"minutes": float("nan")},
        {"minutes": "long"},
        {"steps": 0},
        {"steps": True},
        {"learning_rate": -1.0},
        {"device": "tpu"},
        {"seed": -1},
        {"threads": 0},
        {"recency": -1.0},
        {"recency": "late"},
    ],
)
def test_nonsense_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(TrainingOptions(), **wrong)  # type: ignore[arg-type]


def test_options_survive_json() -> None:
    assert TrainingOptions.from_facts(json.loads(json.dumps(TINY.facts()))) == TINY
    for facts in ({"colour": 1}, {"layers": 3}, {"layers": [{"neurons": 1, "depth": 2}]}, {"layers": [7]}):
        with pytest.raises(InputError, match="training options"):
            TrainingOptions.from_facts(facts)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_missing_cuda_is_an_input_error() -> None:
    with pytest.raises(InputError, match="cuda"):
        train(corpus_of(prose(500)), replace(TINY, device="cuda"))


# Operations


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_latch_is_the_loop_over_time(seed: int, steps: int, batch: int, bits: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    y = torch.randn(steps, batch, 2 * bits, generator=generator, dtype=torch.float64, requires_grad=True)
    old = torch.randint(0, 2, (batch, bits), generator=generator).double() * 2 - 1
    weights = torch.randn(steps, batch, bits, generator=generator, dtype=torch.float64)

    state = latch(y, old)
    (state * weights).sum().backward()
    expected = torch.zeros_like(y)
    states = [old]
    for t in range(steps):
        states.append(torch.where(y[t, :, :bits] >= 0, torch.where(y[t, :, bits:] >= 0, 1.0, -1.0), states[-1]))
    felt = torch.zeros(batch, bits, dtype=torch.float64)
    for t in reversed(range(steps)):
        felt = felt + weights[t]
        chosen = y[t, :, :bits] >= 0
        value = torch.where(y[t, :, bits:] >= 0, 1.0, -1.0)
        expected[t] = torch.cat([0.5 * (value - states[t]) * felt, chosen * felt], dim=1) * (1 - torch.tanh(y[t]) ** 2)
        felt = felt * ~chosen

    assert torch.equal(state, torch.stack(states[1:]))
    assert y.grad is not None
    torch.testing.assert_close(y.grad, expected)


def test_look_up_is_a_sum_of_rows_with_its_gradient() -> None:
    tables = torch.randn(3, 5, 4, dtype=torch.float64, requires_grad=True)
    indices = torch.randint(0, 5, (7, 3))
    rows = [tables[age, indices[:, age]] for age in range(3)]
    torch.testing.assert_close(look_up(tables, indices), torch.stack(rows).sum(0))
    assert torch.autograd.gradcheck(lambda t: look_up(t, indices), (tables,))


@pytest.mark.parametrize(
    ("levels", "allowed"),
    [("ternary", {-1, 0, 1}), ("3bit", {-4, -3, -2, -1, 0, 1, 2, 3}), ("pow2", {-4, -2, -1, 0, 1, 2, 4})],
)
def test_weights_are_few_and_of_the_level_set(levels: str, allowed: set[int]) -> None:
    torch.manual_seed(1)
    weights = IntegerWeights(20, 50, 9, levels)  # type: ignore[arg-type]
    integers = weights.integers()
    assert set(integers.unique().int().tolist()) <= allowed
    nonzeros = (integers != 0).sum(dim=1)
    assert nonzeros.max() <= 9
    assert levels == "3bit" or nonzeros.min() == 9
    assert (integers * weights.latent >= 0).all()


def test_gradients_reach_weights_that_are_zero() -> None:
    weights = IntegerWeights(3, 8, 2, "pow2")
    (weights() * torch.arange(24.0).view(3, 8)).sum().backward()
    assert weights.latent.grad is not None
    assert torch.equal(weights.latent.grad, torch.arange(24.0).view(3, 8))


@given(st.integers(1, 7), st.integers(1, 12), st.floats(0, 3), st.integers(300, 2000))
@settings(max_examples=40, deadline=None)
def test_excerpts_are_pieces_of_the_text(batch: int, sequence: int, recency: float, length: int) -> None:
    text = bytes(length)
    try:
        streams = cut_streams(text, ranks_of(b"\0"), batch, sequence, recency)
    except InputError:
        assert length * np.exp(-recency) / batch < 2 * (sequence + 2)
        return
    rounds = [streams.positions(step) for step in range(int(streams.excerpts.max()))]
    assert all((np.diff(positions, axis=0) == 1).all() for positions in rounds)
    # Together they read everything but a rest shorter than an excerpt (and one target) per stream.
    read = np.unique([positions[:-1] for positions in rounds])
    assert len(read) >= length - batch * (sequence + 1)
    assert read.max() < length - 1


def test_excerpts_are_symbols_and_their_successors() -> None:
    text = prose(500)
    alphabet = alphabet_of(text)
    streams = cut_streams(text, ranks_of(alphabet), 3, 7, 1.0)
    inputs, targets = streams.excerpt(4)
    read = np.frombuffer(text, np.uint8)[streams.positions(4)]
    assert np.array_equal(np.frombuffer(alphabet, np.uint8)[inputs.numpy()], read[:-1])
    assert np.array_equal(np.frombuffer(alphabet, np.uint8)[targets.numpy()], read[1:])


def test_recent_text_is_read_more_often() -> None:
    streams = cut_streams(bytes(100_000), ranks_of(b"\0"), 8, 10, 3.0)
    reads = np.zeros(100_000)
    for step in range(4000):
        np.add.at(reads, streams.positions(step)[:-1].ravel(), 1)
    tenths = reads.reshape(10, -1).sum(1)
    expected = np.diff(np.exp(np.linspace(0, 3, 11)))
    np.testing.assert_allclose(tenths / tenths.sum(), expected / expected.sum(), atol=0.05)


# Training and export


@pytest.mark.parametrize("levels", ["ternary", "3bit", "pow2"])
def test_cell_gives_the_probabilities_of_the_model(levels: str, tmp_path: Path) -> None:
    text = prose(6000) + b"XYZ"
    options = replace(TINY, levels=levels)
    checkpoint = tmp_path / "run.pt"
    trained = train(corpus_of(text), options, checkpoint=checkpoint)
    model, alphabet = load_model(checkpoint)
    assert largest_difference(model, alphabet, trained.cell, prose(700, 2) + bytes(range(256))) < 1e-9


def test_hidden_signs_are_the_bits_of_the_cell(tmp_path: Path) -> None:
    checkpoint = tmp_path / "c"
    cell = train(corpus_of(prose(4000)), replace(TINY, steps=12), checkpoint=checkpoint).cell
    model, alphabet = load_model(checkpoint)
    text = prose(300, seed=5)
    state, expected = cell.reset(1), []
    for byte in text:
        values = cell.read(state, np.array([byte], np.uint8))
        names = [
            name for index in range(len(model.layers)) for name in (f"layer{index}.memory", f"layer{index}.neurons")
        ]
        expected.append(np.concatenate([values[name][0] for name in names if name in values]))
        state = cell.following(values)
    assert np.array_equal(hidden_signs(model, alphabet, text), np.array(expected, bool).T)


@pytest.mark.parametrize("levels", ["3bit", "pow2"])
def test_weights_where_two_levels_meet_are_those_of_the_network(levels: str) -> None:
    torch.manual_seed(0)
    alphabet, text = b"abcdefg", bytes(np.random.default_rng(0).choice(list(b"abcdefg"), 2000).tolist())
    options = replace(TINY, levels=levels)
    # Of latents 1 and `border`, all kept, the mean is 1.6 (or 2) units, and `border` is sqrt(2) (or 1.5) of them.
    share = {"pow2": 2**0.5 / 1.6, "3bit": 1.5 / 2.0}[levels] / 2
    border = share / (1 - share)
    model = Model(options, len(alphabet))
    with torch.no_grad():
        for matrix in model.matrices():
            sizes = torch.ones_like(matrix.latent)
            sizes[:, ::2] = border * (1 + 1e-7 * torch.randn_like(sizes[:, ::2]))
            if sizes.shape[1] % 2:
                sizes[:, -1] = (1 + border) / 2
            matrix.fan_in = matrix.active = sizes.shape[1]
            matrix.latent.copy_(sizes * torch.randn_like(sizes).sign())
    model.refresh()
    assert len(model.head.weights.integers().abs().unique()) > 1  # float32 falls on both sides of the border
    cell = export_cell(model, alphabet, "borders", {})
    found = network_bits_per_byte(model, cell.readout, text, segments_of(len(text)))
    assert found == pytest.approx(evaluate(cell, text).bits_per_byte, abs=1e-5)
    assert largest_difference(model, alphabet, cell, text) < 1e-9


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_untrained_cells_agree_even_at_ties(seed: int) -> None:
    # With zero biases and even sums, y == 0 is frequent.
    torch.manual_seed(seed)
    alphabet = b"abcdefg"
    options = replace(TINY, layers=tuple(replace(layer, fan_in=4) for layer in TINY.layers), levels="ternary")
    model = Model(options, len(alphabet))
    for layer in model.layers:
        torch.nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    cell = export_cell(model, alphabet, "ties", {})
    text = bytes(np.random.default_rng(seed).choice(list(b"abcdefgh"), 40).tolist())
    assert largest_difference(model, alphabet, cell, text) < 1e-9


def test_blocks_and_record(tmp_path: Path) -> None:
    text = prose(3000)
    trained = train(corpus_of(text), TINY)
    cell = trained.cell
    assert trained.finished
    assert [block.name for block in cell.blocks if isinstance(block, Delay | Latch)] == [
        "emb.past",
        "layer0.memory",
        "layer0.memory.past",
        "layer0.neurons.past",
        "layer1.neurons.past",
        "layer2.memory",
    ]
    assert cell.readout.symbols == bytes(sorted(set(text)))
    assert TrainingOptions.from_facts(cell.record["options"]) == TINY
    assert cell.record["sha256"] == hashlib.sha256(text).hexdigest()
    assert (cell.record["steps"], cell.record["bytes_seen"], cell.record["finished"]) == (30, 30 * 4 * 16, True)
    cell.save(str(tmp_path / "cell.safetensors"))
    assert same_cell(cell, Cell.load(str(tmp_path / "cell.safetensors")))


def test_the_page_at_the_top_names_what_is_there() -> None:
    told = re.findall(r"`([A-Za-z_.]+)`", bridge.training.__doc__ or "")
    paths = Path(bridge.training.__file__).parent.glob("[!_]*.py")
    files = [import_module(f"bridge.training.{path.stem}") for path in paths]
    known = {name for file in files for name in (file.__name__.split(".")[-1], *vars(file))} | {"latent", "bridge"}
    assert len(told) > 20
    assert not [name for name in told if name.split(".")[0] not in known]


def test_training_learns() -> None:
    text = prose(20_000)
    options = TrainingOptions(16, 5, (LayerOptions(24, 8, 8, 5),), 20, 2, steps=300, batch=8, sequence=32, recency=0.0)
    progress: list[TrainingProgress] = []
    train(corpus_of(text), options, progress=progress.append)
    frequencies = np.bincount(np.frombuffer(text, np.uint8)) / len(text)
    entropy = -sum(p * np.log2(p) for p in frequencies if p)
    assert progress[-1].done == 1
    assert progress[-1].steps == 300
    assert progress[-1].bits_per_byte < 0.75 * entropy


@pytest.mark.parametrize("text", [b"a" * 400, bytes(range(256)) * 4], ids=["one symbol", "all symbols"])
def test_extreme_alphabets(text: bytes, tmp_path: Path) -> None:
    trained = train(corpus_of(text), replace(TINY, steps=3), checkpoint=tmp_path / "run.pt")
    model, alphabet = load_model(tmp_path / "run.pt")
    assert alphabet == bytes(sorted(set(text)))
    assert largest_difference(model, alphabet, trained.cell, bytes(range(256))) < 1e-9


def test_heldout_bytes_do_not_reach_training() -> None:
    text = prose(3000)
    one, two = (train(corpus_of(text, heldout), TINY).cell for heldout in (b"", b"QUITE different"))
    assert same_cell(one, two)


def test_short_text_is_an_input_error() -> None:
    with pytest.raises(InputError, match="shortest stream"):
        train(corpus_of(b"short text"), TINY)


def test_one_step_model_without_window() -> None:
    options = TrainingOptions(5, 1, (LayerOptions(4, 0, 3, 1),), 3, 1, steps=2, batch=2, sequence=8, recency=0)
    assert train(corpus_of(prose(300)), options).cell.state_bits == 0
