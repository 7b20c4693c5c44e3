"""Training on a graphics processor, where there is one: its cells are as exact as others, and its runs go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bridge.training import TrainingOptions, running, train
from bridge.training.compare import largest_difference, load_model
from support.texts import corpus_of, prose
from support.training import LONG, SHORT, Stop

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a machine with CUDA"),
]
CODED = replace(LONG, head="code", device="cuda")
PRICED = replace(CODED, method=SHORT.method, ands=600, wiring="matrix")


@pytest.mark.parametrize("options", [replace(SHORT, device="cuda"), CODED, PRICED])
def test_the_cell_gives_the_probabilities_of_the_model(options: TrainingOptions, tmp_path: Path) -> None:
    trained = train(corpus_of(prose(3000)), options, checkpoint=tmp_path / "run.pt")
    assert trained.finished
    model, alphabet = load_model(tmp_path / "run.pt")
    assert largest_difference(model, alphabet, trained.cell, prose(300, 2)) < 1e-9


def test_an_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "REPORT_SECONDS", 0)
    place, corpus = tmp_path / "run.pt", corpus_of(prose(3000))
    assert train(corpus, CODED, checkpoint=place, progress=Stop(90)).last.steps == 90
    resumed = train(corpus, CODED, checkpoint=place, resume=True)
    assert resumed.finished
    model, alphabet = load_model(place)
    assert largest_difference(model, alphabet, resumed.cell, prose(300, 2)) < 1e-9
