"""The frontier of bits per byte against gates: a family is trained, melted, shrunk, proven and run on held-out text.

A finished member is never trained twice: its rows are in the ledger with the same text, split, options and flow. A run
that was killed goes on from the checkpoint of the member it was at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from bridge.bench.learning.baselines import adaptive_witten_bell, gzipped, ppmd, witten_bell, xzipped
from bridge.bench.learning.family import MELTED, NEURONS, PARALLEL, TREES, UNMELTED, Family, Member, Row
from bridge.bench.ledger import append_ledger, read_ledger
from bridge.cell import Cell, unrolled
from bridge.cell.record import TrainingProgress
from bridge.coding.cell_code import packed_bits
from bridge.coding.netlist_code import pack_netlist
from bridge.coding.score import netlist_bits
from bridge.corpus import Corpus, read_text
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.files import make_directory
from bridge.files.folder import Folder
from bridge.flow import run_flow
from bridge.lowering import lower
from bridge.printable import Listener, Progress, unheard

ORDERS = 5
BASELINES = Member("baselines", "baselines", {"whole": True})  # earlier ones were of the held-out part only
LATER = ("whole_bytes", "circuit_bits", "coded_bits", "packed_bits")  # what lines of a ledger may lack


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
    for member in (BASELINES, *family.members):  # quick ones first: a package that is missing is told at once
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
        names = [entry.name for entry in fields(Row) if entry.name in line or entry.name not in LATER]
        return Row(**{name: line[name] for name in names})
    except KeyError as error:
        raise InputError(f"the ledger has a line without {error}: it is not of this version") from error


def _measured(
    member: Member, options: Mapping[str, Any], corpus: Corpus, folder: Path, flow: str, progress: Listener
) -> list[Row]:
    if member is BASELINES:
        return _baselines(corpus, _under(member.name, progress))
    stem = folder / f"{corpus.holdout} {member.name}".replace(" ", "-")
    if member.kind in UNMELTED:
        from bridge.bench.learning.networks import float_row

        return [float_row(member, options, corpus, stem, _under(member.name, progress))]
    train = _train_trees if member.kind == TREES else _train_threshold
    cell, last = train(options, corpus, stem, _under(member.name, progress))
    cell.save(f"{stem}.safetensors")
    told = {
        "member": member.name,
        "kind": member.kind,
        "training_seconds": round(last.seconds, 1),
        "steps": last.steps,
        "seed": None if member.kind == TREES else int(options.get("seed", 0)),
        "options": options,
        "whole_bytes": len(corpus.training) + len(corpus.heldout),
        "packed_bits": packed_bits(cell),
    }
    forms = {"serial": cell, "unrolled": unrolled(cell)} if cell.serial else {_parallel(member, cell): cell}
    rows = []
    for form, one in forms.items():
        progress(Progress(remark=f"{member.name}, {form}: lowering, {flow}, proof"))
        rows.append(_melted(one, flow, folder, corpus, form=form, **told))
    return rows


def _under(name: str, progress: Listener) -> Listener:
    """A listener that says of whom it is told."""
    return lambda now: progress(replace(now, remark=f"{name}: {now.remark}"))


def _parallel(member: Member, cell: Cell) -> str:
    """What a cell that is evaluated once a byte is called: trees may be written as neurons."""
    return NEURONS if member.kind == TREES and cell.network else PARALLEL


def _melted(cell: Cell, flow: str, folder: Path, corpus: Corpus, **told: Any) -> Row:
    """The row of a cell, told what is known of it before it is lowered."""
    plain = lower(cell)
    certificate, result = certify(cell, plain), run_flow(plain, flow, folder / "runs")
    found = evaluate(result.aig, corpus.heldout)
    verdict = result.verdict.answer if certificate.answer == "equivalent" else certificate.answer
    sure = result.aig if verdict == "equivalent" else plain
    return Row(
        **told,
        bits_per_byte=found.bits_per_byte,
        heldout_bytes=found.bytes,
        ands_before=result.ands_before,
        ands=result.ands_after,
        levels=result.after.levels,
        evaluations_mean=found.evaluations_mean,
        evaluations_max=found.evaluations_max,
        verdict=verdict,
        proof=f"{certificate.method}, then {result.verdict.method}",
        flow=flow,
        circuit_bits=netlist_bits(sure),
        coded_bits=8.0 * len(pack_netlist(sure)),
    )


def _train_trees(
    options: Mapping[str, Any], corpus: Corpus, stem: Path, progress: Listener
) -> tuple[Cell, TrainingProgress]:
    from bridge.boosting import BoostingOptions, train

    checkpoint = Path(f"{stem}.checkpoint")
    chosen = BoostingOptions.from_facts(options)
    trained = train(corpus, chosen, checkpoint=checkpoint, resume=checkpoint.exists(), progress=progress)
    if not trained.finished:
        raise KeyboardInterrupt
    return trained.cell, trained.last


def _train_threshold(
    options: Mapping[str, Any], corpus: Corpus, stem: Path, progress: Listener
) -> tuple[Cell, TrainingProgress]:
    from bridge.bench.learning.networks import train_on

    trained = train_on(options, corpus, stem, progress)
    return trained.cell, trained.last


def _baselines(corpus: Corpus, progress: Listener) -> list[Row]:
    """What they mean: see `bridge.bench.learning.baselines`."""
    text, before = corpus.heldout, corpus.training
    whole = before + text if corpus.holdout == "tail" else read_text(corpus.name)
    progress(Progress(remark="gzip, xz, PPMd"))  # each of a long text takes a while
    alone = {"gzip -9": gzipped(text), "xz -9e": xzipped(text)}
    after = {"xz -9e after training": xzipped(text, before), "PPMd after training": ppmd(text, before)}
    all_of_it = {"gzip -9, whole": gzipped(whole), "xz -9e, whole": xzipped(whole), "PPMd, whole": ppmd(whole)}
    progress(Progress(remark="n-grams"))
    fixed = {f"n-gram {order}": bits for order, bits in enumerate(witten_bell(before, text, ORDERS)) if order}
    grams = enumerate(adaptive_witten_bell(whole, ORDERS))
    all_of_it |= {f"n-gram {order}, adaptive, whole": bits for order, bits in grams if order}

    def rows(found: Mapping[str, float], heldout: int, circuit: float | None) -> list[Row]:
        told: dict[str, Any] = {
            "options": BASELINES.options,
            "whole_bytes": len(whole),
            **dict.fromkeys(("circuit_bits", "coded_bits", "packed_bits"), circuit),
        }
        return [Row(name, BASELINES.kind, "", bits, heldout, **told) for name, bits in found.items()]

    count = len(text)
    return rows(alone, count, 0.0) + rows(after, count, None) + rows(fixed, count - 1, None) + rows(all_of_it, 0, 0.0)
