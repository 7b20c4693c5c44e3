"""The cell's rules, its oracle on a hand-computed example, and cell files."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from safetensors.numpy import load_file, save_file

from bridge.cell import (
    Automaton,
    Block,
    Cell,
    Delay,
    Embedding,
    Latch,
    Logits,
    Node,
    Threshold,
    Trees,
    fill_unseen,
    unrolled,
)
from bridge.errors import InputError
from support.cells import cells, random_cell, random_tree_cell, tree_cells

TABLE = (np.arange(256)[:, None] >> np.arange(2) & 1).astype(np.uint8)


def head(*sources: str, width: int) -> Logits:
    return Logits("logit", sources, np.ones((2, width), np.int8), np.array([0, -1]), 0.5, b"ab")


def test_a_toggle_and_a_delay_by_hand() -> None:
    """Bit 0 of the byte toggles a latch; the delay shows the last two bytes' bits."""
    flip = Threshold("flip", ("emb",), np.array([[1, 0]]), np.array([1]))
    inverse = Threshold("inverse", ("old.memory",), np.array([[-1]]), np.array([0]))
    cell = Cell(
        (
            Embedding("emb", TABLE),
            Delay("past", "emb", 2),
            flip,
            inverse,
            Latch("memory", "flip", "inverse"),
            head("memory", "past", width=5),
        )
    )
    state = cell.reset(1)
    seen = []
    for byte in (1, 0, 3, 2):
        state, logits = cell.step(state, np.array([byte], np.uint8))
        seen.append((state[0].tolist(), logits[0].tolist()))
    assert seen == [
        ([1, 0, 0, 0, 1], [1, 0]),
        ([0, 0, 1, 0, 1], [2, 1]),
        ([1, 1, 0, 0, 0], [1, 0]),
        ([0, 1, 1, 1, 0], [2, 1]),
    ]


EMB = Embedding("emb", TABLE)
NODE = Node("code", np.array([[0], [1]]))
ONES = np.ones((2, 256), int)


def score(*sources: str, width: int, rows: int = 1, code: object = ((1, -1), (-2, -3))) -> Logits:
    return Logits("s", sources, np.ones((rows, width), int), np.zeros(rows, int), 1.0, b"abc", np.array(code))


def trees(splits: object, roots: object = (0,), leaves: object = ((0, 1), (1, 0))) -> Trees:
    return Trees("t", ("emb",), np.array(splits, int).reshape(-1, 3), np.array(roots), np.array(leaves))


