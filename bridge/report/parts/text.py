"""Text and surprise: passages coloured by what each byte costs."""

from __future__ import annotations

from math import isfinite

import numpy as np

from bridge.errors import InputError
from bridge.execution import evaluate
from bridge.printable import Listener
from bridge.report.part import A_TEXT, Facts, Page, Part, Task
from bridge.report.passages import Passage, generated_passage, heldout_passage

SHADES = (0.5, 1.0, 2.0, 4.0, 7.0)  # bits: where the next darker colour begins


def _write(page: Page, _progress: Listener) -> None:
    page.found.passages = (generated_passage(page.subject.aig, page.text.data if page.text else None),)


def _evaluate(page: Page, progress: Listener) -> None:
    assert page.text is not None
    evaluation = evaluate(page.subject.aig, page.text.data, progress=progress)
    if not isfinite(evaluation.bits_per_byte):
        raise InputError("the model gives bytes of this text the probability 0")
    page.found.evaluation = evaluation


def _read(page: Page, _progress: Listener) -> None:
    assert page.text is not None
    page.found.passages = (heldout_passage(page.subject.aig, page.text.name, page.text.data), *page.found.passages)


def _facts(page: Page) -> Facts:
    """`shades`: lower and upper ends of the colours."""
    shades = list(zip((0.0, *SHADES), (*SHADES, None), strict=True))
    return {"passages": [_passage(passage) for passage in page.found.passages], "shades": shades}


def _passage(found: Passage) -> Facts:
    """Every character stands for itself: one in a run of equal colour could not be pointed at."""
    shades = np.searchsorted(SHADES, found.bits, side="right").tolist()
    shaded = list(zip(shades, found.pieces, strict=True))
    return {"title": found.title, "note": found.note, "mean": found.mean, "shaded": shaded, "dearest": found.dearest()}


PART = Part(
    "text",
    "Text and surprise",
    heading="Text, coloured by surprise",
    order=60,
    tasks=(
        Task("passages", _write, order=60, share=0.02),
        Task("bits per byte", _evaluate, order=70, share=0.04, needs=A_TEXT),
        Task("passages", _read, order=80, share=0.02, when=lambda page: page.found.evaluation is not None),
    ),
    facts=_facts,
    about=lambda subject: not subject.classes,
    data=lambda page: {"passages": [passage.to_json() for passage in page.found.passages]},
)
