"""Probes: labels at positions, fits against naive ones, cells whose bits are known to follow and to be used or not."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bridge import Cell, InputError, bits_per_byte, edit
from bridge.analysis.probing.fit import few_bits, linear, logistic, score, tree
from bridge.analysis.probing.labels import Where, labels
from bridge.analysis.probing.probe import Probed, probe
from bridge.cell import Block, Delay, Embedding, Logits, Node, Threshold
from bridge.equivalence.clock import Clock
from support.cells import random_cell, random_code, random_tree_cell
from support.command_line import Call, assert_one_line
from support.integer_cells import random_integer_cell

TEXT = bytes(np.random.default_rng(2).choice(list(b"abcde in"), 3000).tolist())
CLOCK = 30.0


def positions(feature: str, text: bytes, where: Where) -> list[int]:
    found = labels(feature, text, where, Clock(CLOCK))
    return np.flatnonzero(found.values).tolist()


def test_where_a_feature_is() -> None:
    text = b"in the inn"
    assert positions("in+", text, "inside") == [0, 1, 7, 8, 9]
    assert positions("in+", text, "begins") == [6]  # nothing stands before the first one
    assert positions("in+", text, "ends") == [1, 9]
    assert positions("vowel", text, "ends") == [0, 5, 7]
    assert positions("x*", text, "inside") == []


@pytest.mark.parametrize("feature", ["(", "[z-a]", "a{99999999999}", "(?P<1>a)"])
def test_no_expression(feature: str) -> None:
    with pytest.raises(InputError, match="no regular expression"):
        labels(feature, TEXT, "inside", Clock(CLOCK))


@pytest.mark.heavy
def test_an_expression_that_never_ends() -> None:
    with pytest.raises(InputError, match="no end after"):
        labels("(a|aa)+$", b"a" * 60 + b"b", "inside", Clock(1.0))


def information(bits: np.ndarray, truth: np.ndarray) -> float:
    """Mutual information of the rows of bits and the truth, in bits."""
    both, rows = (
        Counter(zip(map(tuple, bits.tolist()), truth.tolist(), strict=True)),
        Counter(map(tuple, bits.tolist())),
    )
    ones, total = Counter(truth.tolist()), len(truth)
    return sum(n / total * math.log2(n * total / (rows[row] * ones[yes])) for (row, yes), n in both.items())


def noisy(seed: int, count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2, (count, 7)).astype(np.uint8)
    truth = (values[:, seed % 7] & values[:, (seed + 2) % 7] | (rng.random(count) < 0.1)).astype(bool)
    return values, truth


@pytest.mark.parametrize("seed", range(6))
def test_bits_are_chosen_by_what_they_tell(seed: int) -> None:
    values, truth = noisy(seed)
    chosen = few_bits(values, truth, 3).bits
    for count in (1, 2, 3):
        best = max(information(values[:, [*chosen[: count - 1], bit]], truth) for bit in range(7))
        assert information(values[:, list(chosen[:count])], truth) == pytest.approx(best)
    assert tree(values, truth).bits[0] == chosen[0]


@pytest.mark.parametrize("seed", range(3))
def test_probes_tell_what_they_learned(seed: int) -> None:
    values, truth = noisy(seed)
    for fit in (few_bits(values, truth, 2), tree(values, truth), linear(values, truth, 2, 0)):
        assert set(fit.bits) >= {seed % 7, (seed + 2) % 7}
        found = score(fit.tell(values), truth, float(truth.mean()))
        assert found.accuracy > 0.85
        assert 0 < found.explained < 1


@pytest.mark.parametrize("shape", [(400, 5), (30, 60), (50, 1)])
def test_a_linear_map_cannot_be_bettered(shape: tuple[int, int]) -> None:
    """By no other weights: the cost is convex, and flat where it is."""
    rng = np.random.default_rng(shape[0])
    rows = rng.integers(0, 2, shape).astype(np.float64)
    wanted = (rng.random(shape[0]) < 1 / (1 + np.exp(-2 * rows[:, 0]))).astype(np.float64)
    bias, weights = logistic(rows, wanted)
    wrong = 1 / (1 + np.exp(-bias - rows @ weights)) - wanted
    assert wrong.mean() == pytest.approx(0, abs=1e-4)
    np.testing.assert_allclose(rows.T @ wrong / shape[0], -2e-3 * weights, atol=1e-4)


def test_a_linear_map_of_what_is_always_so() -> None:
    values = np.ones((20, 3), np.uint8)
    assert (linear(values, np.ones(20, np.bool_), 1, 0).tell(values) > 0.99).all()


def test_a_table_gives_the_rates() -> None:
    values, truth = noisy(1)
    fit = few_bits(values, truth, 2)
    rate = truth.mean()
    for row in itertools.product((0, 1), repeat=2):
        here = (values[:, list(fit.bits)] == row).all(axis=1)
        assert fit.tell(values[here][:1])[0] == pytest.approx((truth[here].sum() + rate) / (here.sum() + 1))


def known_cell(kind: str = "logits") -> Cell:
    """It holds whether the last byte was a vowel twice; the head reads one of the two."""
    table = np.zeros((256, 2), np.uint8)
    table[list(b"aei"), 0] = table[list(b" n"), 1] = 1
    symbols = bytes(sorted(set(TEXT)))
    rng = np.random.default_rng(3)
    code = None if kind == "logits" else random_code(rng, len(symbols))
    blocks: list[Block] = [
        Embedding("emb", table),
        Delay("used", "emb", 1),
        Threshold("vowel", ("emb",), np.array([[1, 0]], np.int8), np.array([1], np.int32)),
        Delay("idle", "vowel", 2),
        Threshold("both", ("used", "emb"), np.array([[1, 0, 0, 1]], np.int8), np.array([2], np.int32)),
    ]
    sources: tuple[str, ...] = ("used", "both")
    if kind == "serial":
        assert code is not None
        blocks.append(Node("code", rng.integers(0, 2, (len(code), 2))))
        sources = (*sources, "code")
    rows = len(symbols) if code is None else 1 if kind == "serial" else len(code)
    width = 5 if kind == "serial" else 3
    weights = rng.integers(1, 4, (rows, width)).astype(np.int8)
    blocks.append(Logits("head", sources, weights, rng.integers(-2, 3, rows), 0.7, symbols, code))
    return Cell(tuple(blocks), kind)


def costs(found: Probed) -> dict[str, float | None]:
    return {each.name: each.cost for each in found.probes}


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["logits", "code", "serial"])
def test_follows_and_uses(kind: str) -> None:
    cell = known_cell(kind)
    used = probe(cell, TEXT, "vowel", ["state.used"], bits=1, seeds=2)
    idle = probe(cell, TEXT, "vowel", ["state.idle"], bits=1, seeds=2)
    for found in (used, idle):
        assert found.probes[0].score.balanced == 1.0
        assert abs(found.probes[0].control.balanced - 0.5) < 0.1
    assert used.probes[0].bits == ("state.used[0]",)
    assert costs(idle)["one bit"] == 0.0
    held = TEXT[used.learned :]
    common = int(np.isin(np.frombuffer(TEXT[: used.learned], np.uint8), list(b"aei")).mean() >= 0.5)
    wanted = bits_per_byte(edit(cell, {"state.used[0]": common}), held) - bits_per_byte(cell, held)
    assert costs(used)["one bit"] == pytest.approx(wanted)
    assert wanted != 0


def test_labels_that_no_move_keeps_in_both_parts_are_shuffled() -> None:
    """Once where what is learned from ends, and once right behind it."""
    text = bytes(np.random.default_rng(2).choice(list(b"abcd in"), 300).tolist())
    found = probe(known_cell(), text[:198] + b"ee" + text[200:], "e", ["state.used", "vowel"], bits=1, seeds=2)
    assert [each.name for each in found.probes] == ["one bit", "small tree", "linear map"]
    assert all(math.isfinite(value) for each in found.probes for value in vars(each.control).values())


@pytest.mark.heavy
def test_every_kind_of_cell() -> None:
    cells = [random_cell(6), random_tree_cell(0), random_tree_cell(1, serial=False)]
    cells.append(random_integer_cell(7, state=True, text=True))
    for cell in cells:
        text = bytes(np.random.default_rng(1).choice(list(cell.readout.symbols), 600).tolist())
        feature = f"[\\x{text[0]:02x}\\x{text[1]:02x}]"
        found = probe(cell, text, feature, bits=2, seeds=1)
        assert len(found.probes) == 4
        assert found.base == pytest.approx(bits_per_byte(cell, text[found.learned :]))
        assert found.to_json()["probes"][0]["bits"]


@pytest.mark.parametrize(
    ("feature", "names", "message"),
    [("zzz", None, "holds nowhere"), (".|\\n", None, "holds everywhere"), ("vowel", ["nix"], "no signal 'nix'")],
)
def test_refusals(feature: str, names: list[str] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        probe(known_cell(), TEXT, feature, names)


def test_a_network_of_rows_is_refused() -> None:
    with pytest.raises(InputError):
        probe(random_integer_cell(3), TEXT, "vowel")


@pytest.mark.heavy
def test_the_command(call: Call, tmp_path: Path) -> None:
    known_cell().save(tmp_path / "cell.safetensors")
    (tmp_path / "book.txt").write_bytes(TEXT)
    asked = ["probe", tmp_path / "cell.safetensors", "--text", tmp_path / "book.txt", "--feature"]
    shown = call(*asked, "in", "--seeds", 1)
    assert "one bit" in shown.out
    assert call(*asked, "in", "--where", "begins", "--seeds", 1, "--json").json["means"].startswith("the next byte")
    assert_one_line(call(*asked, "("))
    assert_one_line(call(*asked, "vowel", "--bits", 99))
