"""Random words of bounded length with their answers: all that is learned from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits
from bridge.bench.machines.tasks import Task


class Examples(NamedTuple):
    """`read`: uint8[words, steps, inputs]; `answers`: uint8[words, steps, answers], after every step."""

    read: Bits
    answers: Bits


def words_of(task: Task, count: int, steps: int, seed: int) -> Examples:
    """Each word has a rate of ones of its own for every input, so that rare things come up."""
    rng = np.random.default_rng(seed)
    rates = rng.random((count, 1, len(task.inputs)))
    read = (rng.random((count, steps, len(task.inputs))) < rates).astype(np.uint8)
    return Examples(read, answers_of(task, read))


def answers_of(task: Task, read: Bits) -> Bits:
    """uint8[words, steps, answers]: what is right after every step of words, uint8[words, steps, inputs]."""
    answers = [_answers(task, word) for word in read]
    return np.array(answers, np.uint8).reshape(len(read), read.shape[1], len(task.answers))


def _answers(task: Task, word: Bits) -> list[tuple[int, ...]]:
    strings = ["".join(map(str, bits)) for bits in word.T.tolist()]
    return [task.word(*(string[: end + 1] for string in strings)) for end in range(len(word))]
