"""Neurons in words against `Cell.step`: rules and sums of random cells of every head, on texts from reset on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import InputError, lower
from bridge.analysis.words.neurons import as_bytes
from bridge.analysis.words.pictures import Picture, picture
from bridge.cell import Automaton, Cell, Delay, Embedding, Logits, Threshold, Trees
from support.byte_words import is_so
from support.command_line import Call, assert_one_line
from support.integer_cells import random_integer_cell
from support.words import check, history, small_cells

SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.heavy
@settings(max_examples=5)
@given(SEEDS)
def test_words_of_random_cells(seed: int) -> None:
    for cell in small_cells(seed):
        found = as_bytes(cell, every_byte=seed % 4 == 0)
        if found:
            assert check(cell, found, seed) or all(entry.why for entry in found)


def spaced() -> Cell:
    """A neuron for a vowel after a space, one for any vowel but e, a deeper one that counts them, and a head."""
    table = np.zeros((256, 3), np.uint8)
    table[list(b"aeiou"), 0] = table[ord(" "), 1] = table[ord("e"), 2] = 1
    first = np.array([[1, 0, 0, 0, 1, 0], [1, 0, -1, 0, 0, 0]], np.int8)
    rng, hi = np.random.default_rng(1), np.zeros((3, 256), np.uint16)
    hi[0, ord("h")], hi[1, ord("i")] = 1, 2
    blocks = (
        Embedding("emb", table),
        Delay("past", "emb", 1),
        Threshold("first", ("emb", "past"), first, np.array([2, 1], np.int32)),
        Delay("seen", "first", 1),
        Threshold("count", ("seen", "first"), np.ones((1, 4), np.int8), np.array([2], np.int32)),
        Trees("trees", ("emb", "count"), np.array([[0, 1, ~0], [3, ~1, ~0]]), np.array([0]), np.array([[0], [1]])),
        Automaton("word", hi, np.eye(3, dtype=np.uint8)),
        Logits("logit", ("count", "first"), rng.integers(-2, 3, (7, 3)), rng.integers(-2, 3, 7), 0.5, b" aehiou"),
    )
    return Cell(blocks, "spaced")


def test_words_of_a_known_cell() -> None:
    found = {entry.name: entry for entry in as_bytes(spaced(), every_byte=True)}
    assert "1 iff byte is in small vowels and byte 1 ago is space" in found["first[0]"].lines[0]
    assert found["first[1]"].lines[0] == "first[1]: 1 iff byte is in a i o u"
    assert found["first[0]"].rules is not None
    assert found["first[0]"].rules.share == (5 / 256) * (1 / 256)
    assert found["first[0]"].lines[2:] == ["byte: +1 small vowels", "byte 1 ago: +1 space"]
    assert found["count[0]"].sum is not None
    assert found["count[0]"].sum.terms == {"first[0]": 1, "first[0] 1 ago": 1}
    assert found["word[2]"].words == "in the states of 'hi'"


def test_words_of_its_netlist() -> None:
    """Without weights there are rules, the same ones, and what is read."""
    cell = spaced()
    ours, theirs = ({e.name: e for e in as_bytes(model, ["first", "emb"])} for model in (cell, lower(cell)))
    assert {name: entry.rules for name, entry in ours.items()} == {name: entry.rules for name, entry in theirs.items()}
    assert all(entry.sum is None and entry.reads for entry in theirs.values())


def test_pictures() -> None:
    cell = spaced()
    tree, machine = picture(cell, "trees[0]"), picture(cell, "word")
    assert tree.labels[0] == "byte is in vowels"
    assert {"count[0]", "0", "1"} < set(tree.labels)
    assert machine.labels == ("the start", "'h'", "'hi'")
    assert (0, 1, "h") in machine.edges
    assert "'hi'" in str(machine)
    assert machine.to_dot().count("->") == len(machine.edges)
    assert len(picture(cell, "word", depth=1).labels) == 2


def walked(drawn: Picture, text: list[int]) -> str:
    """The leaf that the answers to its questions lead to."""
    place, leads = 0, {(start, label): end for start, end, label in drawn.edges}
    while (place, "yes") in leads:
        place = leads[place, "yes" if is_so(drawn.labels[place], text) else "no"]
    return drawn.labels[place]


@pytest.mark.parametrize("seed", range(8))
def test_a_picture_of_a_tree_is_the_tree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = spaced().blocks[:2]
    splits = np.array([[rng.integers(6), 1, ~0], [rng.integers(6), ~1, 2], [rng.integers(6), ~0, ~1]])
    trees = Trees("trees", ("emb", "past"), splits, np.array([0]), np.array([[0], [1]]))
    head = Logits("logit", ("trees",), np.ones((2, 1), np.int8), np.zeros(2, np.int32), 0.5, b"ab")
    cell = Cell((*base, trees, head), "trees")
    (entry,) = as_bytes(cell, ["trees"])
    assert check(cell, [entry], seed)
    drawn = picture(cell, "trees[0]", every_byte=True)
    for text in ([101], [32, 101], [120, 32], [32, 32], [111, 101, 32], [101, 120], [105, 97]):
        assert walked(drawn, text) == str(history(cell, text)[-1]["trees[0]"])


@pytest.mark.parametrize("words", [["--of", "first"], ["--depth", 2], ["--as-bytes", "--draw", "word"]])
def test_options_that_do_not_fit(call: Call, tmp_path: Path, words: list[object]) -> None:
    spaced().save(tmp_path / "cell.safetensors")
    assert_one_line(call("neurons", tmp_path / "cell.safetensors", *words))


def test_the_command(call: Call, tmp_path: Path) -> None:
    spaced().save(tmp_path / "cell.safetensors")
    model = tmp_path / "cell.safetensors"
    assert "byte 1 ago is space" in call("neurons", model, "--as-bytes", "--of", "first[0]").out
    assert call("neurons", model, "--as-bytes", "--json").json["neurons"]
    assert call("neurons", model, "--draw", "word", "--out", tmp_path / "word.dot").code == 0
    assert (tmp_path / "word.dot").read_text().startswith("digraph")
    assert_one_line(call("neurons", model, "--as-bytes", "--of", "nobody"))
    assert_one_line(call("neurons", model, "--draw", "first[0]"))


def test_a_network_without_bytes_is_refused() -> None:
    with pytest.raises(InputError, match="reads no bytes"):
        as_bytes(random_integer_cell(3))
