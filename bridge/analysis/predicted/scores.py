"""The scores of a network: on random inputs, and what is derived from them, as logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.names import Name, margin_of, parse
from bridge.analysis.predicted.arithmetic import Number, constant, difference
from bridge.analysis.predicted.heads import largest
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


def score_places(aig: Aig) -> dict[str, tuple[int, ...]]:
    """By label, which outputs are the bits of its score, the lowest first."""
    found: dict[str, dict[int, int]] = {}
    for place, output in enumerate(aig.outputs):
        name = parse(output.name)
        if name.kind == "class" and name.index is not None:
            found.setdefault(name.of, {})[name.index] = place
    return {label: tuple(place for _, place in sorted(bits.items())) for label, bits in found.items()}


def derived_scores(builder: AigBuilder, numbers: Mapping[str, Number], asked: Name) -> list[int]:
    """The bits of `argmax`, which of the scores is the largest, counted from 0, the first of equals; or of a margin, in
    two's complement. InputError for labels that there are not."""
    known, labels = list(numbers), margin_of(asked) or _unquoted(asked, list(numbers))
    if asked.kind == "argmax":
        width = max(1, (len(known) - 1).bit_length())
        players = [(number, constant(place, width)) for place, number in enumerate(numbers.values())]
        return largest(builder, players)[1]
    if labels is None:
        raise InputError(f"{str(asked)!r}: a margin is between two classes, margin.'{known[0]}'.'{known[-1]}' say")
    for label in labels:
        if label not in known:
            raise InputError(f"there is no class {label!r} for {str(asked)!r}; the classes are {', '.join(known)}")
    return difference(builder, *(numbers[label] for label in labels))


def _unquoted(asked: Name, known: list[str]) -> tuple[str, str] | None:
    """The labels of a margin from which a shell has taken the quotes, if that leaves no doubt."""
    pairs = [
        (one, two) for one in known if asked.of.startswith(f"{one}.") for two in known if asked.of == f"{one}.{two}"
    ]
    return pairs[0] if len(pairs) == 1 else None


def sampled_scores(aig: Aig, cell: Cell | None = None, *, seed: int = 0) -> Sampled:
    """Run random inputs. cell: of the netlist, if it is known; then the inputs are values of its ranges, else any bits.
    InputError for a netlist that gives no scores."""
    places = score_places(aig)
    if not places:
        raise InputError(f"netlist {aig.name!r} gives no scores of classes")
    steps = STEPS if aig.latches else 1
    program = compile_program(aig)
    values, _ = run(program, _inputs(aig, cell, steps, seed), program.reset_state(WORDS))
    bits = unpacked(values[-1], 64 * WORDS)
    numbers = [_number(bits[list(own)]) for own in places.values()]
    spelled = "of the inputs' bits" if cell is None else "in the inputs' ranges"
    return Sampled(tuple(places), np.stack(numbers, axis=1), steps, spelled)


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
