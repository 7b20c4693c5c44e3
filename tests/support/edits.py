"""Edited models beside cells to which the same is done by hand, step by step, on machines of every kind.

PYTHONPATH=.:tests python -m support.edits 0 300
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import numpy as np

from bridge import Aig, Cell, activations, edit, run
from bridge.execution.models import trace
from support.cells import random_cell, random_tree_cell
from support.edited_cells import Edited, apart, random_done
from support.integer_cells import random_inputs, random_integer_cell
from support.unusual_cells import unusual_cell

STEPS = 12
KINDS: list[Callable[[int], Cell]] = [
    random_cell,
    lambda seed: random_cell(seed, recurrence=True),
    random_tree_cell,
    lambda seed: random_tree_cell(seed, serial=False),
    lambda seed: random_integer_cell(seed, state=True, text=True),
    lambda seed: random_integer_cell(seed, state=seed % 2 == 0),
    unusual_cell,
    lambda seed: unusual_cell(seed, "serial"),
]


def numbers_of(model: Aig, cell: Cell, given: list[dict[str, np.ndarray]]) -> tuple[np.ndarray, object]:
    """int64[T, numbers], and what was read, as `activations` takes it."""
    if cell.text_model:
        text = np.array([each["byte"][0] for each in given], np.uint8)
        return trace(model, text[:, None])[0][:, 0], text.tobytes()
    rows = {name: np.stack([each[name] for each in given], axis=1) for name in given[0]}
    return run(model, rows, encoded=True)[0], rows


def check_edits(seed: int) -> str:
    """Up to three changes of one machine, made at once, or one after another; what they were done to."""
    rng = np.random.default_rng(seed)
    cell = KINDS[seed % len(KINDS)](seed)
    made = [random_done(cell, rng, STEPS) for _ in range(3)]
    made = made if apart([done for *_, done in made]) else made[:1]
    changes = {name: value for name, value, _ in made}
    model = edit(cell, changes)
    given = random_inputs(cell, seed, STEPS)
    numbers, shown = Edited(cell, [done for *_, done in made]).run(given)
    found, text = numbers_of(model, cell, given)
    np.testing.assert_array_equal(found, numbers, f"seed {seed}: {changes}")
    own = [name for name in cell.ranges if name not in cell.asked and not cell.by_name[name].AT_START]
    own = [name for name in own if cell.ranges[name].bits]
    places = [(own, ""), ([name for name, ranges in cell.held.items() if ranges.bits], "old.")]
    for names, when in places:
        if names:
            asked = [f"state.{name}" if when else name for name in names]
            seen = activations(model, text, asked).reshape(STEPS, -1)
            wanted = [np.concatenate([row[when + name][0] for name in names]) for row in shown]
            np.testing.assert_array_equal(seen, wanted, f"seed {seed}: {changes}, {asked}")
    return f"{cell.last.kind}{', serial' if cell.serial else ''}, {len(made)} changes"


if __name__ == "__main__":
    first, last = map(int, sys.argv[1:])
    print(Counter(check_edits(seed) for seed in range(first, last)))
