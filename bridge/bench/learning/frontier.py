"""The frontier of bits per byte against gates: a family is trained, melted, shrunk, proven and run on held-out text.

A finished member is never trained twice: its rows are in the ledger with the same text, split, options and flow. A run
that was killed goes on from the checkpoint of the member it was at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from bridge.bench.learning.baselines import gzipped, witten_bell, xzipped
from bridge.bench.learning.family import MELTED, TREES, UNMELTED, Family, Member, Row
from bridge.bench.ledger import append_ledger, read_ledger
from bridge.cell import Cell, unrolled
from bridge.cell.record import TrainingProgress
from bridge.corpus import Corpus
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.files import make_directory
from bridge.files.folder import Folder
from bridge.flow import run_flow
from bridge.lowering import lower
from bridge.printable import Listener, Progress, unheard

ORDERS = 5
BASELINES = Member("baselines", "baselines", {})


def bench_frontier(
    corpus: Corpus, family: Family, folder: Path, ledger: Path, facts: Mapping[str, str], progress: Listener = unheard
) -> list[Row]:
    """Rows of all members and baselines, finished ones from the ledger; the others are appended to it, after `facts`.

    folder: for cells, checkpoints and run folders. InputError for wrong options; Ctrl-C ends it, to go on later.
    """
    Folder(make_directory(folder)).check_plain()  # it may have come from elsewhere, to be gone on with
    place = {"corpus": corpus.name, "sha256": corpus.sha256, "holdout": corpus.holdout}
    done = [line for line in read_ledger(ledger) if place.items() <= line.items()]
    rows: list[Row] = []
    for member in (*family.members, BASELINES):
        options, flow = _options(member, corpus), family.flow if member.kind in MELTED else ""
        known = [row for row in map(_row, done) if (row.kind, row.options, row.flow) == (member.kind, options, flow)]
        if not known:
            progress(Progress(remark=member.name))
            known = _measured(member, options, corpus, folder, flow, progress)
            append_ledger(ledger, known, **facts, **place)
        rows += known
    return rows


def _options(member: Member, corpus: Corpus) -> dict[str, Any]:
    """Given ones; held-out blocks that come from everywhere are no later than the rest: recent text counts no more."""
    recency = {} if corpus.holdout == "tail" or member is BASELINES else {"recency": 0.0}
    return recency | dict(member.options)


def _row(line: Mapping[str, Any]) -> Row:
    """Of a ledger's line."""
    try:
        return Row(**{entry.name: line[entry.name] for entry in fields(Row)})
    except KeyError as error:
        raise InputError(f"the ledger has a line without {error}: it is not of this version") from error


def _measured(
    member: Member, options: Mapping[str, Any], corpus: Corpus, folder: Path, flow: str, progress: Listener
) -> list[Row]:
    if member is BASELINES:
        return _baselines(corpus)
    stem = folder / f"{corpus.holdout} {member.name}".replace(" ", "-")
    if member.kind in UNMELTED:
        from bridge.bench.learning.networks import float_row

        return [float_row(member, options, corpus, stem)]
    train = _train_trees if member.kind == TREES else _train_threshold
    cell, last = train(options, corpus, stem)
    cell.save(f"{stem}.safetensors")
    told = {
        "member": member.name,
        "kind": member.kind,
        "training_seconds": round(last.seconds, 1),
        "steps": last.steps,
        "seed": None if member.kind == TREES else int(options.get("seed", 0)),
        "options": options,
    }
    forms = {"serial": cell, "unrolled": unrolled(cell)} if cell.serial else {"parallel": cell}
    rows = []
    for form, one in forms.items():
        progress(Progress(remark=f"{member.name}, {form}: lowering, {flow}, proof"))
        rows.append(_melted(one, flow, folder, corpus, form=form, **told))
    return rows


def _melted(cell: Cell, flow: str, folder: Path, corpus: Corpus, **told: Any) -> Row:
    """The row of a cell, told what is known of it before it is lowered."""
    plain = lower(cell)
    certificate, result = certify(cell, plain), run_flow(plain, flow, folder / "runs")
    found = evaluate(result.aig, corpus.heldout)
    return Row(
        **told,
        bits_per_byte=found.bits_per_byte,
        heldout_bytes=found.bytes,
        ands_before=result.ands_before,
        ands=result.ands_after,
        levels=result.after.levels,
        evaluations_mean=found.evaluations_mean,
        evaluations_max=found.evaluations_max,
        verdict=result.verdict.answer if certificate.answer == "equivalent" else certificate.answer,
        proof=f"{certificate.method}, then {result.verdict.method}",
        flow=flow,
    )


def _train_trees(options: Mapping[str, Any], corpus: Corpus, stem: Path) -> tuple[Cell, TrainingProgress]:
    from bridge.boosting import BoostingOptions, train

    checkpoint = Path(f"{stem}.checkpoint")
    chosen = BoostingOptions.from_facts(options)
    trained = train(corpus, chosen, checkpoint=checkpoint, resume=checkpoint.exists())
    if not trained.finished:
        raise KeyboardInterrupt
    return trained.cell, trained.last


def _train_threshold(options: Mapping[str, Any], corpus: Corpus, stem: Path) -> tuple[Cell, TrainingProgress]:
    from bridge.bench.learning.networks import train_on

    trained = train_on(options, corpus, stem)
    return trained.cell, trained.last


def _baselines(corpus: Corpus) -> list[Row]:
    text, before = corpus.heldout, corpus.training
    found = {"gzip -9": gzipped(text), "xz -9e": xzipped(text), "xz -9e after training": xzipped(text, before)}
    rows = [Row(name, BASELINES.kind, "", bits, len(text)) for name, bits in found.items()]
    grams = enumerate(witten_bell(before, text, ORDERS))
    return rows + [Row(f"n-gram {order}", BASELINES.kind, "", bits, len(text) - 1) for order, bits in grams if order]
