"""Checkpoints: interrupted, resumed and lengthened runs are the same run, and foreign files are one sentence."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from bridge.cell.record import TrainingRecord
from bridge.errors import InputError
from bridge.training import METHODS, train
from bridge.training.checkpoint import FORMAT
from bridge.training.compare import load_model
from bridge.training.folded import FoldedOptions, train_folded
from support.texts import corpus_of, prose
from support.training import TINY, Stop, same_cell

pytestmark = pytest.mark.heavy


class Signal(Stop):
    def interrupt(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("kind", [Stop, Signal])
def test_interrupted_and_resumed_is_the_same_run(
    kind: type[Stop], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.training.running.REPORT_SECONDS", 0.0)
    corpus, checkpoint = corpus_of(prose(3000)), tmp_path / "run.pt"
    whole = train(corpus, TINY)
    part = train(corpus, TINY, checkpoint=checkpoint, progress=kind(13))
    assert not part.finished
    assert part.last.steps in (13, 14)
    assert not part.cell.record["finished"]
    again = train(corpus, TINY, checkpoint=checkpoint, resume=True)
    assert again.finished
    assert same_cell(whole.cell, again.cell)
    assert not same_cell(whole.cell, part.cell)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_minutes_count_across_sessions(tmp_path: Path) -> None:
    options = replace(TINY, steps=None, minutes=0.01)
    corpus, checkpoint = corpus_of(prose(3000)), tmp_path / "run.pt"
    first = train(corpus, options, checkpoint=checkpoint)
    again = train(corpus, options, checkpoint=checkpoint, resume=True)
    assert again.finished
    assert again.last.steps == first.last.steps
    assert same_cell(first.cell, again.cell)


@pytest.mark.parametrize("method", ["quantized", "gradual"])
@pytest.mark.parametrize("restart", [0, 5])
def test_a_finished_run_is_made_longer(tmp_path: Path, method: str, restart: int) -> None:
    corpus, checkpoint = corpus_of(prose(3000)), tmp_path / "run.pt"
    options = replace(TINY, steps=24, restart=restart, method=METHODS[method])
    short = train(corpus, options, checkpoint=checkpoint)
    longer = train(corpus, replace(options, steps=60), checkpoint=checkpoint, resume=True)
    assert (short.finished, longer.finished, longer.last.steps) == (True, True, 60)
    record = TrainingRecord.of(longer.cell.record)
    assert record is not None
    assert (record.options["steps"], record.steps, record.lengthened) == (60, 60, (24,))
    assert longer.last.bits_per_byte < short.last.bits_per_byte
    again = train(corpus, replace(options, steps=60), checkpoint=checkpoint, resume=True)  # nothing is left to do
    assert same_cell(longer.cell, again.cell)
    with pytest.raises(InputError, match=r"has 60 steps .*: make it longer than that"):
        train(corpus, replace(options, steps=40), checkpoint=checkpoint, resume=True)
    by_time = replace(options, steps=None, minutes=longer.last.seconds / 60 + 0.01)
    assert train(corpus, by_time, checkpoint=checkpoint, resume=True).last.steps > 60


def test_an_interrupted_run_is_made_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.training.running.REPORT_SECONDS", 0.0)
    corpus, checkpoint = corpus_of(prose(3000)), tmp_path / "run.pt"
    part = train(corpus, TINY, checkpoint=checkpoint, progress=Stop(13))
    assert not part.finished
    whole = train(corpus, replace(TINY, steps=40), checkpoint=checkpoint, resume=True)
    assert (whole.finished, whole.last.steps) == (True, 40)


def test_resuming_another_run_is_an_input_error(tmp_path: Path) -> None:
    corpus, checkpoint = corpus_of(prose(3000)), tmp_path / "run.pt"
    with pytest.raises(InputError, match="no checkpoint file"):
        train(corpus, TINY, resume=True)
    with pytest.raises(InputError, match="cannot read"):
        train(corpus, TINY, checkpoint=checkpoint, resume=True)
    train(corpus, replace(TINY, steps=2, batch=2), checkpoint=checkpoint)
    with pytest.raises(InputError, match="batch"):
        train(corpus, TINY, checkpoint=checkpoint, resume=True)
    with pytest.raises(InputError, match="not on this text"):
        train(corpus_of(prose(3001)), replace(TINY, batch=2), checkpoint=checkpoint, resume=True)


@pytest.mark.parametrize("content", [b"no checkpoint", b"PK\x03\x04 truncated", b"\x80\x02}q\x00."])
def test_broken_checkpoints_are_input_errors(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.pt").write_bytes(content)
    with pytest.raises(InputError, match="not a training checkpoint"):
        train(corpus_of(prose(3000)), TINY, checkpoint=tmp_path / "run.pt", resume=True)


def spoilt(path: Path, part: str) -> None:
    """A checkpoint of which a part is not what it should be."""
    facts = torch.load(path, weights_only=True)
    if part == "step":
        facts["step"] = "many"
    elif part == "state" and isinstance(facts["tensors"]["state"], dict):
        facts["tensors"]["state"] = {name: tensor[:, :-1] for name, tensor in facts["tensors"]["state"].items()}
    elif part == "state":
        facts["tensors"]["state"] = torch.zeros(3)
    else:
        facts["tensors"]["model"].popitem()
    torch.save(facts, path)


@pytest.mark.parametrize("part", ["step", "state", "model"])
@pytest.mark.parametrize("folded", [False, True])
def test_checkpoints_with_a_wrong_part_are_input_errors(part: str, folded: bool, tmp_path: Path) -> None:
    corpus, place = corpus_of(prose(3000)), tmp_path / "run.pt"
    small = FoldedOptions(units=32, codes=32, steps=2, batch=2, sequence=4, recency=0.0)
    run = partial(train_folded, corpus, small) if folded else partial(train, corpus, replace(TINY, steps=2))
    run(checkpoint=place)
    spoilt(place, part)
    with pytest.raises(InputError, match=r"run\.pt: is not a training checkpoint"):
        run(checkpoint=place, resume=True)


def test_checkpoint_of_another_object_is_an_input_error(tmp_path: Path) -> None:
    torch.save({"format": FORMAT, "options": TINY.facts()}, tmp_path / "run.pt")
    with pytest.raises(InputError, match="not a training checkpoint"):
        load_model(tmp_path / "run.pt")
