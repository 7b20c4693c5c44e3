"""Networks of torch as members of a frontier: the trained threshold cell, its float twin, and a GRU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.bench.learning.family import GRU, Member
from bridge.bench.learning.frontier import Row
from bridge.bench.learning.gru import GruOptions, train_gru
from bridge.corpus import Corpus
from bridge.execution.text import segments_of
from bridge.training import Trained, TrainingOptions, sized, train
from bridge.training.compare import network_bits_per_byte


def train_on(options: Mapping[str, Any], corpus: Corpus, stem: Path) -> Trained:
    """Train a cell, from its checkpoint on if there is one; Ctrl-C saves that and goes on upwards.

    With a budget of ANDs, what `options` leave open is as `sized` has it.
    """
    checkpoint = Path(f"{stem}.checkpoint")
    base = sized(options["ands"]).facts() if "ands" in options else {}
    chosen = TrainingOptions.from_facts(base | dict(options))
    trained = train(corpus, chosen, checkpoint=checkpoint, resume=checkpoint.exists())
    if not trained.finished:
        raise KeyboardInterrupt
    return trained


def float_row(member: Member, options: Mapping[str, Any], corpus: Corpus, stem: Path) -> Row:
    """Of a network as it was trained, never melted, by the measure of `bridge.execution.text`."""
    text = corpus.heldout
    segments = segments_of(len(text))
    if member.kind == GRU:
        gru = train_gru(corpus, GruOptions.from_facts(options), checkpoint=Path(f"{stem}.checkpoint"))
        bits, steps, seconds = network_bits_per_byte(gru.model, gru.readout, text, segments), gru.steps, gru.seconds
    else:
        trained = train_on(options, corpus, stem)
        bits = network_bits_per_byte(trained.model, trained.cell.readout, text, segments)
        steps, seconds = trained.last.step, trained.last.seconds
    return Row(
        member.name,
        member.kind,
        "",
        bits,
        len(text) - 1,
        training_seconds=round(seconds, 1),
        steps=steps,
        seed=int(options.get("seed", 0)),
        options=options,
    )
