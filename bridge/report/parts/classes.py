"""The scores of the classes, on random inputs: how far each goes, and how often it is the largest."""

from __future__ import annotations

import numpy as np

from bridge.analysis.predicted.scores import Sampled, sampled_scores
from bridge.printable import Listener
from bridge.report.part import Facts, Page, Part, Task


def _measure(page: Page, _progress: Listener) -> None:
    page.found.more["scores"] = sampled_scores(page.subject.aig, page.subject.cell)


def _facts(page: Page) -> Facts | None:
    found = page.found.more.get("scores")
    if found is None:
        return None
    low, high = int(found.numbers.min()), int(found.numbers.max())
    return {
        "sentence": _sentence(found),
        "several": len(found.labels) > 1,
        "rows": _rows(found, low, max(1, high - low)),
    }


def _rows(found: Sampled, low: int, span: int) -> list[Facts]:
    """`bar`: where the middle half of the scores lies, in per cent of all scores."""
    largest = np.bincount(found.numbers.argmax(axis=1), minlength=len(found.labels)) / len(found.numbers)
    rows = []
    for label, share, numbers in zip(found.labels, largest.tolist(), found.numbers.T, strict=True):
        first, middle, last = np.percentile(numbers, (25, 50, 75)).tolist()
        bar = 100 * (first - low) / span, 100 * (last - first) / span
        rows.append(
            {
                "name": f"class.{label}",
                "label": label,
                "share": share,
                "least": int(numbers.min()),
                "middle": middle,
                "most": int(numbers.max()),
                "bar": bar,
            }
        )
    return rows


def _sentence(found: Sampled) -> str:
    after = f" after {found.steps:,} steps from reset" if found.steps > 1 else ""
    told = (
        "the shares say how the logic divides" if len(found.labels) > 1 else "the figures say what the logic makes of"
    )
    return (
        f"Measured on {len(found.numbers):,} random inputs{after}, every value {found.spelled} as likely as any other: "
        f"no data, so {told} all inputs, not what it will see."
    )


PART = Part(
    "classes",
    "Classes",
    heading="Scores of the classes",
    order=15,
    tasks=(Task("scores", _measure, order=15, share=0.02),),
    facts=_facts,
    about=lambda subject: bool(subject.classes),
    claims=lambda page: (
        []
        if "scores" not in page.found.more
        else [{"what": "Scores of the classes", "status": "measured", "how": _sentence(page.found.more["scores"])}]
    ),
)
