"""Random cells of integers, of all kinds of blocks, and an evaluator of them written to be obviously right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

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
    Luts,
    Maximum,
    Product,
    Scores,
    Table,
    Threshold,
    Trees,
)
from bridge.cell.ranges import Ranges
from support.cells import random_trees

Maker = Callable[["Growing"], "Block | None"]
WIDEST = 12  # bits of an element that others are built on


class Growing:
    """Blocks so far, and what may be read."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.blocks, self.ranges = rng, list[Block](), dict[str, Ranges]()

    def add(self, block: Block) -> None:
        block = block.normalised()
        self.ranges[block.name] = self.ranges_of(block)
        self.blocks.append(block)

    def ranges_of(self, block: Block) -> Ranges:
        block = block.normalised()
        return block.ranges(block.width(lambda source: len(self.ranges[source])), self.ranges.__getitem__)

    def name(self, kind: str) -> str:
        return f"{kind}{len(self.blocks)}"

    def some(self, most: int = 3) -> tuple[str, ...]:
        known = list(self.ranges)
        count = int(self.rng.integers(1, min(most, len(known)) + 1))
        return tuple(known[i] for i in self.rng.choice(len(known), count, replace=False))

    def read(self, sources: tuple[str, ...]) -> Ranges:
        return Ranges.joined([self.ranges[source] for source in sources])

    def weights(self, rows: int, columns: int) -> np.ndarray:
        reach = int(self.rng.choice([1, 3, 8, 200]))
        weights = self.rng.integers(-reach, reach + 1, (rows, columns))
        weights[self.rng.random(weights.shape) < self.rng.choice([0.0, 0.5, 0.9])] = 0
        return weights


def _linear(cell: Growing) -> Block:
    sources, rows = cell.some(), int(cell.rng.integers(1, 4))
    width = len(cell.read(sources))
    taps = None
    if cell.rng.random() < 0.4:
        taps = cell.rng.integers(-1, width, (int(cell.rng.integers(1, 4)), int(cell.rng.integers(1, 5))))
        width = taps.shape[1]
    bias = cell.rng.integers(-20, 21, rows)
    return Linear(cell.name("linear"), sources, cell.weights(rows, width), bias, taps)


def _numbers_within(cell: Growing, read: Ranges, shape: tuple[int, ...]) -> np.ndarray:
    return cell.rng.integers(int(read.low.min()) - 1, int(read.high.max()) + 3, shape)


def _rows_for(cell: Growing, width: int) -> int:
    return int(cell.rng.choice([rows for rows in range(1, width + 1) if width % rows == 0]))


def _levels(cell: Growing) -> Block:
    (source,) = cell.some(1)
    read = cell.ranges[source]
    shape = _rows_for(cell, len(read)), int(cell.rng.integers(1, 8))
    return Levels(cell.name("levels"), source, _numbers_within(cell, read, shape))


def _table(cell: Growing) -> Block | None:
    narrow = [name for name, read in cell.ranges.items() if read.high.max() - read.low.min() < 64]
    if not narrow:
        return None
    source = str(cell.rng.choice(narrow))
    read = cell.ranges[source]
    low = int(read.low.min()) - int(cell.rng.integers(0, 3))
    size = int(read.high.max()) - low + 1 + int(cell.rng.integers(0, 3))
    least = int(cell.rng.choice([0, -5]))
    values = cell.rng.integers(least, int(cell.rng.choice([2, 9, 100])), (_rows_for(cell, len(read)), size))
    return Table(cell.name("table"), source, values, low)


def _luts(cell: Growing) -> Block | None:
    bits = tuple(name for name, read in cell.ranges.items() if read.are_bits)[:3]
    if not bits:
        return None
    count, inputs = int(cell.rng.integers(1, 5)), int(cell.rng.integers(1, 7))
    tables = cell.rng.integers(0, 2 ** (1 << inputs), count, np.uint64, endpoint=False) if inputs < 6 else None
    if tables is None:
        tables = cell.rng.integers(0, 2**64 - 1, count, np.uint64, endpoint=True)
    chosen = cell.rng.integers(0, len(cell.read(bits)), (count, inputs))
    return Luts(cell.name("luts"), bits, chosen, tables)


def _maximum(cell: Growing) -> Block:
    sources = cell.some()
    shape = int(cell.rng.integers(1, 4)), int(cell.rng.integers(1, 4))
    return Maximum(cell.name("maximum"), sources, cell.rng.integers(0, len(cell.read(sources)), shape))


