"""What matters, as the page finds it, beside models that are edited and texts that are changed; and what it draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import Aig, Cell, edit, run
from bridge.aig.names import parse
from bridge.execution.generate import generate
from bridge.execution.models import trace
from bridge.resources import netlist_path
from support.browser import Browser
from support.cells import random_cell, random_tree_cell
from support.integer_cells import random_inputs, random_integer_cell
from support.live import Engine
from support.unusual_cells import unusual_cell

pytestmark = pytest.mark.heavy

CELLS = {
    "logits": random_cell(5, recurrence=True),
    "code": random_tree_cell(4, serial=False),
    "serial": random_tree_cell(6),
}
TEXT = bytes(np.random.default_rng(1).integers(0, 256, 40, np.uint8))


def lengths(model: Cell | Aig, cell: Cell, text: bytes, byte: int) -> np.ndarray:
    """float64[T]: what the byte would cost after each byte of the text."""
    numbers = trace(model, np.frombuffer(text, np.uint8)[:, None])[0][:, 0]
    return cell.readout.code_lengths(numbers, np.full(len(text), byte, np.uint8))


@pytest.fixture
def engine(browser: Browser, tmp_path: Path) -> Engine:
    return Engine(browser, tmp_path)


@pytest.mark.parametrize("kind", CELLS)
def test_effects_are_those_of_edits(engine: Engine, kind: str) -> None:
    cell, rng = CELLS[kind], np.random.default_rng(2)
    engine.start(cell)
    names, place = engine.facts["bits"], len(TEXT)
    done = int(rng.integers(8))
    held = {place - 2: [{"bit": names.index(f"byte[{done}]"), "value": "flip"}]}
    engine.read([[byte] for byte in TEXT], held)
    byte = int(rng.choice(list(cell.readout.symbols)))
    found = engine.browser.run("const e = effectsOn(live, ...arguments); return [[...e.bits], e.earlier]", place, byte)
    before = {f"byte[{done}]@{place - 2}": "flip"}
    was = lengths(edit(cell, before), cell, TEXT, byte)
    moving = [name for name in names if not name.startswith(("logit", "score", "node"))]
    for name in rng.choice(moving, 12, replace=False):
        after = lengths(edit(cell, before | {f"{name}@{place - 1}": "flip"}), cell, TEXT, byte)
        assert found[0][names.index(name)] == pytest.approx(after[-1] - was[-1], abs=1e-9), name
    assert np.count_nonzero(found[0]) > 3
    assert [earlier["place"] for earlier in found[1]] == [*range(place)]
    for earlier in found[1][-6:]:
        assert earlier["byte"] == TEXT[earlier["place"]] != earlier["instead"]
        text = bytearray(TEXT)
        text[earlier["place"]] = earlier["instead"]
        after = lengths(edit(cell, before), cell, bytes(text), byte)
        assert earlier["effect"] == pytest.approx(after[-1] - was[-1], abs=1e-9)
    last = found[1][-1]
    numbers = trace(edit(cell, before), np.frombuffer(TEXT, np.uint8)[:, None])[0][-2]
    likely = cell.readout.code_lengths(np.repeat(numbers, 256, axis=0), np.arange(256).astype(np.uint8))
    assert likely[last["instead"]] == min(length for byte, length in enumerate(likely) if byte != last["byte"])


@pytest.mark.parametrize("cell", [CELLS["logits"], unusual_cell(4, "code"), unusual_cell(5, "serial")], ids=CELLS)
@pytest.mark.parametrize("always", [False, True])
def test_what_it_would_say_if(engine: Engine, cell: Cell, always: bool) -> None:
    """With a block held at 0, or a bit turned, in one step or from the first one on; beside what is done already."""
    rng, place = np.random.default_rng(7), 24
    engine.start(cell)
    names = engine.facts["bits"]
    engine.read(
        [[byte] for byte in TEXT], dict.fromkeys(range(len(TEXT)), ({"bit": names.index("byte[1]"), "value": 1},))
    )
    blocks = [name for name in cell.ranges if cell.ranges[name].bits and not cell.by_name[name].AT_START]
    turned = [name for name in names if not name.startswith(("logit", "score", "node", "byte"))]
    changes = [(name, 0) for name in blocks] + [(str(name), "flip") for name in rng.choice(turned, 12)]
    changes += [("byte[1]", "flip"), ("byte[1]", 0)]
    sets = [
        [{"bit": bit, "value": value} for bit, name in enumerate(names) if name == of or name.startswith(f"{of}[")]
        for of, value in changes
    ]
    found = engine.browser.run("return saidIf(live, ...arguments)", place, sets, 0 if always else place - 1)
    at = "" if always else f"@{place - 1}"
    for (name, value), said in zip(changes, found, strict=True):
        done = {f"{name}{at}": value}
        if name != "byte[1]":
            done["byte[1]"] = 1
        elif always:
            done = {"byte[1]": 0}
        else:
            done = {f"byte[1]@{step}": int(step < place - 1) for step in range(place)}
        numbers = trace(edit(cell, done), np.frombuffer(TEXT, np.uint8)[:, None])[0][place - 1]
        assert said == cell.readout.argmax(numbers)[0], name
    assert len(set(found)) > 1


def test_a_byte_outside_the_alphabet_always_costs_the_same(engine: Engine) -> None:
    engine.start(CELLS["serial"])
    engine.read([[byte] for byte in TEXT])
    unseen = next(byte for byte in range(256) if byte not in CELLS["serial"].readout.symbols)
    assert engine.browser.run("return [...effectsOn(live, 9, arguments[0]).bits].every((e) => e === 0)", unseen)


@pytest.mark.parametrize("seed", [3, 5, 6])
def test_effects_on_classes_are_on_the_margin(engine: Engine, seed: int) -> None:
    """Over the best other class; of a model with one number on what it estimates."""
    cell, rng = random_integer_cell(seed, state=True), np.random.default_rng(seed)
    engine.start(cell)
    given = random_inputs(cell, seed, 6)
    rows = {name: np.stack([each[name] for each in given], axis=1) for name in given[0]}
    names = sorted(rows, key=lambda name: name != "byte")  # the byte comes first
    _, _, numbers = engine.read([[int(value) for name in names for value in np.ravel(each[name])] for each in given])
    scale = cell.labelled.scale

    def margins(numbers: np.ndarray) -> np.ndarray:
        others = [np.delete(numbers, label) for label in range(len(numbers))]
        return scale * (numbers - [other.max() if len(other) else 0 for other in others])

    was = margins(run(cell, rows, encoded=True)[0, 3])
    np.testing.assert_array_equal(margins(numbers[3]), was)
    names, moving = engine.facts["bits"], 0
    for label in range(min(3, len(was))):
        found = engine.browser.run("return [...effectsOn(live, 4, arguments[0]).bits]", label)
        fixed = {name for name, handle in zip(names, engine.facts["handleOf"], strict=True) if handle < 0}
        some = [name for name in names if name not in fixed and not name.startswith("class")]
        for name in rng.choice(some, 12):
            after = margins(run(edit(cell, {f"{name}@3": "flip"}), rows, encoded=True)[0, 3])
            assert found[names.index(name)] == pytest.approx(after[label] - was[label]), name
        moving += np.count_nonzero(found)
    assert moving
    assert engine.browser.run("return effectsOn(live, 4, 0).earlier") == []


WRITE = """
  const [text, count, seed, temperature] = arguments;
  const [random, reading] = [new Random(seed), new Reading(live.machine)];
  reading.read(text.map((byte) => [byte]));
  return Array.from({ length: count }, () => {
    const { numbers } = reading.moments.at(-1);
    const byte = drawSymbol(live.facts.readout, numbers, temperature, uniformOf(random, temperature));
    reading.append([byte]);
    return byte;
  });
