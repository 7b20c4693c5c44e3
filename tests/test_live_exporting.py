"""What can be taken away from the page: values and pictures, and graphs beside models that are edited bit by bit."""

from __future__ import annotations

import csv
import io
import json
import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import Aig, Cell, activations, edit
from bridge.analysis.places import placed
from bridge.execution.models import trace
from bridge.report import write_report
from support.browser import Browser
from support.cells import random_cell, random_tree_cell
from support.processes import eventually
from support.small_netlists import conjunction

pytestmark = pytest.mark.heavy

CELLS = {
    "logits": random_cell(8, recurrence=True),
    "code": random_tree_cell(4, serial=False),
    "serial": random_tree_cell(6),
}
PLACE = 7
READ = "live.change({ text: Uint8Array.from(arguments[0]), place: arguments[1], pins: arguments[2] })"
GRAPH = """
  const program = unpackProgram(live.facts, live.data.arrays.program);
  return JSON.stringify(tracedGraph(live, depthsOf(live.facts, program), askedAbout.get(live)));
"""
NODE = {
    "node_id": str,
    "feature": int,
    "layer": str,
    "ctx_idx": int,
    "feature_type": str,
    "token_prob": (int, float),
    "is_target_logit": bool,
    "run_idx": int,
    "reverse_ctx_idx": int,
    "jsNodeId": str,
    "clerp": str,
    "influence": (int, float, type(None)),
    "activation": (int, float, type(None)),
}
TYPES = {"cross layer transcoder", "embedding", "logit"}


def text_of(cell: Cell) -> bytes:
    return bytes(np.random.default_rng(1).choice(list(cell.readout.symbols), 12).tolist())


def opened(browser: Browser, model: Cell | Aig, folder: Path, text: bytes, pins: tuple[str, ...] = ()) -> None:
    write_report([model], folder / "page.html", live_only=True)
    browser.open(folder / "page.html")
    browser.run(READ, list(text), PLACE, list(pins))
    browser.until("document.getElementById('live-why').getAttribute('aria-busy') == 'false'")


def check_form(graph: dict[str, Any]) -> None:
    """What the viewers of circuit-tracer and Neuronpedia read."""
    metadata = graph["metadata"]
    assert {type(metadata[key]) for key in ("slug", "scan", "prompt")} == {str}
    assert all(isinstance(token, str) and token for token in metadata["prompt_tokens"])
    assert set(graph["qParams"]) == {"pinnedIds", "supernodes", "linkType", "clickedId", "sg_pos"}
    ids = {node["node_id"] for node in graph["nodes"]}
    assert len(ids) == len(graph["nodes"])
    assert graph["qParams"]["clickedId"] in ids
    for node in graph["nodes"]:
        assert set(node) == set(NODE)
        assert all(isinstance(node[key], kind) for key, kind in NODE.items()), node
        assert node["feature_type"] in TYPES
        assert 0 <= node["ctx_idx"] < len(metadata["prompt_tokens"])
        assert node["layer"] == "E" or node["layer"].isdigit()
        if node["feature_type"] == "logit":
            percent = node["clerp"].split("(p=")[1].split(")")[0]
            assert float(percent) == pytest.approx(node["token_prob"], abs=0.0006)
            assert len(node["clerp"].split('"')) == 3
    for link in graph["links"]:
        assert {link["source"], link["target"]} <= ids
        assert math.isfinite(link["weight"])
        assert link["weight"] != 0


class Brute:
    """Direct effects by editing the model: all neurons are held but one, and a source is turned."""

    def __init__(self, cell: Cell, text: bytes, graph: dict[str, Any], names: list[str]) -> None:
        self.cell, self.text = cell, text
        nodes = [node for node in graph["nodes"] if node["feature_type"] == "cross layer transcoder"]
        self.name = {node["node_id"]: names[node["feature"]] for node in nodes}
        self.neurons = [point.name for point in placed(cell).points]
        self.known = dict(zip(self.neurons, activations(cell, text, self.neurons).T.tolist(), strict=True))

    def turned(self, source: str, step: int, free: str = "") -> Aig:
        """With the source the other way, and all others held but the one that is asked about."""
        held = {f"{name}@{step}": values[step] for name, values in self.known.items() if name != free}
        was = held.get(f"{source}@{step}")
        return edit(self.cell, held | {f"{source}@{step}": "flip" if was is None else 1 - was})

    def direct(self, source: str, target: str, step: int) -> int:
        """What the target loses: a neuron in this step, a state bit in the next one."""
        later = step + target.startswith("state.")
        models = (self.cell, self.turned(source, step, target))
        before, after = (int(activations(model, self.text, target)[later, 0]) for model in models)
        return before - after


@pytest.mark.parametrize("kind", ["logits", "code"])
def test_the_graph_is_that_of_edits(browser: Browser, tmp_path: Path, kind: str) -> None:
    cell = CELLS[kind]
    text = text_of(cell)
    opened(browser, cell, tmp_path, text)
    graph = json.loads(browser.run(GRAPH))
    check_form(graph)
    names = browser.run("return live.facts.bits")
    brute = Brute(cell, text, graph, names)
    step = {node["node_id"]: node["ctx_idx"] for node in graph["nodes"]}
    weight = {(link["source"], link["target"]): link["weight"] for link in graph["links"]}
    rng = np.random.default_rng(3)
    bits = [key for key in weight if key[0] in brute.name and key[1] in brute.name]
    assert bits
    for at in rng.permutation(len(bits))[:8]:
        source, target = bits[at]
        found = brute.direct(brute.name[source], brute.name[target], step[source])
        assert found == weight[source, target], (brute.name[source], brute.name[target])
    ids = sorted(brute.name)
    for source in rng.permutation(ids)[:8]:
        for target in rng.permutation(ids)[:3]:
            later = step[target] == step[source] + brute.name[target].startswith("state.")
            if later and source != target and (source, target) not in weight:
                assert brute.direct(brute.name[source], brute.name[target], step[source]) == 0


