"""The commands of the README on models with every kind of head: logits, a code tree, a serial one, that unrolled."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from bridge import Cell, lower
from bridge.cell import Block, Delay, Embedding, Latch, Logits, Node, Threshold, Trees
from bridge.cell.unroll import unrolled
from bridge.formats import read_netlist, write_netlist
from bridge.report import write_report
from bridge.report.part import Page
from bridge.report.parts import all_parts
from bridge.report.signals import signal_records
from bridge.report.subject import subject_of
from support.cells import random_code, random_trees
from support.command_line import Call

pytestmark = pytest.mark.heavy

README = Path(__file__).parents[1] / "README.md"
TEXT = b"then the tenth hen, then the net\n" * 30
SYMBOLS = bytes(sorted(set(TEXT)))
SEED = 9  # of trees that ask about the code node
KINDS = ("logits", "code", "serial")


def text_cell(kind: str) -> Cell:
    """Named as what the training makes, but hardly trained."""
    rng = np.random.default_rng(1)
    code = None if kind == "logits" else random_code(rng, len(SYMBOLS))
    blocks: list[Block] = [
        Embedding("emb", rng.integers(0, 2, (256, 4))),
        Delay("emb.past", "emb", 2),
        Threshold("layer0.select", ("emb", "emb.past"), rng.integers(-1, 2, (4, 12)), rng.integers(-1, 3, 4)),
        Threshold("layer0.value", ("emb", "emb.past"), rng.integers(-1, 2, (4, 12)), rng.integers(-1, 3, 4)),
        Latch("layer0.memory", "layer0.select", "layer0.value"),
    ]
    sources: tuple[str, ...] = ("emb", "emb.past", "layer0.memory")
    if kind == "serial":
        assert code is not None
        blocks.append(Node("node_code", rng.integers(0, 2, (len(code), 4))))
        trees = random_trees(np.random.default_rng(SEED), "trees", (*sources, "node_code"), 20)
        blocks.append(Trees(trees.name, trees.sources, trees.splits, trees.roots, trees.leaves))
        sources = (*sources, "trees")
    width = sum({"emb": 4, "emb.past": 8, "layer0.memory": 4}.get(name, 0) for name in sources)
    width += 2 * len(blocks[-1].roots) if isinstance(blocks[-1], Trees) else 0
    rows = 1 if kind == "serial" else len(SYMBOLS) if code is None else len(code)
    weights = rng.integers(-2, 3, (rows, width))
    blocks.append(Logits("head", sources, weights, rng.integers(-3, 4, rows), 0.2, SYMBOLS, code))
    return Cell(tuple(blocks), kind)


@pytest.fixture(params=[*KINDS, "unrolled"])
def model(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cell:
    """Its cell, and files as the README calls them."""
    monkeypatch.chdir(tmp_path)
    cell = unrolled(text_cell("serial")) if request.param == "unrolled" else text_cell(request.param)
    cell.save("cell.safetensors")
    write_netlist(lower(cell), "cell.aig")
    Path("book.txt").write_bytes(TEXT)
    return cell


def asked_in_the_readme() -> list[list[str]]:
    """What it says about a cell or its netlist, but for training, melting, flows, and what a run is needed for."""
    lines = re.findall(r"^    aigbridge ([^#\n]*)", README.read_text(), re.MULTILINE)
    words = [shlex.split(line) for line in lines]
    return [
        line
        for line in words
        if line[0] not in ("train", "melt", "pareto", "run", "report") and line[1] not in ("RUN", "latest")
    ]


def test_the_readme_has_questions() -> None:
    assert {"lower", "affects", "influence"} <= {words[0] for words in asked_in_the_readme()}


def test_its_commands(call: Call, model: Cell) -> None:
    for words in asked_in_the_readme():
        for name in ("cell.aig", "cell.safetensors"):
            some = [name if word == "cell.aig" and words[0] != "lower" else word for word in words]
            found = call(*some)
            assert found.code in (0, 1), f"{some}: {found.err}"
            assert not (found.code and words[0] not in ("affects", "prove")), f"{some}: {found.err}"


ALL = [
    ["eval", "--text", "book.txt"],
    ["generate", "--bytes", 20],
    ["eval", "--text", "book.txt", "--do", "state.emb.past[1]=1", "--do", "byte[0]@7=flip"],
    ["generate", "--bytes", 20, "--do", "emb=resample:book.txt"],
    ["affects", "--from", "state", "--to", "argmax", "--do", "state.layer0.memory=0"],
    ["stats"],
    ["states", "--text", "book.txt"],
    ["neurons"],
    ["neurons", "--as-bytes"],
    ["probe", "--text", "book.txt", "--feature", "the", "--seeds", 1],
    ["affects", "--from", "state", "--to", "argmax", "--how-often", "--seen-on", "book.txt"],
    ["affects", "--from", "byte", "--to", "emb", "--how-often"],
    ["dependence", "--graded", "--text", "book.txt"],
    ["influence", "--text", "book.txt", "--steps", 2, "--positions", 64],
    ["dependence", "--from", "state", "--to", "argmax", "--to", "greedy", "--to", "probability.'e'", "--to", "state"],
    ["dependence"],
    ["cone", "argmax"],
    ["affects", "--from", "state", "--to", "probability.'e'"],
    ["affects", "--from", "byte", "--to", "greedy", "--seen-on", "book.txt"],
    ["affects", "--from", "state", "--to", "margin.'e'.'n'", "--given", "after 'th' and argmax@-1 != 'q'"],
    ["affects", "--from", "state", "--to", "greedy", "--given", "byte@3 == 'n'", "--seen-on", "book.txt"],
    ["circuit", "--text", "book.txt", "--at", 40, "--rest", "constant"],
    ["circuit", "--text", "book.txt", "--at", 40, "--seconds", 20],
    ["circuit", "--after", "th", "--keeps", "argmax == argmax", "--blocks", "state", "--seconds", 20],
    ["circuit", "--text", "book.txt", "--after", "th", "--rest", "resample", "--share", 0.5],
    ["diverge", "cell.safetensors"],
    ["diverge", "cell.safetensors", "--text", "book.txt"],
    ["affects", "--from", "state.emb.past", "--to", "argmax", "--steps", 2, "--reachable"],
]


@pytest.mark.parametrize("command", ALL, ids=lambda words: "-".join(map(str, words[:3])))
def test_every_question(call: Call, model: Cell, command: list[object]) -> None:
    found = call(command[0], "cell.aig", *command[1:], "--json")
    assert (
        found.code == 0
        or (found.code in (1, 3) and command[0] == "affects")
        or (found.code == 3 and command[0] == "circuit")
    ), found.err
    assert isinstance(found.json, dict)


def test_a_signal_that_depends_on_the_node(call: Call, model: Cell) -> None:
    """In all of its places: for a serial head those of all nodes, or of one."""
    if not model.serial:
        return
    copy = "node_code[2]@node.1"
    for command in (
        ["influence", "--text", "book.txt", "--steps", 1, "--positions", 64],
        ["affects", "--to", "greedy"],
    ):
        for source in ("node_code[2]", copy):
            found = call(command[0], "cell.aig", *command[1:], "--from", source, "--json")
            assert found.code in (0, 1), found.err
    assert call("states", "cell.aig", "--text", "book.txt").code == 0


def test_its_page_leaves_nothing_out(model: Cell) -> None:
    item = read_netlist("cell.aig") if model.serial else model
    found = write_report([item], "page.html", text="book.txt")
    assert not found.missing
    assert found.influence is not None
    assert found.statistics is not None
    _, records = signal_records(Page(subject_of([item]), parts=all_parts(), found=found))
    notes = {record["name"]: record["notes"] for record in records}
    if "score.0" in notes:
        assert any("tells" in str(note) for note in notes["score.0"])


def test_a_score_is_told_by_its_symbols(call: Call, model: Cell) -> None:
    code = model.readout.code
    if code is not None:
        above, others = model.readout.told_apart(1)
        for command in (["affects", "--from", "state", "--to", "score.1"], ["cone", "score.1"]):
            shown = call(command[0], "cell.aig", *command[1:]).out
            assert f"score.1 tells {above.decode()!r} (above 0) from {others.decode()!r}" in shown