def _product(cell: Growing) -> Block | None:
    left = cell.some(1)[0]
    read = cell.ranges[left]
    fit = [name for name, other in cell.ranges.items() if len(other) == len(read)]
    fit = [name for name in fit if (cell.ranges[name].widths + read.widths).max() <= WIDEST]
    return Product(cell.name("product"), left, str(cell.rng.choice(fit))) if fit else None


def _threshold(cell: Growing) -> Block:
    sources, rows = cell.some(), int(cell.rng.integers(1, 4))
    weights = np.clip(cell.weights(rows, len(cell.read(sources))), -128, 127)
    return Threshold(cell.name("threshold"), sources, weights, cell.rng.integers(-30, 31, rows))


def _trees(cell: Growing) -> Block:
    sources = cell.some()
    read = cell.read(sources)
    plain = random_trees(cell.rng, cell.name("trees"), sources, len(read))
    least = cell.rng.integers(read.low[plain.splits[:, 0]], read.high[plain.splits[:, 0]] + 2)
    leaves = plain.leaves if cell.rng.random() < 0.5 else cell.rng.integers(-4, 5, plain.leaves.shape)
    return Trees(plain.name, sources, plain.splits, plain.roots, leaves, least)


def _delay(cell: Growing) -> Block:
    source = str(cell.rng.choice([name for name in cell.ranges if not name.startswith("old.")]))
    return Delay(cell.name("delay"), source, int(cell.rng.integers(1, 4)))


PURE: tuple[Maker, ...] = (_linear, _levels, _table, _luts, _maximum, _product, _threshold, _trees)


def random_integer_cell(seed: int, size: int = 6, state: bool = False, text: bool = False) -> Cell:
    """A function of one or two Inputs; with `state` a machine with delays, a latch and a loop through Levels; with
    `text` a text model. Every kind of block comes up."""
    rng = np.random.default_rng(seed)
    cell = Growing(rng)
    if text:
        cell.add(Embedding("emb", rng.integers(0, 2, (256, 3))))
    for name in () if text else ("x", "y")[: int(rng.integers(1, 3))]:
        width = int(rng.integers(1, 5))
        low = rng.integers(-6, 4, width) if rng.random() < 0.7 else np.zeros(width, np.int64)
        high = low + rng.integers(0, int(rng.choice([2, 4, 16])), width)
        cell.add(Input(name, low, high))
    makers: tuple[Maker, ...] = (*PURE, _delay) if state else PURE
    if state and not text and rng.random() < 0.3:
        cell.add(Automaton("word", rng.integers(0, 4, (4, 256)), rng.integers(0, 2, (4, 2))))
    if state:
        cell.ranges["old.memory"] = Ranges(np.full(2, -3), np.full(2, 5))  # the range of `memory`, made below
    while len(cell.blocks) < size:
        made = makers[int(rng.integers(len(makers)))](cell)
        if made is not None and cell.ranges_of(made).widths.max() <= WIDEST:
            cell.add(made)
    if state:
        _remember(cell)
    sources = tuple(name for name in cell.ranges if not name.startswith("old.") or state)
    sources = tuple(name for name in sources[:-1] if rng.random() < 0.6) + sources[-1:]  # few sums are read at the end
    read = cell.read(sources)
    if text:
        symbols = b"abc"
        weights = np.clip(cell.weights(len(symbols), len(read)), -128, 127)
        cell.blocks.append(Logits("logit", sources, weights, rng.integers(-9, 9, len(symbols)), 0.5, symbols))
    else:
        cell.blocks.append(Scores("score", sources, tuple(f"c{i}" for i in range(len(read))), 0.25))
    return Cell(tuple(cell.blocks), f"integers{seed}")


def _remember(cell: Growing) -> None:
    """A latch of two elements in -3..5, and what it reads."""
    sources = tuple(cell.ranges)
    read = cell.read(sources)
    cell.add(Linear("loop", sources, np.clip(cell.weights(2, len(read)), -8, 8), np.array([1, -2])))
    low, high = int(cell.ranges["loop"].low.min()), int(cell.ranges["loop"].high.max())
    cell.add(Levels("steps", "loop", cell.rng.integers(low, high + 1, (2, 8))))
    cell.add(Linear("value", ("steps",), np.eye(2, dtype=int), np.array([-3, -3])))
    cell.add(Threshold("select", sources, np.clip(cell.weights(2, len(read)), -8, 8), np.array([1, 0])))
    cell.add(Latch("memory", "select", "value"))


integer_cells = st.builds(
    random_integer_cell,
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(1, 9),
    state=st.booleans(),
    text=st.booleans(),
)


