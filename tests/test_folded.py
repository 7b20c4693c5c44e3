"""Folded networks: tables as logic, sums, the machine against the network, files, training."""

from __future__ import annotations

import contextlib
import json
import math
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from bridge.aig import AigBuilder
from bridge.cell.folded import BIAS, COLUMNS, Folded, is_folded, sigmoid, tanh
from bridge.cell.passes import LANES, passes_of
from bridge.cli.training_options import kind_of
from bridge.coding.folded_code import MAGIC, pack_folded, unpack_folded
from bridge.errors import InputError
from bridge.execution import bits_per_byte, generate, simulate
from bridge.execution.folded import logits_of_logic, says_the_same
from bridge.execution.words import packed, unpacked
from bridge.lowering.folded import lower_folded
from bridge.lowering.lookup import choose_words, look_up
from bridge.lowering.sums import Sum, saturated
from bridge.printable import Progress
from bridge.training import TrainingOptions, train
from bridge.training.checkpoint import load_checkpoint
from bridge.training.folded import FoldedOptions, train_folded
from support.folded import LIMITS, SHAPES, SYMBOLS, drawn, even
from support.texts import chained_prose, corpus_of


@given(st.integers(0, 10_000))
def test_a_table_says_the_bits_of_the_word_that_is_chosen(seed: int) -> None:
    random = np.random.default_rng(seed)
    words, width = int(random.integers(1, 70)), int(random.integers(1, 30))
    bits = (random.random((words, width)) < random.random()).astype(np.uint8)
    builder = AigBuilder("table")
    address = builder.inputs(f"a{bit}" for bit in range((words - 1).bit_length()))
    builder.outputs((f"o{bit}" for bit in range(width)), look_up(builder, choose_words(builder, address, words), bits))
    numbers = np.arange(words) >> np.arange(len(address))[:, None] & 1
    found = unpacked(simulate(builder.build(), packed(numbers.astype(np.uint8).reshape(len(address), words))), words)
    assert len(address) == 0 or np.array_equal(found.T, bits)


@given(st.lists(st.tuples(st.integers(-8, 7), st.integers(-8, 7), st.integers(0, 3)), min_size=1, max_size=5))
def test_sums_are_those_of_the_numbers(terms: list[tuple[int, int, int]]) -> None:
    builder, total, expected = AigBuilder("sums"), Sum(5), 5
    constants = [[value >> bit & 1 for bit in range(4)] for term in terms for value in term[:2]]
    for (left, right, place), a, b in zip(terms, constants[::2], constants[1::2], strict=True):
        total.add_product(builder, a, b, right_signed=True)
        total.add(a, signed=True, place=place, negative=True)
        total.add(b, signed=False)
        expected += left * right - (left << place) + right % 16
    bits = total.bits(builder, 12)
    assert sum(bit << place for place, bit in enumerate(bits)) == expected % (1 << 12)
    clipped = saturated(builder, bits, 6)
    assert sum(bit << place for place, bit in enumerate(clipped)) == max(-32, min(31, expected)) % 64


def test_gates_are_monotone_and_bounded() -> None:
    drive = np.arange(-3000, 3000)
    assert np.array_equal(np.unique(tanh(drive))[[0, -1]], [-127, 127])
    assert np.array_equal(np.unique(sigmoid(drive)), np.arange(65))
    assert np.all(np.diff(sigmoid(drive)) >= 0)
    assert np.array_equal(tanh(-drive), -tanh(drive))
    assert np.abs(sigmoid(drive) / 64 - 1 / (1 + np.exp(-drive / 64))).max() < 0.03


@pytest.mark.parametrize("seed", range(3))
def test_the_machine_says_what_the_network_says(seed: int) -> None:
    net = drawn(seed, *SHAPES[seed])
    data = np.random.default_rng(seed).choice(np.frombuffer(SYMBOLS + b"Z\n", np.uint8), (5, 70))
    state, expected = net.reset(70), []
    for row in data:
        state, logits = net.step(state, row)
        expected.append(logits)
    assert len(np.unique(expected)) > 300
    assert np.array_equal(logits_of_logic(lower_folded(net), passes_of(net).steps, data), np.stack(expected))


@pytest.mark.parametrize("numbers", LIMITS)
def test_the_machine_of_numbers_at_their_limits_says_what_the_network_says(numbers: tuple[int, int, int, int]) -> None:
    net = even(*numbers)
    assert says_the_same(net, lower_folded(net), 2)


def test_logic_that_is_ready_only_for_some_bytes_says_something_else() -> None:
    """Were it enough to be ready for one of many texts, nobody would see it."""
    net = drawn(0)
    aig = lower_folded(net)
    *numbers, ready = aig.outputs
    sometimes = np.append(aig.ands, [[ready.literal, 2]], axis=0).astype(aig.ands.dtype)  # and bit 0 of the byte
    other = replace(aig, ands=sometimes, outputs=(*numbers, replace(ready, literal=2 * aig.variables))).validate()
    assert not says_the_same(net, other, 1)
    with pytest.raises(InputError, match="not ready in the same steps"):
        logits_of_logic(other, passes_of(net).steps, np.array([[0], [1]], np.uint8))


