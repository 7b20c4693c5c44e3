"""How often, against every case run by hand: exact counts, samples, and what is measured on a text."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest

from bridge import Aig, AigBuilder, Cell, lower
from bridge.analysis.dependences import counting
from bridge.analysis.dependences.counting import BDD, EVERY, count, counted, interval, sampled
from bridge.analysis.dependences.graded import MEASURED, graded
from bridge.analysis.dependences.shares import shares
from bridge.analysis.signals import resolve
from bridge.equivalence.clock import Clock
from bridge.formats import write_netlist
from support.cells import random_cell, random_tree_cell
from support.command_line import Call, assert_one_line
from support.graded import check, share, values_of
from support.integer_cells import random_integer_cell
from support.interventions import step
from support.machines import with_spare_latches

TEXT = bytes(np.random.default_rng(5).choice(list(b"the hen net"), 400).tolist())


@pytest.mark.parametrize("seed", range(8))
def test_exact_shares_of_small_machines(seed: int) -> None:
    assert check(seed)


def random_form(seed: int, inputs: int = 9, nodes: int = 40) -> Aig:
    rng, builder = np.random.default_rng(seed), AigBuilder()
    pool = builder.inputs(f"x{i}" for i in range(inputs))
    for _ in range(nodes):
        a, b = (int(rng.choice(pool)) ^ int(rng.integers(2)) for _ in range(2))
        pool.append(builder.xor(a, b) if rng.random() < 0.5 else builder.and_(a, b))
    builder.output("y", pool[-1] ^ int(rng.integers(2)))
    return builder.build()


@pytest.mark.parametrize("seed", range(12))
def test_a_bdd_counts_what_every_case_shows(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    form = counting.cone(random_form(seed), [0])
    every, _ = counted(form, Clock(60))
    monkeypatch.setattr(counting, "MOST_INPUTS", -1)
    tree, _ = counted(form, Clock(60))
    assert every is not None
    assert tree is not None
    assert (every.method, tree.method, tree.share) == (EVERY, BDD, every.share)
    ones, cases = sampled(form, 1 << 14, seed)
    low, high = interval(ones, cases)
    assert low - 0.02 <= every.share <= high + 0.02


def test_a_bdd_that_is_too_large_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_INPUTS", -1)
    found = count(random_form(3, 30, 3000), Clock(60), samples=1 << 10, nodes=1 << 8)
    assert found.cases == 1 << 10
    assert "more than" in found.why
    assert found.low <= found.share <= found.high


def test_an_interval_is_that_of_clopper_and_pearson() -> None:
    # Textbook values: 1 - (1/40)**(1/n) where there are none, and those of tables.
    assert interval(0, 10) == pytest.approx((0, 1 - 0.025 ** (1 / 10)))
    assert interval(10, 10) == pytest.approx((0.025 ** (1 / 10), 1))
    assert interval(1, 10) == pytest.approx((0.002529, 0.445016), abs=1e-6)
    assert interval(5, 10) == pytest.approx((0.187086, 0.812914), abs=1e-6)
    low, high = interval(1 << 19, 1 << 20)  # the normal distribution, where there are so many
    assert (low, high) == pytest.approx((0.5 - 0.98 / 1024, 0.5 + 0.98 / 1024), abs=1e-5)


@pytest.mark.parametrize("ones", [1, 3, 17, 50])
def test_beyond_an_interval_chances_are_small(ones: int) -> None:
    cases = 50
    low, high = interval(ones, cases)

    def between(first: int, last: int, share: float) -> float:
        return sum(comb(cases, k) * share**k * (1 - share) ** (cases - k) for k in range(first, last + 1))

    assert between(ones, cases, low) == pytest.approx(0.025)
    assert high == 1 if ones == cases else between(0, ones, high) == pytest.approx(0.025)


def text_cell(kind: str, seed: int) -> Cell:
    made = {"logits": random_cell, "code": lambda seed: random_tree_cell(seed, False), "serial": random_tree_cell}
    return made[kind](seed)


def by_hand(cell: Cell, source: str, places: list[int]) -> tuple[float, float]:
    """The share of places where inverting the state bit changes `argmax`, and the mean |change| of code length."""
    differ, changed = 0, 0.0
    states = [cell.reset(1)]
    for byte in TEXT[: places[-1]]:
        states.append(cell.following(cell.read(states[-1], np.array([byte], np.uint8))))
    for place in places:
        state = states[place]
        nodes = range(len(cell.readout.code.children)) if cell.serial and cell.readout.code else [0]
        numbers = []
        for inverted in ((), (source,)):
            rows = [step(cell, state[0], TEXT[place], node, inverted) for node in nodes]
            names = cell.readout.names(serial=cell.serial)
            numbers.append(np.array([[row[f"{name}[*]"] for row in rows for name in names]]))
        differ += int(cell.readout.argmax(numbers[0])[0] != cell.readout.argmax(numbers[1])[0])
        nexts = np.array([TEXT[place + 1]], np.uint8)
        before, after = (float(cell.readout.code_lengths(some, nexts)[0]) for some in numbers)
        changed += 0.0 if before == after else abs(after - before)
    return differ / len(places), changed / len(places)


@pytest.mark.heavy
@pytest.mark.parametrize(("kind", "seed"), [("logits", 6), ("code", 0), ("code", 5), ("serial", 0), ("serial", 2)])
def test_shares_on_a_text_are_those_of_the_cell(kind: str, seed: int) -> None:
    cell = text_cell(kind, seed)
    places = np.sort(np.random.default_rng(0).integers(0, len(TEXT) - 1, 64)).tolist()
    source = cell.latches("past")[-1]
    found = graded(cell, source, "argmax", text=TEXT, positions=64)
    differ, changed = by_hand(cell, source, places)
    assert found.method == MEASURED
    assert (found.share, found.bits_changed) == (pytest.approx(differ), pytest.approx(changed))
    assert differ > 0 or changed > 0


def test_the_byte_is_swapped_for_other_symbols() -> None:
    cell = random_cell(3)
    found = graded(cell, "byte", "emb", text=TEXT, positions=64)
    places = np.sort(np.random.default_rng(0).integers(0, len(TEXT) - 1, 64)).tolist()
    table, symbols = cell.by_name["emb"].table, cell.readout.symbols  # type: ignore[attr-defined]
    pairs = [(TEXT[place], other) for place in places for other in symbols if other != TEXT[place]]
    assert found.cases == len(pairs)
    assert found.share == pytest.approx(np.mean([(table[a] != table[b]).any() for a, b in pairs]))
    assert "symbol" in found.swaps


@pytest.mark.parametrize("seed", range(4))
def test_the_matrix_has_the_single_answers(seed: int) -> None:
    aig = with_spare_latches(seed)
    found = shares(aig, seconds=60)
    assert found.exact.all()
    for row, source in enumerate(found.sources):
        for column, target in enumerate(found.targets):
            wanted = share(aig, resolve(aig, source).bits, resolve(aig, target).bits, 1)
            assert found.shares[row, column] == pytest.approx(float(wanted))


def test_the_matrix_on_a_text(tmp_path: Path) -> None:
    cell = random_cell(11)
    sources = [*cell.latches("past")[:2], "byte"]
    found = shares(cell, sources, ["argmax", "n0"], text=TEXT, positions=128)
    for row, source in enumerate(sources):
        for column, target in enumerate(found.targets):
            assert found.shares[row, column] == graded(cell, source, target, text=TEXT, positions=128).share
            assert found.low[row, column] <= found.shares[row, column] <= found.high[row, column]
    found.save(tmp_path / "shares.npz")
    held = np.load(tmp_path / "shares.npz")
    assert (held["shares"] == found.shares).all()
    assert found.to_json()["shares"] == np.round(found.shares, 9).tolist()


@pytest.mark.parametrize("width", [4, 7])
def test_places_that_read_each_other_have_the_values_that_they_are_given(width: int) -> None:
    builder = AigBuilder("chain")
    read = builder.inputs(f"byte[{bit}]" for bit in range(8))
    places = [read[0]]
    for bit in range(1, width + 1):
        places.append(builder.and_(places[-1] ^ (bit & 1), read[bit] ^ (bit == 3)))
        builder.point(f"h[{bit - 1}]", places[-1])
    builder.output("y", builder.xor(places[2], builder.and_(places[-1], places[-2] ^ 1)))
    aig = builder.build()
    found = graded(aig, "h", "y", text=TEXT, positions=64)
    assert shares(aig, ["h"], ["y"], text=TEXT, positions=64).shares[0, 0] == found.share
    at = np.sort(np.random.default_rng(0).integers(0, len(TEXT), 64))
    leaves = (np.frombuffer(TEXT, np.uint8)[at] >> np.arange(8)[:, None] & 1).astype(bool)
    nodes, end = [bit.variable for bit in resolve(aig, "h").bits], aig.outputs[0].literal >> 1
    own = values_of(aig, leaves)
    if width == 4:
        others = [
            own[nodes] ^ (number >> np.arange(width)[:, None] & 1).astype(bool) for number in range(1, 1 << width)
        ]
        changed = [values_of(aig, leaves, dict(zip(nodes, other, strict=True)))[end] for other in others]
        assert found.share == pytest.approx(np.mean(np.array(changed) != own[end]))


def test_integer_cells() -> None:
    cell = random_integer_cell(4)
    name = cell.inputs[0].name
    found = graded(cell, f"{name}[0]", cell.numbers[0])
    assert found.exact is not None
    assert 0 <= found.exact <= 1


@pytest.mark.heavy
def test_the_commands(call: Call, tmp_path: Path) -> None:
    cell = random_cell(3)
    write_netlist(lower(cell), tmp_path / "cell.aig")
    (tmp_path / "book.txt").write_bytes(TEXT)
    model, book = tmp_path / "cell.aig", tmp_path / "book.txt"
    asked = ["affects", model, "--from", "byte", "--to", "emb", "--how-often"]
    exact = call(*asked, "--json").json["how_often"]
    assert Fraction(*exact["exact"]) == pytest.approx(exact["share"])
    assert "measured on the text" in call(*asked, "--seen-on", book).out
    assert_one_line(call(*asked, "--each"))
    assert_one_line(call("dependence", model, "--text", book))
    found = call("dependence", model, "--graded", "--text", book, "--json", "--out", tmp_path / "m.csv").json
    assert found["methods"]["measured on the text"] > 0
    assert (tmp_path / "m.csv").is_file()
