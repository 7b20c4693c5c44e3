"""Ways from a float network to an integer cell, what they promise, and the bench that compares them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.bench.learning.methods import MEMORIES, bench_training, memory_of, remembering, summarize
from bridge.bench.learning.networks import network_bits_per_byte
from bridge.cell.record import Levels
from bridge.corpus import load_corpus, load_training, split
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.execution.text import segments_of
from bridge.lowering import lower
from bridge.resources import netlist_path
from bridge.training import METHODS, NEVER, Method, Ramp, TrainingOptions, largest_difference, load_model, train
from bridge.training.descent import cycle, plan_restarts
from bridge.training.export import exact
from bridge.training.functions import latch, scan
from bridge.training.loop import Run
from bridge.training.model import IntegerWeights
from support.command_line import Call
from support.texts import corpus_of, prose
from support.training import LONG, RECURRENT, SHORT, TINY, same_cell

pytestmark = pytest.mark.heavy


# Schedules


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_ramps_climb_once(start: float, end: float, fraction: float) -> None:
    ramp = Ramp(min(start, end), max(start, end))
    assert 0 <= ramp.at(fraction) <= 1
    assert ramp.at(1.0) == 1
    assert ramp.at(fraction) <= ramp.at(min(1.0, fraction + 0.1))


def test_never_is_soft_until_the_end() -> None:
    assert (NEVER.at(0.0), NEVER.at(0.999999), NEVER.at(1.0)) == (0, 0, 1)
    assert Ramp().at(0.0) == 1


@given(st.integers(0, 9), st.floats(0, 1), st.floats(0, 1))
def test_restarts_follow_each_other(restarts: int, one: float, other: float) -> None:
    places = [cycle(fraction, restarts) for fraction in sorted((one, other))]
    assert places == sorted(places)
    assert all(0 <= index <= restarts and -1e-9 <= part <= 1 + 1e-9 for index, part in places)
    assert cycle(1.0, restarts) == (restarts, pytest.approx(1.0))


def test_short_runs_have_no_restarts() -> None:
    assert plan_restarts(700, 350) == 4
    assert plan_restarts(349, 350) == plan_restarts(700, 0) == 0


@given(st.sampled_from(["binary", "ternary", "3bit", "pow2"]), st.integers(0, 99))
def test_a_restart_keeps_which_weights_there_are_and_their_signs(levels: Levels, seed: int) -> None:
    torch.manual_seed(seed)
    weights = IntegerWeights(5, 30, 6, levels, "matrix")
    weights.refresh(freeze=levels == "binary")
    before = weights.integers()
    weights.restart()
    weights.refresh(freeze=levels == "binary")
    assert torch.equal(weights.integers().sign(), before.sign())
    assert int((weights.latent != 0).sum()) == int((before != 0).sum())


@pytest.mark.parametrize(("method", "restarts"), [("quantized", 4), ("gradual", 4), ("float", 0)])
def test_restarts_need_integers_and_fix_the_embedding(method: str, restarts: int) -> None:
    run = Run(corpus_of(prose(3000)), replace(TINY, restart=5, method=METHODS[method]))
    while run.fraction() < 1 / 3:
        run.advance()
    before = run.model.embedding.detach().clone()
    while run.fraction() < 1:
        run.advance()
    assert run.restarted == run.restarts == restarts
    assert torch.equal(before.sign(), run.model.embedding.sign()) or not restarts


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "gradual"},
        {"method": Method(weights=Ramp(0.5, 0.2))},
        {"method": Method(sparsity=Ramp(-1.0, 0.2))},
        {"method": Method(weights=0.5)},  # type: ignore[arg-type]
        {"wiring": "network"},
        {"freeze": -0.1},
        {"average": 1.5},
        {"layers": (replace(TINY.layers[1], recurrent=True, taps=()),)},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(TINY, **wrong)  # type: ignore[arg-type]


def test_methods_survive_json_and_have_names() -> None:
    for method in METHODS.values():
        options = replace(RECURRENT, method=method, freeze=0.5, wiring="matrix")
        assert TrainingOptions.from_facts(json.loads(json.dumps(options.facts()))) == options
    assert TrainingOptions.from_facts({"method": "gradual"}).method == METHODS["gradual"]
    older = {**RECURRENT.facts()["method"], "by_layer": False, "teacher": 0.0}
    assert TrainingOptions.from_facts({"method": older}).method == RECURRENT.method
    for wrong in ("slow", {"speed": 1}, {"weights": {"begin": 1}}, older | {"by_layer": True}, {"teacher": 0.5}, 7):
        with pytest.raises(InputError):
            TrainingOptions.from_facts({"method": wrong})


# What is computed


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_hard_scan_is_the_latch(seed: int, steps: int, batch: int, bits: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    y = torch.randn(steps, batch, 2 * bits, generator=generator, dtype=torch.float64, requires_grad=True)
    old = torch.randint(0, 2, (batch, bits), generator=generator).double() * 2 - 1
    weights = torch.randn(steps, batch, bits, generator=generator, dtype=torch.float64)
    fast = latch(y, old)
    (expected,) = torch.autograd.grad((fast * weights).sum(), y)
    slow, before = scan(y, old, 1.0, lambda now, state: now)
    (found,) = torch.autograd.grad((slow * weights).sum(), y)
    assert torch.equal(slow, fast)
    assert torch.equal(before[1:], fast[:-1])
    torch.testing.assert_close(found, expected)


def test_soft_scan_is_differentiated_as_it_is() -> None:
    y = torch.randn(4, 2, 6, dtype=torch.float64, requires_grad=True)
    back = torch.randn(3, 6, dtype=torch.float64)
    old = torch.zeros(2, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda y: scan(y, old, 0.0, lambda now, state: now + state @ back)[0], (y,))


@pytest.mark.parametrize("options", [SHORT, RECURRENT], ids=["latches", "recurrence"])
@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_ends_in_a_cell_that_says_the_same(name: str, options: TrainingOptions) -> None:
    text = prose(4000) + b"XYZ"
    levels = ("binary", "ternary", "3bit", "pow2")[list(METHODS).index(name) % 4]
    chosen = replace(options, method=METHODS[name], levels=levels, average=0.3, freeze=0.7, wiring="matrix")
    trained = train(corpus_of(text), chosen)
    assert largest_difference(trained.model, trained.alphabet, trained.cell, prose(200, 2) + bytes(range(256))) < 1e-9
    assert len(lower(trained.cell).latches) == trained.cell.state_bits


def test_the_recurrence_is_read() -> None:
    cell = train(corpus_of(prose(3000)), RECURRENT).cell
    assert "old.layer0.memory" in cell.by_name["layer0.select"].sources  # type: ignore[union-attr]
    state, byte = cell.reset(2), np.array([97, 97], np.uint8)
    state[1, cell.state_slices["layer0.memory"]] = 1
    select = cell.read(state, byte)["layer0.neurons"]
    assert select.shape == (2, 3)


def test_a_float_network_is_dense_and_soft_and_its_cell_is_neither() -> None:
    trained = train(corpus_of(prose(4000)), replace(SHORT, method=METHODS["float"]))
    values = trained.model.head.weights.values()
    assert (values != 0).all()
    assert (values != values.round()).any()
    rows = trained.cell.head.weights
    assert (np.count_nonzero(rows, axis=1) <= TINY.head_fan_in).all()
    sparse = train(corpus_of(prose(4000)), replace(SHORT, method=METHODS["sparse-float"])).model.head.weights.values()
    assert ((sparse != 0).sum(dim=1) == TINY.head_fan_in).all()
    assert (sparse != sparse.round()).any()


def test_the_network_is_measured_as_its_cell_is() -> None:
    trained = train(corpus_of(prose(6000)), RECURRENT)
    text = prose(2500, 3) + b"QX" + prose(700, 4)
    found = network_bits_per_byte(exact(trained.model), trained.cell.readout, text, segments_of(len(text)))
    assert found == pytest.approx(evaluate(trained.cell, text).bits_per_byte, abs=1e-9)


# Which inputs


def test_frozen_wiring_stays() -> None:
    weights = IntegerWeights(6, 30, 5, "pow2")
    weights.refresh(freeze=True)
    before = weights.integers() != 0
    with torch.no_grad():
        weights.latent.copy_(torch.randn(6, 30))
    weights.refresh()
    assert torch.equal(weights.integers() != 0, before)
    soft = IntegerWeights(6, 30, 5, "pow2")
    soft.follow(1.0, 0.5)
    soft.refresh(freeze=True)  # too many inputs are in yet
    assert not soft.frozen


def test_binary_weights_are_never_zero_again() -> None:
    trained = train(corpus_of(prose(3000)), replace(SHORT, levels="binary"))
    for name, fan_in in (("layer0.select", 5), ("layer1.neurons", 6), ("logit", 7)):
        weights = trained.cell.by_name[name].weights  # type: ignore[union-attr]
        assert set(np.unique(weights)) <= {-1, 0, 1}
        assert (np.count_nonzero(weights, axis=1) == fan_in).all()


def test_rows_share_a_number_of_inputs() -> None:
    weights = IntegerWeights(20, 50, 9, "ternary", "matrix")
    with torch.no_grad():
        weights.latent[0] *= 1e-3
        weights.latent[1] *= 3
    weights.refresh()
    fan_in = (weights.integers() != 0).sum(dim=1)
    assert fan_in[0] == 1
    assert fan_in[1] > 15
    assert 180 <= int(fan_in.sum()) <= 181  # the poorest row keeps one all the same


# The loop


def test_averages_begin_when_they_should() -> None:
    run = Run(corpus_of(prose(3000)), replace(SHORT, steps=10, average=0.35))
    kept = []
    for _ in range(10):
        run.advance()
        kept.append(run.model.head.bias.detach().clone())
    assert int(run.averaged.n_averaged) == 3
    torch.testing.assert_close(run.result().head.bias.detach(), torch.stack(kept[-3:]).mean(dim=0))
    assert Run(corpus_of(prose(3000)), SHORT).result() is not None


def test_progress_tells_the_ands() -> None:
    options = TrainingOptions(32, 3, (replace(TINY.layers[0], neurons=60, latches=30, fan_in=16),), 30, 2, steps=20)
    trained = train(corpus_of(prose(30_000)), replace(options, batch=8, recency=0.0))
    assert trained.last.ands == pytest.approx(len(lower(trained.cell).ands), rel=0.25)


def test_divergence_is_told_and_keeps_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.training.running.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("bridge.training.running.CHECKPOINT_SECONDS", 0.0)
    advance = Run.advance

    def poisoned(run: Run) -> None:
        if run.step == 5:
            torch.nn.init.constant_(run.model.head.bias, float("nan"))
        advance(run)

    monkeypatch.setattr(Run, "advance", poisoned)
    with pytest.raises(InputError, match="diverged within 6 steps"):
        train(corpus_of(prose(3000)), SHORT, checkpoint=tmp_path / "run.pt")
    model, _ = load_model(tmp_path / "run.pt")
    assert all(parameter.isfinite().all() for parameter in model.parameters())


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from bridge.training import running, train
from support.texts import corpus_of, prose
from support.training import LONG

running.CHECKPOINT_SECONDS = running.REPORT_SECONDS = 0.0

def kill(progress):
    if progress.steps == 71:
        os.kill(os.getpid(), signal.SIGKILL)

train(corpus_of(prose(3000)), LONG, checkpoint=Path(sys.argv[1]), progress=kill)
"""


