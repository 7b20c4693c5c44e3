"""The scores of a network on random inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.arrays import Bits, Ints, Words
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.execution import compile_program, run
from bridge.execution.words import packed, random_words, unpacked

WORDS = 64  # of 64 inputs each
STEPS = 16


@dataclass(frozen=True, eq=False)
class Sampled:
    """`numbers`: int64[inputs, labels]; `steps`: after how many steps from reset; `spelled`: what the inputs are."""

    labels: tuple[str, ...]
    numbers: Ints
    steps: int
    spelled: str


def sampled_scores(aig: Aig, cell: Cell | None = None, *, seed: int = 0) -> Sampled:
    """Run random inputs. cell: of the netlist, if it is known; then the inputs are values of its ranges, else any bits.
    InputError for a netlist that gives no scores."""
    columns: dict[str, list[int]] = {}
    for place, output in enumerate(aig.outputs):
        name = parse(output.name)
        if name.kind == "class":
            columns.setdefault(name.of, []).append(place)
    if not columns:
        raise InputError(f"netlist {aig.name!r} gives no scores of classes")
    steps = STEPS if aig.latches else 1
    program = compile_program(aig)
    values, _ = run(program, _inputs(aig, cell, steps, seed), program.reset_state(WORDS))
    bits = unpacked(values[-1], 64 * WORDS)
    numbers = [_number(bits[sorted(places, key=lambda place: _index(aig, place))]) for places in columns.values()]
    spelled = "of the inputs' bits" if cell is None else "in the inputs' ranges"
    return Sampled(tuple(columns), np.stack(numbers, axis=1), steps, spelled)


def _index(aig: Aig, place: int) -> int:
    return parse(aig.outputs[place].name).index or 0


def _number(bits: Bits) -> Ints:
    """int64[n] of uint8[width, n], the lowest bit first, in two's complement."""
    worth = 1 << np.arange(len(bits), dtype=np.int64)
    worth[-1] *= -1
    numbers: Ints = worth @ bits.astype(np.int64)
    return numbers


def _inputs(aig: Aig, cell: Cell | None, steps: int, seed: int) -> Words:
    """uint64[steps, inputs, WORDS]."""
    words = random_words(seed, steps, len(aig.inputs), WORDS)
    if cell is not None:
        random, places = np.random.default_rng(seed), {name: place for place, name in enumerate(aig.inputs)}
        for block in cell.inputs:
            for step in range(steps):
                for name, row in _encoded(cell.signals(block.name), cell.ranges[block.name], random).items():
                    words[step, places[name]] = row
    return words


def _encoded(names: list[str], ranges: Ranges, random: np.random.Generator) -> Mapping[str, Words]:
    """Random values of a range, the words of each bit."""
    values = random.integers(ranges.low, ranges.high + 1, (64 * WORDS, len(ranges)))
    return dict(zip(names, packed(ranges.encode(values).T), strict=True))