def random_inputs(cell: Cell, seed: int, steps: int) -> list[dict[str, np.ndarray]]:
    """For each step what the cell is given, in a batch of one."""
    rng = np.random.default_rng(seed)
    given: list[dict[str, np.ndarray]] = []
    for _ in range(steps):
        inputs = {block.name: rng.integers(block.low, block.high + 1)[None] for block in cell.inputs}
        if cell.reads_byte:
            inputs["byte"] = rng.integers(0, 256, 1).astype(np.uint8)
        given.append(inputs)
    return given


def naive_run(cell: Cell, given: list[dict[str, np.ndarray]]) -> list[dict[str, list[int]]]:
    """The values of all blocks in each step, from reset, element by element in Python's integers."""
    past: list[dict[str, list[int]]] = []
    held: dict[str, list[int]] = {}
    for inputs in given:
        values: dict[str, list[int]] = {}
        for block in cell.blocks:
            values[block.name] = _naive(block, cell, values, held, inputs, past)
        held = {block.name: values[block.name] for block in cell.blocks if isinstance(block, Latch)}
        past.append(values)
    return past


def _naive(
    block: Block,
    cell: Cell,
    values: dict[str, list[int]],
    held: dict[str, list[int]],
    inputs: dict[str, np.ndarray],
    past: list[dict[str, list[int]]],
) -> list[int]:
    def source(name: str) -> list[int]:
        if name.startswith("old."):
            name = name.removeprefix("old.")
            return held.get(name, [0] * cell.widths[name])
        return values[name]

    read = [value for name in block.reads for value in source(name)]
    fields: dict[str, Any] = {key: array.tolist() for key, array in block.tensors().items()}
    match block:
        case Input():
            return [int(value) for value in inputs[block.name][0]]
        case Embedding():
            return list(fields["table"][int(inputs["byte"][0])])
        case Automaton():
            state = 0
            for step in [*(earlier["_byte"][0] for earlier in past), int(inputs["byte"][0])]:
                state = fields["following"][state][step]
            values["_byte"] = [int(inputs["byte"][0])]
            return list(fields["table"][state])
        case Delay():
            zeros = [0] * cell.widths[block.source]
            steps = [past[-ago][block.source] if ago <= len(past) else zeros for ago in range(1, block.steps + 1)]
            return [value for step in steps for value in step]
        case Latch():
            select, value = source(block.select), source(block.value)
            old = held.get(block.name, [0] * len(value))
            return [v if s else o for s, v, o in zip(select, value, old, strict=True)]
    return _naive_function(block, read, fields)


def _naive_function(block: Block, read: list[int], fields: dict[str, Any]) -> list[int]:
    """Of what it reads in this step."""
    match block:
        case Linear():
            taps = fields.get("taps", [list(range(len(read)))])
            windows = [[0 if tap < 0 else read[tap] for tap in row] for row in taps]
            rows = zip(fields["weights"], fields["bias"], strict=True)
            return [_dot(weights, window) + bias for weights, bias in rows for window in windows]
        case Threshold():
            rows = zip(fields["weights"], fields["thresholds"], strict=True)
            return [int(_dot(weights, read) >= least) for weights, least in rows]
        case Logits():
            rows = zip(fields["weights"], fields["bias"], strict=True)
            return [_dot(weights, read) + bias for weights, bias in rows]
        case Scores():
            return read
    return _naive_choice(block, read, fields)


def _naive_choice(block: Block, read: list[int], fields: dict[str, Any]) -> list[int]:
    """Without sums."""
    match block:
        case Levels():
            shared = len(read) // len(fields["thresholds"])
            return [sum(x >= least for least in fields["thresholds"][j // shared]) for j, x in enumerate(read)]
        case Table():
            shared = len(read) // len(fields["values"])
            return [fields["values"][j // shared][x - block.low] for j, x in enumerate(read)]
        case Luts():
            addresses = [sum(read[i] << place for place, i in enumerate(chosen)) for chosen in fields["inputs"]]
            return [table >> address & 1 for table, address in zip(fields["tables"], addresses, strict=True)]
        case Maximum():
            return [max(read[i] for i in group) for group in fields["groups"]]
        case Product():
            return [a * b for a, b in zip(read[: len(read) // 2], read[len(read) // 2 :], strict=True)]
        case Trees():
            return [value for root in fields["roots"] for value in _leaf(fields, root, read)]
    raise AssertionError(block)


def _dot(weights: list[int], values: list[int]) -> int:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def _leaf(fields: dict[str, Any], place: int, read: list[int]) -> list[int]:
    least = fields.get("thresholds", [1] * len(fields["splits"]))
    while place >= 0:
        element, then, other = fields["splits"][place]
        place = then if read[element] >= least[place] else other
    return list(fields["leaves"][~place])