def test_killed_and_resumed_is_the_same_run(tmp_path: Path) -> None:
    checkpoint, corpus = tmp_path / "run.pt", corpus_of(prose(3000))
    here = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(checkpoint), *here])
    assert killed.returncode == -signal.SIGKILL
    assert checkpoint.exists()
    resumed = train(corpus, LONG, checkpoint=checkpoint, resume=True)
    assert resumed.finished
    assert same_cell(resumed.cell, train(corpus, LONG).cell)


def test_a_mapped_text_trains_the_same_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "large.txt"
    file.write_bytes(prose(4000) + bytes(range(256)))
    whole = train(load_corpus(str(file)), SHORT)
    monkeypatch.setattr(split, "MAPPED", 1000)
    mapped = load_training(str(file))
    assert isinstance(mapped.training, memoryview)
    assert same_cell(train(mapped, SHORT).cell, whole.cell)
    with pytest.raises(InputError, match="tail split only"):
        load_training(str(file), "interleaved")


# Benches


def test_methods_are_compared_on_equal_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(prose(8000), prose(1200, 5))
    runs = bench_training(corpus, SHORT, ["float", "quantized", "gradual"], ["ternary", "pow2"], 2)
    assert len(runs) == 3 * 2 * 2
    assert {run.steps for run in runs} == {12}
    lines = summarize(runs)
    assert [line.runs for line in lines] == [2] * 6
    quantized = next(line for line in lines if (line.method, line.weights) == ("quantized", "pow2"))
    own = [run for run in runs if (run.method, run.weights) == ("quantized", "pow2")]
    assert quantized.cell_heldout == pytest.approx(sum(run.cell_heldout for run in own) / 2)
    assert quantized.spread is not None
    for run in own:
        chosen = replace(SHORT, seed=run.seed)
        border = len(corpus.training) * 19 // 20
        again = train(replace(corpus, training=corpus.training[:border], heldout=b""), chosen).cell
        assert evaluate(again, corpus.heldout).bits_per_byte == pytest.approx(run.cell_heldout, abs=1e-12)
        assert len(lower(again).ands) == run.ands
    lines = summarize(bench_training(corpus, SHORT, ["quantized"], ["pow2"], 1, budgets=[None, 1500]))
    assert {line.budget for line in lines} == {None, 1500}
    with pytest.raises(InputError, match="no method 'magic'"):
        bench_training(corpus, SHORT, ["magic"], ["pow2"], 1)


