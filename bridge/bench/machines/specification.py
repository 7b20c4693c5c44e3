"""Specifications as machines: the states of a few lines of Python, enumerated, and the same as a netlist."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.aig.names import bit, element, label
from bridge.arrays import Bits, Flags, Ints
from bridge.bench.machines.tasks import Task
from bridge.errors import InputError
from bridge.lowering.embedding import lower_table

MOST_STATES = 1 << 12


@dataclass(frozen=True, eq=False)
class StateTable:
    """What a specification says, state by state; state 0 is the start. `codes`: int64[states, parts], the numbers that
    each is; `following`: int64[states, inputs]; `answers`: int64[states, inputs, answers]. Input number i gives the
    first of the task's inputs the lowest bit of i."""

    task: Task
    codes: Ints
    following: Ints
    answers: Ints


def state_table(task: Task) -> StateTable:
    """All states that are reached. InputError if they are more than MOST_STATES, or no small numbers."""
    words = [bits[::-1] for bits in product((0, 1), repeat=len(task.inputs))]
    places: dict[Any, int] = {task.start: 0}
    waiting, following, answers = deque([task.start]), [], []
    while waiting:
        state = waiting.popleft()
        results = [task.step(state, *bits) for bits in words]
        for after, *_ in results:
            if after not in places:
                places[after] = len(places)
                waiting.append(after)
        if len(places) > MOST_STATES:
            raise InputError(f"task {task.name!r} has more than {MOST_STATES} states: specify a smaller machine")
        following.append([places[after] for after, *_ in results])
        answers.append([given for _, *given in results])
    codes = np.array([state if isinstance(state, tuple) else (state,) for state in places], np.int64)
    if codes.min() < 0:
        raise InputError(f"task {task.name!r} has a negative number in a state: count from 0")
    return StateTable(task, codes, np.array(following), np.array(answers))


def specified(task: Task) -> Aig:
    """The specification as a netlist with the inputs and outputs of a cell, each number of its state in binary."""
    known = state_table(task)
    builder = AigBuilder(task.name)
    read = [builder.input(element(name, 0)) for name in task.inputs]
    widths = [max(1, int(part.max()).bit_length()) for part in known.codes.T]
    spelled = np.concatenate(
        [part[:, None] >> np.arange(width) & 1 for part, width in zip(known.codes.T, widths, strict=True)], axis=1
    )
    names = [bit(element("spec", part), place) for part, width in enumerate(widths) for place in range(width)]
    held = [builder.latch(name, 1 if value else 0) for name, value in zip(names, spelled[0], strict=True)]
    rows = np.concatenate([spelled[known.following], known.answers], axis=2)
    table, care = _table(rows, spelled, len(read))
    made = lower_table(builder, read + held, table, care)
    for latch, following in zip(held, made, strict=False):
        builder.set_next(latch, following)
    for name, answer in zip(task.answers, made[len(held) :], strict=True):
        builder.outputs([element(label(name), place) for place in range(2)], [answer, FALSE])  # the second is its sign
    return builder.build()


def _table(rows: Ints, spelled: Ints, inputs: int) -> tuple[Bits, Flags]:
    """What follows each value of inputs and latches, and which values come up, of rows int64[states, inputs, bits]."""
    place = (spelled << np.arange(spelled.shape[1])).sum(axis=1) << inputs
    where = place[:, None] + np.arange(1 << inputs)
    table = np.zeros((1 << inputs + spelled.shape[1], rows.shape[2]), np.uint8)
    care = np.zeros(len(table), np.bool_)
    table[where], care[where] = rows, True
    return table, care
