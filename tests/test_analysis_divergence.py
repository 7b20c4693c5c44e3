"""Two models side by side: against all runs of small cells, on texts, and what is said of models that do not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge import Cell, bits_per_byte, diverge, lower
from bridge.analysis.divergence.diverge import Divergence
from bridge.cell import Input, Linear, Logits, Scores
from bridge.errors import InputError
from bridge.execution import trace
from support.cells import random_cell, random_tree_cell
from support.command_line import Call

TEXT = b"then the tenth hen, then the net\n" * 9


def changed(cell: Cell, seed: int) -> Cell:
    """One bias of the head moved, and all symbols but the last kept at every third seed."""
    head = cell.head
    rng, bias = np.random.default_rng(seed), head.bias.copy()
    bias[rng.integers(len(bias))] += int(rng.integers(-2, 3))
    symbols, weights = head.symbols, head.weights
    if seed % 3 == 0 and head.code is None and len(symbols) > 1:
        symbols, weights, bias = symbols[:-1], weights[:-1], bias[:-1]
    new = Logits(head.name, head.sources, weights, bias, head.scale, symbols, head.code)
    return Cell((*cell.blocks[:-1], new), "changed")


def first_apart(a: Cell, b: Cell, most: int = 4000) -> int | None:
    """In how many steps their predictions first differ, over all texts of their symbols; 0 if never, None after so many
    states."""
    symbols = np.array(sorted({*a.head.symbols, *b.head.symbols}), np.uint8)
    seen, front, steps = set[bytes](), [(a.reset(1)[0], b.reset(1)[0])], 0
    while front:
        steps += 1
        left, right = (np.repeat(np.array(side), len(symbols), axis=0) for side in zip(*front, strict=True))
        read = np.tile(symbols, len(front))
        (left, one), (right, other) = a.step(left, read), b.step(right, read)
        if (a.readout.argmax(one) != b.readout.argmax(other)).any():
            return steps
        keys = [row.tobytes() for row in np.concatenate([left, right], axis=1)]
        fresh = {key: place for place, key in enumerate(keys) if key not in seen}
        seen |= fresh.keys()
        front = [(left[place], right[place]) for place in fresh.values()]
        if len(seen) > most:
            return None
    return 0


def check(a: Cell, b: Cell, found: Divergence) -> None:
    expected = first_apart(a, b)
    assert found.answer != "undecided", found
    if expected is not None:
        assert found.answer == ("different" if expected else "equal"), found
    if found.apart is None:
        return
    assert found.apart.shortest
    assert found.apart.steps == expected or expected is None
    assert found.apart.text is not None
    assert len(found.apart.text) == found.apart.steps
    texts = np.frombuffer(found.apart.text, np.uint8)[:, None]
    said = [chr(int(cell.readout.argmax(trace(cell, texts)[0][-1])[0])) for cell in (a, b)]
    assert tuple(said) == found.apart.predicted
    assert said[0] != said[1]


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(6))
def test_like_all_runs(seed: int) -> None:
    tree = seed % 2
    cell = random_tree_cell(seed, serial=seed == 3) if tree else random_cell(seed, layers=1, neurons=2)
    other = changed(cell, seed)
    check(cell, other, diverge(cell, lower(other), seconds=30))


@pytest.mark.heavy
def test_equal_for_ever() -> None:
    cell = random_cell(2)
    found = diverge(lower(cell), lower(cell, objective="depth"))
    assert (found.answer, found.scope, found.bound) == ("equal", "all inputs from reset", None)
    assert found.sampled is not None
    assert found.sampled.differing == 0
    assert found.sampled.interval is None
    with pytest.raises(TypeError, match="three answers"):
        bool(found)


@pytest.mark.heavy
def test_on_a_text() -> None:
    a, b = random_cell(3), random_tree_cell(5)
    found = diverge(a, b, TEXT)
    data = np.frombuffer(TEXT, np.uint8)[:, None]
    one, other = (cell.readout.argmax(trace(cell, data)[0][:, 0]) for cell in (a, b))
    places = np.flatnonzero(one != other)
    assert found.on_text is not None
    assert found.on_text.differing == len(places)
    assert found.on_text.bits == (bits_per_byte(a, TEXT), bits_per_byte(b, TEXT))
    assert found.on_text.right[0] == (one[:-1] == data[1:, 0]).mean()
    for place, told in zip(places.tolist(), found.on_text.first, strict=False):
        assert told.position == place + 1
        assert TEXT[: place + 1].endswith(told.before)
        assert told.predicted == (one[place], other[place])
        assert told.true == (TEXT[place + 1] if place + 1 < len(TEXT) else None)
    assert "predictions differ" in str(found)


def network(bias: int, labels: tuple[str, ...], order: tuple[int, ...] = (0, 1)) -> Cell:
    """-x + 1 and x, for x from -1 to 1."""
    weights, sums = np.array([[-1], [1]])[list(order)], np.array([1, bias])[list(order)]
    return Cell(
        (Input("x", np.array([-1]), np.array([1])), Linear("y", ("x",), weights, sums), Scores("s", ("y",), labels))
    )


def test_networks_by_label() -> None:
    one, same = network(0, ("no", "yes")), network(0, ("yes", "no"), (1, 0))
    apart = diverge(one, same)  # at x of 1/2 only would the first of equals matter
    assert apart.answer == "equal"
    found = diverge(one, network(2, ("no", "yes")))
    assert found.answer == "different"
    assert found.apart is not None
    assert (found.apart.text, found.apart.predicted, found.apart.shortest) == (None, ("no", "yes"), True)
    assert dict(found.apart.inputs[0]) == {"x[0].0": 0, "x[0].1": 0}


def test_what_does_not_fit() -> None:
    text, classes = random_cell(1, layers=1), network(0, ("no", "yes"))
    with pytest.raises(InputError, match="only one of them predicts bytes"):
        diverge(text, classes)
    with pytest.raises(InputError, match="predicts neither bytes nor classes"):
        diverge(replace(lower(text), comment=""), classes)
    block = Input("z", np.array([-1]), np.array([1]))
    other = Cell(
        (block, Linear("y", ("z",), np.array([[1], [2]]), np.array([0, 0])), Scores("s", ("y",), ("no", "yes")))
    )
    with pytest.raises(InputError, match="only exist"):
        diverge(classes, other)


@pytest.mark.heavy
def test_on_the_command_line(call: Call) -> None:
    found = call("diverge", "tiny", "tiny", "--do", "layer0.memory[3]=0", "--json")
    assert (found.code, found.json["verdict"]) == (1, "different")
    assert found.json["apart"]["shortest"]
    assert 0 < found.json["sampled"]["share"] < 1
    same = call("diverge", "tiny", "tiny")
    assert (same.code, same.err) == (0, "")
    assert "equal on all inputs from reset" in same.out
