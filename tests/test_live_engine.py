"""The logic in the browser is the cell's, bit for bit: every kind of head and block, with whatever is done to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import Cell, activations, edit, load_corpus, lower, melt, run
from bridge.aig import Aig, AigBuilder, Output
from bridge.aig.names import parse
from bridge.analysis.places import placed
from bridge.cell import Block, Delay, Embedding, Input, Linear, Logits, Node, Scores
from bridge.errors import InputError
from bridge.execution.models import trace
from bridge.report.live.facts import live_of
from bridge.resources import netlist_path
from support.browser import Browser
from support.cells import random_cell, random_code, twins
from support.edited_cells import Done, Edited, apart, random_done
from support.edits import KINDS
from support.integer_cells import random_inputs, random_integer_cell
from support.live import Engine
from support.unusual_cells import unusual_cell

pytestmark = pytest.mark.heavy

STEPS = 12


@pytest.fixture
def engine(browser: Browser, tmp_path: Path) -> Engine:
    return Engine(browser, tmp_path)


def elements_of(cell: Cell, given: dict[str, np.ndarray]) -> list[int]:
    """What is given in a step, as the page takes it: the byte first."""
    byte = [int(given["byte"][0])] if cell.reads_byte else []
    return [*byte, *(int(value) for each in cell.inputs for value in given[each.name][0])]


def changes_of(cell: Cell, engine: Engine, done: list[Done]) -> dict[int, list[dict[str, Any]]]:
    """The same bit by bit, in each step."""
    names: list[str] = engine.facts["bits"]
    found: dict[int, list[dict[str, Any]]] = {step: [] for step in range(STEPS)}
    for each in done:
        head = {"byte": "byte", "state": f"state.{each.of}", "value": each.of}[each.kind]
        for place, index in enumerate(each.indices):
            for bit, name in enumerate(names):
                element, _, rest = name.partition(f"{head}[{index}]")
                if element or (rest and not rest.startswith(".")) or not name.startswith(head):
                    continue
                which = int(rest[1:] or 0)
                value: Any = "flip" if each.values is None else each.values[place] >> which & 1
                for step in found if each.at is None else [each.at]:
                    found[step].append({"bit": bit, "value": value})
    return found


def check(engine: Engine, cell: Cell, seed: int) -> None:
    """States and numbers of random steps, as they are, and with up to three things done to them at once."""
    rng = np.random.default_rng(seed)
    engine.start(cell)
    given = random_inputs(cell, seed, STEPS)
    made = [random_done(cell, rng, STEPS)[2] for _ in range(3)]
    for done in ([], made if apart(made) else made[:1]):
        states, _, numbers = engine.read([elements_of(cell, each) for each in given], changes_of(cell, engine, done))
        wanted, shown = Edited(cell, done).run(given)
        np.testing.assert_array_equal(numbers, wanted, f"seed {seed}: {done}")
        held = [name for name, ranges in cell.held.items() if ranges.bits]
        if not done and held:
            seen = np.concatenate([np.concatenate([row[f"old.{name}"][0] for name in held])[None] for row in shown])
            np.testing.assert_array_equal(states[:-1], bits_of(cell, seen), f"seed {seed}")


def bits_of(cell: Cell, values: np.ndarray) -> np.ndarray:
    """uint8[T, latches] of the numbers int64[T, elements] that a state holds."""
    ranges = cell.state_ranges
    return np.asarray(values[:, ranges.owners] >> ranges.places & 1, np.uint8)


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_random_cells_are_run_exactly(engine: Engine, kind: int) -> None:
    for seed in range(kind, 8 * len(KINDS), len(KINDS)):
        check(engine, KINDS[kind](seed), seed)


def test_every_named_bit_is_what_python_says(engine: Engine) -> None:
    text = b"The quick brown fox \x00\xff"
    for cell in (
        random_cell(8, recurrence=True),
        unusual_cell(3, "code"),
        random_integer_cell(4, state=True, text=True),
    ):
        engine.start(cell)
        names = [name for name in engine.facts["bits"] if parse(name).kind not in ("logit", "score")]
        _, bits, _ = engine.read([[byte] for byte in text])
        at = [engine.facts["bits"].index(name) for name in names]
        np.testing.assert_array_equal(bits[:, at], activations(placed(cell), text, names))


def test_numbers_of_rows_are_those_of_run(engine: Engine) -> None:
    cell = random_integer_cell(11)
    rng = np.random.default_rng(3)
    rows = {each.name: rng.integers(each.low, each.high + 1, (500, len(each.low))) for each in cell.inputs}
    for model in (cell, lower(cell)):
        engine.start(model)
        assert engine.facts["kind"] == "numbers"
        _, _, numbers = engine.read(np.concatenate([*rows.values()], axis=1).tolist())
        np.testing.assert_array_equal(numbers, run(cell, rows))


@pytest.mark.slow
def test_a_network_of_images(engine: Engine, shared: Path) -> None:
    """The network of the QONNX examples: 784 pixels, 10 classes."""
    cell = melt(shared / "data" / "qonnx" / "TFC_1W1A.onnx")
    engine.start(cell)
    (given,) = cell.inputs
    rows = np.random.default_rng(1).integers(given.low, given.high + 1, (500, len(given.low)))
    np.testing.assert_array_equal(engine.read(rows.tolist())[2], run(cell, rows, encoded=True))


def test_netlists_without_a_cell(engine: Engine) -> None:
    """A counter that starts at 5, constants and inputs as outputs, and nothing at all to compute."""
    builder = AigBuilder("counter")
    go = builder.input("go")
    latches = [builder.latch(f"count[{place}]", reset) for place, reset in enumerate((1, 0, 1))]
    carry = go
    for latch in latches:
        both = builder.and_(latch, carry)
        builder.set_next(latch, builder.xor(latch, carry))
        carry = both
    builder.output("carry", carry)
    builder.output("never", 0)
    builder.output("always", 1)
    builder.output("as it is", go)
    builder.output("not", go ^ 1)
    engine.start(builder.build())
    assert engine.facts["kind"] == "bits"
    steps = [1, 1, 0, 1, 1, 1]
    states, bits, _ = engine.read([[step] for step in steps])
    counts = (5 + np.concatenate([[0], np.cumsum(steps)])) % 8
    np.testing.assert_array_equal(states @ [1, 2, 4], counts)
    seen = dict(zip(engine.facts["bits"], bits.T.tolist(), strict=True))
    assert seen["carry"] == [int(step and count == 7) for step, count in zip(steps, counts, strict=False)]
    assert (seen["never"], seen["always"]) == ([0] * 6, [1] * 6)
    assert (seen["as it is"], seen["not"]) == (steps, [1 - step for step in steps])


def always(engine: Engine, name: str, value: int | str, steps: int) -> dict[int, list[dict[str, Any]]]:
    """The same done to one bit in every step."""
    bit = engine.facts["bits"].index(name)
    return {step: [{"bit": bit, "value": value}] for step in range(steps)}


HANDLED: dict[str, Cell | Aig] = {
    "logits": random_cell(12),
    "code": unusual_cell(2, "code"),
    "serial": unusual_cell(5, "serial"),
    "integers": random_integer_cell(4, state=True, text=True),
    "a netlist whose names share nodes": lower(twins()),
}


@pytest.mark.parametrize("model", HANDLED.values(), ids=HANDLED)
def test_each_bit_can_be_held_and_turned(engine: Engine, model: Cell | Aig) -> None:
    """Also single bits of integers and of the numbers of the head; names of one node change together."""
    rng, text = np.random.default_rng(4), b"and what of it, ABC abc"
    engine.start(model)
    facts = engine.facts
    names = [name for name, handle in zip(facts["bits"], facts["handleOf"], strict=True) if handle >= 0]
    moving = 0
    plain = engine.read([[byte] for byte in text])[2]
    for name in rng.choice([name for name in names if parse(name).kind != "node"], 20):
        value: int | str = ("flip", 0, 1)[int(rng.integers(3))]
        found = engine.read([[byte] for byte in text], always(engine, name, value, len(text)))[2]
        wanted = trace(edit(model, {str(name): value}), np.frombuffer(text, np.uint8)[:, None])[0][:, 0]
        np.testing.assert_array_equal(found, wanted, f"{name}={value}")
        moving += not np.array_equal(found, plain)
    assert moving > 3


def test_more_code_nodes_than_lanes(engine: Engine) -> None:
    rng, symbols = np.random.default_rng(6), bytes(range(200))
    code = random_code(rng, len(symbols))
    blocks: list[Block] = [
        Embedding("emb", rng.integers(0, 2, (256, 4))),
        Delay("past", "emb", 1),
        Node("code", rng.integers(0, 2, (len(code), 5))),
    ]
    weights = rng.integers(-3, 4, (1, 13))
    cell = Cell((*blocks, Logits("score", ("emb", "past", "code"), weights, np.array([1]), 0.1, symbols, code)))
    engine.start(cell)
    text = rng.integers(0, 256, 9, np.uint8)
    found = engine.read(text[:, None].tolist())[2]
    assert found.shape == (9, 199)
    np.testing.assert_array_equal(found, trace(cell, text[:, None])[0][:, 0])


def test_numbers_of_53_bits_are_exact(engine: Engine) -> None:
    def cell(largest: int) -> Cell:
        given = Input("x", np.array([-largest]), np.array([largest]))
        more = Linear("more", ("x",), np.array([[2**12]]), np.array([-1]))
        most = Linear("most", ("more",), np.array([[2**10]]), np.array([1]))
        return Cell((given, more, most, Scores("score", ("most",), ("much",), 1.0)))

    engine.start(cell(2**30 - 1))
    assert len(engine.facts["numbers"][0]) == 53
    rows = [2**30 - 1, 0, -1, 1 - 2**30, 12345, -(2**29)]
    found = engine.read([[row] for row in rows])[2]
    assert [int(number) for number in found[:, 0]] == [2**10 * (2**12 * row - 1) + 1 for row in rows]
    aig = lower(cell(2**30 - 1))
    wider = replace(aig, outputs=(*aig.outputs, Output("class.much[53]", aig.outputs[-1].literal)))
    with pytest.raises(InputError, match="54 bits is wider than what a script holds"):
        live_of(wider)


def test_a_netlist_of_no_operations(engine: Engine) -> None:
    builder = AigBuilder("wire")
    builder.output("same", builder.input("in"))
    engine.start(builder.build())
    assert engine.read([[1], [0]])[1][:, engine.facts["bits"].index("same")].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("tiny", 5000),
        ("kjv", 2000),
        ("serial", 500),
        *(pytest.param(name, 20_000, marks=pytest.mark.slow) for name in ("tiny", "kjv", "serial", "trees")),
    ],
)
def test_shipped_cells_are_run_exactly(engine: Engine, name: str, count: int) -> None:
    """From reset on, each state is what `Cell.step` makes of the one before, and so are the numbers."""
    cell = Cell.load(str(netlist_path(f"{name}.safetensors")))
    text = np.frombuffer(load_corpus("kjv").heldout[:count], np.uint8)
    engine.start(cell)
    states, _, numbers = engine.read(text[:, None].tolist())
    np.testing.assert_array_equal(states[:1], cell.reset(1))
    for start in range(0, count, 1000):
        part = slice(start, min(start + 1000, count))
        following, wanted = cell.step(states[part], text[part])
        np.testing.assert_array_equal(states[start + 1 : part.stop + 1], following)
        np.testing.assert_array_equal(numbers[part], wanted)


def test_code_lengths_are_those_of_the_readout(engine: Engine) -> None:
    rng = np.random.default_rng(5)
    for cell in (random_cell(9), unusual_cell(2, "code"), unusual_cell(5, "serial"), unusual_cell(7, "text")):
        engine.start(cell)
        for size in (1, 30, 10_000, 2**40):
            numbers = rng.integers(-size, size + 1, cell.readout.numbers)
            found = engine.browser.run("return [...codeLengths(live.facts.readout, arguments[0])]", numbers.tolist())
            alone = engine.browser.run(
                "return Array.from({ length: 256 }, (_, b) => lengthOf(live.facts.readout, b)(arguments[0]))",
                numbers.tolist(),
            )
            wanted = cell.readout.code_lengths(np.tile(numbers, (256, 1)), np.arange(256).astype(np.uint8))
            np.testing.assert_allclose(found, wanted, rtol=1e-12)
            assert found == alone
