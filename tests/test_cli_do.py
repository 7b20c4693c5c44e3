"""--do, --seconds and --memory of the commands that ask questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import Cell, Delay, Embedding, Logits, bits_per_byte, edit, influence, lower, write_netlist
from bridge.analysis.dependences.affects import affects
from support.cells import random_cell, random_tree_cell
from support.command_line import Call
from support.integer_cells import random_integer_cell

TEXT = b"then the tenth hen, then the net\n" * 12
HELD = ["--do", "emb[0]=1", "--do", "state.past[0]@3=flip"]
CHANGES = {"emb[0]": 1, "state.past[0]@3": "flip"}


@pytest.fixture
def cell(call: Call) -> Cell:
    """Its file, and a text; `call` has come to an empty folder."""
    made = random_cell(3)
    made.save("cell.safetensors")
    write_netlist(lower(made), "cell.aig")
    Path("book.txt").write_bytes(TEXT)
    return made


@pytest.mark.heavy
@pytest.mark.parametrize("model", ["cell.safetensors", "cell.aig"])
def test_commands_ask_the_edited_model(call: Call, cell: Cell, model: str) -> None:
    edited = edit(cell if model.endswith("safetensors") else lower(cell), CHANGES)
    found = call("eval", model, "--text", "book.txt", *HELD, "--json").json
    assert found["bits_per_byte"] == bits_per_byte(edited, TEXT)
    found = call("influence", model, "--text", "book.txt", "--positions", 64, "--steps", 2, *HELD, "--json").json
    assert found["bits"] == influence(edited, TEXT, 2, positions=64).columns()["bits"]
    found = call("affects", model, "--from", "emb", "--to", "argmax", *HELD, "--json")
    assert found.code == {"yes": 0, "no": 1}[affects(edited, "emb", "argmax").answer]
    for command in (
        ["generate", model, "--bytes", 9, "--prompt", "then", "--json"],
        ["dependence", model, "--from", "emb", "--to", "argmax"],
        ["states", model, "--text", "book.txt"],
        ["cone", model, "argmax"],
        ["convert", model, "edited.aig"],
    ):
        assert call(*command, *HELD).code == 0
    assert call("eval", "edited.aig", "--text", "book.txt", "--json").json["bits_per_byte"] == bits_per_byte(
        edited, TEXT
    )


@pytest.mark.heavy
def test_a_held_state_bit_is_constant(call: Call, cell: Cell) -> None:
    found = call("states", "cell.safetensors", "--do", "state.m1[2]=1", "--json").json
    assert found["proven"]["constant"]["state.m1[2]"] == 1


def test_drawn_from_the_text_that_is_read(call: Call, cell: Cell) -> None:
    one, other = (
        call("eval", "cell.safetensors", "--text", "book.txt", "--do", f"n1={value}", "--json").json
        for value in ("resample", "resample:book.txt")
    )
    assert (
        one["bits_per_byte"] == other["bits_per_byte"] == bits_per_byte(edit(cell, {"n1": "resample"}, text=TEXT), TEXT)
    )


def test_rows(call: Call) -> None:
    made = random_integer_cell(2)
    made.save("net.safetensors")
    x = np.stack([made.inputs[0].low, made.inputs[0].high])
    np.savez("rows.npz", x=x, y=np.array([0.0, 0.0]))
    name = made.inputs[0].name
    found = call("eval", "net.safetensors", "--data", "rows.npz", "--do", f"{name}=copy:rows.npz@1", "--json")
    assert found.code == (0 if len(made.inputs) == 1 and len(made.numbers) == 1 else 2)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["h0[9]=1"], "no signal 'h0[9]'; did you mean"),
        (["h0[1]=0", "h0=5"], "h0[1] is changed twice, by h0[1]=0 and by h0=5; leave one of them out"),
        (["h0=16"], "h0=16: 4 bits are a number of 0..2^4-1, not 16"),
        (["h0@9999=1"], "h0@9999=1: 395 bytes are read, so there is no position 9,999 (the first is 0)"),
        (["h0"], "--do 'h0': write NAME=VALUE"),
        (["=1"], "--do '=1': write NAME=VALUE"),
        (["h0=copy:no.txt@1"], "no.txt: no such file"),
        (["h0=copy:book.txt@396"], "h0=copy:book.txt@396: there are 396 bytes to copy from, so there is no 396"),
        (["greedy=1"], "greedy=1: greedy is what comes of the numbers of the head"),
    ],
)
def test_one_sentence(call: Call, cell: Cell, change: list[str], sentence: str) -> None:
    words = [word for each in change for word in ("--do", each)]
    found = call("eval", "cell.safetensors", "--text", "book.txt", *words)
    assert found.code == 2
    assert sentence in found.err
    assert found.err.count("\n") == 1


def test_names_of_one_node_are_told(call: Call, cell: Cell) -> None:
    found = call("eval", "cell.aig", "--text", "book.txt", "--do", "state.m1[2]=1")
    assert found.code == 0
    assert "they change together" in found.err or not found.err


@pytest.mark.heavy
def test_memory_that_is_used_up(call: Call) -> None:
    random_tree_cell(2, serial=False).save("cell.safetensors")
    least = ["--memory", 64]  # less than Python holds
    found = call("dependence", "cell.safetensors", "--json", *least)
    assert found.code == 3
    assert found.json["undecided"] > 0
    assert found.json["structure_no"] > 0  # what was found so far
    assert call("states", "cell.safetensors", "--json", *least).code == 0


def test_influence_tells_what_was_tried() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(-1, 2, (3, 168))
    cell = Cell(
        (
            Embedding("emb", rng.integers(0, 2, (256, 8))),
            Delay("past", "emb", 20),
            Logits("logit", ("emb", "past"), rows, np.zeros(3, int), 0.5, b"aeh"),
        )
    )
    whole = influence(cell, TEXT, 2, positions=64)
    part = influence(cell, TEXT, 2, positions=64, jobs=1, memory=1)
    assert 0 < len(part.sources) < len(whole.sources) == cell.state_bits
    np.testing.assert_array_equal(part.absolute_bits, whole.absolute_bits[: len(part.sources)])
    reason = "were tried: memory of 1 MiB is used up; allow more with --memory"
    assert part.why == f"{len(part.sources)} of {cell.state_bits} {reason}"
    assert not whole.why
