"""What is proven about state bits and neurons, against all reachable states; what is true on a text, counted."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bridge import Aig, AigBuilder, Cell, lower
from bridge.analysis.comparison import compare
from bridge.analysis.invariants import invariants
from bridge.analysis.neurons import neurons
from bridge.analysis.text.features import Features, text_features
from bridge.analysis.text.information import entropy, mutual_information
from bridge.analysis.text.statistics import text_statistics
from bridge.cell import Embedding, Logits, Threshold
from bridge.corpus import read_text
from bridge.errors import InputError
from bridge.execution import trace
from bridge.resources import netlist_path
from support import naive
from support.cells import random_tree_cell
from support.small_netlists import planted, reachable, small_netlist

TEXT = read_text("pydoc")[:5000]


@pytest.fixture(scope="module")
def tiny() -> Aig:
    return lower(Cell.load(str(netlist_path("tiny.safetensors"))))


@pytest.mark.parametrize("seed", range(120))
def test_invariants_hold_in_every_reachable_state(seed: int) -> None:
    aig = small_netlist(seed)
    states, names = reachable(aig), [latch.name for latch in aig.latches]
    found = invariants(aig)
    column = {name: states[:, index] for index, name in enumerate(names)}
    assert all((column[name] == value).all() for name, value in found.constant.items())
    assert all((column[one] == column[other]).all() for one, other in found.equal)
    assert all((column[one] != column[other]).all() for one, other in found.complementary)
    for name in found.unobservable:
        assert not observable(aig, names.index(name))


def observable(aig: Aig, index: int) -> bool:
    """Whether two runs that differ in one bit ever differ in an output, by brute force over four steps."""
    inputs = np.array(list(product((0, 1), repeat=len(aig.inputs))))
    states = np.array(list(product((False, True), repeat=len(aig.latches))))
    pairs = [(state, np.concatenate([state[:index], [not state[index]], state[index + 1 :]])) for state in states]
    for _ in range(4):
        following = []
        for one, other in pairs:
            left, right = (naive.evaluate(aig, inputs, np.repeat([s], len(inputs), axis=0)) for s in (one, other))
            if (left[0] != right[0]).any():
                return True
            following += [(a, b) for a, b in zip(left[1], right[1], strict=True) if (a != b).any()]
        pairs = list({(tuple(a), tuple(b)): (a, b) for a, b in following}.values())
    return False


def test_planted_state_is_found() -> None:
    found = invariants(planted())
    assert found.constant == {"zero": 0}
    assert found.equal == (("twin", "one"),)
    assert {"a", "b", "spare", "dead"} <= set(found.unobservable)
    assert found.undecided == ()


def test_latches_with_unknown_resets_are_not_equal() -> None:
    builder = AigBuilder()
    x = builder.input("x")
    for name in ("p", "q"):
        latch = builder.latch(name, None)
        builder.set_next(latch, builder.and_(latch, x))
        builder.output(f"o.{name}", latch)
    found = invariants(builder.build())
    assert found.equal == ()
    assert found.constant == {}


def test_neurons_become_trivial() -> None:
    builder = AigBuilder()
    x = [builder.input(f"x[{index}]") for index in range(4)]
    h = builder.xor(x[0], x[1])
    hidden = builder.or_(builder.and_(h, x[2]), builder.and_(h, builder.and_(x[2] ^ 1, x[3] ^ 1)))
    whole = builder.or_(hidden, builder.and_(builder.and_(h, x[2] ^ 1), x[3]))  # is h
    copy = builder.and_(h, x[3])
    for name, literal in (("h[0]", h), ("h[1]", whole), ("h[2]", copy), ("h[3]", copy ^ 1), ("h[4]", x[2] ^ 1)):
        builder.point(name, literal)
    builder.output("o[0]", whole)
    builder.output("o[1]", copy)
    found = {neuron.name: neuron for neuron in neurons(builder.build())}
    assert found["h[0]"].formula() == "x[0] xor x[1]"
    assert found["h[1]"].support == ("h[0]",)
    assert len(found["h[1]"].structural) == 3
    assert found["h[1]"].formula() == "h[0]"
    assert (found["h[2]"].formula(), found["h[3]"].formula()) == ("x[3] and h[0]", "not x[3] or not h[0]")
    assert found["h[2]"].inverted == ("h[3]",)


def test_before_and_after() -> None:
    builder, smaller = AigBuilder("before"), AigBuilder("after")
    for index, b in enumerate((builder, smaller)):
        x, y, s = b.input("x"), b.input("y"), b.latch("s")
        hidden = b.or_(b.and_(x, y), b.and_(x, y ^ 1)) if index == 0 else x
        b.point("h[0]", hidden)
        b.set_next(s, b.xor(hidden, s))
        b.output("o", s)
    found = compare(builder.build(), smaller.build())
    assert found.columns()["before"] != found.columns()["after"]
    assert found.before.ands > found.after.ands
    assert (found.before.trivial, found.after.trivial) == (("h[0]",), ("h[0]",))
    assert found.lost == found.gained == ()
    assert "<table>" in found._repr_html_()


@pytest.mark.heavy
def test_statistics_are_counts(tiny: Aig) -> None:
    text = TEXT[:1000]  # one segment, from reset on
    found = text_statistics(tiny, text, ["state", "layer0.neurons"])
    states = []
    for end in range(1, 1000, 37):
        states.append(trace(tiny, np.frombuffer(text[:end], np.uint8)[:, None])[1][0])
    assert found.positions == 1000
    latches = len(tiny.latches)
    for name in found.bits[:latches:7]:
        row = found.bits.index(name)
        for context in found.examples(name, 1) + found.examples(name, 0):
            read = np.frombuffer(text[: context.position + 1], np.uint8)[:, None]
            assert trace(tiny, read)[1][0][row] == context.value
            assert context.text[context.place] == chr(text[context.position])
    assert (np.diag(found.joint) == found.ones).all()
    assert (found.joint == found.joint.T).all()
    assert 1 < found.distinct_states <= 1000


def test_statistics_of_a_neuron_that_nothing_reads() -> None:
    """Of a cell every name can be asked about, as everywhere; a netlist has dropped this one."""
    table = np.arange(256)[:, None] >> np.arange(2) & 1
    unread = Threshold("unread", ("emb",), np.ones((1, 2), np.int8), np.array([2], np.int32))
    head = Logits("logit", ("emb",), np.eye(2, dtype=np.int8), np.zeros(2, np.int32), 0.5, b"ab")
    cell = Cell((Embedding("emb", table), unread, head))
    assert text_statistics(cell, b"abc", ["unread"]).ones.tolist() == [1]
    assert text_statistics(cell, b"abc").bits == ("emb[0]", "emb[1]", "unread[0]")
    assert text_statistics(lower(cell), b"abc").bits == ("emb[0]", "emb[1]")


def test_statistics_of_a_serial_netlist() -> None:
    """State bits and whatever does not depend on the code node; the others one node at a time, if they are named."""
    cell = random_tree_cell(13)
    aig, text = lower(cell), bytes(np.random.default_rng(0).choice(list(cell.head.symbols), 200).tolist())
    found = text_statistics(cell, text)
    assert found.bits == text_statistics(aig, text).bits
    assert {f"state.past[{bit}]" for bit in range(6)} <= set(found.bits)
    assert not any("@" in name or name in ("trees[0]", "trees[1]") for name in found.bits)
    state, ones = cell.reset(1), np.zeros(2, int)
    for byte in text:
        values = cell.read(state, np.array([byte], np.uint8))
        asked = values | {"code": cell.by_name["code"].table[[1]]}
        ones += cell.by_name["trees"].bits(asked)[0, :2]
        state = cell.following(values)
    named = text_statistics(cell, text, ["trees[0]@node.1", "trees[1]@node.1"])
    assert named.ones.tolist() == ones.tolist()


def test_a_bit_that_is_a_feature_shares_all_its_information(tiny: Aig) -> None:
    found = text_statistics(tiny, TEXT)
    bit = next(
        name for name in found.bits if name.startswith("emb[") and 100 < found.ones[found.bits.index(name)] < 4900
    )
    row = found.bits.index(bit)
    table = Cell.load(str(netlist_path("tiny.safetensors"))).by_name["emb"].table
    flags = table[np.frombuffer(TEXT, np.uint8), int(bit[4:-1])].astype(bool)
    again = text_statistics(tiny, TEXT, features=Features(("same", "opposite"), np.stack([flags, ~flags])))
    assert again.shares[row].tolist() == pytest.approx([1, 1])
    assert again.best_features(bit, 1)[0][1] == pytest.approx(again.entropies[row])
    assert again.overlap(0.5).features_per_bit[row] == 2
    assert ("state.emb.past[0]", "emb[0]", False) in found.equal


def test_features_are_what_they_say() -> None:
    text = b"The cat, THE dog.\nOne 12 owls"
    found = text_features(text)
    rows = dict(zip(found.names, found.values, strict=True))
    shown = {name: "".join("x" if flag else "." for flag in row) for name, row in rows.items()}
    assert shown["letter"] == "xxx.xxx..xxx.xxx..xxx....xxxx"
    assert shown["letter 1 of a word"] == "x...x....x...x....x......x..."
    assert shown["inside a capitalized word"] == "xxx......xxx......xxx........"
    assert shown["digit"] == "......................xx....."
    assert shown["first 8 bytes of a line"] == "xxxxxxxx..........xxxxxxxx..."
    assert shown["after the word the"] == "...xxxx.....xxxx............."
    assert shown["after ' '"] == "...x....x...x........x..x...."


def test_information_is_shannons() -> None:
    random = np.random.default_rng(0)
    one, other = random.random(4000) < 0.3, random.random(4000) < 0.6
    other |= one & (random.random(4000) < 0.5)
    joint = np.array([[(one & other).sum()]])
    found = mutual_information(np.array([one.sum()]), np.array([other.sum()]), joint, 4000)[0, 0]
    expected = 0.0
    for a, b in product((False, True), repeat=2):
        both, left, right = ((one == a) & (other == b)).mean(), (one == a).mean(), (other == b).mean()
        expected += both * np.log2(both / (left * right))
    assert found == pytest.approx(expected)
    assert entropy(np.array([2000]), 4000)[0] == pytest.approx(1)


def test_wrong_questions(tiny: Aig) -> None:
    with pytest.raises(InputError, match="too short"):
        text_statistics(tiny, b"")
    with pytest.raises(InputError, match=r"no signal 'state\.m'"):
        text_statistics(tiny, TEXT, ["state.m"])
    with pytest.raises(InputError, match="features cover"):
        text_statistics(tiny, TEXT, features=text_features(b"short"))
    with pytest.raises(InputError, match="a text model has exactly"):
        text_statistics(planted(), TEXT)
