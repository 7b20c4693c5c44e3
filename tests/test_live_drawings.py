"""Trees and state machines on the pages of signals: whole, and where they stand today."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from bridge import Cell
from bridge.cell.blocks.automaton import decode
from bridge.report import write_report
from bridge.report.live.drawn import drawn_of
from support.browser import Browser
from support.cells import random_tree_cell, tree_cells

SEED = 12
LEAVES = """
  const place = arguments[0];
  live.change({ place });
  const nodes = live.facts.serial ? live.facts.readout.code.map((_, node) => node) : [null];
  const bits = nodes[0] === null ? [live.moment.bits] : bitsAtNodes(live, nodes);
  const found = [];
  return Promise.all(live.data.drawn.filter(({ kind }) => kind === "trees").map(async (block) => {
    const treeAt = await treesOf(live.data, block);
    block.roots.forEach((root, tree) => bits.forEach((now) => {
      const names = Array.from({ length: block.width }, (_, at) => `${block.name}[${tree * block.width + at}]`);
      const own = names.map((name) => valueAmong(live, now, name));
      found.push([wayThrough(treeAt(now), root).leaf, own.join(" ")]);
    }));
  })).then(() => found);
"""
STATES = """
  const [block] = live.data.drawn.filter(({ kind }) => kind === "automaton");
  return loadIntegers(live.data, block.following).then((following) =>
    Array.from({ length: live.view.text.length }, (_, step) => {
      live.change({ place: step + 1 });
      return statesNow(live, block, following).now;
    }));
"""


@pytest.mark.heavy
@settings(max_examples=10)
@given(tree_cells)
def test_arrays_hold_the_whole_block(cell: Cell) -> None:
    found = drawn_of(cell)
    for facts in found.facts:
        block = cell.by_name[facts["name"]]
        arrays = {
            key: found.arrays[facts[key]].view("<i4") for key in ("splits", "leaves", "following") if key in facts
        }
        if facts["kind"] == "trees":
            splits = arrays["splits"].reshape(-1, 4)
            assert (splits[:, :3] == block.splits).all()
            assert (splits[:, 3] == 1).all()
            assert (arrays["leaves"].reshape(block.leaves.shape) == block.leaves).all()
            assert len(facts["reads"]) == sum(cell.source_width(source) for source in block.reads)
        elif facts["kind"] == "automaton":
            assert (arrays["following"].reshape(-1, 256) == block.following).all()


@pytest.mark.heavy
@pytest.mark.parametrize("serial", [False, True])
def test_todays_way_leads_to_what_the_logic_gives(
    serial: bool, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cell, path = random_tree_cell(SEED, serial), tmp_path_factory.mktemp("drawings") / "page.html"
    write_report([cell], path, live_only=True)
    text = np.random.default_rng(3).choice(np.frombuffer(cell.readout.symbols, np.uint8), 12)
    browser.open(path)
    browser.until("window.live")
    browser.run("live.change({ text: Uint8Array.from(arguments[0]) })", text.tolist())
    browser.until("live.ready")
    for place in (1, 7, 12):
        found = browser.run(LEAVES, place)
        assert len(found) >= 3
        assert all(leaf == own for leaf, own in found)
    state, known = cell.reset(1), []
    for byte in text:
        state, _ = cell.step(state, np.array([byte], np.uint8))
        known.append(int(decode(np.ascontiguousarray(state[:, cell.state_slices["word"]], np.uint8))[0]))
    assert browser.run(STATES) == known
    for name, selector in (
        ("trees[0]", "svg.tree rect"),
        ("word[1]", ".machine .lit rect"),
        ("memory[0]", ".machine path.lit"),
    ):
        browser.run("location.hash = arguments[0]", name)
        browser.until(f"document.querySelector('#signal {selector}')")
