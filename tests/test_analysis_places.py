"""A name is a place: what changing it does is what the cell says, also where names share a node of the netlist."""

from __future__ import annotations

import numpy as np
import pytest

from bridge import AigBuilder, Cell, lower
from bridge.aig.names import element, group_of
from bridge.aig.stats import block_graph
from bridge.analysis.cones import fanin_cone, fanout_cone
from bridge.analysis.dependences.affects import Dependence, affects
from bridge.analysis.dependences.answer import NO, YES
from bridge.analysis.dependences.matrix import dependence
from bridge.analysis.neurons import neurons
from bridge.analysis.places import placed, same_nodes
from bridge.cell import Automaton, Node
from support.cells import random_cell, random_tree_cell, twins
from support.interventions import step

pytestmark = pytest.mark.heavy

CELLS = [twins(), random_cell(1, recurrence=True), random_tree_cell(1), random_tree_cell(2, serial=False)]
SAMPLES, REPLAYED = 20, 15


def places_of(cell: Cell) -> tuple[list[str], list[str]]:
    """(names to change, names to look at) of one step; an automaton's state is left out: inverting a bit of its code
    may give no state at all."""
    aig = lower(cell, apart=True)
    names = [*aig.inputs, *(point.name for point in aig.points)]
    states = [latch.name for latch in aig.latches]
    plain = [name for name in states if not isinstance(cell.by_name[name[6:].split("[")[0]], Automaton)]
    return [*names, *plain], [*states, *(p.name for p in aig.points), *cell.readout.names(cell.serial)]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_as_the_cell_says(cell: Cell) -> None:
    """Every yes replays in the cell's definition, and no change of a place does there what is denied."""
    sources, targets = places_of(cell)
    aig = placed(cell)
    found = dependence(aig, sources, targets)
    assert found.counts()["undecided"] == 0
    seen = np.zeros(found.answers.shape, bool)
    random = np.random.default_rng(0)
    for _ in range(SAMPLES):
        state = reached(cell, random)
        byte, node = int(random.integers(256)), node_of(cell, random)
        base = step(cell, state, byte, node)
        for row, source in enumerate(sources):
            if source.startswith("node") and not fits(cell, node ^ 1 << int(source[5:-1])):
                continue
            changed = step(cell, state, byte, node, [source])
            seen[row] |= [base[at(name, base)] != changed[at(name, base)] for name in targets]
    assert not (seen & (found.answers == NO)).any()
    for row, column in random.permutation(np.argwhere(found.answers == YES))[:REPLAYED].tolist():
        replayed_in_the_cell(cell, affects(aig, sources[row], targets[column]))


def replayed_in_the_cell(cell: Cell, found: Dependence) -> None:
    witness = found.witness
    assert witness is not None, str(found)
    read = dict(zip(witness.names[0], witness.inputs[0].tolist(), strict=True))
    byte = sum(read[f"byte[{bit}]"] << bit for bit in range(8))
    node = sum(value << int(name[5:-1]) for name, value in read.items() if name.startswith("node"))
    flips = sum(1 << int(name[5:-1]) for name in witness.inverted if name.startswith("node"))
    if not fits(cell, node) or not fits(cell, node ^ flips):
        return  # what a netlist does with nodes that there are not is its own affair
    if any(isinstance(block, Automaton) for block in cell.blocks) and not possible(cell, witness.state):
        return
    base, changed = (step(cell, witness.state, byte, node, some) for some in ((), witness.inverted))
    shown = witness.changed if witness.changed in base else group_of(witness.changed)
    if shown in base:
        assert (base[shown], changed[shown]) == witness.values
    else:
        assert base[at(shown, base)] != changed[at(shown, base)]


def at(name: str, values: dict[str, int]) -> str:
    return name if name in values else f"{name}[*]"


def reached(cell: Cell, random: np.random.Generator) -> np.ndarray:
    """Any state, but one that the automata know."""
    state = random.integers(0, 2, cell.state_bits).astype(np.uint8)
    for name, part in cell.state_slices.items():
        block = cell.by_name[name]
        if isinstance(block, Automaton):
            ones = np.zeros(len(block.following), np.uint8)
            ones[random.integers(len(ones))] = 1
            ones[0] ^= 1
            state[part] = ones[:-1]
    return state


