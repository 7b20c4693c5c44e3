"""Running a state machine over a text, in compiled code."""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled


@compiled
def run_machine(following, text):
    """int64[n]: the state after every symbol, from state 0 on. following: int64[states, symbols]."""
    states = np.empty(len(text), np.int64)
    state = np.int64(0)
    for index in range(len(text)):
        state = following[state, text[index]]
        states[index] = state
    return states
