"""Structural cones against plain searches, what cones share, and drawings."""

from __future__ import annotations

import re
import shutil

import networkx as nx
import numpy as np
import pytest

from bridge import Aig, AigBuilder, lower
from bridge.aig.stats import to_networkx
from bridge.analysis.cones import cone_graph, fanin_cone, fanout_cone, reaches
from bridge.analysis.drawing import to_dot, to_svg
from bridge.analysis.signals import resolve, target_literals
from bridge.analysis.unrolling import unroll
from bridge.errors import InputError, ToolError
from bridge.execution import simulate
from support.cells import twins
from support.small_netlists import brute_affects, planted, signals, small_netlist
from support.tools import skip_or_fail


@pytest.mark.parametrize("seed", range(40))
def test_cones_of_one_step_are_those_of_networkx(seed: int) -> None:
    aig = small_netlist(seed)
    graph = to_networkx(aig)
    for name in ["o[0]", "h[1]", "s[0]"]:
        cone = fanin_cone(aig, name)
        root = int(target_literals(aig, resolve(aig, name).bits)[0]) >> 1
        expected = (nx.ancestors(graph, root) | {root}) - {0}
        assert set(cone.nodes.tolist()) == expected
        assert cone.ands == sum(node >= aig.first_and for node in expected) == cone.unrolled[0]
        assert cone.depth == aig.levels()[root]
        assert set(cone_graph(aig, cone)) >= expected
    cone = fanout_cone(aig, "s[0]")
    start = resolve(aig, "s[0]").bits[0].variable
    assert set(cone.nodes.tolist()) == {n for n in nx.descendants(graph, start) if isinstance(n, int)} | {start}
    assert set(cone.outputs) == {
        n[1] for n in nx.descendants(graph, start) if isinstance(n, tuple) and n[0] == "output"
    }


@pytest.mark.parametrize("seed", range(25))
def test_no_path_means_no_effect(seed: int) -> None:
    aig = small_netlist(seed)
    sources, targets = signals(aig)
    for steps in (1, 2):
        paths = reaches(aig, [resolve(aig, n) for n in sources], [resolve(aig, n) for n in targets], steps)
        for row, source in zip(paths, sources, strict=True):
            assert (row >= brute_affects(aig, source, targets, steps)).all()


def test_cones_grow_through_latches() -> None:
    aig = planted()
    assert "x[7]" not in fanin_cone(aig, "one").inputs
    assert "a" not in fanout_cone(aig, "x[0]", 1).latches or "cancelled" in fanout_cone(aig, "x[0]", 2).outputs
    assert fanin_cone(aig, "a", 1).latches == ()
    assert len(fanin_cone(aig, "cancelled", 3).unrolled) == 3
    with pytest.raises(InputError, match=r"1 \.\. 64"):
        fanin_cone(aig, "a", 65)


def test_nothing_reads_a_constant() -> None:
    builder = AigBuilder("constant")
    builder.input("x")
    builder.output("zero", 0)
    aig = builder.build()
    for cone in (fanin_cone(aig, "zero"), fanout_cone(aig, "zero")):
        assert (cone.ands, cone.inputs, cone.outputs) == (0, (), ())
    assert '"0"' in to_dot(aig, fanin_cone(aig, "zero"))


def test_unrolling_is_running() -> None:
    aig = small_netlist(11)
    views = [(step, resolve(aig, name).bits[0]) for step in (1, 2, 3) for name in ("o[0]", "s[0]", "h[2]")]
    form = unroll(aig, views)
    patterns = np.random.default_rng(0).integers(0, 1 << 63, (len(form.inputs), 4), np.uint64)
    found = simulate(form, patterns)
    state, rest = np.split(patterns, [len(aig.latches)])
    for step in range(3):
        row = np.concatenate([rest[step * len(aig.inputs) : (step + 1) * len(aig.inputs)], state])
        expected = simulate(aig, row, target_literals(aig, [bit for _, bit in views[:3]]))
        assert (found[3 * step : 3 * step + 3] == expected).all()
        state = simulate(aig, row, aig.next_literals())


@pytest.mark.parametrize("seed", range(60))
def test_a_drawing_computes_what_it_names(seed: int) -> None:
    """The drawn graph evaluated, every name that it shows against the netlist; no netlist of these is hashed."""
    aig = small_netlist(seed)
    patterns = np.random.default_rng(seed).integers(0, 1 << 63, (aig.first_and - 1, 4), np.uint64)
    for name in ("o[0]", "o[1]", "h[0]", "h[1]", "h[2]", "s[0]"):
        values = drawn(to_dot(aig, fanin_cone(aig, name)), aig, patterns)
        root = f"{name}'" if name == "s[0]" else name
        assert root in values
        for shown, value in values.items():
            bit = resolve(aig, shown.removesuffix("'")).bits[0]
            literal = target_literals(aig, [bit])[0] if shown.endswith("'") else bit.literal
            assert (value == simulate(aig, patterns, [literal])[0]).all(), (name, shown)


def test_a_drawing_of_a_cell_computes_what_it_names() -> None:
    cell = twins()
    aig = lower(cell, apart=True)
    patterns = np.random.default_rng(0).integers(0, 1 << 63, (aig.first_and - 1, 4), np.uint64)
    for name in ("first[0]", "second[3]", "memory[1]", "emb[4]"):
        values = drawn(to_dot(cell, fanin_cone(cell, name)), aig, patterns)
        assert name in values
        for shown, value in values.items():
            if not shown.endswith("'"):
                assert (value == simulate(aig, patterns, [resolve(aig, shown).bits[0].literal])[0]).all()


def drawn(dot: str, aig: Aig, patterns: np.ndarray) -> dict[str, np.ndarray]:
    """name -> values, of what a DOT text shows."""
    labels = dict(re.findall(r"^  (n\d+) \[label=\"(.*?)\" shape", dot, re.MULTILINE))
    edges = re.findall(r"^  (n\d+) -> (n\d+)( \[style=dashed\])?;", dot, re.MULTILINE)
    leaves = dict(zip(aig.leaves, patterns, strict=True))
    readers = {end for _, end, _ in edges}
    values = {node: leaves.get(label, np.zeros(4, np.uint64)) for node, label in labels.items() if node not in readers}
    while len(values) < len(labels):
        for node in labels.keys() - values.keys():
            fanins = [(start, dashed) for start, end, dashed in edges if end == node]
            if all(start in values for start, _ in fanins):
                read = [~values[start] if dashed else values[start] for start, dashed in fanins]
                values[node] = np.bitwise_and.reduce(read)
    return {label: values[node] for node, label in labels.items() if label not in ("&", "0")}


def test_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    aig = planted()
    cone = fanin_cone(aig, "chosen")
    dot = to_dot(aig, cone)
    assert dot.startswith("digraph {")
    assert '"x[4]"' in dot
    if shutil.which("dot") is None:
        skip_or_fail("no Graphviz here")
    assert to_svg(aig, cone).startswith("<svg")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="install Graphviz"):
        to_svg(aig, cone)


def test_a_drawing_of_thousands_of_nodes_is_refused() -> None:
    aig = planted()
    monster = fanin_cone(aig, "cancelled")
    object.__setattr__(monster, "nodes", np.arange(1000))
    with pytest.raises(InputError, match="but at most 400 can"):
        to_dot(aig, monster)
