"""Explanations computed again from the definition: blocks one after the other, and all that there can be for reasons.

`python -m support.explained 300` (in the folder tests) asks that many random machines of every head.
"""

from __future__ import annotations

import sys
from itertools import chain, combinations, product
from typing import Any

import numpy as np

from bridge.aig.names import parse
from bridge.analysis.explaining.explainer import Explainer
from bridge.analysis.explaining.reason import Reason
from bridge.cell import (
    Automaton,
    Block,
    Cell,
    Delay,
    Embedding,
    Input,
    Latch,
    Levels,
    Linear,
    Logits,
    Node,
    Scores,
    Threshold,
)
from bridge.cell.blocks import NODE, OLD, one_hot
from support.cells import random_code, random_trees

KINDS = ("logits", "code", "serial", "automaton", "integers")
SYMBOLS = b"\nabcd"


def small_cell(seed: int, kind: str) -> Cell:
    """Of few states, so that all of them can be tried."""
    rng = np.random.default_rng(seed)
    if kind == "integers":
        return _small_machine(rng)
    code = None if kind in ("logits", "automaton") else random_code(rng, len(SYMBOLS))
    blocks: list[Block] = [Embedding("emb", rng.integers(0, 2, (256, 2))), Delay("emb.past", "emb", 1)]
    widths = {"emb": 2, "emb.past": 2}
    if kind == "automaton":
        blocks.append(Automaton("word", rng.integers(0, 4, (4, 256)), rng.integers(0, 2, (4, 2))))
        widths["word"] = 2
    for name in ("select", "value"):
        width = sum(widths.values())
        blocks.append(Threshold(name, tuple(widths), rng.integers(-2, 3, (2, width)), rng.integers(-1, 3, 2)))
    blocks.append(Latch("memory", "select", "value"))
    widths |= {"memory": 2}
    if kind == "serial":
        assert code is not None
        blocks.append(Node("node_code", rng.integers(0, 2, (len(code), 2))))
        sources = (*widths, "node_code")
        blocks.append(random_trees(rng, "trees", sources, sum(widths.values()) + 2))
        widths = {"trees": 2 * len(blocks[-1].roots)}  # type: ignore[attr-defined]
    rows = 1 if kind == "serial" else len(SYMBOLS) if code is None else len(code)
    weights = rng.integers(-3, 4, (rows, sum(widths.values())))
    blocks.append(Logits("head", tuple(widths), weights, rng.integers(-2, 3, rows), 0.3, SYMBOLS, code))
    return Cell(tuple(blocks), f"{kind}{seed}")


def _small_machine(rng: np.random.Generator) -> Cell:
    """Inputs, state and numbers that are more than bits."""
    given = Input("x", np.array([0, -1]), np.array([2, 1]))
    levels = Levels("v", "x", rng.integers(-1, 3, (2, 2)))
    select = Threshold("s", ("x",), rng.integers(-2, 3, (2, 2)), rng.integers(-1, 2, 2))
    sums = Linear("l", ("d", "m", "x"), rng.integers(-2, 3, (3, 6)), rng.integers(-1, 2, 3))
    blocks = (given, levels, Delay("d", "v", 1), select, Latch("m", "s", "d"), sums, Scores("y", ("l",), tuple("pqr")))
    return Cell(blocks, "integers")


def numbers_with(
    cell: Cell, state: np.ndarray, given: dict[str, Any], changed: dict[tuple[str, int], int]
) -> np.ndarray:
    """int[numbers] of a step in which elements of blocks are others for all that reads them. state: [1, elements]."""

    def ran(extra: dict[str, Any]) -> np.ndarray:
        values = {OLD + name: state[:, part] for name, part in cell.state_slices.items()} | given | extra
        for block in cell.blocks:
            values[block.name] = np.array(block.bits(values))
            for (name, j), value in changed.items():
                if name == block.name:
                    values[name][0, j] = value
        return values[cell.last.name][0]

    if not cell.serial:
        return ran({})
    nodes = range(len(cell.head.symbols) - 1)
    return np.concatenate([ran({NODE: np.array([node])}) for node in nodes])


