"""Interventions: an edited model does what the cell does when the same is done to its values by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge import AigBuilder, Cell, Delay, Embedding, InputError, Logits, Threshold, activations, edit, lower, run
from bridge.analysis.dependences.affects import affects
from bridge.analysis.edits import Copied, Resampled, edit_all
from bridge.analysis.invariants import invariants
from bridge.analysis.signals import named_bits
from bridge.analysis.text.influence import influence
from bridge.execution import bits_per_byte, generate
from bridge.execution.models import trace
from bridge.execution.text import SEGMENT, WARMUP
from bridge.formats import read_netlist, write_netlist
from bridge.metadata import read_metadata
from support.cells import random_tree_cell, twins
from support.edited_cells import Done, Edited
from support.edited_netlists import edited_run
from support.edits import STEPS, check_edits
from support.integer_cells import random_integer_cell
from support.machines import with_spare_latches
from support.naive import evaluate, reset_state

TEXT = b"then the tenth hen, then the net\n" * 50


@pytest.mark.parametrize("seed", range(16))
def test_as_the_cell_does(seed: int) -> None:
    check_edits(seed)


def small_cell(symbols: bytes = b"\n ,ehnt") -> Cell:
    rng, count = np.random.default_rng(5), len(symbols)
    return Cell(
        (
            Embedding("emb", rng.integers(0, 2, (256, 3))),
            Delay("past", "emb", 2),
            Threshold("h", ("emb", "past"), rng.integers(-2, 3, (4, 9)), rng.integers(-1, 2, 4)),
            Threshold("g", ("h", "past"), rng.integers(-2, 3, (3, 10)), rng.integers(-1, 2, 3)),
            Logits("logit", ("h", "g"), rng.integers(-4, 5, (count, 7)), np.zeros(count, int), 0.3, symbols),
        ),
        "small",
    )


def measured(cell: Cell, done: list[Done], data: bytes) -> float:
    """The definition of bits per byte, byte by byte; positions are those of the text."""
    total, oracle = 0.0, Edited(cell, done)
    for first in range(1, len(data), SEGMENT):
        begin = max(0, first - WARMUP)
        read = data[begin : min(first + SEGMENT, len(data)) - 1]
        numbers, _ = oracle.run([np.array([byte], np.uint8) for byte in read], begin)
        targets = np.frombuffer(data[first : first + SEGMENT], np.uint8)
        total += math.fsum(cell.readout.code_lengths(numbers[first - 1 - begin :], targets))
    return total / (len(data) - 1)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("h", Done("value", "h", (0, 1, 2, 3), None)),
        ("h[1]@900", Done("value", "h", (1,), None, 900)),
        ("state.past[4]@769", Done("state", "past", (4,), None, 769)),  # the first byte that a segment reads
        ("state.past@1024", Done("state", "past", tuple(range(6)), None, 1024)),
        ("byte[0]@1023", Done("byte", "", (0,), None, 1023)),
    ],
)
def test_positions_are_those_of_the_text(name: str, done: Done) -> None:
    """Segments begin in the middle of a text, and at reset."""
    cell = small_cell()
    model = edit(cell, {name: "flip"})
    assert bits_per_byte(model, TEXT) == pytest.approx(measured(cell, [done], TEXT), abs=1e-12)
    shown = Edited(cell, [done]).run([np.array([byte], np.uint8) for byte in TEXT])[1]
    np.testing.assert_array_equal(activations(model, TEXT, "g"), [row["g"][0] for row in shown])


def test_patching_in_three_lines() -> None:
    cell, text, other = small_cell(), TEXT[:40], TEXT[7:60]
    was = activations(cell, other, "h")[30]
    patched = edit(cell, {"h@12": was})
    found = trace(patched, np.frombuffer(text, np.uint8)[:, None])[0][:, 0]
    done = Done("value", "h", (0, 1, 2, 3), tuple(was.tolist()), 12)
    np.testing.assert_array_equal(found, Edited(cell, [done]).run([np.array([b], np.uint8) for b in text])[0])
    assert edit(cell, {"h@12": Copied(other, 30)}).ands.tolist() == patched.ands.tolist()


def test_resampled_values_are_those_of_the_text() -> None:
    cell = small_cell()
    model = edit(cell, {"h": Resampled(TEXT, seed=3)})
    long = TEXT * 10
    seen, own = activations(model, long, "h"), activations(cell, TEXT, "h")
    counts, whole = ({tuple(row): 0 for row in own.tolist()} for _ in range(2))
    for row in seen.tolist():
        counts[tuple(row)] += 1  # all bits together: no other row
    for row in own.tolist():
        whole[tuple(row)] += 1
    for row, count in whole.items():
        assert counts[row] / len(seen) == pytest.approx(count / len(own), abs=0.12)  # 256 are drawn
    following = np.mean([(seen[t:] == seen[: len(seen) - t]).all(axis=1).mean() for t in (1, 2, 33)])
    alike = sum((count / len(seen)) ** 2 for count in counts.values())
    assert following == pytest.approx(alike, abs=0.03)  # not by what came before
    again = activations(edit(cell, {"h": Resampled(TEXT, seed=3)}), long, "h")
    assert (again == seen).all()
    assert (activations(edit(cell, {"h": Resampled(TEXT, seed=4)}), long, "h") != seen).any()
    later = activations(model, long[:5000], "h")  # by position, whatever the segments
    assert (later == seen[:5000]).all()


def test_several_draws_are_independent() -> None:
    model = edit(small_cell(), {"h": Resampled(TEXT), "g": Resampled(TEXT)})
    seen = activations(model, TEXT * 4, ["h[1]", "g[0]"]).astype(float)
    joint = (seen[:, 0] * seen[:, 1]).mean()
    assert joint == pytest.approx(seen[:, 0].mean() * seen[:, 1].mean(), abs=0.03)


def test_everything_takes_it(tmp_path: Path) -> None:
    cell = small_cell()
    model = edit(cell, {"h[0]": 1, "state.past[2]@3": 0, "g": "resample"}, text=TEXT)
    assert repr(model).startswith("<Aig 'small with h[0]=1, state.past[2]@3=0, g=resample'")
    facts = read_metadata(model)
    assert (facts.readout, facts.cell) == (cell.readout, "")
    assert [edit.at for edit in facts.edits] == [None, 3, None]
    write_netlist(model, tmp_path / "x.aig")
    same = read_netlist(tmp_path / "x.aig")
    assert read_metadata(same) == facts
    assert bits_per_byte(same, TEXT) == bits_per_byte(model, TEXT)
    written = bytes(generate(model, b"then", 20, seed=1))
    assert written == bytes(generate(same, b"then", 20, seed=1))
    found = influence(model, TEXT, 2, positions=64)
    assert found.sources == tuple(f"state.past[{place}]" for place in range(6))
    assert not found.absolute_bits[:, 0][2:3].all() or found.logit_changes[2].any()
    held = edit(cell, {"state.past[0]": 1, "h": 0})
    assert affects(held, "state.past[0]", "argmax").answer == "no"
    assert affects(held, "emb", "h").answer == "no"
    assert affects(held, "state.past", "argmax", reachable=True).answer == "yes"
    assert invariants(held).constant == {"state.past[0]": 1}
    twice = edit(edit(cell, {"h[0]": 1}), {"h[0]": "flip"})
    assert not activations(twice, TEXT, "h[0]").any()


def test_a_network_of_rows() -> None:
    cell = random_integer_cell(2)
    x = {block.name: np.tile(block.high, (3, 1)) for block in cell.inputs}
    name = next(iter(cell.inputs)).name
    low = cell.by_name[name].low.tolist()  # type: ignore[attr-defined]
    model = edit(cell, {name: low})
    given = {each: np.array(rows) for each, rows in x.items()} | {name: np.tile(low, (3, 1))}
    np.testing.assert_array_equal(run(model, x, encoded=True), run(cell, given, encoded=True))
    copied = edit(cell, {name: Copied(given, 1)}) if len(given) > 1 else edit(cell, {name: Copied(given[name], 1)})
    np.testing.assert_array_equal(run(copied, x, encoded=True), run(cell, given, encoded=True))


def test_a_step_that_rows_do_not_have() -> None:
    cell = random_integer_cell(2)
    model = edit(cell, {f"{cell.inputs[0].name}@1": cell.inputs[0].low.tolist()})
    with pytest.raises(InputError, match=r"1 steps are read, so there is no position 1"):
        run(model, {block.name: block.low[None] for block in cell.inputs}, encoded=True)


def test_of_a_serial_head_for_one_node() -> None:
    cell = random_tree_cell(1)
    model = edit(cell, {"trees[0]@node.1": 1, "neuron": "flip"})
    done = [Done("value", "trees", (0,), (1,), node=1), Done("value", "neuron", (0, 1), None)]
    numbers, _ = Edited(cell, done).run([np.array([byte], np.uint8) for byte in TEXT[:20]])
    found = trace(model, np.frombuffer(TEXT[:20], np.uint8)[:, None])[0][:, 0]
    np.testing.assert_array_equal(found, numbers)


def test_a_serial_head_is_recorded_for_one_node() -> None:
    cell = random_tree_cell(7)
    shown = activations(cell, TEXT[:30], "trees@node.1")
    copied = edit(cell, {"trees@node.1": Copied(TEXT, 29)})
    assert copied.ands.tolist() == edit(cell, {"trees@node.1": shown[29]}).ands.tolist()
    seen = activations(edit(cell, {"trees@node.1": Resampled(TEXT), "emb": Resampled(TEXT)}), TEXT, "trees@node.1")
    assert {tuple(row) for row in seen.tolist()} <= {
        tuple(row) for row in activations(cell, TEXT, "trees@node.1").tolist()
    }
    with pytest.raises(InputError, match=r"depends on the code node asked about; change it for one, trees\[0\]@node.0"):
        edit(cell, {"trees[0]": Resampled(TEXT)})


@pytest.mark.parametrize("value", [0, "flip"])
def test_what_an_edit_made_is_no_other_name(value: int | str, caplog: pytest.LogCaptureFixture) -> None:
    once = edit(Cell.load("tiny"), {"byte[0]": value})
    assert "do.byte[0]" in {point.name for point in once.points}
    edit(once, {"byte[0]": 1})
    assert not caplog.records


def test_in_a_netlist_names_of_one_node_change_together(caplog: pytest.LogCaptureFixture) -> None:
    aig = lower(twins())
    model = edit(aig, {"first[0]": "flip"})
    assert "first[0] is the same node as" in caplog.text
    other = edit(aig, {"second[0]": "flip"})
    assert (activations(model, TEXT, "second[0]") == activations(other, TEXT, "second[0]")).all()
    with pytest.raises(InputError, match=r"one node of this netlist"):
        edit(aig, {"first[0]": 0, "second[0]": 1})
    with pytest.raises(InputError, match=r"first\[3\] is constant [01] in this netlist"):
        edit(aig, {"first[3]": "flip"})
    assert len(edit(aig, {"first": "resample"}, text=TEXT).ands) > len(aig.ands)  # equal columns are no contradiction


@pytest.mark.parametrize("seed", range(20))
def test_as_the_nodes_of_a_netlist_do(seed: int) -> None:
    rng, aig = np.random.default_rng(seed), with_spare_latches(seed)
    changes: list[tuple[str, str]] = []
    done: dict[int, list[tuple[int | None, int | None]]] = {}
    for bit in named_bits(aig).values():
        if bit.variable and bit.variable not in done and rng.random() < 0.3:
            value, at = str(rng.choice(["0", "1", "flip"])), int(rng.integers(STEPS)) if rng.random() < 0.4 else None
            changes.append((bit.name if at is None else f"{bit.name}@{at}", value))
            done[bit.variable] = [(None if value == "flip" else int(value) ^ (bit.literal & 1), at)]
    model = edit_all(aig, changes)
    inputs = rng.integers(0, 2, (STEPS, len(aig.inputs)))
    own = tuple(point for point in model.points if not point.name.startswith("do."))
    shown, state, found = replace(model, outputs=(*model.outputs, *own)), reset_state(model, 1), []
    for given in inputs:
        outputs, state = evaluate(shown, given[None], state)
        found.append(outputs[0])
    np.testing.assert_array_equal(found, edited_run(aig, inputs, done))


def test_a_netlist_from_elsewhere() -> None:
    builder = AigBuilder("counter")
    x, low, high = builder.input("x"), builder.latch("n[0]"), builder.latch("n[1]", 1)
    builder.set_next(low, builder.xor(low, x))
    builder.set_next(high, builder.xor(high, builder.and_(low, x)))
    builder.output("full", builder.and_(low, high))
    aig = builder.build()
    held = edit(aig, {"x": 1, "n[1]": 0})
    assert [latch.next for latch in held.latches][1] == 0
    assert invariants(held).constant == {"n[1]": 0}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([("h[3]", 0), ("h", 5)], r"h\[3\] is changed twice, by h\[3\]=0 and by h=5"),
        ([("h@4", 0), ("h[1]@4", 0)], r"h\[1\] is changed twice"),
        ([("hh", 0)], r"no signal 'hh'; did you mean"),
        ([("h", 16)], r"h=16: 4 bits are a number of 0..2\^4-1, not 16"),
        ([("h[0]", 2)], r"h\[0\] is of 0..1, not 2"),
        ([("h", [1, 0])], r"needs 4 whole numbers"),
        ([("h", [0.5] * 4)], r"needs 4 whole numbers"),
        ([("logit.'e'", 1 << 40)], r"logit.101 is of -[0-9]+..[0-9]+, not 1099511627776"),
        ([("logit.'e'", "flip")], r"is a number of .*, not a bit"),
        ([("state.past", 64)], r"6 bits are a number of 0..2\^6-1, not 64"),
        ([("*", 1)], r"no signal"),
        ([("argmax", 3)], r"can be asked but not set"),
        ([("old.past", 0)], r"known inside a model only; change state.past"),
        ([("h", "copy:nowhere.txt@1")], r"nowhere.txt: no such file"),
        ([("h", "copy:kjv")], r"a value is 0, 1, a number"),
        ([("h", "three")], r"a value is 0, 1, a number"),
        ([("h", "resample")], r"which text is it to be drawn from"),
        ([("h", Copied(b"abc", 3))], r"there are 3 bytes to copy from, so there is no 3"),
        ([("h", Resampled("abc"))], r"comes from the bytes of a text, not from str"),  # type: ignore[arg-type]
        ([("h", Resampled(b""))], r"a text of 0 bytes"),
        ([("h", None)], r"needs 4 whole numbers"),
        ([("h@99999999999", 0)], r"a position must lie below"),
        ([("h", "9" * 5000)], r"a value is"),
    ],
)
def test_one_sentence(changes: list[tuple[str, object]], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as error:
        edit_all(small_cell(), changes)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_beyond_the_text() -> None:
    model = edit(small_cell(), {"h@40": 0})
    for ask in (
        lambda: bits_per_byte(model, TEXT[:41]),
        lambda: list(generate(model, TEXT[:20], 20)),
        lambda: activations(model, TEXT[:40], "h"),
        lambda: influence(model, TEXT[:40], 2, positions=64),
    ):
        with pytest.raises(InputError, match=r"h@40=0: .* so there is no position 40"):
            ask()
    assert bits_per_byte(model, TEXT[:42]) > 0


def test_what_is_drawn_proves_nothing() -> None:
    model = edit(small_cell(), {"h": Resampled(TEXT)})
    with pytest.raises(InputError, match=r"is drawn at random, so affects proves nothing"):
        affects(model, "emb", "argmax")
    assert affects(model, "g", "argmax", text=TEXT).answer == "yes"
