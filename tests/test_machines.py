"""Learned machines: tasks that say the same twice, cells that are what was learned, comparisons against brute force."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.bench.machines.examples import Examples, answers_of, words_of
from bridge.bench.machines.exploring import explored
from bridge.bench.machines.layout import Layout, Network
from bridge.bench.machines.learning import Lessons, Pupils
from bridge.bench.machines.specification import specified, state_table
from bridge.bench.machines.table import HEADER, deceived, line
from bridge.bench.machines.tasks import TASKS, Shape, Task
from bridge.bench.machines.trial import Result, given_by, proven, short_words, spelled, trial
from bridge.errors import InputError
from support.json_keys import keys_inside
from support.tools import real

SEEDS = st.integers(0, 10**6)


def stepped(task: Task, word: Any) -> list[tuple[int, ...]]:
    """The answers of the specification, step by step."""
    state, answers = task.start, []
    for bits in word.tolist():
        state, *given_now = task.step(state, *bits)
        answers.append(tuple(given_now))
    return answers


def random_network(task: Task, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    layout = Layout.of(task)
    weights = (rng.integers(-2, 3, layout.free.shape) * layout.free).astype(np.int8)
    return Network(layout, weights, rng.integers(-2, 3, len(weights)).astype(np.int32))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_says_the_same_twice(name: str) -> None:
    task = TASKS[name]
    for seed in range(4):
        words = words_of(task, 20, 6 + 6 * seed, seed)
        for word, answers in zip(*words, strict=True):
            assert stepped(task, word) == [tuple(row) for row in answers.tolist()]


@pytest.mark.parametrize("name", TASKS)
def test_a_specification_as_a_netlist(name: str) -> None:
    task, aig = TASKS[name], specified(TASKS[name])
    aig.validate()
    words = words_of(task, 30, 40, 7)
    for word, answers in zip(*words, strict=True):
        assert outputs(aig, word).tolist() == answers.tolist()
    assert len(state_table(task).codes) <= 256


def outputs(aig: Any, word: Any) -> Any:
    """uint8[steps, answers], node by node: a simulator apart from ours."""
    values = np.zeros(aig.variables, np.uint8)
    values[aig.first_latch : aig.first_and] = [latch.reset for latch in aig.latches]
    rows = []
    for bits in word:
        values[1 : aig.first_latch] = bits
        for variable, (a, b) in enumerate(aig.ands.tolist(), aig.first_and):
            values[variable] = (values[a // 2] ^ a % 2) & (values[b // 2] ^ b % 2)
        rows.append([values[x.literal // 2] ^ x.literal % 2 for x in aig.outputs if x.name.endswith("[0]")])
        values[aig.first_latch : aig.first_and] = [values[x.next // 2] ^ x.next % 2 for x in aig.latches]
    return np.array(rows, np.uint8)


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 3), st.integers(0, 2), st.integers(0, 2))
def test_what_learned_is_the_cell(seed: int, bits: int, taps: int, hidden: int) -> None:
    """The sums of training, once it is hard, have the signs of what the cell answers."""
    task = replace(TASKS["before-mark"], shape=Shape(bits, taps, hidden))
    pupils = Pupils(Layout.of(task), Lessons(networks=3), torch.Generator().manual_seed(seed))
    words = words_of(task, 5, 9, seed)
    with torch.no_grad():
        sums = pupils(2 * torch.from_numpy(words.read).float().transpose(0, 1) - 1, 1.0)
    for network, own in zip(pupils.networks(), sums.unbind(1), strict=True):
        answers = given_by(network.cell(task), task, words.read)
        assert np.array_equal(answers, (own >= 0).numpy().transpose(1, 0, 2))


@cache
def every_short_word(name: str) -> Examples:
    read = short_words(TASKS[name])
    return Examples(read, answers_of(TASKS[name], read))


@pytest.mark.heavy
@settings(max_examples=30)
@given(SEEDS, st.sampled_from(["parity", "majority-3", "before-mark", "larger"]), st.integers(1, 2), st.integers(0, 1))
def test_exploring_against_brute_force(seed: int, name: str, bits: int, hidden: int) -> None:
    task = replace(TASKS[name], shape=Shape(bits, 0, hidden))
    cell = random_network(task, seed).cell(task)
    found = explored(cell, state_table(task))
    read, answers = every_short_word(name)
    wrong = (given_by(cell, task, read) != answers).any(axis=(0, 2))
    assert (found.answer == "different") == wrong.any()
    assert found.pairs <= 2**bits * len(state_table(task).codes)
    if found.word is not None:
        assert len(found.word) == np.flatnonzero(wrong)[0] + 1
        assert stepped(task, found.word)[-1] != tuple(given_by(cell, task, found.word[None])[0, -1])


def majority(weight: int) -> tuple[Task, Network]:
    """What is right for the majority of the last 9, if all weights are 1."""
    task = replace(TASKS["majority-9"], shape=Shape(1, 10, 0))
    layout = Layout.of(task)
    weights = np.zeros(layout.free.shape, np.int8)
    weights[-1, :9] = 1
    weights[-1, 4] = weight
    return task, Network(layout, weights, np.array([0, 0, 5], np.int32))


@pytest.mark.heavy
@pytest.mark.parametrize("weight", [1, 2, 0])
def test_one_weight_makes_the_difference(weight: int) -> None:
    real("abc")
    task, network = majority(weight)
    cell = network.cell(task)
    proof = proven(Result(cell, network.connections, 1.0, explored(cell, state_table(task))), task)
    assert (proof.certificate.answer, proof.flow.answer) == ("equivalent", "equivalent")
    assert proof.answer == proof.verdict.answer == ("equivalent" if weight == 1 else "different")
    assert proof.short_right == (weight == 1)
    ones = {1: [], 2: [4], 0: [5]}[weight]  # in five steps, the first of them counting for the wrong weight
    assert [spelled(task, proof.result.explored).count("1")] * (weight != 1) == ones
    assert proof.result.explored.word is None or proof.result.explored.word.shape == (5, 1)


@pytest.mark.heavy
def test_parity_from_examples_to_a_proof() -> None:
    real("abc")
    found = trial(TASKS["parity"], Lessons(networks=4, steps=300, examples=300, length=8, batch=32))
    assert found.answer == "equivalent"
    assert found.best in found.equal
    assert set(found.equal) <= set(found.right)
    assert all(result.right < 1 or result.explored.answer == "equivalent" for result in found.results)
    assert "| **proven** |" in line(found)
    assert line(found).count("|") == HEADER.splitlines()[0].count("|")
    assert ("is equal to its specification" in deceived([found])) == (not found.deceptive)
    assert found.to_json()["equal"] == len(found.equal)
    assert found.to_json().keys() == keys_inside("`tools/machines.py --json`: a line")


def test_what_cannot_be_specified() -> None:
    task = replace(TASKS["parity"], start=0, step=lambda count, x: (count + x, x))
    with pytest.raises(InputError, match="'parity' has more than 4096 states"):
        state_table(task)
    with pytest.raises(InputError, match="a negative number"):
        state_table(replace(task, step=lambda count, x: (-x, x)))