BAD: dict[str, tuple[tuple[Block, ...], str]] = {
    "code": ((EMB, score("emb", width=2, rows=2, code=((1, -1), (-2, -2)))), "exactly once"),
    "symbols of the code": ((EMB, score("emb", width=2, code=((-1, -2),))), "1 nodes, but 3 symbols"),
    "rows of a serial cell": ((NODE, score("code", width=1, rows=2)), "serial cell needs one"),
    "rows of a parallel one": ((EMB, score("emb", width=2)), "its code has 2 nodes"),
    "nodes": ((Node("code", np.array([[1]])), score("code", width=1)), "a table of 1 nodes, but the code has 2"),
    "node without a code": ((NODE, head("code", width=1)), "the head has no code"),
    "kept node": ((NODE, Delay("d", "code", 1), score("d", width=1)), "would keep bits that depend on the code node"),
    "kept by a latch": ((NODE, Latch("l", "code", "code"), score("l", width=1)), "would keep bits"),
    "one state": ((Automaton("a", np.zeros((1, 256), int), np.zeros((1, 1), int)), head("a", width=1)), "at least 2"),
    "no such state": ((Automaton("a", 2 * ONES, ONES[:, :1]), head("a", width=1)), "leads to state 2 of 2"),
    "state bits": ((Automaton("a", ONES, ONES[:1, :1]), head("a", width=1)), r"shape \[2, bits\]"),
    "split bit": ((EMB, trees([(2, -1, -1)]), head("t", width=2)), "outside 0..1"),
    "split end": ((EMB, trees([(0, -1, 1)]), head("t", width=2)), "outside 1 splits and 2 leaves"),
    "split leaf": ((EMB, trees([(0, -1, -3)]), head("t", width=2)), "outside 1 splits and 2 leaves"),
    "no split": ((EMB, trees([], roots=(0,)), head("t", width=2)), "outside 0 splits"),
    "circle": ((EMB, trees([(0, 0, -1)]), head("t", width=2)), "lead to later ones"),
    "no tree": (
        (EMB, trees([(0, -1, -2)], roots=()), head("t", width=2)),
        "array of integers|at least one root",
    ),
    "empty": ((), "last block"),
    "no head": ((EMB,), "last block"),
    "undefined": ((EMB, head("ghost", width=2)), "'ghost', which does not exist"),
    "later": ((Threshold("t", ("emb",), np.ones((1, 2), int), np.zeros(1, int)), EMB, head("t", width=1)), "delay it"),
    "columns": ((EMB, head("emb", width=3)), "3 columns, but its sources have 2 bits"),
    "twice": ((EMB, EMB, head("emb", width=2)), "two blocks"),
    "old": ((EMB, head("old.emb", width=2)), "only Latch blocks"),
    "selfish": ((EMB, Delay("d", "d", 1), head("emb", width=2)), "only by itself"),
    "steps": ((EMB, Delay("d", "emb", 0), head("emb", width=2)), "steps must be"),
    "table": ((Embedding("e", TABLE[:9]), head("e", width=2)), "shape"),
    "values": ((Embedding("e", TABLE * 3), head("e", width=2)), "must lie in"),
    "floats": ((Embedding("e", TABLE * 0.5), head("e", width=2)), "array of integers"),
    "name": ((Embedding("a b", TABLE), head("a b", width=2)), "block name"),
    "signal": ((Embedding("state.x", TABLE), head("state.x", width=2)), "name other signals"),
    "weights": ((EMB, Logits("l", ("emb",), np.full((1, 2), 300), np.zeros(1, int), 1.0, b"a")), "must lie in"),
    "symbols": ((EMB, Logits("l", ("emb",), np.ones((1, 2), int), np.zeros(1, int), 1.0, b"ab")), "2 symbols"),
    "order": ((EMB, Logits("l", ("emb",), np.ones((2, 2), int), np.zeros(2, int), 1.0, b"ba")), "ascending"),
    "scale": ((EMB, Logits("l", ("emb",), np.ones((1, 2), int), np.zeros(1, int), -1.0, b"a")), "positive"),
    "latch": ((EMB, Latch("m", "emb", "ghost"), head("m", width=2)), "ghost"),
    "state": ((EMB, Delay("a", "emb", 4096), Delay("b", "a", 4096), head("emb", width=2)), "state bits"),
    "blocks": ((*(Delay(f"d{i}", "emb", 1) for i in range(501)), EMB, head("emb", width=2)), "503 blocks"),
    "two heads": ((EMB, head("emb", width=2), head("emb", width=2)), "two blocks"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_named(case: str) -> None:
    blocks, sentence = BAD[case]
    with pytest.raises(InputError, match=sentence):
        Cell(blocks)


@given(cells)
def test_save_and_load(cell: Cell) -> None:
    with TemporaryDirectory() as folder:
        path = f"{folder}/cell.safetensors"
        cell.save(path)
        again = Cell.load(path)
    assert again.digest == cell.digest
    assert again.name == cell.name


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        random_cell(1).save(str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def edited(path: Path, *, drop: str = "", **changes: object) -> Path:
    """A cell file whose metadata or tensors were tampered with."""
    cell = random_cell(1)
    cell.save(str(path))
    tensors = load_file(path)
    tensors.pop(drop, None)
    if changes.pop("extra", False):
        tensors["stranger/table"] = np.zeros(1, np.uint8)
    facts = {"format": 1, "blocks": [{"kind": "Embedding", "name": "emb"}], **changes}
    save_file(tensors, path, {"aigbridge": json.dumps(facts)})
    return path


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 9}, "format 9 is unknown"),
        ({"blocks": 3}, "lists no blocks"),
        ({"blocks": [{"kind": "Magic", "name": "x"}]}, "no known kind"),
        ({"blocks": [{"kind": "Embedding", "name": "ghost"}]}, "is missing"),
        ({"blocks": [{"kind": "Delay", "name": "d", "source": "emb"}]}, "needs the keys"),
        ({"extra": True}, "belongs to no block"),
        ({"blocks": [{"kind": [], "name": "x"}]}, "no known kind"),
        ({"blocks": [{"kind": "Logits", "name": "l", "sources": [], "scale": 1, "symbols": 10**12}]}, "must be a list"),
    ],
)
def test_tampered_files(tmp_path: Path, changes: dict[str, object], sentence: str) -> None:
    path = edited(tmp_path / "cell.safetensors", **changes)
    with pytest.raises(InputError, match=sentence) as caught:
        Cell.load(str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 64, b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cell.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=str(path)):
        Cell.load(str(path))


def test_truncated_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "cell.safetensors"
    random_cell(2).save(str(path))
    whole = path.read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            Cell.load(str(path))


def test_missing_directory_and_unwritable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        Cell.load(str(tmp_path / "none.safetensors"))
    with pytest.raises(InputError, match="is a directory"):
        Cell.load(str(tmp_path))
    with pytest.raises(InputError, match="cannot write"):
        random_cell(1).save(str(tmp_path / "no" / "folder.safetensors"))


def test_unseen_bytes_copy_their_nearest_relative() -> None:
    table = fill_unseen(np.array([[0, 1], [1, 0]], np.uint8), bytes([0b0100_0001, 0b0110_0000]))
    assert table[0b0110_0001].tolist() == [1, 0]
    assert table[0b0100_0000].tolist() == [0, 1]
    assert table[0b1110_0000].tolist() == [0, 1] or table[0b1110_0000].tolist() == [1, 0]


