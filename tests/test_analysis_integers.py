"""Questions about networks of integers: by value, within ranges, about classes; each beside a count of all cases."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bridge.aig.names import parse
from bridge.analysis.cones import fanin_cone
from bridge.analysis.dependences.affects import affects
from bridge.analysis.dependences.matrix import dependence
from bridge.analysis.neurons import neurons
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.scores import sampled_scores
from bridge.analysis.signals import resolve
from bridge.analysis.text.influence import influence
from bridge.cell import Cell, Delay, Input, Latch, Levels, Linear, Scores, Table, Threshold
from bridge.errors import InputError
from bridge.lowering import lower
from support.naive import evaluate

LABELS = ("cat", "dog", "a.b")


def network() -> Cell:
    """Ranges that are no powers of two, tables that say nothing beyond them."""
    given = Input("x", np.array([0, -1]), np.array([2, 1]))
    table = Table("t", "x", np.array([[2, 0, 1, 1]]), -1)
    sums = Linear("l", ("t", "x"), np.array([[1, 2, 1, -1], [1, 0, 0, 0], [0, 1, 0, 0]]), np.array([0, 1, -1]))
    return Cell((given, table, sums, Scores("y", ("l",), LABELS)))


def machine() -> Cell:
    given = Input("x", np.array([0]), np.array([2]))
    levels = Levels("v", "x", np.array([[1, 2]]))
    select = Threshold("s", ("x",), np.array([[1]]), np.array([2]))
    blocks = (
        Delay("d", "v", 1),
        select,
        Latch("m", "s", "d"),
        Linear("l", ("d", "m"), np.array([[3, -1]]), np.array([0])),
    )
    return Cell((given, levels, *blocks, Scores("y", ("l",), ("one",))))


def values_of(
    cell: Cell, held: dict[str, list[int]], given: list[int], changed: dict[str, int]
) -> dict[str, list[int]]:
    """The values of all blocks in a step, where elements in `changed` have other values for all that reads them."""
    values = {f"old.{name}": np.array([row]) for name, row in held.items()} | {"x": np.array([given])}
    for name, value in changed.items():
        asked = parse(name)
        if asked.kind == "state":
            values[f"old.{asked.of}"][0, asked.index] = value
    for block in cell.blocks:
        values[block.name] = np.array(block.bits(values), np.int64).reshape(1, -1)
        for name, value in changed.items():
            if parse(name).kind == "value" and parse(name).of == block.name:
                values[block.name][0, parse(name).index] = value
    return {name: row[0].tolist() for name, row in values.items()}


def brute_force(cell: Cell, source: str, target: str) -> bool:
    """Does any change of the value of an element ever change another one, in one step?"""
    asked, aimed = parse(source), parse(target)
    own = cell.source_ranges(f"old.{asked.of}" if asked.kind == "state" and asked.of == "m" else asked.of)
    spans = [range(low, high + 1) for low, high in zip(cell.ranges["x"].low, cell.ranges["x"].high, strict=True)]
    state = [range(low, high + 1) for low, high in zip(cell.state_ranges.low, cell.state_ranges.high, strict=True)]
    for given, row in product(product(*spans), product(*state)):
        held = {name: list(row[part]) for name, part in cell.state_slices.items()}
        plain = values_of(cell, held, list(given), {})
        for value in range(int(own.low[asked.index]), int(own.high[asked.index]) + 1):
            other = values_of(cell, held, list(given), {source: value})
            found = [
                (run["y"] if aimed.kind == "class" else run[aimed.of])[
                    cell.last.labels.index(aimed.of) if aimed.kind == "class" else aimed.index
                ]
                for run in (plain, other)
            ]
            if found[0] != found[1]:
                return True
    return False


@pytest.mark.heavy
def test_a_change_of_value_affects_just_what_it_changes() -> None:
    network_pairs = product(["x[0]", "x[1]", "t[0]", "t[1]", "l[1]"], ["class.cat", "class.dog", "class.a.b", "l[0]"])
    machine_pairs = product(["x[0]", "v[0]", "state.d[0]", "state.m[0]", "m[0]"], ["class.one", "m[0]", "s[0]"])
    answers = set()
    for cell, pairs in ((network(), network_pairs), (machine(), machine_pairs)):
        for source, target in pairs:
            if source.split("[")[0] == target.split("[")[0]:
                continue
            found = affects(cell, source, target)
            assert (found.answer == "yes") == brute_force(cell, source, target), str(found)
            answers.add(found.answer)
    assert answers == {"yes", "no"}


def test_values_outside_the_range_affect_nothing() -> None:
    """Of x[0] in 0..2 the table tells 0 from the rest, and 3 is no value; its netlist alone knows bits only."""
    given = Input("x", np.array([1]), np.array([2]))
    cell = Cell((given, Table("t", "x", np.array([[0, 1, 1, 0]])), Scores("y", ("t",), ("one",))))
    assert affects(cell, "x[0]", "class.one").answer == "no"
    wide = Cell((Input("x", np.array([0]), np.array([2])), *cell.blocks[1:]))
    found = affects(wide, "x[0]", "class.'one'")
    assert found.answer == "yes"
    assert found.witness is not None
    codes = [row[0] + 2 * row[1] for row in found.witness.inputs.tolist()]
    flips = {"x[0].0": 1, "x[0].1": 2}
    assert max(codes) < 3
    assert codes[0] ^ sum(flips[name] for name in found.witness.inverted) < 3


def test_each_asks_about_bits() -> None:
    cell = network()
    found = affects(cell, "x[0]", "class.cat", each=True)
    assert (found.answer, found.each) == ("yes", True)
    assert affects(cell, "x[0].1", "class.cat").answer == "yes"


@pytest.mark.parametrize("make", [network, lambda: lower(network())], ids=["cell", "netlist"])
def test_argmax_and_margins_of_classes(make) -> None:
    model = make()
    names = ["argmax", "margin.'cat'.'a.b'", "margin.dog.cat"]
    aig = with_prediction(model if not isinstance(model, Cell) else lower(model), names)
    cell = network()
    read = np.array([*product(range(3), (-1, 0, 1))])
    numbers = cell.step(cell.reset(len(read)), read)[1]
    bits = cell.ranges["x"].encode(read).astype(bool)
    outputs, _ = evaluate(aig, bits, np.zeros((len(read), 0), bool))
    places = {output.name: place for place, output in enumerate(aig.outputs)}

    def number(name: str, signed: bool) -> list[int]:
        own = [bit.name for bit in resolve(aig, name).bits]
        worth = 1 << np.arange(len(own))
        worth[-1] *= -1 if signed else 1
        return (outputs[:, [places[bit] for bit in own]] @ worth).tolist()

    assert number("argmax", False) == numbers.argmax(axis=1).tolist()
    assert number("margin.'cat'.'a.b'", True) == (numbers[:, 0] - numbers[:, 2]).tolist()
    assert number("margin.dog.cat", True) == (numbers[:, 1] - numbers[:, 0]).tolist()
    assert affects(model, "x[0]", "argmax").answer == "yes"
    assert affects(model, "x[1]", "margin.'dog'.'cat'").answer == "yes"


def test_what_cannot_be_asked_is_told_in_one_sentence() -> None:
    cell = network()
    wrong = {
        "margin.'cat'.'cow'": "there is no class 'cow' for .* the classes are cat, dog, a.b",
        "margin.cat": r"a margin is between two classes, margin\.'cat'\.'a\.b' say",
        "probability.'a'": "ask for argmax or margin",
        "class.cow": "did you mean",
    }
    for name, sentence in wrong.items():
        with pytest.raises(InputError, match=sentence):
            affects(cell, "x[0]", name)
    with pytest.raises(InputError, match="it is not a text model"):
        influence(cell, b"abc" * 100)


def test_matrices_cones_and_neurons_know_integers() -> None:
    cell = network()
    found = dependence(cell, ["x[0]", "x[1]"], ["class.cat", "class.dog"])
    assert found.answers.tolist() == [[1, 1], [1, 0]]
    assert set(fanin_cone(cell, "class.dog").inputs) == {"x[0].0", "x[0].1"}
    assert {"t[0].0", "l[0].0"} <= {neuron.name for neuron in neurons(cell)}


def test_scores_on_random_inputs_are_those_of_the_cell() -> None:
    for cell in (network(), machine()):
        found = sampled_scores(lower(cell), cell)
        assert found.labels == cell.last.labels
        low, high = cell.ranges["l"].low, cell.ranges["l"].high
        assert ((low <= found.numbers) & (found.numbers <= high)).all()
        assert found.steps == (16 if cell.held else 1)
        assert len(np.unique(found.numbers, axis=0)) > 3
