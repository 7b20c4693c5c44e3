"""What runs in the page, in words: which netlist it is, and what is proven about it."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.analysis.places import placed
from bridge.cell import Cell
from bridge.report.part import Page


def what_runs(page: Page, operations: int) -> str:
    """Sentences about `Page.asked`, which was made into so many operations."""
    return " ".join(_sentences(page, operations))


def _sentences(page: Page, operations: int) -> Iterator[str]:
    model, subject = page.asked, page.subject
    size = f"{len(placed(model).ands):,} AND nodes, {operations:,} operations of WebAssembly"
    if isinstance(model, Cell):
        yield f"What runs is the cell {model.name}, every name of it a place of its own: {size}."
        if subject.run is not None:
            yield f"The netlist of this page is proven to do the same: {subject.run.verdict.method}."
        elif page.found.lowering is not None:
            yield f"Its netlist is proven to do what the cell says: {page.found.lowering.method}."
        return
    yield f"What runs is the netlist {subject.name}, where names that share a node change together: {size}."
    if subject.losses:
        yield "It is lossy."
    elif subject.run is not None:
        yield f"Against the netlist before {subject.run.name} the answer is: {subject.run.verdict.answer}."
    if subject.cell is not None and page.found.lowering is not None:
        netlist = "It" if subject.aig is subject.plain else "The netlist before any flow"
        yield f"{netlist} against the cell {subject.cell.name}: {page.found.lowering.answer}."
