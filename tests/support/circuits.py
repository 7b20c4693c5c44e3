"""Circuits of small random machines by brute force: every set of a few elements, every value of the rest.

As a script, `python -m support.circuits 300` in the folder of the tests, it compares so many machines.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from bridge.analysis.circuits.circuit import circuit
from bridge.cell import Cell
from bridge.cell.unroll import unrolled
from bridge.errors import InputError
from support.cells import random_cell, random_tree_cell
from support.integer_cells import random_integer_cell

Place = tuple[str, int]  # a source, and which of its elements


def places(cell: Cell) -> dict[str, Place]:
    """By name, all elements of a cell that are no constants: of its state, then of its blocks."""
    found: dict[str, Place] = {}
    for name, held in cell.held.items():
        found |= {f"state.{name}[{j}]": (f"old.{name}", j) for j in range(len(held)) if held.widths[j]}
    for block in cell.blocks[:-1]:
        if not block.AT_START:
            ranges = cell.ranges[block.name]
            found |= {f"{block.name}[{j}]": (block.name, j) for j in range(len(ranges)) if ranges.widths[j]}
    return found


def values_of(cell: Cell, place: Place) -> range:
    source, j = place
    ranges = cell.held[source[4:]] if source.startswith("old.") else cell.ranges[source]
    return range(int(ranges.low[j]), int(ranges.high[j]) + 1)


def predicted(
    cell: Cell, state: np.ndarray, given: Mapping[str, np.ndarray], others: Mapping[Place, np.ndarray]
) -> np.ndarray:
    """int[n]: the likeliest byte or class. others: int[n] for each place, what stands there, where it is not negative
    beyond all ranges (KEPT)."""
    values: dict[str, np.ndarray] = {}

    def put(source: str, own: np.ndarray) -> None:
        own = own.copy()
        for (name, j), rest in others.items():
            if name == source:
                own[:, j] = np.where(rest == KEPT, own[:, j], rest)
        values[source] = own

    for name, part in cell.state_slices.items():
        put(f"old.{name}", state[:, part])
    if "byte" in given:
        values["byte"] = given["byte"]
    for block in cell.inputs:
        values[block.name] = given[block.name]
    for block in cell.blocks[:-1]:
        put(block.name, values[block.name] if block in cell.inputs else np.asarray(block.bits(values)))
        if block.AT_START:
            values[block.name] = values[f"old.{block.name}"]
    numbers = cell.last.bits(values)
    return cell.readout.argmax(numbers) if cell.text_model else numbers.argmax(axis=1)


KEPT = -(1 << 40)


@dataclass(frozen=True)
class Truth:
    """`enough`: the sets of elements that suffice."""

    enough: frozenset[frozenset[str]]

    @property
    def least(self) -> int:
        return min(map(len, self.enough))


def brute_force(
    cell: Cell, states: np.ndarray, given: Mapping[str, np.ndarray], chosen: Sequence[str], wanted: int
) -> Truth:
    """Over all given situations, all sets of the chosen elements, and all values of the others."""
    known = places(cell)
    ranges = [values_of(cell, known[name]) for name in chosen]
    rows = np.array(list(product(*ranges)), np.int64).reshape(-1, len(chosen))
    count, many = len(rows), len(states)
    found = set()
    for kept in product((False, True), repeat=len(chosen)):
        others = {
            known[name]: np.full(count * many, KEPT) if keep else np.repeat(rows[:, place], many)
            for place, (name, keep) in enumerate(zip(chosen, kept, strict=True))
        }
        result = predicted(
            cell, np.tile(states, (count, 1)), {key: np.concatenate([x] * count) for key, x in given.items()}, others
        )
        if (result == wanted).all():
            found.add(frozenset(name for name, keep in zip(chosen, kept, strict=True) if keep))
    return Truth(frozenset(found))


def some_elements(cell: Cell, rng: np.random.Generator, most: int = 6, worth: int = 300) -> list[str]:
    """A few elements whose values are not too many together, in the order of the cell."""
    known, chosen, total = places(cell), set[str](), 1
    for name in rng.permutation(list(known)):
        size = len(values_of(cell, known[name]))
        if len(chosen) < most and total * size <= worth:
            chosen.add(str(name))
            total *= size
    return [name for name in known if name in chosen]


def machine(seed: int) -> Cell:
    """Threshold cells, code heads, serial ones, trees, integers."""
    kinds = (
        lambda: random_cell(seed, 2, 3),
        lambda: random_cell(seed, 1, 4, latches=False),
        lambda: random_cell(seed, 2, 2, recurrence=True),
        lambda: random_tree_cell(seed, serial=False),
        lambda: random_integer_cell(seed, 6, state=True, text=True),
    )
    return kinds[seed % len(kinds)]()


def compare_at(seed: int, cell: Cell | None = None) -> str | None:
    """At one place of a random text, against brute force. None, or what is wrong."""
    rng, cell = np.random.default_rng(seed), cell or machine(seed)
    text = bytes(rng.choice(list(cell.head.symbols), 12).tolist())
    plain = unrolled(cell) if cell.serial else cell
    at, state = int(rng.integers(1, 13)), plain.reset(1)
    for byte in text[: at - 1]:
        state, _ = plain.step(state, np.array([byte], np.uint8))
    given = {"byte": np.array([text[at - 1]], np.uint8)}
    chosen = some_elements(plain, rng)
    wanted = int(predicted(plain, state, given, {})[0])
    truth = brute_force(plain, state, given, chosen, wanted)
    return wrong(cell, truth, chosen, text=text, at=at)


def compare_where(seed: int) -> str | None:
    """In all states and on some bytes, against brute force. None, or what is wrong."""
    rng = np.random.default_rng(seed)
    cell = random_cell(seed, 1, 2, latches=bool(seed % 2))
    if cell.state_bits > 10:
        cell = random_cell(seed, 1, 3, latches=False)
    some = bytes(rng.choice(list(cell.head.symbols), 2).tolist())
    states = np.array(list(product((0, 1), repeat=cell.state_bits)), np.uint8).reshape(1 << cell.state_bits, -1)
    every = np.repeat(np.frombuffer(some, np.uint8), len(states))
    given, states = {"byte": every}, np.tile(states, (2, 1))
    values, counts = np.unique(predicted(cell, states, given, {}), return_counts=True)
    wanted, chosen = int(values[counts.argmax()]), some_elements(cell, rng, 4, 16)
    truth = brute_force(cell, states, given, chosen, wanted)
    return wrong(cell, truth, chosen, where=f"byte == {some[0]} or byte == {some[1]}", predict=str(wanted))


def wrong(cell: Cell, truth: Truth, chosen: Sequence[str], **asked: object) -> str | None:
    for smallest in (False, True):
        try:
            found = circuit(cell, blocks=chosen, smallest=smallest, **asked)  # type: ignore[arg-type]
        except InputError as error:
            ours = frozenset(chosen) not in truth.enough and "does not always keep" in str(error)
            return None if ours or "could be left out" in str(error) else f"{cell.name}: {error}"
        kept = frozenset(name for names in found.kept.values() for name in names)
        if found.verdict != "proven" or not found.minimal:
            return f"{cell.name}: {found}"
        if kept not in truth.enough or any(kept - {one} in truth.enough for one in kept):
            return f"{cell.name}: {sorted(kept)} is not minimal"
        if smallest and (len(kept) != truth.least or not found.smallest):
            return f"{cell.name}: {sorted(kept)} is not smallest"
    return None


def main(count: int) -> int:
    bad = [problem for seed in range(count) for ask in (compare_at, compare_where) if (problem := ask(seed))]
    print("\n".join([*bad, f"{2 * count} questions, {len(bad)} wrong"]))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