def flipped(cell: Cell, state: np.ndarray, given: dict[str, Any], name: str) -> np.ndarray:
    """int[numbers] under the flip that an explanation calls by this name."""
    asked = parse(name)
    assert asked.index is not None
    if asked.kind != "state":
        values = _element_values(cell, state, given, asked.of)
        changed = {}
        for value in {row[asked.index] for row in values}:
            changed[asked.of, asked.index] = _other(cell.ranges[asked.of], asked.index, value, asked.bit)
        if len(changed) == 1 and len({row[asked.index] for row in values}) == 1:
            return numbers_with(cell, state, given, changed)
        return _flipped_by_node(cell, state, given, asked.of, asked.index)
    block, part = cell.by_name[asked.of], cell.state_slices[asked.of]
    other = state.copy()
    held = other[0, part]
    if isinstance(block, Automaton):
        states = len(block.following)
        now = _state_of(held)
        held[:] = one_hot(np.array([states - 1 if now == asked.index else asked.index]), states)[0]
    else:
        held[asked.index] = _other(cell.held[asked.of], asked.index, int(held[asked.index]), asked.bit)
    return numbers_with(cell, other, given, {})


def _element_values(cell: Cell, state: np.ndarray, given: dict[str, Any], block: str) -> list[list[int]]:
    """What its elements are, for every code node if it depends on that."""
    values = cell.read(state, given)
    if block not in cell.asked:
        return [values[block][0].tolist()]
    nodes = range(len(cell.head.symbols) - 1)
    return [cell.asked_at(values, np.array([node]))[block][0].tolist() for node in nodes]


def _flipped_by_node(cell: Cell, state: np.ndarray, given: dict[str, Any], block: str, j: int) -> np.ndarray:
    found = []
    for node, row in enumerate(_element_values(cell, state, given, block)):
        found.append(numbers_with(cell, state, given, {(block, j): 1 - row[j]})[node])
    return np.array(found)


def _other(ranges: Any, j: int, value: int, bit: int | None) -> int:
    """With a bit flipped; the nearest that there is."""
    own = ranges.of([j])
    code = own.encode(np.array([[value]]))
    code[0, bit or 0] ^= 1
    return int(np.clip(own.decode(code)[0, 0], own.low[0], own.high[0]))


def _state_of(held: np.ndarray) -> int:
    states = [1 - int(held[0]), *held[1:].tolist()]
    return states.index(1) if 1 in states else len(states)


def states_of(cell: Cell) -> np.ndarray:
    """int[n, elements]: all that the state can be, reached or not."""
    choices: list[list[list[int]]] = []
    for name, ranges in cell.held.items():
        block = cell.by_name[name]
        if isinstance(block, Automaton):
            choices.append(one_hot(np.arange(len(block.following)), len(block.following)).tolist())
        else:
            choices += [[[value] for value in range(low, high + 1)] for low, high in ranges.bounds]
    return np.array([list(chain(*row)) for row in product(*choices)], cell.reset(1).dtype)


def given_of(cell: Cell) -> list[dict[str, Any]]:
    """All that can be read in a step; batch 1 each."""
    if cell.text_model:
        return [{"byte": np.array([byte], np.uint8)} for byte in range(256)]
    spans = [range(low, high + 1) for low, high in cell.ranges["x"].bounds]
    return [{"x": np.array([row])} for row in product(*spans)]


class Everything:
    """All states and inputs of a small cell over some steps: what it says in each case."""

    def __init__(self, cell: Cell, steps: int) -> None:
        self.cell, self.states, self.given = cell, states_of(cell), given_of(cell)
        count, places = len(self.states), {row.tobytes(): i for i, row in enumerate(self.states)}
        tables, following = [], []
        for given in self.given:
            batch = {name: np.repeat(value, count, axis=0) for name, value in given.items()}
            after, numbers = cell.step(self.states, batch)
            following.append([places[row.tobytes()] for row in after])
            tables.append(cell.readout.logits(numbers) if cell.text_model else numbers)
        self.worths, self.following = np.array(tables), np.array(following)  # [given, states, symbols], [given, states]
        spans = (count, *[len(self.given)] * steps)
        self.cases = np.stack([place.ravel() for place in np.indices(spans, np.int32)], axis=1)
        at = self.cases[:, 0]
        for step in range(1, steps):
            at = self.following[self.cases[:, step], at]
        self.found = self.worths[self.cases[:, -1], at]

    def units(self, state: np.ndarray, given: list[int]) -> dict[tuple[str, int], np.ndarray]:
        """bool[cases] by (name, step): where a unit of a reason is as it is in a state and what was read."""
        found = {}
        for j, name in enumerate(state_names(self.cell)):
            found[name, 0] = self.states[self.cases[:, 0], j] == state[j]
        for step, index in enumerate(given):
            for name, values in self._read().items():
                found[name, step] = values[self.cases[:, step + 1]] == values[index]
        return found

    def _read(self) -> dict[str, np.ndarray]:
        """By part, its value in every given."""
        if self.cell.text_model:
            return {"byte": np.arange(256)}
        return {f"x[{j}]": np.array([given["x"][0, j] for given in self.given]) for j in range(2)}

    def holds(self, case: int, rival: int | None) -> np.ndarray:
        """bool[cases]: where the claim about that case is true."""
        worths = self.found[case]
        first = int(worths.argmax())
        if rival is None:
            return self.found.argmax(axis=1) == first
        ahead = self.found[:, first] - self.found[:, rival]
        return ahead >= 0 if first < rival else ahead > 0


