"""What remembers: every state bit inverted in the middle of the text, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.analysis.text.influence import Influence, influence
from bridge.arrays import Bits
from bridge.errors import InputError
from bridge.printable import Listener
from bridge.report.packing import byte_shares
from bridge.report.part import Facts, Page, Part, Task

STEPS, POSITIONS = 16, 2048
FELT = 0.001  # bits: what changes less in all is hardly felt
SHOWN_STEPS = (1, 2, 4, 8, 16)  # of the influence matrix
NO_NULL = "Figures marked \N{DAGGER} have no null: how large they would be by chance was not measured."


def _measure(page: Page, progress: Listener) -> None:
    assert page.text is not None
    if not page.subject.aig.latches:
        raise InputError("the netlist has no state bits")
    page.found.influence = influence(page.subject.aig, page.text.data, STEPS, positions=POSITIONS, progress=progress)


def shown_steps(found: Influence | None) -> list[int]:
    """After how many bytes the page shows which state bits differ."""
    return [step for step in SHOWN_STEPS if found is not None and step <= found.steps]


def _order(found: Influence) -> list[int]:
    """The longest remembered first; those that are hardly felt at the end."""
    columns = found.columns()
    ages, bits = np.array(columns["mean_step"]), np.array(columns["bits"])
    order: list[int] = np.lexsort((-ages, bits < FELT)).tolist()
    return order


def _facts(page: Page) -> Facts | None:
    found, text = page.found.influence, page.text
    if found is None or text is None or not found.sources:
        return None
    columns = found.columns()
    ages, bits = np.array(columns["mean_step"]), np.array(columns["bits"])
    rows = []
    for place in _order(found):
        curve, last = found.absolute_bits[place], columns["last_step"][place]
        first = 100 * columns["bits_in_step_1"][place] / bits[place] if bits[place] else 0.0
        row = {"name": found.sources[place], "age": ages[place], "bits": bits[place], "first": first, "last": last}
        shown = f"≥ {last}" if last == found.steps else str(last)
        rows.append(row | {"last_shown": shown, "points": _points(curve)})
    unfelt, faint = int((bits == 0).sum()), int((bits < FELT).sum())
    longest = rows[0]
    sentence = (
        f"{longest['name']} remembers longest: when it is inverted, the change in what later bytes cost comes "
        f"{longest['age']:.1f} bytes later on average. {unfelt:,} of {len(rows):,} bits were never felt"
        f"{f', {faint - unfelt:,} more hardly' if faint > unfelt else ''}."
    )
    caption = (
        f"Measured: each bit inverted at {len(found.positions):,} random positions of {text.name}, then followed for "
        f"{found.steps} bytes. Bits changed: the mean of |change| of what a byte costs, summed over these bytes; "
        "at once: the part of it that the very next byte brings; mean age: how many bytes later it comes; "
        f"curve: each from 0 to its own highest value, so rows cannot be compared by height. {NO_NULL}"
    )
    return {"sentence": sentence, "caption": caption, "rows": rows, "width": 4 * (found.steps - 1)}


def _points(curve: Any) -> str:
    top = max(float(curve.max()), 1e-12)
    return " ".join(f"{4 * step},{19 - 18 * float(value) / top:.0f}" for step, value in enumerate(curve))


def _data(page: Page) -> Facts:
    found = page.found.influence
    if found is None or not found.sources:
        return {}
    facts = {
        "sources": found.sources,
        "latches": found.latches,
        "positions": len(found.positions),
        "steps": shown_steps(found),
        "order": _order(found),
        "bits": np.round(found.absolute_bits, 5).tolist(),
        "memory": np.round(found.memory, 4).tolist(),
    }
    return {"influence": facts}


def _arrays(page: Page) -> Mapping[str, Bits]:
    found = page.found.influence
    if found is None or not found.sources:
        return {}
    shown = found.state_changes[:, [step - 1 for step in shown_steps(found)]] / len(found.positions)
    return {"influence": byte_shares(shown.transpose(1, 0, 2))}


PART = Part(
    "memory",
    "What remembers",
    heading="Which bits remember longest",
    order=20,
    tasks=(Task("influence", _measure, order=100, share=0.29, needs="bits per byte", long=True),),
    absent="Left out: the netlist has no state bits.",
    facts=_facts,
    about=lambda subject: not subject.classes,
    data=_data,
    arrays=_arrays,
)
