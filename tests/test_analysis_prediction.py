"""Predictions as logic on whole cells, every kind of head: against the oracle, against brute force, and planted."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Aig, AigBuilder, Cell, lower
from bridge.aig import Latch
from bridge.aig.names import group_of
from bridge.analysis.dependences.affects import affects
from bridge.analysis.dependences.matrix import dependence
from bridge.analysis.predicted import serial
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.serial import asked_at_once
from bridge.cell import Delay, Embedding, Logits, Node, Threshold
from bridge.errors import InputError
from bridge.execution import compile_program, generate, run
from support import naive
from support.cells import cells, random_cell, random_code, random_tree_cell, tree_cells
from support.naive import inverse_probability, signed

SAMPLES = 64


@given(st.one_of(cells, tree_cells), st.integers(0, 10**6))
@settings(max_examples=15)
def test_the_netlist_predicts_what_the_oracle_does(cell: Cell, seed: int) -> None:
    rng, symbol = np.random.default_rng(seed), cell.head.symbols[seed % len(cell.head.symbols)]
    other = cell.head.symbols[seed % 7 % len(cell.head.symbols)]
    aig = with_prediction(lower(cell), ["argmax", "greedy", f"logit.{symbol}", f"margin.{symbol}.{other}"])
    state, text = cell.reset(SAMPLES), rng.integers(0, 256, (5, SAMPLES)).astype(np.uint8)
    for row in text[:-1]:
        state, _ = cell.step(state, row)
    text = text[-1]
    inputs, latches = (packed(bits) for bits in (naive.byte_inputs(text), state))
    rows, later = run(compile_program(aig), inputs[None], latches)
    outputs, following = unpacked(rows[0]), unpacked(later)
    expected_state, numbers = cell.step(state, text)
    assert following.tolist() == expected_state.tolist()
    answers = {name: grouped(aig, outputs, name) for name in ("argmax", "greedy", f"logit.{symbol}")}
    for name in ("argmax", "greedy"):
        assert (answers[name] @ (1 << np.arange(8))).tolist() == getattr(cell.readout, name)(numbers).tolist()
    rank = cell.head.symbols.index(symbol)
    logits = cell.readout.logits(numbers)
    assert signed(answers[f"logit.{symbol}"]).tolist() == logits[:, rank].tolist()
    margin = grouped(aig, outputs, f"margin.{symbol}.{other}").astype(np.int64)
    assert signed(margin).tolist() == (logits[:, rank] - logits[:, cell.head.symbols.index(other)]).tolist()


def packed(bits: np.ndarray) -> np.ndarray:
    """[SAMPLES, n] -> uint64[n, 1]"""
    rows = np.ascontiguousarray(bits.T.astype(np.uint8))
    return np.packbits(rows, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def unpacked(words: np.ndarray) -> np.ndarray:
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little").T


def grouped(aig: Aig, outputs: np.ndarray, name: str) -> np.ndarray:
    places = [place for place, output in enumerate(aig.outputs) if group_of(output.name) == name]
    return outputs[:, places].astype(np.uint8)


def test_variables_keep_their_numbers() -> None:
    for cell in (random_cell(3), random_tree_cell(3, serial=False)):
        aig = lower(cell)
        more = with_prediction(aig, ["argmax", "state"])
        assert more.ands[: len(aig.ands)].tolist() == aig.ands.tolist()
        assert with_prediction(more, ["argmax[2]"]) is more
        assert with_prediction(aig, ["state", "emb[0]"]) is aig


@given(st.one_of(cells, tree_cells), st.binary(min_size=1, max_size=9))
@settings(max_examples=10)
def test_greedy_is_what_temperature_0_writes(cell: Cell, prompt: bytes) -> None:
    """The cell and the netlist, byte after byte."""
    state, written = cell.reset(1), []
    for byte in prompt[:-1]:
        state, _ = cell.step(state, np.array([byte], np.uint8))
    last = prompt[-1]
    for _ in range(12):
        state, numbers = cell.step(state, np.array([last], np.uint8))
        last = int(cell.readout.greedy(numbers)[0])
        written.append(last)
    assert list(generate(cell, prompt, 12, temperature=0)) == written
    assert list(generate(lower(cell), prompt, 12, temperature=0)) == written


def small_cell(seed: int, kind: str) -> Cell:
    """A model with two bits of state, few symbols and small numbers, so that brute force sees ties and cancellation."""
    rng = np.random.default_rng(seed)
    symbols = bytes(range(97, 97 + int(rng.integers(2, 6))))
    code = None if kind == "logits" else random_code(rng, len(symbols))
    table = np.zeros((256, 2), np.uint8)
    table[97:101] = list(product((0, 1), repeat=2))
    blocks = [Embedding("emb", table), Delay("past", "emb", 1)]
    sources: tuple[str, ...] = ("emb", "past")
    if kind == "serial":
        assert code is not None
        blocks.append(Node("code", rng.integers(0, 2, (len(code), 2))))
        sources = (*sources, "code")
    blocks.append(Threshold("h", sources, rng.integers(-1, 2, (2, 2 * len(sources))), rng.integers(-1, 2, 2)))
    rows = 1 if kind == "serial" else len(symbols) if code is None else len(code)
    weights, bias = rng.integers(-1, 2, (rows, 6)), rng.integers(-1, 2, rows)
    blocks.append(Logits("head", ("h", "emb", "past"), weights, bias, 0.4, symbols, code))
    return Cell(tuple(blocks), f"small{seed}")


@pytest.mark.parametrize("kind", ["logits", "code", "serial"])
@pytest.mark.parametrize("seed", range(8))
def test_affects_is_what_brute_force_says(kind: str, seed: int) -> None:
    cell = small_cell(seed, kind)
    aig, readout = lower(cell), cell.readout
    states = np.repeat(list(product((0, 1), repeat=2)), 5, axis=0).astype(np.uint8)
    text = np.tile(np.array([97, 98, 99, 100, 200], np.uint8), 4)
    numbers = cell.step(states, text)[1]
    rank = seed % len(readout.symbols)
    answers = {
        "argmax": readout.argmax,
        "greedy": readout.greedy,
        f"logit.{readout.symbols[rank]}": lambda n: readout.logits(n)[:, rank],
        f"probability.{readout.symbols[rank]}": lambda n: [inverse_probability(readout, r, rank) for r in n.tolist()],
    }
    for bit in range(2):
        changed = cell.step(states ^ (np.arange(2) == bit).astype(np.uint8), text)[1]
        for target, of in answers.items():
            expected = any(one != other for one, other in zip(of(numbers), of(changed), strict=True))
            found = affects(aig, f"state.past[{bit}]", target)
            assert found.answer == ("yes" if expected else "no"), f"{found}, {numbers}, {changed}"


@pytest.mark.parametrize("kind", ["logits", "code", "serial"])
@pytest.mark.parametrize("seed", range(6))
def test_a_neuron_is_a_place_in_every_head(kind: str, seed: int) -> None:
    """Of a serial cell it has a value for each code node; it affects if any change of these does."""
    cell = small_cell(seed, kind)
    states = np.repeat(list(product((0, 1), repeat=2)), 5, axis=0).astype(np.uint8)
    text = np.tile(np.array([97, 98, 99, 100, 200], np.uint8), 4)
    numbers, values = cell.step(states, text)[1], cell.read(states, text)
    nodes = len(cell.head.symbols) - 1
    asked = (
        [values]
        if kind != "serial"
        else [values | {"code": cell.by_name["code"].table[[n] * 20]} for n in range(nodes)]
    )
    fired = np.stack([cell.by_name["h"].bits(some)[:, 0] for some in asked], axis=1).astype(int)
    steps = cell.head.weights[:, 0] * (1 - 2 * fired)  # what inverting it adds to each number
    flips = product((0, 1), repeat=nodes) if kind == "serial" else [(1,)]
    for target in ("argmax", "greedy"):
        of = getattr(cell.readout, target)
        flips = [*flips]
        expected = any((of(numbers) != of(numbers + steps * np.array(some))).any() for some in flips)
        found = affects(cell, "h[0]", target)
        assert found.answer == ("yes" if expected else "no"), str(found)


def swapping(code: bool) -> Cell:
    """The byte before exchanges the numbers of two symbols, or of two code nodes on the way to c."""
    table = np.zeros((256, 1), np.uint8)
    table[98] = 1
    blocks = (Embedding("emb", table), Delay("past", "emb", 1))
    if code:
        tree = np.array([[-1, 1], [-2, -3]])  # a; b, c
        return Cell((*blocks, Logits("head", ("past",), [[1], [-1]], [1, 2], 0.3, b"abc", tree)))
    return Cell((*blocks, Logits("head", ("past",), [[0], [1], [-1]], [5, 1, 2], 0.3, b"abc")))


def test_changes_that_cancel_do_not_change_a_probability() -> None:
    """Two odds change, and their sum does not: proven, for logits and for the product along a path."""
    logits, code = (lower(swapping(code)) for code in (False, True))
    for aig, symbol in ((logits, "a"), (code, "c")):
        found = affects(aig, "state.past[0]", f"probability.'{symbol}'")
        assert (found.answer, found.scope) == ("no", "any state")
        assert affects(aig, "state.past[0]", "logit" if aig is logits else "score").answer == "yes"
        assert affects(aig, "state.past[0]", "probability.'b'").answer == "yes"
    assert affects(code, "state.past[0]", "logit.'c'").answer == "no"


def test_a_hard_question_about_a_probability_stays_open() -> None:
    """Ten logits of ten bits, two of them exchanged: the same in another order, but hard to prove so."""
    rng = np.random.default_rng(0)
    weights, bias = rng.integers(-2, 3, (10, 11)), rng.integers(-4, 5, 10)
    weights[:, 10] = 0
    weights[2], bias[2] = weights[1], bias[1] + 1
    weights[1:3, 10] = 1, -1
    flag = np.zeros((256, 1), np.uint8)
    flag[98] = 1
    blocks = (Embedding("emb", rng.integers(0, 2, (256, 10))), Embedding("flag", flag), Delay("past", "flag", 1))
    cell = Cell((*blocks, Logits("head", ("emb", "past"), weights, bias, 0.3, b"abcdefghij")))
    found = affects(lower(cell), "state.past[0]", "probability.'a'", seconds=0.1)
    assert found.answer == "undecided"
    assert "allow more seconds" in found.reason


def test_a_probability_may_change_where_argmax_does_not() -> None:
    cell = swapping(code=False)
    found = dependence(lower(cell), ["state.past"], ["argmax", "probability.'b'", "greedy"])
    assert found.answers.tolist() == [[0, 1, 0]]


def test_signals_that_depend_on_the_code_node() -> None:
    """They have a copy for each node; the name without a node is all of them."""
    cell = small_cell(1, "serial")
    aig = lower(cell)
    assert not any("@" in point.name for point in asked_at_once(aig).points)
    wide = asked_at_once(aig, ["h"])
    assert wide.inputs == tuple(f"byte[{bit}]" for bit in range(8))
    copies = [point.name for point in wide.points if point.name.startswith("h[")]
    assert copies
    assert all(re.fullmatch(r"h\[[01]\]@node\.\d+", name) for name in copies)
    assert asked_at_once(wide) is wide
    for source in ("h", copies[0]):
        assert affects(aig, source, "score.0").answer in ("yes", "no")
    found = dependence(aig, ["h", "state.past"], ["argmax", "score.0", "greedy"])
    assert found.targets == ("argmax", "score.0", "greedy")
    assert affects(aig, "score[0]", "greedy").answer in ("yes", "no")
    with pytest.raises(InputError, match="asks about every code node"):
        affects(aig, "node", "argmax")


def test_the_state_must_not_depend_on_the_node() -> None:
    """An optimizer may let a next state read the node, but what it becomes must not differ."""
    aig = lower(random_tree_cell(5))
    node = 2 * (1 + aig.inputs.index("node[0]"))
    twist = 2 * aig.variables
    # x OR (x AND node) is x; x XOR node is not.
    following = aig.latches[0].next
    ands = [[max(following, node), min(following, node)], [twist ^ 1, following ^ 1]]
    harmless = replace(
        aig,
        ands=np.concatenate([aig.ands, np.array(ands, np.uint32)]),
        latches=(Latch(aig.latches[0].name, twist + 2 ^ 1, 0), *aig.latches[1:]),
    ).validate()
    assert len(asked_at_once(harmless).latches) == len(aig.latches)
    wrong = replace(harmless, latches=(Latch(aig.latches[0].name, twist, 0), *aig.latches[1:]))
    with pytest.raises(InputError, match=r"the next state of .* depends on the code node"):
        affects(wrong, "state", "argmax")


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial, "MOST", 10)
    with pytest.raises(InputError, match="too large to be asked about"):
        affects(lower(random_tree_cell(5)), "state", "argmax")


def test_names_of_netlists_from_elsewhere_are_their_own() -> None:
    builder = AigBuilder("elsewhere")
    x, y = builder.input("x"), builder.input("argmax")
    builder.output("greedy[0]", builder.and_(x, y))
    builder.output("probability.7", x)
    aig = builder.build()
    assert affects(aig, "argmax", "greedy").answer == "yes"
    assert affects(aig, "argmax", "probability.7").answer == "no"
    assert dependence(aig, ["x"], ["greedy", "probability.7"]).answers.tolist() == [[1, 1]]
    with pytest.raises(InputError, match="has no symbols in its comment"):
        affects(aig, "x", "probability.8")


def test_wrong_questions() -> None:
    for cell in (random_cell(5), random_tree_cell(5), random_tree_cell(5, serial=False)):
        aig = lower(cell)
        for name in ("probability.999", "probability", "logit.'\xff'", "probability.*"):
            with pytest.raises(InputError, match=r"no symbol for|no signal"):
                affects(aig, "state", name)
        for name in ("argmax", "greedy[0]", "probability.97"):
            with pytest.raises(InputError, match="affects nothing"):
                affects(aig, name, "argmax")