def test_kinds_of_memory_differ_in_nothing_else() -> None:
    shapes = {memory: remembering(SHORT, memory) for memory in MEMORIES}
    assert [memory_of(shape) for shape in shapes.values()] == list(MEMORIES)
    for shape in shapes.values():
        assert [layer.width for layer in shape.layers] == [layer.width for layer in SHORT.layers]
    with pytest.raises(InputError, match="no memory 'elephant'"):
        remembering(SHORT, "elephant")
    with pytest.raises(InputError, match="this shape has none"):
        remembering(shapes["window"], "recurrence")
    corpus = corpus_of(prose(6000), prose(1000, seed=0))
    runs = bench_training(corpus, SHORT, ["quantized"], ["pow2"], 1, memories=["window", "recurrence"])
    assert [line.memory for line in runs] == ["window", "recurrence"]
    assert len(summarize(runs)) == 2


def test_the_bench_command_keeps_a_ledger(tmp_path: Path, call: Call) -> None:
    text, shape, ledger = tmp_path / "text", tmp_path / "shape.json", tmp_path / "ledger.jsonl"
    text.write_bytes(prose(8000))
    shape.write_text(json.dumps(SHORT.facts()))
    arguments = ("bench", "training", "--corpus", str(text), "--options", str(shape), "--methods", "quantized")
    arguments += ("--seeds", "2", "--steps", "3", "--weights", "binary,3bit", "--ledger", str(ledger))
    for _ in range(2):
        told = call(*arguments, "--json").json
    assert len(told["runs"]) == 4
    rows = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert len(rows) == 8
    assert rows[0].items() >= told["runs"][0].items() - {("seconds", told["runs"][0]["seconds"])}
    assert "--steps 3" in rows[0]["command"]


def test_old_records_mean_what_they_meant() -> None:
    from bridge.cli.training_options import read_options

    shipped = netlist_path("tiny.safetensors")
    options = read_options(shipped)
    assert (options.freeze, options.average, options.restart, options.method) == (1.0, 0.0, 0, METHODS["quantized"])
    assert read_options(None).restart > 0