def test_links_to_logits_are_what_they_lose(browser: Browser, tmp_path: Path) -> None:
    cell = CELLS["logits"]
    text = text_of(cell)
    opened(browser, cell, tmp_path, text)
    graph = json.loads(browser.run(GRAPH))
    names = browser.run("return live.facts.bits")
    brute = Brute(cell, text, graph, names)
    nodes = {node["node_id"]: node for node in graph["nodes"]}
    logits = [link for link in graph["links"] if nodes[link["target"]]["feature_type"] == "logit"]
    assert logits
    before = trace(cell, np.frombuffer(text[:PLACE], np.uint8)[:, None])[0][-1, 0]
    for link in [link for link in logits if link["source"] in brute.name][:8]:
        changed = brute.turned(brute.name[link["source"]], PLACE - 1)
        after = trace(changed, np.frombuffer(text[:PLACE], np.uint8)[:, None])[0][-1, 0]
        rank = cell.readout.symbols.index(nodes[link["target"]]["feature"])
        assert link["weight"] == pytest.approx(cell.readout.scale * float(before[rank] - after[rank]))


def test_a_serial_head_has_a_graph_too(browser: Browser, tmp_path: Path) -> None:
    cell = CELLS["serial"]
    opened(browser, cell, tmp_path, text_of(cell))
    graph = json.loads(browser.run(GRAPH))
    check_form(graph)
    assert graph["links"]


def test_values_are_those_of_python(browser: Browser, tmp_path: Path) -> None:
    cell = CELLS["logits"]
    text = text_of(cell)
    opened(browser, cell, tmp_path, text)
    rows = [*csv.DictReader(io.StringIO(browser.run("return valuesTable(live, allWatched(live))")))]
    assert [int(row["byte"]) for row in rows] == list(text)
    lengths = cell.readout.code_lengths(
        trace(cell, np.frombuffer(text, np.uint8)[:, None])[0][:-1, 0], np.frombuffer(text[1:], np.uint8)
    )
    assert rows[0]["bits"] == ""
    assert [float(row["bits"]) for row in rows[1:]] == pytest.approx(lengths.tolist())
    names = [*[point.name for point in placed(cell).points][:6], "state.past[0]", f"logit.{cell.readout.symbols[0]}"]
    assert [[int(row[name]) for name in names] for row in rows] == activations(cell, text, names).tolist()


def test_pictures_are_drawn(browser: Browser, tmp_path: Path) -> None:
    cell = CELLS["logits"]
    opened(browser, cell, tmp_path, text_of(cell), pins=("byte[0]",))
    picture = ElementTree.fromstring(browser.run("return new XMLSerializer().serializeToString(pictureOf(live))"))
    assert "".join(picture.itertext()).count(cell.name)
    size = browser.run("return pictureAsPng(live).then(createImageBitmap).then((image) => [image.width, image.height])")
    assert size == [2 * float(picture.attrib["width"]), 2 * float(picture.attrib["height"])]


def test_files_have_plain_names(browser: Browser, tmp_path: Path) -> None:
    hostile = conjunction("../../<b>\u202e evil.exe\n", "=cmd()", 'b,"c"')
    write_report([hostile], tmp_path / "page.html", live_only=True)
    browser.open(tmp_path / "page.html")
    name = browser.run("return fileName(live.facts.name)")
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert name[0] not in ".-"
    browser.run("live.change({ steps: [[1, 1], [0, 1]], place: 1 })")
    browser.until("live.ready && live.now.moments.length == 2")
    head, *rows = csv.reader(io.StringIO(browser.run("return valuesTable(live, allWatched(live))")))
    assert head[1] == "'=cmd()"
    assert head[2] == 'b,"c"'
    assert [row[:3] for row in rows] == [["0", "1", "1"], ["1", "0", "1"]]
    assert [row[head.index("both")] for row in rows] == ["1", "0"]


def test_buttons_save_files(browser: Browser, tmp_path: Path) -> None:
    """The strict policy of the page lets them."""
    cell = CELLS["logits"]
    opened(browser, cell, tmp_path, text_of(cell), pins=("byte[0]", "surprise"))
    saved = tmp_path / "saved"
    where = {"behavior": "allow", "downloadPath": str(saved)}
    browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    count = browser.run("return document.querySelectorAll('.exports button').length")
    for at in range(count):
        browser.run(f"document.querySelectorAll('.exports button')[{at}].click()")
        eventually(lambda at=at: sum(file.suffix != ".crdownload" for file in saved.glob("*")) > at, "a file")
    kinds = sorted(file.suffix for file in saved.iterdir())
    assert kinds == [".csv", ".csv", ".json", ".png", ".svg"]
    pinned = next(file for file in saved.glob("*.csv") if len(file.read_text().splitlines()[0].split(",")) == 7)
    assert pinned.read_text().splitlines()[0].endswith("byte[0],surprise")
    check_form(json.loads(next(saved.glob("*.json")).read_text("utf-8")))
