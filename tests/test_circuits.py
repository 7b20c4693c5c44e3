"""Which elements keep a behaviour: against brute force, and what is told about them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Aig, Automaton, Cell, Logits, Threshold, circuit, lower
from bridge.analysis.circuits.bounds import Bounds, Given
from bridge.analysis.circuits.candidates import candidates_of, opened
from bridge.analysis.circuits.layers import Layers
from bridge.analysis.circuits.netlist import circuit_dot
from bridge.analysis.places import placed
from bridge.cell.blocks import OLD
from bridge.errors import InputError
from bridge.execution import simulate
from bridge.execution.words import packed, random_words, unpacked
from support.cells import random_cell, random_tree_cell
from support.circuits import compare_at, compare_where, places, predicted
from support.command_line import Call
from support.integer_cells import random_integer_cell

TEXT = b"in the beginning was the word, and the word was with\n" * 4


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(10))
def test_one_place_of_a_text_against_brute_force(seed: int) -> None:
    assert compare_at(seed) is None


@pytest.mark.parametrize("seed", range(10))
def test_all_states_against_brute_force(seed: int) -> None:
    assert compare_where(seed) is None


@pytest.mark.heavy
def test_a_serial_cell_is_asked_about_all_nodes() -> None:
    cells = (random_tree_cell(seed, serial=True) for seed in range(40))
    simple = [cell for cell in cells if not {"neuron", "when", "what"} & cell.asked][:3]
    for seed, cell in enumerate(simple):
        assert compare_at(seed, cell) is None


def test_states_of_an_automaton_are_other_elements_than_what_it_gives() -> None:
    rng = np.random.default_rng(1)
    blocks = (
        Automaton("word", rng.integers(0, 5, (5, 256)), rng.integers(0, 2, (5, 3))),
        Threshold("h", ("word",), rng.integers(-2, 3, (3, 3)), np.zeros(3, np.int32)),
        Logits("logit", ("word", "h"), rng.integers(-3, 4, (3, 6)), np.zeros(3, np.int32), 1.0, b"abc"),
    )
    cell = Cell(blocks, "word")  # four bits of state, three of what it gives
    for seed in range(4):
        assert compare_at(seed, cell) is None


@given(seed=st.integers(0, 2**32 - 1), integers=st.booleans())
@settings(max_examples=20, deadline=None)
def test_bounds_hold_what_the_cell_computes(seed: int, integers: bool) -> None:
    rng = np.random.default_rng(seed)
    cell = random_integer_cell(seed, state=True, text=True) if integers else random_cell(seed)
    elements = candidates_of(placed(cell))
    byte, state = int(rng.integers(256)), cell.reset(1)
    for before in rng.integers(0, 256, 3):
        state, _ = cell.step(state, np.array([before], np.uint8))
    read = np.zeros(256, np.bool_)
    read[byte] = True
    leaves = {OLD + name: Bounds(*[state[:, part].astype(np.float64)] * 2) for name, part in cell.state_slices.items()}
    layers = Layers.of(cell, Given(read, leaves), elements, 0)
    kept = rng.random((1, len(elements))) < 0.5
    low, high = (end[0].astype(int) for end in layers.anything)
    rest = rng.integers(low, high + 1)[None].astype(np.float64)
    wide, exact = layers.own(layers.values(kept)), layers.own(layers.values(kept, Bounds(rest, rest)))
    assert (exact.low == exact.high).all()
    assert (wide.low <= exact.low).all()
    assert (exact.high <= wide.high).all()


@given(seed=st.integers(0, 2**32 - 1), integers=st.booleans())
@settings(max_examples=10, deadline=None)
def test_an_opened_netlist_in_which_all_is_kept_is_the_netlist(seed: int, integers: bool) -> None:
    aig = placed(random_integer_cell(seed, state=True, text=True) if integers else random_cell(seed))
    elements = candidates_of(aig)
    form = opened(aig, elements).validate()
    words, more = random_words(seed, aig.first_and - 1, 2), sum(len(item.variables) for item in elements)
    inputs, latches = np.split(words, [len(aig.inputs)])
    ones = np.full((len(elements), 2), ~np.uint64(0))
    shown = simulate(form, np.concatenate([inputs, ones, random_words(seed + 1, more, 2), latches]))
    every = simulate(aig, words)
    assert (shown[: len(aig.outputs)] == every[: len(aig.outputs)]).all()
    assert (shown[len(form.outputs) :] == every[len(aig.outputs) :]).all()


def test_the_netlist_of_a_circuit_does_what_the_circuit_does() -> None:
    cell = Cell.load("tiny")
    found = circuit(cell, text=TEXT, at=30, blocks=("layer0.neurons", "layer1.neurons"))
    kept = {name for names in found.kept.values() for name in names}
    let_go = [name for name in places(cell) if name.startswith("layer") and "neurons" in name and name not in kept]
    state = cell.reset(1)
    for byte in TEXT[:29]:
        state, _ = cell.step(state, np.array([byte], np.uint8))
    rest = np.random.default_rng(1).integers(0, 2, (64, len(let_go)))
    byte = np.full(64, TEXT[29], np.uint8)
    others = {places(cell)[name]: rest[:, place] for place, name in enumerate(let_go)}
    expected = predicted(cell, np.repeat(state, 64, axis=0), {"byte": byte}, others)
    given_ = dict(zip(let_go, rest.T, strict=True)) | {f"byte[{bit}]": byte >> bit & 1 for bit in range(8)}
    names = [name for block in cell.held for name in cell.latches(block)]
    given_ |= {name: np.full(64, bit) for name, bit in zip(names, state[0], strict=True)}
    rows = packed(np.array([given_[name] for name in found.netlist.inputs], np.uint8))
    bits = unpacked(simulate(found.netlist, rows))
    assert ((1 << np.arange(8)) @ bits == expected).all()
    assert (expected == expected[0]).all()
    assert {point.name for point in found.netlist.points} <= kept


def test_a_netlist_is_asked_like_its_cell() -> None:
    cell = Cell.load("tiny")
    block = ("layer1.neurons",)
    ours, theirs = (circuit(model, text=TEXT, at=30, blocks=block, smallest=True) for model in (cell, lower(cell)))
    assert ours.smallest
    assert theirs.smallest
    assert theirs.size <= ours.size  # in a netlist without its cell some names share a node


def test_a_condition_on_classes() -> None:
    cell = random_integer_cell(3)
    labels = cell.last.labels  # type: ignore[attr-defined]
    name, low = cell.inputs[0].name, int(cell.inputs[0].low[0])
    asked = {"where": f"{name}[0] == {low}", "keeps": f"argmax == argmax or class.'{labels[0]}' < 0"}
    assert circuit(cell, **asked).size == 0


@pytest.mark.parametrize("rest", ["constant", "zero", "resample"])
def test_a_measured_circuit_can_spare_nothing(rest: str) -> None:
    cell = Cell.load("tiny")
    found = circuit(cell, text=TEXT, where="after 'th'", rest=rest, share=0.9, blocks=("layer0.*", "layer1.*"))  # type: ignore[arg-type]
    assert found.verdict == "measured"
    assert found.minimal
    assert found.share is not None
    assert found.share >= 0.9
    names = [name for names in found.kept.values() for name in names]
    if rest == "zero":
        assert _share(cell, names) == pytest.approx(found.share)
        for name in names:
            assert _share(cell, [other for other in names if other != name]) < 0.9


def _share(cell: Cell, kept: list[str]) -> float:
    """At which share of the places after `th` the prediction stays when the neurons are 0 but for these."""
    state, stays = cell.reset(1), []
    let_go = {
        place: np.zeros(1, int) for name, place in places(cell).items() if name[:5] == "layer" and name not in kept
    }
    for at, byte in enumerate(TEXT):
        given_ = {"byte": np.array([byte], np.uint8)}
        if TEXT[: at + 1].endswith(b"th"):
            stays.append(bool(predicted(cell, state, given_, {})[0] == predicted(cell, state, given_, let_go)[0]))
        state, _ = cell.step(state, given_["byte"])
    return float(np.mean(stays))


def test_what_is_told() -> None:
    found = circuit(Cell.load("tiny"), text=TEXT, at=36, blocks=("layer0.*", "layer1.neurons"))
    assert found.size
    with pytest.raises(TypeError, match="undecided"):
        bool(found)
    facts = found.to_json()
    assert facts["verdict"] == "proven"
    assert facts["size"] + facts["dropped"] == 84
    assert "whatever the rest is" in str(found)
    assert "of 24</td>" in found._repr_html_()
    assert 0 <= found.faithful[0].random <= 1
    dot = circuit_dot(found.graph, "a circuit")
    assert all(name in dot for names in found.kept.values() for name in names)
    assert isinstance(found.netlist, Aig)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"where": "byte == 'a' and byte == 'b'"}, "no state and input meet the condition"),
        ({"where": "after 'and th'", "predict": "'q'"}, "does not always keep argmax == 'q'"),
        (
            {"where": "after 'and th'", "keeps": "argmax != 'e'"},
            "for example: 'e' is the likeliest, after 'and th', from",
        ),
        ({"text": TEXT, "at": 0}, "must lie in 1"),
        ({"text": TEXT, "at": 30, "blocks": ("layer7",)}, "no signal 'layer7'"),
        ({"text": TEXT, "at": 30, "blocks": ("byte",)}, "no neuron, feature or state"),
        ({"text": TEXT, "where": "after 'qq'", "rest": "zero"}, "nowhere on the text"),
        ({"where": "after 'th'", "rest": "zero"}, "a text is needed"),
        ({"text": TEXT, "at": 30, "rest": "zero", "smallest": True}, "smallest"),
        ({"text": TEXT, "at": 30, "keeps": "argmax == 'e'", "predict": "'e'"}, "one of the two"),
        ({"text": TEXT}, "say where"),
    ],
)
def test_errors_are_one_sentence(asked: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)) as error:
        circuit(Cell.load("tiny"), **asked)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.heavy
def test_the_command(call: Call, tmp_path: object) -> None:
    (where := tmp_path / "text").write_bytes(TEXT)  # type: ignore[operator]
    done = call("circuit", "tiny", "--text", where, "--at", 30, "--blocks", "layer1.*", "-o", "c.aig", "--json")
    assert done.code == 0, done.err
    assert done.json["minimal"]
    done = call("circuit", "tiny", "--after", "and th", "--predict", "e", "--blocks", "layer1.*", "-o", "c.dot")
    assert done.code == 0, done.err
    assert "proven" in done.out
    assert call("circuit", "tiny", "--after", "and th", "--predict", "q").code == 2