def test_an_automaton_and_trees_by_hand() -> None:
    """The automaton counts a's up to two; the tree says 1 for one of them, 2 for two, else 0."""
    following = np.zeros((3, 256), int)
    following[:, ord("a")] = [1, 2, 2]
    count = Automaton("count", following, np.array([[0, 0], [1, 0], [1, 1]]))
    tree = Trees(
        "t", ("count",), np.array([[1, -3, 1], [0, -2, -1]]), np.array([0]), np.array([[0, 0], [1, 0], [0, 1]])
    )
    cell = Cell((count, tree, Logits("l", ("t",), np.array([[1, 2]]), np.zeros(1, int), 1.0, b"a")))
    state, seen = cell.reset(1), []
    for byte in b"aaab":
        state, logits = cell.step(state, np.array([byte], np.uint8))
        seen.append((state[0].tolist(), int(logits[0, 0])))
    assert seen == [([1, 1], 1), ([1, 0], 2), ([1, 0], 2), ([0, 0], 0)]


@given(tree_cells)
def test_a_node_is_answered_alike_alone_and_among_all(cell: Cell) -> None:
    text = np.arange(16, dtype=np.uint8)
    values = cell.read(cell.reset(16), text)
    state, scores = cell.step(cell.reset(16), text)
    assert scores.shape == (16, len(cell.head.symbols) - 1)
    np.testing.assert_array_equal(cell.following(values), state)
    for node in range(scores.shape[1] if cell.serial else 0):
        np.testing.assert_array_equal(cell.ask(values, np.full(16, node))[:, 0], scores[:, node])


@pytest.mark.parametrize("seed", range(6))
def test_tree_cells_come_back_from_their_files(seed: int, tmp_path: Path) -> None:
    cell = random_tree_cell(seed, serial=seed % 2 == 0)
    path = str(tmp_path / "c.safetensors")
    cell.save(path)
    again = Cell.load(path)
    assert again.digest == cell.digest
    assert again.serial == cell.serial


def test_a_code_belongs_to_logits_only(tmp_path: Path) -> None:
    path = str(tmp_path / "c.safetensors")
    random_tree_cell(1).save(path)
    tensors = load_file(path)
    metadata = {"aigbridge": json.dumps({"format": 1, "blocks": []})}
    save_file({"emb/code": tensors["score/code"]}, path, metadata)
    with pytest.raises(InputError, match="'emb/code' belongs to no block"):
        Cell.load(path)


def test_many_trees_that_a_node_decides_add_up_in_its_bias() -> None:
    splits, leaves = np.array([[8, ~0, ~1], [0, ~1, ~0]]), np.array([[0], [1]])
    code = np.array([[1, ~0], [~1, ~2]])
    serial = Cell(
        (
            Embedding("bits", (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.uint8)),
            Node("place", np.array([[0], [1]], np.uint8)),
            Trees("trees", ("bits", "place"), splits, np.repeat([0, 1], [200, 50]), leaves),
            Logits("score", ("trees",), np.ones((1, 250), int), np.array([5]), 0.1, b"abc", code),
        )
    )
    parallel = unrolled(serial)
    text = np.arange(256, dtype=np.uint8)
    scores = parallel.step(parallel.reset(256), text)[1]
    np.testing.assert_array_equal(scores, serial.step(serial.reset(256), text)[1])
    assert parallel.head.bias.tolist() == [205, 5]
    assert parallel.head.weights.tolist() == [[50], [50]]


@given(tree_cells)
def test_the_unrolled_cell_predicts_the_same(cell: Cell) -> None:
    neuron = isinstance(cell.blocks[-2], Threshold)
    assert neuron
    if cell.serial:
        with pytest.raises(InputError, match="'neuron' depends on the code node"):
            unrolled(cell)
    head = cell.head
    width = cell.widths["neuron"]
    weights = np.clip(head.weights[:, :-width], -8, 8)
    plain = Logits(head.name, head.sources[:-1], weights, head.bias, head.scale, head.symbols, head.code)
    direct = [source for source in plain.sources if cell.serial and source == "code"]
    if direct:  # the head must read the node through trees only
        start = sum(cell.widths[source] for source in plain.sources[: plain.sources.index("code")])
        kept = np.delete(weights, np.arange(start, start + cell.widths["code"]), axis=1)
        sources = tuple(source for source in plain.sources if source != "code")
        plain = Logits(head.name, sources, kept, head.bias, head.scale, head.symbols, head.code)
    serial = Cell((*cell.blocks[:-2], plain))
    parallel = unrolled(serial)
    assert not parallel.serial
    state = serial.reset(16)
    for start in range(0, 64, 16):
        text = np.arange(start, start + 16, dtype=np.uint8)
        expected_state, expected = serial.step(state, text)
        state, scores = parallel.step(state, text)
        np.testing.assert_array_equal(scores, expected)
        np.testing.assert_array_equal(state, expected_state)