def test_products_of_floats_are_those_of_integers() -> None:
    """Whatever adds them up, in whatever order: no sum passes 2^24."""
    net = drawn(5, codes=COLUMNS - LANES)
    extreme = replace(net, weights=np.full_like(net.weights, -3), biases=np.full_like(net.biases, -BIAS))
    values = np.full((2, COLUMNS), -127)
    assert np.array_equal(extreme._sums(values, slice(None), slice(9)), values @ extreme.weights[:9].astype(np.int64).T)
    assert extreme.most < 1 << 24


def test_states_stay_where_eight_bits_hold_them() -> None:
    net = drawn(7)
    extreme = replace(net, scales=np.full_like(net.scales, 1023), shift=1)
    state, data = extreme.reset(50), np.random.default_rng(7).choice(np.frombuffer(SYMBOLS, np.uint8), (40, 50))
    for row in data:
        state, _ = extreme.step(state, row)
        assert np.abs(state).max() <= 127
    assert np.abs(state).max() == 127


def test_a_file_gives_the_network_back(tmp_path: Path) -> None:
    net, path = replace(drawn(1), record={"seed": 1}), tmp_path / "net.safetensors"
    net.save(path)
    again = Folded.load(path)
    assert (again.record, again.digest, is_folded(path)) == (net.record, net.digest, True)
    assert again.digest != drawn(2).digest
    data = np.frombuffer(SYMBOLS, np.uint8)
    assert np.array_equal(again.step(again.reset(8), data)[1], net.step(net.reset(8), data)[1])
    for end in (7, 50, 100, path.stat().st_size - 1):
        (tmp_path / "cut").write_bytes(path.read_bytes()[:end])
        with pytest.raises(InputError, match="cut: is not a folded network"):
            Folded.load(tmp_path / "cut")


HOSTILE: list[dict[str, Any]] = [
    {"embedding": np.zeros(8, np.int8)},
    {"embedding": np.zeros((), np.int8)},
    {"weights": np.zeros((2, 2, 2), np.int8)},
    {"embedding": np.zeros((8, LANES, 2), np.int8)},
    {"weights": np.zeros((104, 64), np.float32)},
    {"symbols": 1 << 28},
    {"symbols": 10**30},
    {"symbols": "abc"},
    {"symbols": [256]},
    {"shift": 13.7},
    {"shift": 1e999},
    {"format": 2},
    {"deep": json.loads("[" * 200 + "]" * 200)},
]


@pytest.mark.parametrize("change", HOSTILE, ids=range(len(HOSTILE)))
def test_a_file_of_a_stranger_is_a_network_or_an_error(change: dict[str, Any], tmp_path: Path) -> None:
    net = drawn(1)
    arrays = {key: getattr(net, key) for key in ("embedding", "weights", "biases", "scales")}
    arrays |= {key: value for key, value in change.items() if key in arrays}
    facts = {"format": 1, "symbols": [*SYMBOLS], "shift": 13} | {k: v for k, v in change.items() if k not in arrays}
    path = tmp_path / "net.safetensors"
    path.write_bytes(save(arrays, {"folded": json.dumps(facts)}))
    with pytest.raises(InputError, match="is not a folded network"):
        Folded.load(path)


def test_few_bytes_give_the_network_back() -> None:
    net = drawn(4)
    packed_net = pack_folded(net)
    again = unpack_folded(packed_net)
    assert again.symbols == net.symbols
    assert again.shift == net.shift
    for key in ("embedding", "weights", "biases", "scales"):
        assert np.array_equal(getattr(again, key), getattr(net, key))
    assert len(packed_net) < (4 * net.weights.size + 24 * net.biases.size) / 8
    with pytest.raises(InputError, match="no packed folded network"):
        unpack_folded(packed_net[:-1])


@given(st.binary(max_size=60))
def test_a_packed_network_of_a_stranger_is_one_or_an_error(code: bytes) -> None:
    with contextlib.suppress(InputError):
        unpack_folded(MAGIC + zlib.crc32(code).to_bytes(4, "big") + code)