def state_names(cell: Cell) -> list[str]:
    """Of the elements of the state vector."""
    return [f"state.{block}[{j}]" for block, ranges in cell.held.items() for j in range(len(ranges))]


def check_reason(found: Reason, every: Everything, case: int, rival: int | None, smallest: bool) -> None:
    """That it forces the claim, that no element can be left out, that there is none of fewer elements."""
    state, given = every.states[every.cases[case, 0]], every.cases[case, 1:].tolist()
    units, holds = every.units(state, given), every.holds(case, rival)
    kept = [(one.name, one.step - found.first) for one in found.kept]

    def forces(some: Any) -> bool:
        inside = np.ones(len(holds), bool)
        for key in some:
            inside &= units[key]
        return bool(holds[inside].all())

    assert forces(kept), f"{found} does not suffice"
    assert found.minimal
    for key in kept:
        assert not forces([other for other in kept if other != key]), f"{found}: {key} can be left out"
    if smallest:
        assert found.smallest
        for size in range(len(kept)):
            assert not any(map(forces, combinations(units, size))), f"{found}: {size} are enough"


def main(count: int, first: int = 0) -> None:
    """Ask so many machines."""
    sizes = []
    for seed in range(first, first + count):
        kind = KINDS[seed % len(KINDS)]
        sizes.append(asked(seed, kind, steps=1 if kind == "automaton" else 1 + seed // 5 % 2))
        print(seed, kind, *sizes[-1], flush=True)


def asked(seed: int, kind: str, steps: int) -> tuple[int, int]:
    """The sizes of two reasons of a random machine, all checked."""
    cell, rng = small_cell(seed, kind), np.random.default_rng(seed)
    every = Everything(cell, steps)
    if cell.text_model:
        text = bytes(rng.choice(list(SYMBOLS), 40).tolist())
        explainer, at = Explainer(cell, text), int(rng.integers(steps, 40))
        start, given = at - steps, list(text[at - steps : at])
        read = [{"byte": np.array([byte], np.uint8)} for byte in text[:start]]
    else:
        rows = rng.integers(cell.ranges["x"].low, cell.ranges["x"].high + 1, (3, 5, 2))
        explainer, at, start = Explainer(cell, rows), int(rng.integers(3)), 5 - steps
        read = [{"x": rows[at, step][None]} for step in range(start)]
        values = [given["x"][0].tolist() for given in every.given]
        given = [values.index(rows[at, step].tolist()) for step in range(start, 5)]
    state = cell.reset(1)
    for step in read:
        state, _ = cell.step(state, step)
    place = int(np.flatnonzero((every.states == state[0]).all(axis=1))[0])
    case = int(np.flatnonzero((every.cases == [place, *given]).all(axis=1))[0])
    first = explainer.reason(at, horizon=steps, smallest=True)
    check_reason(first, every, case, None, smallest=True)
    order = np.argsort(-every.found[case], kind="stable")
    rival = int(order[int(rng.integers(1, len(order)))])
    label = int(cell.head.symbols[rival]) if cell.text_model else cell.last.labels[rival]
    second = explainer.reason(at, horizon=steps, against=label)
    check_reason(second, every, case, rival, smallest=False)
    return len(first.kept), len(second.kept)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
