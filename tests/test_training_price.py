"""Weights at their price: what every row of a cell costs, budgets of ANDs, and code heads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from bridge.bench.learning.networks import network_bits_per_byte
from bridge.cell import Cell, Embedding, Logits, Threshold
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.execution.text import segments_of
from bridge.lowering import lower
from bridge.lowering.price import row_costs
from bridge.readout.codetree import learn_code
from bridge.training import METHODS, Model, TrainingOptions, largest_difference, load_model, train
from bridge.training.loop import measure_price
from support.cells import cells, random_tree_cell
from support.texts import corpus_of, prose
from support.training import TINY, Stop, same_cell

pytestmark = pytest.mark.heavy

PRICED = replace(TINY, wiring="matrix", head="code", freeze=0.7, average=0.2)


# What rows cost


@given(cells)
@settings(max_examples=40)
def test_rows_pay_for_the_whole_netlist(cell: Cell) -> None:
    costs = row_costs(cell)
    assert sum(float(cost.sum()) for cost in costs.values()) == pytest.approx(len(lower(cell).ands))
    assert all((cost >= 0).all() for cost in costs.values())
    assert [len(cost) for cost in costs.values()] == [cell.widths[name] for name in costs if name != cell.head.name] + [
        len(cell.head.weights)
    ]


def test_serial_trees_pay_too() -> None:
    cell = random_tree_cell(1)
    assert sum(float(cost.sum()) for cost in row_costs(cell).values()) == pytest.approx(len(lower(cell).ands))


def test_rows_that_share_pay_half_and_wires_and_unread_rows_nothing() -> None:
    codes = (np.arange(256)[:, None] >> np.arange(3) & 1).astype(np.uint8)
    rows = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 0], [1, 1, -1]])
    neurons = Threshold("n", ("emb",), rows, np.array([2, 2, 1, 1]))
    head = Logits("logit", ("n",), np.array([[1, 1, 1, 0], [0, 0, 0, 0]]), np.array([0, 1]), 1.0, b"ab")
    cell = Cell((Embedding("emb", codes), neurons, head))
    costs = row_costs(cell)
    assert costs["emb"].tolist() == [0, 0, 0]
    assert costs["n"][1:].tolist() == [0, 0, 0]  # the first of two equal rows pays
    assert costs["n"].sum() + costs["logit"].sum() == len(lower(cell).ands)
    assert costs["logit"][1] == 0


# What weights cost


def test_the_price_is_that_of_the_lowered_cell() -> None:
    trained = train(corpus_of(prose(4000)), replace(PRICED, ands=1500))
    model, cell = trained.model, trained.cell
    measure_price(model, trained.alphabet)
    nonzeros = sum(np.count_nonzero(block.weights) for block in cell.blocks if isinstance(block, Threshold | Logits))
    ands = len(lower(cell).ands)
    assert float(model.fixed + model.price * nonzeros) == pytest.approx(ands)
    others = [cost.sum() for name, cost in row_costs(cell).items() if name.startswith("emb") or name.endswith("memory")]
    assert float(model.fixed) == pytest.approx(sum(others))


def test_a_budget_is_shared_as_the_fan_ins_say() -> None:
    model = Model(replace(PRICED, ands=1480), 12)
    model.price.fill_(4.0)
    model.fixed.fill_(1000.0)
    model.refresh()
    kept = [int((matrix.integers() != 0).sum()) for matrix in model.matrices()]
    asked = [matrix.fan_in * len(matrix.latent) for matrix in model.matrices()]
    for own, wanted in zip(kept, asked, strict=True):
        assert own == pytest.approx(120 * wanted / sum(asked), abs=3)  # the poorest rows keep one


# Training


@pytest.mark.parametrize("ands", [1200, 2400])
def test_a_budget_is_about_kept(ands: int) -> None:
    shape = replace(PRICED, embedding_bits=12, layers=(replace(TINY.layers[0], neurons=40, fan_in=12),), ands=ands)
    trained = train(corpus_of(prose(6000)), replace(shape, steps=160, head_fan_in=20))
    assert len(lower(trained.cell).ands) == pytest.approx(ands, rel=0.12)
    assert trained.last.ands == pytest.approx(ands, rel=0.12)


@pytest.mark.parametrize("name", ["quantized", "float", "gradual"])
def test_code_heads_say_what_their_cells_say(name: str, tmp_path: Path) -> None:
    corpus = corpus_of(prose(4000) + b"XYZ", prose(700, 3) + b"Q")
    options = replace(PRICED, method=METHODS[name], ands=900 if name == "quantized" else None)
    trained = train(corpus, options, checkpoint=tmp_path / "run.pt")
    cell, text = trained.cell, prose(200, 2) + bytes(range(256))
    assert cell.head.code is not None
    assert largest_difference(trained.model, trained.alphabet, cell, text) < 1e-9
    loaded, alphabet = load_model(tmp_path / "run.pt")
    assert largest_difference(loaded, alphabet, cell, text) < 1e-9
    if name == "quantized":
        length = evaluate(lower(cell), corpus.heldout).bits_per_byte
        segments = segments_of(len(corpus.heldout))
        assert network_bits_per_byte(trained.model, cell.readout, corpus.heldout, segments) == pytest.approx(length)
    assert TrainingOptions.from_facts(cell.record["options"]) == options


def test_the_code_is_learned_from_the_text() -> None:
    text = prose(3000)
    cell = train(corpus_of(text), replace(PRICED, steps=1)).cell
    ranks = np.searchsorted(np.unique(np.frombuffer(text, np.uint8)), np.frombuffer(text, np.uint8)).astype(np.uint8)
    assert cell.readout.code == learn_code(ranks, len(set(text)))
    with pytest.raises(InputError, match="two different bytes"):
        train(corpus_of(b"a" * 500), replace(PRICED, steps=1))


def test_interrupted_runs_go_on_with_their_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.training.running.REPORT_SECONDS", 0.0)
    corpus, checkpoint, options = corpus_of(prose(3000)), tmp_path / "run.pt", replace(PRICED, ands=900, steps=60)
    whole = train(corpus, options)
    assert not train(corpus, options, checkpoint=checkpoint, progress=Stop(13)).finished
    assert same_cell(train(corpus, options, checkpoint=checkpoint, resume=True).cell, whole.cell)


@pytest.mark.parametrize(
    "wrong",
    [{"ands": 0}, {"ands": 100.5}, {"wiring": "row"}, {"method": METHODS["gradual"]}, {"head": "words"}],
)
def test_nonsense_budgets_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(replace(PRICED, ands=900), **wrong)  # type: ignore[arg-type]
