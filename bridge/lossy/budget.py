"""`simplify`: as small as a budget of bits per byte allows. Nothing here is equivalent, and the result says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bridge.aig import Aig, Output
from bridge.aig.names import element, group_of
from bridge.cell import Cell
from bridge.cell.record import with_loss
from bridge.corpus import check_text
from bridge.errors import InputError
from bridge.execution import bits_per_byte
from bridge.lossy.changes import list_changes
from bridge.lossy.merges import find_merges, merged
from bridge.lossy.rounds import drop_rounds
from bridge.lossy.screen import worthwhile
from bridge.lowering import lower
from bridge.metadata import read_metadata, with_metadata
from bridge.printable import Listener, Progress, counted, unheard
from bridge.printable.notebook import Single

VALIDATION = 20  # the last part of the text, one in so many bytes, is for measuring
LARGEST_VALIDATION = 1 << 17
SEARCHES = 12  # halvings of the number of merges


@dataclass(frozen=True, eq=False, repr=False)
class Simplified(Single):
    """`model`: of the same kind as what was given; `aig`: its netlist; `ands_before`, `ands_after`: its size; `before`,
    `after`: bits per byte on the validation part of the text; `record`: every number of a cell that changed, or node
    that was merged."""

    model: Cell | Aig
    aig: Aig
    ands_before: int
    ands_after: int
    before: float
    after: float
    record: tuple[dict[str, Any], ...]

    def __repr__(self) -> str:
        bits = f"{self.before:.4f} -> {self.after:.4f} bits per byte"
        changes = counted(len(self.record), "change")
        return f"<Simplified: {self.ands_before} -> {self.ands_after} ANDs, {bits}, {changes}, lossy>"

    def to_json(self) -> dict[str, Any]:
        """`ands_before ands_after before after changes`, the last one a count."""
        facts = {key: getattr(self, key) for key in ("ands_before", "ands_after", "before", "after")}
        return facts | {"changes": len(self.record)}


def simplify(
    model: Cell | Aig,
    text: bytes,
    budget: float,
    *,
    seed: int = 0,
    steps: int | None = None,
    progress: Listener = unheard,
) -> Simplified:
    """Trade at most `budget` bits per byte for gates. text: of the training part; its end is kept for measuring.

    A cell of neurons loses the weights that matter least, round by round; after each its thresholds and biases are
    refitted and, for so many steps, the weights that are left are trained again (None: STEPS if torch is there, else
    0). A netlist, or any other cell as its netlist, gets nodes merged that are (nearly) constant, equal or
    complementary on the text. InputError for a negative budget, a text that is too short, a netlist that is no text
    model, or steps without torch.
    """
    check_text(text)
    if not 0 <= budget < 64:
        raise InputError(f"the budget must lie in 0 .. 64 bits per byte, not {budget}")
    size = min(len(text) // VALIDATION, LARGEST_VALIDATION)
    if size < 2:
        raise InputError(f"a text of {len(text):,} bytes is too short to simplify on")
    fit, validation = text[: len(text) - size], text[len(text) - size :]
    if isinstance(model, Cell) and model.network:
        return _compared(model, *drop_rounds(model, fit, validation, budget, seed, steps, progress))
    aig = lower(model) if isinstance(model, Cell) else model
    return _simplify_netlist(aig, fit, validation, budget, seed, progress)


def _compared(cell: Cell, small: Cell, before: float, after: float) -> Simplified:
    """The result for a cell, which says in its record that it is lossy."""
    original, changes = lower(cell), list_changes(cell, small)
    dropped = sum(change["field"] == "weights" and change["after"] == 0 for change in changes)
    summary = (
        f"{dropped:,} weights dropped, {len(changes) - dropped:,} other numbers changed, "
        f"{after - before:+.5f} bits per byte on the validation text"
    )
    small = replace(small, record=with_loss(small.record, summary))
    aig = widened(lower(small), original)
    return Simplified(small, aig, len(original.ands), len(aig.ands), before, after, tuple(changes))


def widened(aig: Aig, like: Aig) -> Aig:
    """The same numbers with as many bits as `like` gives them, so that the two can be compared: the sign is repeated.
    The netlist as it is when a number needs more."""
    own, wanted = _numbers(aig), _numbers(like)
    if any(len(wanted[name]) < len(bits) for name, bits in own.items()):
        return aig
    outputs = [
        Output(element(name, place), own[name][min(place, len(own[name]) - 1)])
        for name, bits in wanted.items()
        for place in range(len(bits))
    ]
    return replace(aig, outputs=tuple(outputs))


def _numbers(aig: Aig) -> dict[str, list[int]]:
    """The literals of every number of the head, least significant bit first."""
    bits: dict[str, list[int]] = {}
    for output in aig.outputs:
        bits.setdefault(group_of(output.name), []).append(output.literal)
    return bits


def _simplify_netlist(
    aig: Aig, fit: bytes, validation: bytes, budget: float, seed: int, progress: Listener
) -> Simplified:
    before = bits_per_byte(aig, validation)
    merges = worthwhile(aig, find_merges(aig, fit, seed), fit, budget)
    best, after, count = aig, before, 0
    low, high, middle = 0, len(merges), len(merges)
    for _ in range(SEARCHES):
        candidate = merged(aig, merges[:middle])
        found = bits_per_byte(candidate, validation)
        progress(Progress(remark=f"{middle:,} merges, {len(candidate.ands):,} ANDs, {found - before:+.4f} bits"))
        if found <= before + budget:
            best, after, count, low = candidate, found, middle, middle
        else:
            high = middle - 1
        middle = (low + high + 1) // 2
        if low >= high:
            break
    record = [{"node": merge.node, "literal": merge.literal, "share": merge.share} for merge in merges[:count]]
    facts = read_metadata(aig)
    summary = f"{count:,} nodes merged, {after - before:+.5f} bits per byte on the validation text"
    best = with_metadata(best, replace(facts, lossy=(*facts.lossy, summary)))
    return Simplified(best, best, len(aig.ands), len(best.ands), before, after, tuple(record))
