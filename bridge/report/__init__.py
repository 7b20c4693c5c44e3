"""One self-contained HTML page about a model as logic: gates, memory, influence, neurons, text, proofs."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from bridge.errors import InputError, MissingExtra
from bridge.files import followed, write_atomic
from bridge.formats.mapped.figures import Wanted
from bridge.printable import Listener, unheard
from bridge.report.findings import Findings
from bridge.report.gather import gather
from bridge.report.live.samples import Arrays, samples_of
from bridge.report.part import PROOF_SECONDS, Page
from bridge.report.parts import all_parts
from bridge.report.subject import Item, Subject, subject_of, text_of

__all__ = ["Findings", "Item", "Subject", "write_report"]


def write_report(
    items: Sequence[Item],
    out: str | Path,
    *,
    text: str | None = None,
    rows: Arrays | None = None,
    quick: bool = False,
    live_only: bool = False,
    seconds: float = PROOF_SECONDS,
    figures: Wanted | None = None,
    progress: Listener = unheard,
) -> Findings:
    """Write the page about a cell, netlists and run folders that belong together.

    `text`: a file or a named corpus; by default the one that the cell was trained on. `rows`: arrays `x`, [rows,
    features], and perhaps `y`, what each is, which a model of numbers is shown on. `quick`: without influence and
    the comparison of all neurons before and after. `live_only`: a small page, which runs the logic, proves that it is
    the cell's, and has the pages of the signals; nothing is measured or plotted. `seconds`: for proofs; what they leave
    open is shown as undecided. `figures`: lookup tables and cells to map to; by default those of
    `bridge.formats.mapped.figures.usual`. InputError for items that do not belong together, a text that cannot be read,
    or a file that cannot be written.
    """
    if importlib.util.find_spec("jinja2") is None:
        raise MissingExtra("a report needs jinja2: pip install 'aigbridge[report]'")
    from bridge.report.page import render

    if not followed(out).parent.is_dir():
        raise InputError(f"{out}: there is no such folder to write into")
    subject = subject_of(items)
    words, why_none = text_of(text, subject.cell)
    samples = samples_of(subject.cell or subject.aig, rows) if rows else None
    parts = tuple(part for part in all_parts() if part.about(subject) and (part.live or not live_only))
    page = Page(subject, words, why_none, parts, quick=quick, seconds=seconds, samples=samples, figures=figures)
    gather(page, progress)
    page.found.missing.update({f"the end of {run.name}": run.standing for run in subject.runs if run.standing})
    write_atomic(out, render(page))
    return page.found