def test_what_does_not_fit_is_refused() -> None:
    net = drawn(2)
    with pytest.raises(InputError, match="weights must be between -3 and 3"):
        replace(net, weights=net.weights + np.int8(4))
    with pytest.raises(InputError, match="do not fit"):
        replace(net, weights=net.weights[1:])
    with pytest.raises(InputError, match="a bias and a scale"):
        replace(net, biases=net.biases[1:])
    with pytest.raises(InputError, match="at most 16,777,216 weights"):
        replace(net, weights=np.zeros((3 * 4096 + len(SYMBOLS), 4096 + LANES), np.int8))
    with pytest.raises(InputError, match="the shift must be between 1 and 24") as refused:
        replace(net, shift=10**4000)
    assert len(str(refused.value)) < 200
    with pytest.raises(InputError, match="units must be a multiple of 32, not 33"):
        lower_folded(drawn(2, units=33))
    with pytest.raises(InputError, match="nothing to predict"):
        bits_per_byte(net, b"a")
    with pytest.raises(InputError, match="not the logic of a folded network"):
        logits_of_logic(AigBuilder("other").build(), 1, np.zeros((1, 1), np.uint8))


def test_what_runs_on_text_runs_a_network() -> None:
    """As a cell does, whether one stream or many are read."""
    net, text = drawn(3), bytes(np.random.default_rng(3).choice(np.frombuffer(SYMBOLS, np.uint8), 3000))
    state, total = net.reset(1), 0.0
    for byte, following in pairwise(text):
        state, logits = net.step(state, np.array([byte], np.uint8))
        total += net.readout.code_lengths(logits, np.array([following], np.uint8))[0]
    assert bits_per_byte(net, text, exact=True) == pytest.approx(total / (len(text) - 1), rel=1e-12)
    assert bits_per_byte(net, text) == pytest.approx(total / (len(text) - 1), rel=0.05)
    assert set(generate(net, b"abc", 50)) <= {*SYMBOLS}


def test_a_training_that_is_taken_up_ends_where_a_whole_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.training.running.REPORT_SECONDS", 0.0)
    corpus, place = corpus_of(chained_prose(9000), b""), tmp_path / "run"
    options = FoldedOptions(units=32, codes=32, steps=6, batch=4, sequence=8, recency=0.0)
    whole = train_folded(corpus, options)

    def stopped(now: Progress) -> None:
        if now.done == 0.5:
            raise KeyboardInterrupt

    part = train_folded(corpus, options, checkpoint=place, progress=stopped)
    assert (part.finished, part.steps) == (False, 3)
    assert kind_of(place) == "folded"
    again = train_folded(corpus, options, checkpoint=place, resume=True)
    assert (again.finished, again.net.digest) == (True, whole.net.digest)
    with pytest.raises(InputError, match="other options: batch"):
        train_folded(corpus, replace(options, batch=2), checkpoint=place, resume=True)
    with pytest.raises(InputError, match="is not a checkpoint of such a run"):
        load_checkpoint(place, TrainingOptions.from_facts)


@pytest.mark.parametrize("folded", [True, False])
def test_a_checkpoint_with_other_insides_is_refused(folded: bool, tmp_path: Path) -> None:
    corpus, place = corpus_of(chained_prose(9000), b""), tmp_path / "run"
    options = FoldedOptions(units=32, codes=32, steps=1, batch=4, sequence=8, recency=0.0)
    others = TrainingOptions(steps=1, batch=4, sequence=8, recency=0.0)
    run: Callable[..., Any] = partial(train_folded, corpus, options) if folded else partial(train, corpus, others)
    run(checkpoint=place)
    wrong: list[tuple[tuple[str, ...], Any]] = [
        (("seconds",), "x"),
        (("tensors", "model"), {}),
        (("tensors", "optimiser", "state"), None),
        (("tensors", "state"), []),
    ]
    if folded:
        nothing = torch.full((4, 32), torch.nan)
        wrong += [(("seconds",), math.nan), (("tensors", "running"), math.inf), (("tensors", "state"), nothing)]
    for keys, value in wrong:
        facts = torch.load(place, weights_only=True)
        part = facts
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = value
        torch.save(facts, tmp_path / "other")
        with pytest.raises(InputError):
            run(checkpoint=tmp_path / "other", resume=True)


@pytest.mark.heavy
def test_training_learns_and_its_machine_says_the_same() -> None:
    text = chained_prose(65_000)
    corpus = corpus_of(text[:60_000], text[60_000:])
    options = FoldedOptions(units=32, codes=32, steps=60, batch=16, sequence=32, recency=0.0)
    heard: list[float] = []
    trained = train_folded(corpus, options, progress=lambda now: heard.append(now.done or 0.0))
    net = trained.net
    assert heard[-1] == 1
    assert (trained.finished, trained.steps) == (True, 60)
    untrained = train_folded(corpus, replace(options, steps=1)).net
    assert bits_per_byte(net, corpus.heldout) < bits_per_byte(untrained, corpus.heldout) - 0.5
    data = np.frombuffer(corpus.heldout, np.uint8)[:12].reshape(3, 4)
    _, logits = net.step(net.reset(4), data[0])
    assert np.array_equal(logits_of_logic(lower_folded(net), passes_of(net).steps, data)[0], logits)