def possible(cell: Cell, state: np.ndarray) -> bool:
    for name, part in cell.state_slices.items():
        if isinstance(cell.by_name[name], Automaton):
            ones = state[part].copy()
            ones[0] ^= 1
            if ones.sum() > 1:
                return False
    return True


def node_of(cell: Cell, random: np.random.Generator) -> int:
    return int(random.integers(len(cell.head.symbols) - 1)) if cell.serial else 0


def fits(cell: Cell, node: int) -> bool:
    return not any(isinstance(block, Node) and node >= len(block.table) for block in cell.blocks)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_no_effect_runs_against_the_order_of_the_cell(cell: Cell) -> None:
    order = [block.name for block in cell.blocks]
    aig = placed(cell)
    blocks = {name: [p.name for p in aig.points if group_of(p.name) == name] for name in order}
    graph = block_graph(aig)
    for late, name in enumerate(order):
        for early in order[:late]:
            assert name not in graph or early not in graph[name].readers
            if blocks[name] and blocks[early]:
                assert affects(aig, name, early).method == "structure"
        for point in blocks[name][:2]:
            read = {group_of(other) for other in fanin_cone(aig, point).points}
            assert read <= set(order[:late])
            reached = {group_of(other) for other in fanout_cone(aig, point).points}
            assert reached <= set(order[late + 1 :])


def test_neurons_read_what_the_cell_says_they_read() -> None:
    cell = twins()
    for neuron in neurons(cell):
        block = cell.by_name[group_of(neuron.name)]
        sources = {
            "first": {"emb"},
            "second": {"emb"},
            "echo": {"state.past"},
            "memory": {"never", "first", "state.memory"},
            "store": {"second", "echo", "state.store"},
            "third": {"first", "memory", "state.store"},
        }
        assert {group_of(name) for name in neuron.support} <= sources.get(block.name, {"byte"})
    found = {neuron.name: neuron for neuron in neurons(cell)}
    assert "second[0]" in found["first[0]"].copies
    assert found["never[0]"].formula() == "0"


def test_a_constant_neuron_of_a_cell_can_be_changed_all_the_same() -> None:
    cell = twins()
    assert affects(cell, "never[0]", "state.memory[0]").answer == "yes"
    assert affects(cell, "never[0]", "first").answer == "no"


def test_a_netlist_says_which_names_change_together() -> None:
    aig = lower(twins())
    found = affects(aig, "first[0]", "third")
    assert set(found.same_node["first[0]"]) >= {"second[0]"}
    assert "in this netlist first[0] is the same node as second[0]" in str(found)
    assert found.to_json()["same_node"]["first[0]"] == list(found.same_node["first[0]"])
    assert affects(twins(), "first[0]", "third").same_node == {}
    assert dependence(aig, ["first"], ["third"]).to_json()["same_node"]["first[0]"]
    assert fanout_cone(aig, "first[0]").same_node == {"first[0]": found.same_node["first[0]"]}
    through = fanin_cone(aig, "third[0]")
    assert set(through.points) >= {"first[0]", "second[0]"}  # of which the cell reads one
    assert through.same_node["first[0]"] == found.same_node["first[0]"]
    assert "second[0]" not in through.same_node  # said once
    assert fanin_cone(twins(), "third[0]").same_node == {}
    assert same_nodes(aig, []) == {}


def test_complements_and_constants_are_told() -> None:
    builder = AigBuilder("two")
    x, y = builder.input("x"), builder.input("y")
    both = builder.and_(x, y)
    for name, literal in (("a", both), ("b", both ^ 1), ("one", 1), ("z", y)):
        builder.point(name, literal)
    builder.output("o", both)
    found = affects(builder.build(), "a", "o").same_node
    assert found == {"a": ("not b", "o")}
    fixed = affects(builder.build(), "one", "o")
    assert (fixed.answer, fixed.same_node) == ("no", {"one": ("constant 1",)})
    assert "one is constant 1: nothing changes it" in str(fixed)


def test_outputs_are_places_too() -> None:
    """A bit of a logit changes the prediction and nothing else, also where two bits are one node."""
    cell = twins()
    targets = ["logit", "argmax", "state"]
    found = dependence(cell, [element("logit.97", 0), "logit.98"], targets)
    assert (found.answers[:, 1] == YES).all()
    assert (found.answers[:, 2] == NO).all()
    assert affects(cell, "logit.97[0]", "logit.98").answer == "no"
