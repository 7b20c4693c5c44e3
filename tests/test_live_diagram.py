"""The block diagram: what it says of cells and netlists, where it puts boxes, what it shows while the page runs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bridge import Cell
from bridge.aig import AigBuilder
from bridge.aig.shares import blocks_of
from bridge.lowering import lower
from bridge.report.live.diagram import MOST, diagram_facts, of_cell, of_netlist
from bridge.report.live.layout import HEIGHT, WIDTH, laid_out
from support.cells import cells

graphs = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] < pair[1])),
    )
)


@given(graphs)
def test_boxes_stand_apart_and_behind_what_they_read(graph: tuple[int, set[tuple[int, int]]]) -> None:
    count, reads = graph
    picture = laid_out(count, sorted(reads))
    assert all(picture.places[start][0] + WIDTH < picture.places[end][0] for start, end in reads)
    places = sorted(picture.places)
    for (left, top), (right, below) in pairwise(places):
        assert left < right or below >= top + HEIGHT
    assert all(0 <= x <= picture.width - WIDTH and 0 <= y <= picture.height - HEIGHT for x, y in picture.places)
    assert {(line.start, end) for line in picture.lines for end in line.ends} == reads


@given(cells)
def test_every_block_of_a_cell_has_a_box_that_reads_what_it_reads(cell: Cell) -> None:
    diagram = of_cell(cell)
    names = [box.name for box in diagram.boxes]
    assert len(names) == len(set(names))
    held = [box for box in diagram.boxes if box.place == "held"]
    assert sum(box.bits for box in held) == cell.state_bits
    for block in cell.blocks:
        if not block.AT_START:
            mine = names.index("logit" if block.HEAD else block.name)
            read = {names[start].removeprefix("state.") for start, end in diagram.reads if end == mine}
            assert read >= {source.removeprefix("old.") for source in block.reads}


def test_its_counts_are_those_of_the_gates(tiny: Cell) -> None:
    aig = lower(tiny)
    for model in (tiny, None):
        found = {box["name"]: box["shown"][2] for box in diagram_facts(aig, model)["boxes"] if box["shown"][2]}
        assert found == {name: f"{count:,} AND{'s' * (count != 1)}" for name, count in blocks_of(aig).items()}


def test_a_netlist_without_its_cell_has_the_same_blocks(tiny: Cell) -> None:
    known, found = of_cell(tiny), of_netlist(lower(tiny))
    assert {box.name for box in found.boxes} == {box.name for box in known.boxes}


def test_many_names_are_told_by_their_kinds() -> None:
    builder = AigBuilder("wide")
    inputs = [builder.input(f"i{place}") for place in range(MOST + 1)]
    builder.output("all", builder.and_(inputs[0], inputs[-1]))
    diagram = of_netlist(builder.build())
    assert [(box.name, box.what) for box in diagram.boxes] == [("inputs", f"{MOST + 1} bits"), ("outputs", "1 bit")]
    assert diagram.reads == ((0, 1),)