"""


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("temperature", [0, 0.7, 1])
def test_the_page_writes_what_generate_writes(engine: Engine, kind: str, temperature: float) -> None:
    engine.start(CELLS[kind])
    for seed in (0, 2**40 + 5):
        wanted = [*generate(CELLS[kind], TEXT[:5], 300, temperature=temperature, seed=seed)]
        assert engine.browser.run(WRITE, [*TEXT[:5]], 300, seed, temperature) == wanted


@pytest.mark.parametrize("name", ["kjv", "serial"])
def test_shipped_cells_write_the_same(engine: Engine, name: str) -> None:
    cell = Cell.load(str(netlist_path(f"{name}.safetensors")))
    engine.start(cell)
    wanted = [*generate(cell, b"And ", 300, temperature=0.7, seed=3)]
    assert engine.browser.run(WRITE, [*b"And "], 300, 3, 0.7) == wanted


def test_random_numbers_are_numpys(engine: Engine) -> None:
    for seed in (0, 1, 2**31, 2**32, 2**53 - 1):
        found = engine.browser.run(
            "const r = new Random(arguments[0]); return Array.from({ length: 50 }, () => r.next())", seed
        )
        assert found == np.random.default_rng(seed).random(50).tolist()


def test_what_is_done_in_one_step_leaves_those_before_as_they_were(engine: Engine) -> None:
    cell, at = CELLS["logits"], 25
    engine.start(cell)
    name = next(name for name in engine.facts["bits"] if parse(name).kind == "byte")
    script = """
      const [text, name, at] = arguments;
      live.change({ text: Uint8Array.from(text), place: text.length });
      live.change({ edits: [{ name, value: "flip", at }] });
      const { now, plain } = live;
      const shared = now.moments.filter((moment, step) => moment === plain.moments[step]).length;
      return [now.moments.map(({ numbers }) => [...numbers]), shared];
    """
    numbers, shared = engine.browser.run(script, [*TEXT], name, at)
    assert shared == at
    wanted = trace(edit(cell, {f"{name}@{at}": "flip"}), np.frombuffer(TEXT, np.uint8)[:, None])[0][:, 0]
    np.testing.assert_array_equal(numbers, wanted)
