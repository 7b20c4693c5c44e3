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
    size = f"{len(placed(model).ands):,} AND gates, run as {operations:,} operations"
    if isinstance(model, Cell):
        yield f"You run the network itself, as {size}: nothing is left out or rounded."
        yield "Each name has a gate of its own, so that you can hold or turn it."
        yield "That its plain netlist does exactly what the numbers of the network say is proven."
        if subject.run is not None:
            yield f"So is that the smaller one which {subject.run.name} made of it does the same."
        return
    yield f"You run the netlist: {size}. Names that share a gate change together."
    if subject.losses:
        yield "It is lossy: it need not do what it was made from did."
    elif subject.run is not None:
        yield f"Whether it does what the netlist before {subject.run.name} did: {subject.run.verdict.answer}."
    if subject.cell is not None and page.found.lowering is not None:
        netlist = "it" if subject.aig is subject.plain else "the netlist before any flow"
        yield f"Whether {netlist} does what the network {subject.cell.name} says: {page.found.lowering.answer}."
