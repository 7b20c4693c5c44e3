"""Counts and graph views."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import AigBuilder
from bridge.aig.stats import block_graph, fanouts, stats, to_networkx
from support.netlists import random_netlist


def test_counts() -> None:
    builder = AigBuilder("small")
    x, y, z = (builder.input(name) for name in "xyz")
    state = builder.latch("s")
    either = builder.xor(x, y)
    builder.set_next(state, builder.mux(z, either, state))
    builder.output("o", builder.and_(either, z))
    builder.point("p", either)
    found = stats(builder.build())
    keys = ("inputs", "latches", "outputs", "ands", "levels", "points", "xors", "muxes")
    assert [found.to_json()[key] for key in keys] == [3, 1, 1, 6, 4, 1, 1, 1]
    assert found.largest_fanout == 2
    assert found.fanouts["0-1"] + found.fanouts["2"] == 6


def test_an_empty_netlist() -> None:
    found = stats(AigBuilder().build())
    assert (found.ands, found.levels, found.largest_fanout) == (0, 0, 0)


@given(st.integers(0, 10**6))
def test_the_graph_view_is_the_netlist(seed: int) -> None:
    aig = random_netlist(seed)
    graph = to_networkx(aig)
    assert nx.is_directed_acyclic_graph(graph)
    kinds = nx.get_node_attributes(graph, "kind")
    assert sum(kind == "and" for kind in kinds.values()) == len(aig.ands)
    assert sum(stats(aig).fanouts.values()) == len(aig.ands)
    # A node may read one variable only once, so degrees are the fanouts.
    readers = np.array([graph.out_degree(variable) for variable in range(aig.first_and, aig.variables)])
    properties = np.bincount(np.array(aig.properties.literals()) >> 1, minlength=aig.variables)
    assert np.array_equal(readers, (fanouts(aig) - properties)[aig.first_and :])
    depths = dict.fromkeys(range(aig.first_and), 0)
    for variable in range(aig.first_and, aig.variables):
        depths[variable] = 1 + max(depths[fanin] for fanin in graph.predecessors(variable))
    assert max(depths.values()) == stats(aig).levels


def test_blocks_feed_blocks() -> None:
    builder = AigBuilder()
    byte = [builder.input(f"byte[{i}]") for i in range(2)]
    state = builder.latch("state.h[0]")
    emb = builder.and_(byte[0], byte[1])
    h = builder.xor(emb, state)
    builder.set_next(state, h)
    builder.output("logit.32[0]", builder.and_(h, byte[0]))
    builder.point("emb[0]", emb)
    builder.point("h[0]", h)
    graph = block_graph(builder.build())
    expected = {("byte", "emb"), ("emb", "h"), ("state.h", "h"), ("h", "state.h"), ("h", "logit"), ("byte", "logit")}
    assert {(name, reader) for name, block in graph.items() for reader in block.readers} == expected
    assert graph["byte"].bits == 2
