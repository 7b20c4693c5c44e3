"""What is done in the page is what `bridge.edit` does, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import Aig, activations, edit
from bridge.aig import AigBuilder, Output
from bridge.analysis.signals import named_bits
from bridge.cell import Cell, Input, Linear, Scores
from bridge.resources import netlist_path
from support.browser import Browser
from support.edited_cells import apart, random_done
from support.edits import KINDS, STEPS, numbers_of
from support.integer_cells import random_inputs
from support.live import Engine
from support.live_edits import done_in_the_page
from support.naive import evaluate, reset_state

pytestmark = pytest.mark.heavy

VALUES = """
const names = %s;
return {
  numbers: live.now.moments.map((moment) => [...moment.numbers]),
  values: live.now.moments.map((moment) =>
    names.flatMap((name) => signalsOf(live, name).map((signal) => valueOf(signal, moment.bits)))),
};
"""


@pytest.fixture
def engine(browser: Browser, tmp_path: Path) -> Engine:
    return Engine(browser, tmp_path)


def in_words(name: str, value: Any) -> str:
    return f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}"


@pytest.mark.parametrize("seed", range(2 * len(KINDS)))
def test_all_machines_are_edited_alike(engine: Engine, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell = KINDS[seed % len(KINDS)](seed)
    made = [random_done(cell, rng, STEPS) for _ in range(3)]
    made = made if apart([done for *_, done in made]) else made[:1]
    changes = {name: value for name, value, _ in made}
    given = random_inputs(cell, seed, STEPS)
    names = [name for name in cell.ranges if name not in cell.asked and not cell.by_name[name].AT_START]
    names = [name for name in names if cell.ranges[name].bits]
    names += [f"state.{name}" for name, ranges in cell.held.items() if ranges.bits]
    rows = [np.concatenate([each.get("byte", []), *(each[b.name][0] for b in cell.inputs)]).tolist() for each in given]
    text = b"" if not cell.text_model else bytes(int(row[0]) for row in rows)
    do = [in_words(*change) for change in changes.items()]
    found = done_in_the_page(engine, cell, VALUES % names, text=text, steps=rows, do=do)
    model = edit(cell, changes)
    numbers, read = numbers_of(model, cell, given)
    np.testing.assert_array_equal(found["numbers"], numbers, f"{changes}")
    if names:
        np.testing.assert_array_equal(found["values"], activations(model, read, names).reshape(STEPS, -1), f"{changes}")


@pytest.mark.parametrize("seed", range(2, 2 + len(KINDS)))
def test_an_edited_netlist_is_edited_again(engine: Engine, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell = KINDS[seed % len(KINDS)](seed)
    held = [name for name, ranges in cell.held.items() if ranges.are_bits]
    made = [random_done(cell, rng, STEPS)[:2] for _ in range(9)]
    first = dict([(f"state.{held[0]}", "flip")] if held else [each for each in made if "@" not in each[0]][:1])
    then = {name: value for name, value in made[:1] if "@" not in name} | ({f"state.{held[0]}[0]": 1} if held else {})
    given = random_inputs(cell, seed, STEPS)
    rows = [np.concatenate([each.get("byte", []), *(each[b.name][0] for b in cell.inputs)]).tolist() for each in given]
    text = b"" if not cell.text_model else bytes(int(row[0]) for row in rows)
    names, edited = [f"state.{name}" for name in held], edit(cell, first)
    for do in ({}, then):
        words = [in_words(*change) for change in do.items()]
        found = done_in_the_page(engine, edited, VALUES % names, text=text, steps=rows, do=words)
        model = edit(edited, do) if do else edited
        numbers, read = numbers_of(model, cell, given)
        np.testing.assert_array_equal(found["numbers"], numbers, f"{first}, {do}")
        if names:
            wanted = activations(model, read, names).reshape(STEPS, -1)
            np.testing.assert_array_equal(found["values"], wanted, f"{first}, {do}")


def test_a_place_becomes_what_it_was_in_the_other_text(engine: Engine) -> None:
    cell = Cell.load(str(netlist_path("tiny.safetensors")))
    here, there = b"In the beginning", b"And the earth was"
    names = ["emb", "layer0.neurons", "state.layer0.memory"]
    for words, changes in {
        "layer0.memory@5=other": {"layer0.memory@5": activations(cell, there, "layer0.memory")[5]},
        "layer0.neurons@5=other@11": {"layer0.neurons@5": activations(cell, there, "layer0.neurons")[11]},
        "byte=other@2": {"byte": ord("d")},
    }.items():
        found = done_in_the_page(engine, cell, VALUES % names, text=here, other=there, do=[words])
        np.testing.assert_array_equal(found["values"], activations(edit(cell, changes), here, names), words)
    found = done_in_the_page(engine, cell, VALUES % ["emb"], text=here, other=there, do=["byte=other"])
    np.testing.assert_array_equal(found["values"], activations(cell, there[: len(here)], "emb"), "in every step")


def shared_nodes() -> Aig:
    """Two names of one node, its complement, and a constant."""
    builder = AigBuilder("shared")
    one, two = builder.input("one"), builder.input("two")
    both = builder.and_(one, two)
    latch = builder.latch("kept")
    builder.set_next(latch, builder.xor(latch, both))
    for name, literal in (("h[0]", both), ("h[1]", both), ("not[0]", both ^ 1), ("fixed", 1), ("free", one)):
        builder.point(name, literal)
    builder.output("out", latch)
    return builder.build()


REFUSED = {
    "h[0]": "write NAME=VALUE",
    "=1": "write NAME=VALUE",
    "'" * 5000: "write NAME=VALUE",
    "logit.'='=1": "there is no signal logit.'='",
    "nothing[3]=1": "there is no signal nothing[3]",
    "h=7": "2 bits are a number of 0..2^2-1",
    "h=2": "h[0] and h[1] are one node",
    "h=1,1,1": "needs 2 numbers",
    "h[0]=maybe": "a value is",
    "h[0]=2": "is of 0..1",
    "h[0]=-1": "is of 0..1",
    f"h[0]=1{'0' * 500}": "a value is",
    "h[0]@99999999999=1": "a position must lie below",
    "fixed=0": "constant 1",
    "h=flip,1": "a value is",
    "argmax=3": "comes of other signals",
    "h[0]@node.3=1": "the command line can do it",
    "__proto__=1": "there is no signal",
    "toString=1": "there is no signal",
}


def test_what_cannot_be_done_is_one_sentence(engine: Engine) -> None:
    for words, reason in REFUSED.items():
        refused = done_in_the_page(engine, shared_nodes(), "return {}", steps=[[1, 1]], do=[words])["refused"]
        assert reason in refused, words
        assert refused.endswith("."), words


def test_a_label_may_hold_what_ends_a_name(engine: Engine) -> None:
    given = Input("x", np.array([0, 0]), np.array([3, 3]))
    sums = Linear("sums", ("x",), np.array([[1, 2], [2, 1]]), np.zeros(2, np.int64))
    cell = Cell((given, sums, Scores("class", ("sums",), ("=sum(A1)", "x=y"), 1.0)), "labels")
    names = ["class.=sum(A1)", "class.x=y"]
    for name, wanted in ((names[0], [5, 5]), (names[1], [7, 5])):
        found = done_in_the_page(engine, cell, VALUES % names, steps=[[1, 3]], do=[f"{name}=5"])
        assert found["values"] == [wanted], name


def test_a_bit_is_changed_once(engine: Engine) -> None:
    for pair in (("h[0]=0", "h[1]=0"), ("h[0]=0", "not[0]=1"), ("h=flip", "h[1]@3=1"), ("kept=1", "kept=1")):
        refused = done_in_the_page(engine, shared_nodes(), "return {}", steps=[[1, 1]], do=pair)["refused"]
        assert "is changed twice" in refused, pair
        assert all(words in refused for words in pair)
    found = done_in_the_page(
        engine, shared_nodes(), "return live.done.length", steps=[[1, 1]], do=["h@1=3", "h[1]@2=1"]
    )
    assert found == 2, "in different steps"


def by_hand(aig: Aig, rows: list[list[int]], names: list[str]) -> list[list[int]]:
    """What is read of the names in each step."""
    known = named_bits(aig)
    outputs = tuple(Output(name, known.get(f"do.{name}", known[name]).literal) for name in names)
    read, state, found = replace(aig, outputs=outputs), reset_state(aig, 1), []
    for row in rows:
        values, state = evaluate(read, np.array([row], bool), state)
        found.append(values[0].astype(int).tolist())
    return found


def test_names_of_one_node_change_together(engine: Engine) -> None:
    aig, rows = shared_nodes(), [[1, 1], [1, 0], [0, 0], [1, 1]]
    names = list(named_bits(aig))
    for words in ("h=3", "h[1]=0", "not[0]=0", "h=flip", "free=0", "fixed=1", "out=flip", "h@1=3", "kept@2=1"):
        found = done_in_the_page(engine, aig, VALUES % names, steps=rows, do=[words])
        assert found["values"] == by_hand(edit(aig, dict([words.split("=")])), rows, names), words
