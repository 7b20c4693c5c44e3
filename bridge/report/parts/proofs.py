"""What is proven: everything the page shows, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.equivalence.certificate import certify
from bridge.printable import Listener
from bridge.report.part import Facts, Page, Part, Task


def _certify(page: Page, _progress: Listener) -> None:
    assert page.subject.cell is not None
    page.found.lowering = certify(page.subject.cell, page.subject.plain)


def _claims(page: Page) -> Iterator[Facts]:
    subject, lowering, text = page.subject, page.found.lowering, page.text
    if subject.cell is not None and lowering is not None:
        what = f"The netlist before any flow computes what the cell {subject.cell.name} says"
        how = f"{lowering.method}: {lowering.reason}" if lowering.reason else lowering.method
        yield {"what": what, "status": lowering.answer, "how": how}
    for loss in subject.losses:
        yield {"what": loss, "status": "lossy", "how": "as the netlist or its run says"}
    for run in subject.runs:
        how = f"{run.verdict.method}; from the record of the run, whose files have not changed since"
        end = "" if run.state == "done" else f", as far as it came (it is {run.state})"
        what = f"{run.name} changed nothing but the gates{end}"
        yield {"what": what, "status": run.verdict.answer, "how": how}
    for part in sorted(page.parts, key=lambda part: part.name):
        yield from part.claims(page)
    if text is not None and page.found.evaluation is not None:
        where = f"on {text.name}: {len(text.data):,} bytes, sha256 {text.sha256[:16]}…"
        what = "Bits per byte, surprise, influence, memory, features of the text"
        yield {"what": what, "status": "measured", "how": where}


PART = Part(
    "proofs",
    "What is proven",
    order=80,
    tasks=(
        Task("proving the lowering", _certify, order=10, share=0.03, when=lambda page: page.subject.cell is not None),
    ),
    facts=lambda page: {"claims": list(_claims(page))},
    live=True,
)
