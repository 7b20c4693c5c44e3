"""Runs of a machine from reset, or from a state, on random inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.aig import Aig, Output, Properties
from bridge.aig.latches import reset_to_one
from bridge.arrays import Ints, Words
from bridge.execution import compile_program, run
from bridge.execution.words import random_words

STEPS, WORDS = 256, 4  # of random runs, each of 64 streams a word


def watch(aig: Aig, literals: Ints, inputs: Words, state: Words) -> tuple[Words, Words]:
    """Run from a state. inputs: uint64[T, inputs, W]; state: uint64[latches, W].

    Returns (uint64[T, len(literals), W] the values of the literals in every step, the state after the last).
    """
    outputs = tuple(Output(str(index), int(literal)) for index, literal in enumerate(literals))
    machine = replace(aig, outputs=outputs, points=(), properties=Properties())
    return run(compile_program(machine), inputs, state)


def behaviour(aig: Aig) -> Words:
    """uint64[latches, n]: the values of each latch in random runs from reset, the same for machines with the same
    number of inputs. Every reset must be known."""
    own = 2 * np.arange(aig.first_latch, aig.first_and)
    inputs = random_words(0, STEPS, len(aig.inputs), WORDS)
    values, _ = watch(aig, own, inputs, reset_state(aig, WORDS))
    return values.transpose(1, 0, 2).reshape(len(own), STEPS * WORDS)


def reset_state(aig: Aig, words: int) -> Words:
    """uint64[latches, words]; every reset must be known."""
    return np.repeat(np.where(reset_to_one(aig), ~np.uint64(0), np.uint64(0))[:, None], words, axis=1)
